"""From a template to a page: what every page knows, whoever renders it.

Templates find here: ``staff`` (Actor), ``signed_in``, ``display_name``, ``theme``, ``site_id``
and ``site`` (a snapshot, or None), ``sites``, ``health`` and ``health_detail``, ``token`` (for the
hidden field of that name), ``now``, ``path`` (this page, for ``back``), ``new_command_id()`` and
``static(name)``. Import macros that use any of them ``with context``.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.http import HttpResponse
from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader

from safelight.kernel.errors import Refused
from safelight.run.domain.base import Role
from safelight.run.domain.site import Site
from safelight.web.assets import shipped
from safelight.web.ports import PageRequest, Services
from safelight.web.sessions import Signed

THEME = "theme"  # the cookie, and the word in templates
DAY, NIGHT = "day", "night"


@cache
def environment() -> Environment:
    """Return the template engine, one a process; the design system's macros come with it."""
    made = Environment(
        loader=ChoiceLoader(
            [PackageLoader("safelight.web"), PackageLoader("nhsuk_frontend_jinja")]
        ),
        undefined=ChainableUndefined,  # the macros look up options that a caller need not give
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["static"] = shipped().url
    return made


def render(
    request: PageRequest, template: str, context: Mapping[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """Render a page for a Django request; ``site_id`` comes from the context or the address."""
    given = dict(context or {})
    match = request.resolver_match
    site_id = given.pop("site_id", None) or (match.kwargs.get("site_id") if match else None)
    text = document(
        request.services,
        request.signed,
        template,
        {"request": request, **given},
        site_id=site_id,
        theme=request.COOKIES.get(THEME, DAY),
        path=request.get_full_path(),
    )
    return HttpResponse(text, status=status)


def render_text(template: str, context: Mapping[str, Any]) -> str:
    """Render a part of a page from nothing but its context."""
    return environment().get_template(template).render(context)


def document(
    services: Services,
    signed: Signed,
    template: str,
    context: Mapping[str, Any],
    *,
    site_id: str | None,
    theme: str,
    path: str,
) -> str:
    """Render a page without Django: the same context, for the slim applications."""
    everything = {
        **_about(services, signed),
        "site_id": site_id,
        "site": site_or_none(services, site_id),
        "theme": NIGHT if theme == NIGHT else DAY,
        "path": path,
        **context,
    }
    return render_text(template, everything)


def _about(services: Services, signed: Signed) -> dict[str, Any]:
    node = services.node
    return {
        "staff": signed.actor,
        "signed_in": signed.actor.role is not Role.ANYONE,
        "display_name": signed.display_name,
        "token": signed.token,
        "sites": node.sites(),
        "health": node.health,
        "health_detail": node.health_detail,
        "now": services.clock(),
        "new_command_id": services.new_id,
    }


def site_or_none(services: Services, site_id: str | None) -> Site | None:
    """Return a site's snapshot, or None where there is no such site."""
    try:
        return services.node.site(site_id) if site_id else None
    except Refused:
        return None


def csrf_token_for(request: PageRequest) -> str:
    """Return what this session's forms carry in the hidden field ``token``."""
    return request.csrf_tap_token
