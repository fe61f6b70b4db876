"""Each page and each command, for each role: allowed exactly where it is declared."""

import re
from collections.abc import Iterator
from functools import cache

import msgspec.inspect as mi
import pytest
from django.urls import URLPattern, get_resolver

from safelight.kernel.privacy import Privacy
from safelight.run.domain.base import Role
from safelight.run.domain.registry import COMMANDS
from safelight.web.policy import PAGES, Page, page
from safelight.web.taps import PRINTED
from tests.support.fake_node import FakeNode
from tests.support.web import COMMAND, Browser, browser_as, configured, front_for

front_for(FakeNode())  # registers every page, so that the tables below are complete

EXAMPLES = ("an", "0" * 64, "amber heron", "x-1")


@cache
def browser_for(role: Role) -> tuple[Browser, FakeNode]:
    """Return one browser for each role; logging in takes as long as a password should."""
    node = FakeNode()
    return browser_as(role, node), node


def path_of(shown: Page) -> str:
    """Return an address of a page at the test site."""
    route = shown.route.replace("<str:site_id>", "north")
    return "/" + re.sub("<[^>]+>", "x", re.sub("<int:[^>]+>", "7", route))


def example(kind: mi.Type) -> str:
    """Return a text that a field takes."""
    match kind:
        case mi.Metadata(extra={"privacy": Privacy.SEALED}):
            return "a note"
        case mi.Metadata(type=inner) | mi.UnionType(types=[inner, *_]):
            return example(inner)
        case mi.VarTupleType(item_type=inner):
            return example(inner)
        case mi.StrType(pattern=pattern):
            return next(text for text in EXAMPLES if re.search(pattern or "", text))
        case mi.IntType(ge=low):
            return str(low or 1)
    return {
        mi.BoolType: "on",
        mi.DateTimeType: "2025-01-20T09:00",
        mi.DateType: "2025-01-20",
    }[type(kind)]


def fields_of(name: str) -> Iterator[tuple[str, str]]:
    """Return a form that a command can be read from."""
    struct = mi.type_info(COMMANDS[name].command)
    assert isinstance(struct, mi.StructType)
    for field in struct.fields:
        if isinstance(field.type, mi.StructType):
            yield f"{field.encode_name}.spo2", "97"
        elif isinstance(field.type, mi.VarTupleType) and isinstance(
            group := field.type.item_type, mi.StructType
        ):
            for each in group.fields:
                yield f"{field.encode_name}.0.{each.encode_name}", example(each.type)
        elif field.required:
            yield field.encode_name, example(field.type)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_reaches_the_node_exactly_for_the_roles_that_its_rule_names(
    name: str, role: Role
) -> None:
    browser, node = browser_for(role)
    node.taps.clear()
    token = browser.token
    fields = {"command": COMMAND, "token": token, **dict(fields_of(name))}
    answer = browser.post(f"/s/north/do/{name}", fields)
    # Whatever nobody may do without signing in, everybody may do.
    allowed = role in COMMANDS[name].may or Role.ANYONE in COMMANDS[name].may
    taken = (422, 0) if name == PRINTED else (303, 1)  # only the page that prints writes it down
    assert (answer.status, len(node.taps)) == (taken if allowed else (403, 0)), answer.text


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_shown_exactly_to_the_roles_that_it_declares(name: str, role: Role) -> None:
    browser, _ = browser_for(role)
    shown = PAGES[name]
    path = path_of(shown)
    answer = browser.get(path)
    if role in shown.roles or Role.ANYONE in shown.roles:
        assert answer.status not in {401, 403}
        assert "/login?next=" not in answer.headers.get("location", "")
    elif role is Role.ANYONE:
        assert answer.location == f"/login?next={path}"
    else:
        assert answer.status == 403


def test_every_address_is_a_registered_page() -> None:
    configured()
    patterns = [p for p in get_resolver().url_patterns if isinstance(p, URLPattern)]
    routed = {pattern.name: str(pattern.pattern) for pattern in patterns}
    assert len(patterns) == len(get_resolver().url_patterns)
    assert routed == {name: known.route for name, known in PAGES.items()}


def test_a_page_without_roles_cannot_be_registered() -> None:
    with pytest.raises(ValueError, match="no roles"):
        page("nowhere", frozenset(), "nowhere")


def test_a_page_cannot_take_the_place_of_another() -> None:
    with pytest.raises(ValueError, match="there already"):
        page("login", {Role.MANAGER}, "other")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_only_shows_takes_no_form(name: str) -> None:
    if "POST" in PAGES[name].methods:
        return
    roles = PAGES[name].roles
    browser, _ = browser_for(Role.MANAGER if Role.MANAGER in roles else min(roles))
    assert browser.post(path_of(PAGES[name]), {"token": browser.token}).status == 405


def test_an_analyst_who_finds_an_overdose_records_it_under_their_own_id() -> None:
    browser, node = browser_for(Role.ANALYST)
    node.taps.clear()
    browser.post("/s/north/do/incident.open", {"command": COMMAND, "token": browser.token})
    assert [tap.actor.role for tap in node.taps] == [Role.ANYONE]
    assert node.taps[0].actor.staff != "staff-unattributed"
