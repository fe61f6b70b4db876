"""Django's settings, from explicit arguments: nothing is read from the environment."""

from pathlib import Path
from typing import Any

import django
from django.conf import settings

from safelight.web.logs import logging_settings
from safelight.web.sessions import COOKIE
from safelight.web.wire import LARGEST_FORM, LARGEST_UPLOAD

SESSION_HOURS = 12
PASSWORD_LENGTH = 15  # a password is the only factor, so it has to be long
_VALIDATION = "django.contrib.auth.password_validation."


def django_settings(
    home: Path, secret_key: str, allowed_hosts: list[str], *, secure: bool = False
) -> dict[str, Any]:
    """Return the settings; ``secure`` where browsers come by HTTPS."""
    return {
        "SECRET_KEY": secret_key,
        "DEBUG": False,
        "ALLOWED_HOSTS": allowed_hosts,
        "DATABASES": {"default": accounts_database(home)},
        "INSTALLED_APPS": [
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
            "safelight.web.accounts.apps.AccountsConfig",
        ],
        "MIDDLEWARE": [
            "safelight.web.middleware.Screens",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        "ROOT_URLCONF": "safelight.web.urls",
        "AUTH_USER_MODEL": "accounts.Staff",
        "AUTHENTICATION_BACKENDS": ["django.contrib.auth.backends.ModelBackend"],
        "AUTH_PASSWORD_VALIDATORS": _password_rules(),
        "SESSION_COOKIE_NAME": COOKIE,
        "SESSION_COOKIE_AGE": SESSION_HOURS * 3600,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
        "DATA_UPLOAD_MAX_MEMORY_SIZE": LARGEST_FORM,
        # A photograph is never put into a temporary file, where it would lie in the clear.
        "FILE_UPLOAD_HANDLERS": ["django.core.files.uploadhandler.MemoryFileUploadHandler"],
        "FILE_UPLOAD_MAX_MEMORY_SIZE": LARGEST_UPLOAD,
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "LANGUAGE_CODE": "en-gb",
        "USE_I18N": False,
        "APPEND_SLASH": False,
        "LOGGING_CONFIG": "logging.config.dictConfig",
        "LOGGING": logging_settings(),
    }


def accounts_database(home: Path) -> dict[str, Any]:
    """Return the accounts database; IMMEDIATE, because SQLite's default loses busy writers."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(home / "accounts.sqlite3"),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;"
            ),
        },
    }


def _password_rules() -> list[dict[str, Any]]:
    return [
        {
            "NAME": f"{_VALIDATION}MinimumLengthValidator",
            "OPTIONS": {"min_length": PASSWORD_LENGTH},
        },
        {"NAME": f"{_VALIDATION}CommonPasswordValidator"},
        {
            "NAME": f"{_VALIDATION}UserAttributeSimilarityValidator",
            "OPTIONS": {"user_attributes": ("login", "display_name")},
        },
    ]


def configure(
    home: Path, secret_key: str, allowed_hosts: list[str], *, secure: bool = False
) -> None:
    """Set Django up, once in a process."""
    settings.configure(**django_settings(home, secret_key, allowed_hosts, secure=secure))
    django.setup()
