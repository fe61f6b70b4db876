"""The addresses of all pages: those that are registered with their roles, and no others."""

import pkgutil
from importlib import import_module

from safelight.web import floor
from safelight.web.accounts import views as _accounts
from safelight.web.emergency import PAGES_OF_EMERGENCY
from safelight.web.policy import url_patterns
