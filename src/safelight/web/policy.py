"""Who may see which page: declared beside the view, denied where nothing is declared.

A page exists only through ``page(...)``; the URLs are made from this registry and from nothing
else, so that a view without declared roles cannot be reached.
"""

import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path

from safelight.run.domain.base import Role
from safelight.web.ports import PageRequest
from safelight.web.wire import LARGEST_FORM

LOGIN = "/login"
EVERYONE = frozenset(Role)
STAFF = EVERYONE - {Role.ANYONE}
_PARAMETER = re.compile(r"<[^>]+>")
READ = ("GET", "HEAD")
FORM = (*READ, "POST")

V = TypeVar("V", bound=Callable[..., HttpResponse])


class Page(NamedTuple):
    """One page: its route, who may see it, and the guarded view."""

    route: str
    roles: frozenset[Role]
    name: str
    methods: tuple[str, ...]
    view: Callable[..., HttpResponse]
    largest: int  # bytes of a form that is posted to it


PAGES: dict[str, Page] = {}


def page(
    route: str,
    roles: Iterable[Role],
    name: str,
    methods: tuple[str, ...] = READ,
    largest: int = LARGEST_FORM,
) -> Callable[[V], V]:
    """Register a view under a Django route for these roles and no others.

    Raises:
        ValueError: for a name or route that is taken, or for no roles at all.

    """
    allowed = frozenset(roles)
    if not allowed:
        raise ValueError(f"The page {name!r} declares no roles, so nobody could see it")
    if name in PAGES or any(route == known.route for known in PAGES.values()):
        raise ValueError(f"The page {name!r} at {route!r} is there already")

    def register(view: V) -> V:
        guarded = _guarded(view, allowed, methods)
        PAGES[name] = Page(route, allowed, name, methods, guarded, largest)
        return view

    return register


def may_see(role: Role, roles: frozenset[Role]) -> bool:
    """Tell whether a role may see a page; what anyone may see, staff may see too."""
    return role in roles or Role.ANYONE in roles


def _guarded(
    view: Callable[..., HttpResponse], roles: frozenset[Role], methods: tuple[str, ...]
) -> Callable[..., HttpResponse]:
    @wraps(view)
    def guarded(request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ANN401
        if not may_see(request.staff.role, roles):
            return _turned_away(request)
        if request.method not in methods:
            return HttpResponseNotAllowed(methods)
        return view(request, *args, **kwargs)

    return guarded


def _turned_away(request: PageRequest) -> HttpResponse:
    """Send whoever is not signed in to do so; tell everybody else that their role may not."""
    if request.staff.role is Role.ANYONE:
        return HttpResponseRedirect(f"{LOGIN}?next={quote(request.get_full_path())}")
    raise PermissionDenied


def address(name: str, *values: str) -> str:
    """Return the address of a registered page, its parameters filled in from left to right."""
    parts = iter(values)
    return "/" + _PARAMETER.sub(lambda _: quote(next(parts), safe=""), PAGES[name].route)


def largest_form(path: str) -> int:
    """Return how many bytes may be posted to an address; all but a few take small forms only."""
    for known in PAGES.values():
        if known.largest > LARGEST_FORM:
            route = "[^/]+".join(map(re.escape, _PARAMETER.split(f"/{known.route}")))
            if re.fullmatch(route, path):
                return known.largest
    return LARGEST_FORM


def url_patterns() -> list[URLPattern]:
    """Return Django's URL patterns for every registered page."""
    return [path(known.route, known.view, name=name) for name, known in PAGES.items()]
