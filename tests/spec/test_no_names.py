"""A journal with an entry of every kind holds codes, ids, handles and ciphertext, and no words.

The words that it may hold are those of the site itself: its name, its places, its documents.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from safelight.run.actions.engine import Engine
from safelight.run.actions.tap import Tap, read_command
from safelight.run.domain import handles
from safelight.run.domain.base import UNATTRIBUTED, Actor, Role
from safelight.run.domain.clinic_entities import Prescription
from safelight.run.domain.dosing_entities import Session
from safelight.run.domain.register_entities import (
    Concern,
    DestructionWitness,
    Discrepancy,
    PatientReturn,
    Requisition,
)
from safelight.run.domain.registry import COMMANDS, FACTS
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import Treatment
from safelight.run.store import journal
from safelight.run.store.sqlite import SQLiteDriver
from tests.repository.privacy import free_texts, stored
from tests.support.draws import PACK
from tests.support.floors import Fields
from tests.support.sites import NOW
from tests.support.stories import (
    APART,
    BESIDE,
    CLINIC,
    CLOSING,
    DOSES,
    EMERGENCY,
    FOUND,
    REGISTER,
    TREATMENT,
    UNATTRIBUTED_TAP,
    VISIT,
    Story,
)

CODES = {code for codes in PACK.codes.values() for code in codes.words}
# Codes that the rules themselves write, whatever the pack lists.
CODES |= {"vehicle", "lead", "supervised_use", "given", "returned", "lifted", "note", "naloxone"}
CODES |= {"left_before_checks", "completed"}
CODES |= {"accepted", "met", "not_met"}
CODES |= {"received", "manager"} | {hold.code for hold in PACK.holds}
CODES |= {"building", "heroin_assisted_treatment", "register_print"}
CODES |= {code for each in PACK.criteria.values() for code in each.criteria}
HANDLES = {f"{first} {second}" for first in handles._FIRST for second in handles._SECOND}
SHAPES = re.compile(
    r"sealed:[A-Za-z0-9_=:.-]+|[a-z]-[0-9a-f]{20,24}|s-ada|s-ben|[0-9a-f]{64}"
    r"|policy-[12]|licence-1|rx-[0-9a-f]{20,24}|criteria-here|v1|(tr|contact)-[0-9a-f]{20}"
    r"|s-eve|cd-diamorphine-ampoule-100mg(-[0-9]+)?"
    r"|(rq|dw|difference|return|concern)-[0-9a-f]{20,24}"
    r"|(se|ld|or)-[0-9a-f]{24}|cd-methadone-tablet-5mg"
    r"|uk-2001"
    r"|pack-small|booth-1|seat-1|bin-1|needle-1ml-ab-12-3|AB 12/3|AB12"
    r"|20[0-9]{2}-[0-9]{2}-[0-9]{2}(T[0-9:.]+Z)?"
)


def filled_in(site: Site, archived: str, value: object) -> object:
    """Return a value with the id or entry that an @word stands for."""
    if not (isinstance(value, str) and value.startswith("@")):
        return value
    people, here = list(site.persons.values()), list(site.visits.values())
    newest = sorted(site.incidents.values(), key=lambda each: each.seq)[-1:]
    meant: dict[str, list[Any]] = {
        "@stock": list(site.stock),
        "@visit": [each.id for each in here],
        "@person": [each.id for each in people],
        "@alert": [alert.id for each in people for alert in each.alerts],
        "@exclusion": [exclusion.id for each in people for exclusion in each.exclusions],
        "@incident": [each.id for each in newest],
        "@step": [step.seq for each in newest for step in each.steps],
        "@episode": [episode.seq for each in here for episode in each.episodes],
        "@handed": [archived],
        "@prescription": list(site.all_of(Prescription)),
        "@requisition": list(site.all_of(Requisition)),
        "@authorisation": list(site.all_of(DestructionWitness)),
        "@discrepancy": list(site.all_of(Discrepancy)),
        "@return": list(site.all_of(PatientReturn)),
        "@concern": list(site.all_of(Concern)),
        "@treatment": list(site.all_of(Treatment)),
        "@session": list(site.all_of(Session)),
        "@assessment": [
            each.assessment.seq for each in site.all_of(Session).values() if each.assessment
        ],
        "@contact": [c.id for t in site.all_of(Treatment).values() for c in t.contacts],
    }
    return meant[value][0]


def told(story: Story) -> list[tuple[str, Any]]:
    """Tell a story to the engine and return kind and body of its entries."""
    driver = SQLiteDriver(":memory:", scratch=True)
    driver.prepare()
    engine, archived = Engine(driver, lambda: NOW, {PACK.digest: PACK}.get), ""
    for number, (name, fields) in enumerate(story):
        site = engine.standing("north").site
        values = {key: filled_in(site, archived, value) for key, value in fields.items()}
        command = f"00000000-0000-4000-8000-{number:012d}"
        may = (Role.MANAGER, Role.PRESCRIBER, Role.OFFICER)
        role = next(role for role in may if role in COMMANDS[name].may)
        role = Role.PRESCRIBER if name == "session.lift_hold" else role
        nobody = (name, fields) == UNATTRIBUTED_TAP
        staff = Actor(UNATTRIBUTED if nobody else "s-ada", role, NOW)
        witness = APART if name == "register.destroy" else BESIDE
        tap = Tap("north", command, name, read_command(name, values), staff, witness=witness)
        engine.perform(tap)
        engine.commit()
        found = journal.page(driver, "north", None, 1, "supplies.given")
        archived = msgspec.json.decode(found[0].body)["handed"] if found else ""
    return [(e.kind, msgspec.json.decode(e.body)) for e in journal.entries(driver, "north", 1, 999)]


def texts(body: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text in a body, with the path of its field."""
    match body:
        case dict():
            for key, value in body.items():
                yield from texts(value, f"{path}.{key}".lstrip("."))
        case list():
            for value in body:
                yield from texts(value, path)
        case str():
            yield path, body


def words(kind: str, body: object) -> list[str]:
    """Return the texts of a body that are no code, id, handle, time or ciphertext."""
    free = free_texts(stored()).get(kind, [])
    return [
        f"{kind} {path}: {text}"
        for path, text in texts(body)
        if path not in free and not (text in CODES or text in HANDLES or SHAPES.fullmatch(text))
    ]


def test_journal_of_every_kind_holds_no_words() -> None:
    """Whatever is recorded of people is recorded without words that could name them."""
    entries = told([*FOUND, *VISIT, *TREATMENT, *CLINIC, *REGISTER, *EMERGENCY, *CLOSING])
    entries += told(DOSES)
    assert {kind for kind, _ in entries} == set(FACTS)
    assert [found for kind, body in entries for found in words(kind, body)] == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        pytest.param("visit.arrived", {"handle": "John Smith"}, id="a name for a handle"),
        pytest.param("visit.arrived", {"handle": "john smith"}, id="a name spelt as a handle"),
        pytest.param("incident.opened", {"kind": "johns_fall"}, id="a name in a code"),
        pytest.param("alert.added", {"note": "allergic to nuts"}, id="a note in the clear"),
        pytest.param("visit.observed", {"reading": {"spo2": "John"}}, id="a name in a reading"),
        pytest.param("incident.debriefed", {"staff": ["s-ada", "Ada L."]}, id="a name of staff"),
        pytest.param("visit.arrived", {"person": "p-john"}, id="an id that is a name"),
    ],
)
def test_check_finds_words(kind: str, body: Fields) -> None:
    """A name would be found, however it got there."""
    assert len(words(kind, body)) == 1
