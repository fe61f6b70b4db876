"""The one Django app of the screens."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts of staff."""

    name = "safelight.web.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
