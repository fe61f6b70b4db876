"""Incidents: opening one is never refused, the timeline, the outcome, by example."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from safelight.kernel.ids import derive_id
from safelight.run.domain import incident as incidents
from safelight.run.domain.base import EMERGENCY, FLOOR, UNATTRIBUTED, Fact, Role, When
from safelight.run.domain.entities import (
    IN_PLACE,
    LEFT,
    Completion,
    Episode,
    Incident,
    Naloxone,
    Reading,
    Step,
    StockLine,
    Visit,
)
from safelight.run.domain.episode import EpisodeEnded
from safelight.run.domain.incident import (
    IncidentClassified,
    IncidentClosed,
    IncidentOpened,
    IncidentReopened,
    StepCorrected,
    StepRecorded,
)
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.registry import evolve
from safelight.run.domain.site import Site
from safelight.run.domain.visit import VisitLeft
from tests.support.floors import Fields, Parts, incident, open_site
from tests.support.sites import (
    ADA,
    COMMAND,
    NOW,
    after,
    decide,
    done,
    given,
    person,
    protocol,
    refusal,
    site_with,
    stored,
    visit,
)

NEW = derive_id("i", COMMAND)
NO_PACK = Protocol("none", "0", "No pack", example=True, values={}, codes={})
PACK = protocol(
    words={
        "incident_kinds": ("opioid", "mixed", "seizure"),
        "incident_outcomes": ("recovered_here", "to_hospital_ambulance", "unclassified"),
    }
)
USING = Episode("e-1", "injecting", "booth-1", ("heroin",), NOW, 9)
SITS = visit(person="p-1", stage=IN_PLACE, place="booth-1", route="injecting", episodes=(USING,))
LINE = Step(7, NOW, NOW, ADA, "oxygen")


@dataclass(frozen=True)
class Opens:
    """An emergency: the site, what somebody taps, and what is opened."""

    site: Site
    fields: Fields = field(default_factory=dict)
    opened: Fields = field(default_factory=dict)


def seated() -> Site:
    """Return a floor with somebody known, in the middle of an episode in the first booth."""
    site = open_site(person(), visit(person="p-1", oriented=True))
    for name, fields in (
        ("visit.queue", {"route": "injecting"}),
        ("visit.place", {"place": "booth-1"}),
        ("episode.start", {"substances": ["heroin"]}),
    ):
        site = done(site, name, {"visit": "v-1", **fields})
    return site


OPENS = {
    "nothing is known at all": Opens(site_with()),
    "not even the site": Opens(Site("north")),
    "somebody in a booth, by the person": Opens(
        seated(), {"visit": "v-1"}, {"visit": "v-1", "person": "p-1", "place": "booth-1"}
    ),
    "somebody in a booth, by the booth": Opens(
        seated(), {"place": "booth-1"}, {"visit": "v-1", "person": "p-1", "place": "booth-1"}
    ),
    "an empty booth": Opens(open_site(), {"place": "booth-2"}, {"place": "booth-2"}),
    "a place that no plan shows": Opens(site_with(), {"place": "pavement"}, {"place": "pavement"}),
    "a visit that nobody made": Opens(open_site(), {"visit": "v-9"}),
    "somebody who has left": Opens(
        after(open_site(), visit(stage=LEFT)), {"visit": "v-1"}, {"visit": "v-1"}
    ),
    "a kind that no pack lists": Opens(site_with(), {"kind": "fall"}, {"kind": "fall"}),
    "somebody whose last incident is over": Opens(
        open_site(visit(), incident(visit="v-1", closed_at=NOW)),
        {"visit": "v-1"},
        {"visit": "v-1"},
    ),
    "while another person's incident runs": Opens(
        open_site(visit(), incident(visit="v-2")), {"visit": "v-1"}, {"visit": "v-1"}
    ),
    "unknown twice": Opens(open_site(incident())),
}


@pytest.mark.parametrize("opens", OPENS.values(), ids=OPENS)
@pytest.mark.parametrize("role", sorted(EMERGENCY))
def test_open_is_never_refused(opens: Opens, role: Role) -> None:
    """Whoever is there opens an incident in any state, with whatever they know."""
    kind: Fields = {"kind": "collapse_unknown"}
    fact = IncidentOpened(NEW, **{**kind, **opens.opened})  # type: ignore[arg-type]
    by = given(role=role, staff=UNATTRIBUTED, pack=NO_PACK)
    assert decide(opens.site, "incident.open", opens.fields, by) == [fact]
    assert stored(fact) == fact
    assert done(opens.site, "incident.open", opens.fields, by).incidents[NEW].closed_at is None


def test_open_leads_to_the_incident_that_runs() -> None:
    """A second tap for the same person names the incident that is open already."""
    site = open_site(visit(), incident(visit="v-1"))
    refused = refusal(site, "incident.open", {"visit": "v-1"})
    assert (refused.code, refused.values) == ("incident-running", {"incident": "i-1"})


def test_analyst_opens_nothing() -> None:
    """Whoever only reads figures does not stand on the floor."""
    assert refusal(open_site(), "incident.open", {}, given(role=Role.ANALYST)).code == "role-may"


@pytest.mark.parametrize(
    ("staff", "expected"),
    [
        pytest.param(ADA, ADA, id="somebody signed in"),
        pytest.param(UNATTRIBUTED, None, id="nobody signed in"),
    ],
)
def test_opened_is_answered_for(staff: str, expected: str | None) -> None:
    """Whoever was signed in answers for it; otherwise somebody does so afterwards."""
    when = When(100, NOW, NOW, staff)
    site = evolve(open_site(), IncidentOpened("i-1", "seizure", place="booth-1"), when)
    assert site.incidents["i-1"] == Incident(
        "i-1", NOW, 100, "seizure", place="booth-1", attributed_to=expected
    )


DOSE: Fields = {"micrograms": 400, "route": "nasal", "batch": "AB12"}
STEPS: dict[str, tuple[Fields, StepRecorded]] = {
    "oxygen": ({"what": "oxygen"}, StepRecorded("i-1", "oxygen")),
    "the ambulance": ({"what": "ambulance_called"}, StepRecorded("i-1", "ambulance_called")),
    "a reading": (
        {"what": "observation", "reading": {"spo2": 82, "breathing_rate": 4}},
        StepRecorded("i-1", "observation", Reading(breathing_rate=4, spo2=82)),
    ),
    "a dose": (
        {"what": "naloxone", "naloxone": DOSE},
        StepRecorded("i-1", "naloxone", naloxone=Naloxone(400, "nasal", "AB12")),
    ),
    "a note": (
        {"what": "note", "note": "sealed:abc"},
        StepRecorded("i-1", "note", note="sealed:abc"),
    ),
}


@pytest.mark.parametrize(
    "parts", [[incident()], [incident(closed_at=NOW)]], ids=["running", "over"]
)
@pytest.mark.parametrize(("fields", "fact"), STEPS.values(), ids=STEPS)
def test_record_adds_a_line(fields: Fields, fact: StepRecorded, parts: Parts) -> None:
    """Each thing that was seen or done is a line with its own time, also when it is over."""
    site = open_site(*parts)
    assert decide(site, "incident.record", {"incident": "i-1", **fields}) == [fact]
    assert stored(fact) == fact
    late = given(happened_at=NOW - timedelta(minutes=3))
    site = after(site, *decide(site, "incident.record", {"incident": "i-1", **fields}, late))
    (step,) = site.incidents["i-1"].steps
    assert (step.seq, step.staff, step.what) == (100, ADA, fact.what)
    assert (step.reading, step.naloxone, step.note) == (fact.reading, fact.naloxone, fact.note)


STEPS_REFUSED: dict[str, tuple[Fields, str]] = {
    "an incident that nobody opened": ({"incident": "i-9", "what": "oxygen"}, "incident-known"),
    "an empty reading": ({"what": "observation"}, "reading-empty"),
    "naloxone without its dose": ({"what": "naloxone"}, "naloxone-dose"),
    "a note that says nothing": ({"what": "note"}, "note-written"),
    "a dose by a route unknown here": (
        {"what": "naloxone", "naloxone": {"micrograms": 400, "route": "ear"}},
        "known-naloxone_routes",
    ),
    "a consciousness unknown here": (
        {"what": "oxygen", "reading": {"consciousness": "dreaming"}},
        "known-consciousness",
    ),
    "something unknown here": ({"what": "dancing"}, "known-interventions"),
}


@pytest.mark.parametrize(("fields", "rule"), STEPS_REFUSED.values(), ids=STEPS_REFUSED)
def test_record_refuses(fields: Fields, rule: str) -> None:
    """Only a line that says nothing is refused, by the rule of that name."""
    site = open_site(incident())
    assert refusal(site, "incident.record", {"incident": "i-1", **fields}).code == rule


@pytest.mark.parametrize(("fields", "fact"), STEPS.values(), ids=STEPS)
def test_record_needs_no_pack(fields: Fields, fact: StepRecorded) -> None:
    """Where no pack is in force, everything that is done is recorded all the same."""
    site, by = site_with(incident()), given(role=Role.ANYONE, staff=UNATTRIBUTED, pack=NO_PACK)
    assert decide(site, "incident.record", {"incident": "i-1", **fields}, by) == [fact]
    fields = {"incident": "i-1", "outcome": "recovered_here"}
    assert len(decide(site, "incident.close", fields, given(pack=NO_PACK))) == 1


def ampoules(level: int, shortfall: int = 0) -> StockLine:
    """Return the stock line of the batch that the dose comes from."""
    return StockLine("naloxone-ab12", "naloxone_nasal", level, "AB 12", shortfall=shortfall)


DOSED: dict[str, tuple[StockLine, Fields, StockLine]] = {
    "one of five": (ampoules(5), DOSE, ampoules(4)),
    "the same batch in another spelling": (ampoules(5), {**DOSE, "batch": "ab-12"}, ampoules(4)),
    "one more than the book has": (ampoules(0), DOSE, ampoules(0, 1)),
    "a batch that is not in the book": (ampoules(5), {**DOSE, "batch": "ZZ9"}, ampoules(5)),
    "no batch read in the hurry": (ampoules(5), {"micrograms": 400, "route": "nasal"}, ampoules(5)),
}


@pytest.mark.parametrize(("before", "dose", "expected"), DOSED.values(), ids=DOSED)
def test_dose_leaves_the_stock(before: StockLine, dose: Fields, expected: StockLine) -> None:
    """A dose of a named batch leaves the stock book, which never stands in its way."""
    batch = (
        {**dose, "batch": str(dose["batch"]).replace("AB12", "AB 12")} if "batch" in dose else dose
    )
    fields: Fields = {"incident": "i-1", "what": "naloxone", "naloxone": batch}
    site = done(open_site(incident(), before), "incident.record", fields)
    assert site.stock["naloxone-ab12"] == expected


CORRECT: Fields = {"incident": "i-1", "refers_to": 7, "reason": "typing_slip", "what": "airway"}


def test_correct_keeps_the_old_line_readable() -> None:
    """A corrected line points to its correction, and the new line stands."""
    site = open_site(incident(steps=(LINE,)))
    fact = StepCorrected("i-1", 7, "typing_slip", "airway")
    assert decide(site, "incident.correct", CORRECT) == [fact]
    assert stored(fact) == fact
    old, new = done(site, "incident.correct", CORRECT).incidents["i-1"].steps
    assert (old.what, old.corrected_by) == ("oxygen", 100)
    assert (new.what, new.seq, new.corrected_by) == ("airway", 100, None)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"what": "oxygen"}, (5, 5), id="it was no naloxone"),
        pytest.param(
            {"what": "naloxone", "naloxone": {**DOSE, "batch": "CD34"}}, (5, 4), id="other batch"
        ),
        pytest.param(
            {"what": "naloxone", "naloxone": {**DOSE, "micrograms": 800}}, (4, 5), id="other dose"
        ),
    ],
)
def test_correct_moves_the_stock_with_the_dose(fields: Fields, expected: tuple[int, int]) -> None:
    """What was not given goes back into the book, and what was given leaves it."""
    lines = [StockLine("a", "naloxone", 5, "AB12"), StockLine("c", "naloxone", 5, "CD34")]
    dosed = StepRecorded("i-1", "naloxone", naloxone=Naloxone(400, "nasal", "AB12"))
    site = after(open_site(incident(), *lines), dosed, first=7)
    site = done(site, "incident.correct", {**CORRECT, **fields})
    assert (site.stock["a"].quantity, site.stock["c"].quantity) == expected


CORRECTS_REFUSED: dict[str, tuple[Fields, str]] = {
    "a line that is not there": ({"refers_to": 8}, "line-stands"),
    "a line that was corrected": ({"refers_to": 5}, "line-stands"),
    "a reason unknown here": ({"reason": "moonlight"}, "known-correction_reasons"),
    "a line that would say nothing": ({"what": "naloxone"}, "naloxone-dose"),
    "an incident that nobody opened": ({"incident": "i-9"}, "incident-known"),
}


@pytest.mark.parametrize(("fields", "rule"), CORRECTS_REFUSED.values(), ids=CORRECTS_REFUSED)
def test_correct_refuses(fields: Fields, rule: str) -> None:
    """Only a line that stands is corrected, once; the rule says what to do."""
    old = Step(5, NOW, NOW, ADA, "airway", corrected_by=7)
    site = open_site(incident(steps=(old, LINE)))
    assert refusal(site, "incident.correct", {**CORRECT, **fields}).code == rule


@pytest.mark.parametrize(
    ("kind", "remembered"), [("opioid", True), ("mixed", True), ("seizure", False)]
)
def test_classify_remembers_an_overdose(kind: str, *, remembered: bool) -> None:
    """An overdose stays with the person as a warning for next time; a seizure does not."""
    site = open_site(person(), incident(person="p-1"))
    fields, by = {"incident": "i-1", "kind": kind}, given(pack=PACK)
    assert decide(site, "incident.classify", fields, by) == [IncidentClassified("i-1", kind)]
    site = done(site, "incident.classify", fields, by)
    assert site.incidents["i-1"].kind == kind
    assert site.persons["p-1"].last_overdose_at == (NOW if remembered else None)


def test_opened_as_an_overdose_is_remembered_at_once() -> None:
    """Nobody has to classify what was opened as an overdose."""
    site = after(open_site(person()), IncidentOpened("i-1", "opioid", person="p-1"))
    assert site.persons["p-1"].last_overdose_at == NOW


def test_classify_keeps_the_latest_overdose() -> None:
    """Classifying an old incident does not hide a newer overdose."""
    later = NOW + timedelta(hours=2)
    site = open_site(person(last_overdose_at=later), incident(person="p-1"))
    site = after(site, IncidentClassified("i-1", "opioid"))
    assert site.persons["p-1"].last_overdose_at == later


HOME, AWAY = IncidentClosed("i-1", "recovered_here"), IncidentClosed("i-1", "to_hospital_ambulance")
CLOSES: dict[str, tuple[Parts, Fields, list[Fact]]] = {
    "recovered here": ([SITS], {"outcome": "recovered_here"}, [HOME]),
    "to hospital in the middle of an episode": (
        [SITS],
        {"outcome": "to_hospital_ambulance"},
        [AWAY, EpisodeEnded("v-1", "e-1"), VisitLeft("v-1", "to_hospital")],
    ),
    "to hospital, somebody without a visit": ([], {"outcome": "to_hospital_ambulance"}, [AWAY]),
    "to hospital, while another incident of theirs runs": (
        [SITS, incident("i-2", visit="v-1")],
        {"outcome": "to_hospital_ambulance"},
        [AWAY],
    ),
    "openly unclassified": (
        [SITS],
        {"outcome": "unclassified", "reason": "left_before"},
        [IncidentClosed("i-1", "unclassified", "left_before")],
    ),
}


@pytest.mark.parametrize(("parts", "fields", "facts"), CLOSES.values(), ids=CLOSES)
def test_close_has_an_outcome(parts: Parts, fields: Fields, facts: list[Fact]) -> None:
    """An incident ends with an outcome, and who went to hospital has left."""
    site = open_site(incident(visit="v-1"), *parts)
    fields, by = {"incident": "i-1", **fields}, given(pack=PACK)
    assert decide(site, "incident.close", fields, by) == facts
    assert [stored(fact) for fact in facts] == facts
    closed = done(site, "incident.close", fields, by).incidents["i-1"]
    assert (closed.closed_at, closed.outcome) == (NOW, fields["outcome"])


CLOSES_REFUSED: dict[str, tuple[Parts, Fields, str]] = {
    "it is over": ([incident(closed_at=NOW)], {"outcome": "recovered_here"}, "incident-open"),
    "an outcome unknown here": ([incident()], {"outcome": "fine"}, "known-incident_outcomes"),
    "unclassified without a reason": (
        [incident()],
        {"outcome": "unclassified"},
        "outcome-classified",
    ),
    "unclassified for a reason unknown here": (
        [incident()],
        {"outcome": "unclassified", "reason": "moonlight"},
        "known-unclassified_reasons",
    ),
}


@pytest.mark.parametrize(("parts", "fields", "rule"), CLOSES_REFUSED.values(), ids=CLOSES_REFUSED)
def test_close_refuses(parts: Parts, fields: Fields, rule: str) -> None:
    """No incident ends twice or without an answer to how; the rule says what to do."""
    fields = {"incident": "i-1", **fields}
    assert refusal(open_site(*parts), "incident.close", fields, given(pack=PACK)).code == rule


def test_closed_to_hospital_empties_the_place() -> None:
    """The ambulance takes the person, and their booth is to be cleaned."""
    site = done(seated(), "incident.open", {"visit": "v-1"})
    fields = {"incident": NEW, "outcome": "to_hospital_ambulance"}
    site = done(site, "incident.close", fields, given(pack=PACK))
    assert (site.places["booth-1"].state, len(site.visits)) == ("cleaning", 0)
    left = site.changes["visit", "v-1"]
    assert isinstance(left, Visit)
    assert left.outcome == "to_hospital"


def test_reopen_starts_it_again() -> None:
    """An emergency that was not over runs again, and its record is completed again."""
    over = incident(closed_at=NOW, outcome="recovered_here", completion=Completion(NOW, ADA))
    fields = {"incident": "i-1", "reason": "told_later"}
    assert decide(open_site(over), "incident.reopen", fields) == [
        IncidentReopened("i-1", "told_later")
    ]
    assert done(open_site(over), "incident.reopen", fields).incidents["i-1"] == incident()


REOPENS_REFUSED: dict[str, tuple[Incident, str, str]] = {
    "it runs": (incident(), "told_later", "incident-closed"),
    "a reason unknown here": (incident(closed_at=NOW), "moonlight", "known-correction_reasons"),
}


@pytest.mark.parametrize(("old", "reason", "rule"), REOPENS_REFUSED.values(), ids=REOPENS_REFUSED)
def test_reopen_refuses(old: Incident, reason: str, rule: str) -> None:
    """Only what is over starts again, for a reason that the pack knows."""
    fields = {"incident": "i-1", "reason": reason}
    assert refusal(open_site(old), "incident.reopen", fields).code == rule


def test_classify_refuses_a_kind_unknown_here() -> None:
    """A kind has to be one that the pack lists."""
    fields = {"incident": "i-1", "kind": "moonlight"}
    assert (
        refusal(open_site(incident()), "incident.classify", fields).code == "known-incident_kinds"
    )


def test_emergency_is_open_to_anyone() -> None:
    """Opening, adding and classifying need no login; closing and correcting do."""
    may = {name: rule.may for name, rule in incidents.COMMANDS.items()}
    free = {"incident.open", "incident.record", "incident.classify"}
    assert {name for name in may if may[name] == EMERGENCY} == free
    assert {may[name] for name in may.keys() - free} == {FLOOR}
