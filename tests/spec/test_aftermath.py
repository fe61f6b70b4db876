"""After an incident: completing, debriefing and answering for it, by example."""

from datetime import timedelta
from typing import Any

import pytest

from safelight.run.domain import aftermath
from safelight.run.domain.aftermath import DebriefHeld, IncidentAttributed, IncidentCompleted
from safelight.run.domain.base import FLOOR
from safelight.run.domain.entities import Completion, Debrief, Incident
from safelight.run.domain.site import is_live
from tests.support.floors import Fields, incident, open_site
from tests.support.sites import (
    ADA,
    BEN,
    NOW,
    decide,
    done,
    given,
    person,
    protocol,
    refusal,
    stored,
)

PACK = protocol(words={"incident_kinds": ("opioid", "seizure", "collapse_unknown", "unclassified")})
BY = given(pack=PACK)
OVER = incident(person="p-1", closed_at=NOW, outcome="recovered_here")
COMPLETED = Completion(NOW, ADA)
DEBRIEFED = Debrief(NOW, (ADA,), "none")

COMPLETES: dict[str, tuple[Fields, IncidentCompleted]] = {
    "the kind alone": ({"kind": "seizure"}, IncidentCompleted("i-1", "seizure")),
    "everything": (
        {
            "kind": "opioid",
            "substances": ["heroin", "cocaine", "heroin"],
            "hospital": True,
            "police": True,
            "naloxone_batches_checked": True,
            "note": "sealed:abc",
        },
        IncidentCompleted(
            "i-1",
            "opioid",
            ("cocaine", "heroin"),
            hospital=True,
            police=True,
            naloxone_batches_checked=True,
            note="sealed:abc",
        ),
    ),
    "openly unclassified": (
        {"kind": "unclassified", "kind_reason": "not_known"},
        IncidentCompleted("i-1", "unclassified", kind_reason="not_known"),
    ),
}


@pytest.mark.parametrize(("fields", "fact"), COMPLETES.values(), ids=COMPLETES)
def test_complete_fills_in_afterwards(fields: Fields, fact: IncidentCompleted) -> None:
    """What nobody had time for in the emergency is filled in when it is over."""
    site = open_site(person(), OVER)
    assert decide(site, "incident.complete", {"incident": "i-1", **fields}, BY) == [fact]
    assert stored(fact) == fact
    found = done(site, "incident.complete", {"incident": "i-1", **fields}, BY).incidents["i-1"]
    assert found.kind == fact.kind
    assert found.completion == Completion(
        at=NOW,
        staff=ADA,
        substances=fact.substances,
        kind_reason=fact.kind_reason,
        hospital=fact.hospital,
        police=fact.police,
        naloxone_batches_checked=fact.naloxone_batches_checked,
        note=fact.note,
    )


def test_completed_as_an_overdose_is_remembered() -> None:
    """What turned out to be an overdose stays with the person as a warning."""
    fields = {"incident": "i-1", "kind": "opioid"}
    site = done(open_site(person(), OVER), "incident.complete", fields, BY)
    assert site.persons["p-1"].last_overdose_at == OVER.opened_at


REFUSED: dict[str, tuple[Incident, str, Fields, str]] = {
    "completing one that runs": (
        incident(),
        "incident.complete",
        {"kind": "seizure"},
        "outcome-first",
    ),
    "completing with the kind still open": (
        OVER,
        "incident.complete",
        {"kind": "collapse_unknown"},
        "kind-classified",
    ),
    "completing as unclassified without a reason": (
        OVER,
        "incident.complete",
        {"kind": "unclassified"},
        "kind-classified",
    ),
    "unclassified for a reason unknown here": (
        OVER,
        "incident.complete",
        {"kind": "unclassified", "kind_reason": "moonlight"},
        "known-unclassified_reasons",
    ),
    "completing with a kind unknown here": (
        OVER,
        "incident.complete",
        {"kind": "moonlight"},
        "known-incident_kinds",
    ),
    "completing with a substance unknown here": (
        OVER,
        "incident.complete",
        {"kind": "seizure", "substances": ["tea"]},
        "known-substances",
    ),
    "a debrief while it runs": (
        incident(),
        "incident.debrief",
        {"learning": "none"},
        "outcome-first",
    ),
    "a debrief that taught something unknown": (
        OVER,
        "incident.debrief",
        {"learning": "juggling"},
        "known-learning",
    ),
    "answering for what somebody answers for": (
        incident(attributed_to=BEN),
        "incident.attribute",
        {},
        "attributed-once",
    ),
    "answering for nothing": (
        incident("i-2"),
        "incident.attribute",
        {},
        "incident-known",
    ),
}


@pytest.mark.parametrize(("old", "name", "fields", "rule"), REFUSED.values(), ids=REFUSED)
def test_aftermath_refuses(old: Incident, name: str, fields: Fields, rule: str) -> None:
    """What comes too early or says nothing is refused by the rule of that name."""
    assert refusal(open_site(old), name, {"incident": "i-1", **fields}, BY).code == rule


def test_debrief_names_who_took_part() -> None:
    """Whoever records a debrief took part in it, and everybody is named once."""
    fields = {"incident": "i-1", "learning": "training", "staff": [BEN, BEN], "note": "sealed:abc"}
    fact = DebriefHeld("i-1", "training", (ADA, BEN), "sealed:abc")
    assert decide(open_site(OVER), "incident.debrief", fields) == [fact]
    assert stored(fact) == fact
    held = done(open_site(OVER), "incident.debrief", fields).incidents["i-1"].debrief
    assert held == Debrief(NOW, (ADA, BEN), "training", "sealed:abc")


@pytest.mark.parametrize(
    ("fields", "staff"),
    [
        pytest.param({}, ADA, id="whoever taps"),
        pytest.param({"staff": BEN}, BEN, id="somebody else"),
    ],
)
def test_attribute_finds_who_answers(fields: Fields, staff: str) -> None:
    """Somebody answers for an emergency that was recorded without signing in."""
    fields, fact = {"incident": "i-1", **fields}, IncidentAttributed("i-1", staff)
    assert decide(open_site(incident()), "incident.attribute", fields) == [fact]
    assert stored(fact) == fact
    site = done(open_site(incident()), "incident.attribute", fields)
    assert site.incidents["i-1"].attributed_to == staff


@pytest.mark.parametrize(
    ("parts", "lives"),
    [
        pytest.param({}, True, id="still running"),
        pytest.param({"closed_at": NOW}, True, id="over, not completed"),
        pytest.param({"closed_at": NOW, "completion": COMPLETED}, True, id="not debriefed"),
        pytest.param({"closed_at": NOW, "debrief": DEBRIEFED}, True, id="debriefed, not completed"),
        pytest.param(
            {"closed_at": NOW, "completion": COMPLETED, "debrief": DEBRIEFED}, False, id="all done"
        ),
        pytest.param({"completion": COMPLETED, "debrief": DEBRIEFED}, True, id="reopened"),
    ],
)
def test_incident_stays_on_the_list(parts: dict[str, Any], *, lives: bool) -> None:
    """An incident leaves the list when it is closed, completed and debriefed."""
    assert is_live(incident(**parts)) is lives


def test_complete_reaches_an_incident_that_is_done() -> None:
    """A record may be completed again; the newer answer holds."""
    old = incident(closed_at=NOW - timedelta(days=9), completion=COMPLETED, debrief=DEBRIEFED)
    site = open_site().recalled(old)
    site = done(site, "incident.complete", {"incident": "i-1", "kind": "seizure"}, BY)
    assert "i-1" not in site.incidents
    found = site.changes["incident", "i-1"]
    assert isinstance(found, Incident)
    assert found.kind == "seizure"


def test_everybody_on_the_floor_completes() -> None:
    """No record waits for somebody with a special role."""
    assert {rule.may for rule in aftermath.COMMANDS.values()} == {FLOOR}
