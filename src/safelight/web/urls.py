"""The addresses of all pages: those that are registered with their roles, and no others."""

import pkgutil
from importlib import import_module

from safelight.web import clinic, floor, plan
from safelight.web.policy import url_patterns

_MODULES = (
    "safelight.web.emergency",
    "safelight.web.accounts.views",
    "safelight.web.accounts.colleagues",
    "safelight.web.accounts.second_factor",
    *(
        f"{area.__name__}.{module.name}"
        for area in (clinic, floor, plan)
        for module in pkgutil.iter_modules(area.__path__)
    ),
)
# Importing a module registers its pages; a new file under these needs no entry here.
for _name in _MODULES:
    import_module(_name)

urlpatterns = url_patterns()
handler400 = "safelight.web.middleware.bad_request"
handler403 = "safelight.web.middleware.forbidden"
handler404 = "safelight.web.middleware.not_found"
handler500 = "safelight.web.middleware.broken"
