"""Nothing is stored without a privacy class, and no name has anywhere to go."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import pytest
from msgspec import Meta, Struct, defstruct

from safelight.kernel.privacy import Citation, Code, HealthCode, Label, PersonId, Privacy, VisitId
from safelight.run.domain.base import FLOOR, HANDLING, MANAGEMENT
from safelight.run.domain.registry import COMMANDS, FACTS
from safelight.run.domain.site import KINDS
from tests.repository.privacy import (
    PAGE,
    about_people,
    asked,
    complaints,
    free_texts,
    leaves,
    page,
    stored,
)

OPEN, HEALTH = {"privacy": Privacy.OPEN}, {"privacy": Privacy.HEALTH}

# What may be written in words: names of buildings, stops and documents, never of people.
WORDS_BY_MANAGERS = {
    "site.found": ["name", "timezone"],
    "authority.grant": ["instrument", "premises", "document"],
    "protocol.adopt": ["version"],
    "place.add": ["label"],
    "licence.record": ["premises", "document"],
    "destruction_witness.authorise": ["document"],
}
# Of a supplier and what was bought from it; a footnote has them for deliveries only.
WORDS_BY_HANDLERS = {
    "register.receive": ["supplier", "address", "document"],
    "register.correct": ["supplier", "address", "document"],
    "requisition.sign": ["supplier", "address", "purpose"],
}
WORDS_BY_STAFF = {"stop.arrive": ["label"], "bin.start": ["label"]}


def test_every_stored_field_has_a_class_and_a_shape() -> None:
    """Every field of every entry and row is classed, whole numbers only, and of a fixed shape."""
    assert complaints(stored()) == []


def test_every_command_field_has_a_class_and_a_shape() -> None:
    """What is asked is held to the same as what is stored."""
    assert complaints(asked()) == []


def test_walk_reaches_every_kind() -> None:
    """All entries and rows are walked, and none of them is empty by mistake."""
    assert len(stored()) == len(FACTS) + len(KINDS)
    assert [name for name, struct in stored().items() if not leaves(struct)] == []


WRONG: dict[str, tuple[Any, list[str]]] = {
    "a plain text": (str, ["no privacy class", "free text about a person"]),
    "a plain number": (int, ["no privacy class"]),
    "a fraction": (Annotated[float, Meta(extra=OPEN)], ["a fraction"]),
    "a decimal fraction": (Annotated[Decimal, Meta(extra=OPEN)], ["a fraction"]),
    "words about health": (Annotated[str, Meta(extra=HEALTH)], ["free text about a person"]),
    "anything": (Any, ["no privacy class", "no fixed shape", "free text about a person"]),
    "a loose mapping": (dict[str, int], ["no privacy class", "no fixed shape"]),
    "a code with something behind it": (
        Annotated[str, Meta(pattern="^[a-z]+", extra=OPEN)],
        ["a pattern that holds for a part only"],
    ),
    "a code with a line break behind it": (
        Annotated[str, Meta(pattern="^[a-z]+$", extra=OPEN)],
        ["a pattern that holds for a part only"],
    ),
    "a time of no zone": (Annotated[datetime, Meta(extra=OPEN)], ["a time without its zone"]),
    "an unclassified one among others": (
        tuple[Annotated[int, Meta(extra=OPEN)] | str, ...],
        ["no privacy class", "free text about a person"],
    ),
}


@pytest.mark.parametrize(("hint", "why"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("nested", [False, True], ids=["directly", "in a struct inside"])
def test_gate_finds(hint: object, why: list[str], *, nested: bool) -> None:
    """The gate finds what must not be stored, however deep."""
    struct: type[Struct] = defstruct("Bad", [("field", hint)])
    if nested:
        struct = defstruct("Outer", [("field", tuple[struct, ...])])  # type: ignore[valid-type]
    path = "bad.field.field" if nested else "bad.field"
    assert complaints({"bad": struct}) == [f"{path}: {each}" for each in why]


@pytest.mark.parametrize("hint", [Code, HealthCode | None, tuple[PersonId, ...], Label])
def test_gate_lets_classed_fields_pass(hint: object) -> None:
    """The types of the kernel are what fields are made of."""
    assert complaints({"good": defstruct("Good", [("field", hint)])}) == []


def test_words_are_for_buildings_stops_and_documents() -> None:
    """Only these commands take words, and those about the site itself only from managers."""
    assert free_texts(asked()) == WORDS_BY_MANAGERS | WORDS_BY_HANDLERS | WORDS_BY_STAFF
    assert {COMMANDS[name].may for name in WORDS_BY_MANAGERS} == {MANAGEMENT}
    assert all(COMMANDS[name].may <= HANDLING for name in WORDS_BY_HANDLERS)
    assert {COMMANDS[name].may for name in WORDS_BY_STAFF} == {FLOOR}


def test_words_are_never_about_people() -> None:
    """No entry or command that names a person, a visit or an incident has room for words."""
    structs = stored() | asked()
    worded = [name for name in free_texts(structs) if about_people(structs[name])]
    # Rows of the read model, not entries: the floor plan shows who sits at the label, and a line
    # of a register names a supplier or a patient, never both.
    assert worded == ["the place", "the line"]


@pytest.mark.parametrize("words", [Label, Citation])
@pytest.mark.parametrize("person", [PersonId, VisitId | None, HealthCode])
def test_gate_finds_words_about_people(words: object, person: object) -> None:
    """An entry with a person and a label would be found."""
    struct = defstruct("Bad", [("who", person), ("words", words)])
    assert (about_people(struct), free_texts({"bad": struct})) == (True, {"bad": ["words"]})


def test_page_of_privacy_is_current() -> None:
    """The page says what the types say."""
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m tests.repository.privacy`"
