"""An emergency as a timeline: what staff see and do, minute by minute, and the paper afterwards.

The order follows published practice in its outline (airway and oxygen first, naloxone where that
does not suffice: Sydney MSIC, Dietze 2019, PMC6902775). Times and readings are made up for
rehearsal, and none of this is guidance.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from safelight.rehearse.agenda import Steps
from safelight.rehearse.dice import Dice
from safelight.rehearse.floor import Floor, simulated
from safelight.run.domain.entities import Incident
from safelight.run.domain.statistics import NOT_MEDICAL

# What was given, as recorded: the dose in the Sydney protocol (PMC6902775), and a nasal spray.
MUSCLE = {"micrograms": 800, "route": "intramuscular"}
NASAL = {"micrograms": 1800, "route": "intranasal"}
MUSCLE_KIT, NASAL_KIT = "naloxone_kit", "naloxone_nasal_kit"
UNKNOWN = "collapse_unknown"
WITH_OPIOID = frozenset({"opioid", "mixed", UNKNOWN})
LATE_LINE, WRONG_LINE, AGAINST_ADVICE, SECOND_DOSE = 0.05, 0.04, 0.06, 0.3


class Line(NamedTuple):
    """One line of a timeline, so many seconds after the one before."""

    wait: float
    what: str
    fields: dict[str, Any]


class Course(NamedTuple):
    """How an emergency goes."""

    kind: str
    naloxone: bool
    ambulance: bool
    hospital: bool


def emergency(floor: Floor, visit: str, kind: str, seed: int) -> Steps:
    """Open an incident, work through its timeline, close it, and do the paper later."""
    dice = Dice(floor.seed, floor.scenario.id, "incident", seed)
    if floor.visit(visit) is None or floor.site.open_incidents_of(visit):
        return
    place = floor.site.visits[visit].place
    incident = floor.made("i", floor.act("incident.open", {"visit": visit}))
    course = _course(floor, kind, dice)
    for line in timeline(course, dice):
        yield line.wait
        if not still_ours(floor, incident):
            return
        _write(floor, incident, line, dice)
    yield dice.between(60, 300)
    if not still_ours(floor, incident):
        return
    floor.act("incident.classify", {"incident": incident, "kind": _final(kind)})
    outcome = _outcome(course, dice)
    nurse = floor.by("nurse", "lead")
    closed = floor.act("incident.close", {"incident": incident, "outcome": outcome}, by=nurse)
    if closed is not None and floor.visit(visit) is None:
        floor.tidy(place, floor.scenario.behaviour.cleaning_minutes, dice.lognormal)
    floor.agenda.spawn(paperwork(floor, incident), dice.between(900, 4500))


def still_ours(floor: Floor, key: str) -> bool:
    """Tell whether an incident runs and nobody but simulated staff has written in it.

    They name its kind only just before they close it, so a kind shows another hand.
    """
    incident = floor.site.incidents.get(key)
    if incident is None or incident.closed_at is not None:
        return False
    return incident.kind == UNKNOWN and untouched(incident)


def untouched(incident: Incident) -> bool:
    """Tell whether only simulated staff have written in an incident."""
    return all(simulated(step.staff) for step in incident.steps)


def _course(floor: Floor, kind: str, dice: Dice) -> Course:
    behaviour = floor.scenario.behaviour
    medical = kind not in NOT_MEDICAL
    ambulance = medical and dice.chance(behaviour.ambulance_share.value)
    return Course(
        kind,
        naloxone=kind in WITH_OPIOID and dice.chance(behaviour.naloxone_share.value),
        ambulance=ambulance,
        hospital=ambulance and dice.chance(behaviour.hospital_share.value),
    )


def _final(kind: str) -> str:
    """Return what a collapse turns out to be."""
    return "opioid" if kind == UNKNOWN else kind


def _outcome(course: Course, dice: Dice) -> str:
    if course.hospital:
        return "to_hospital_ambulance"
    if course.ambulance:
        return "handed_to_ambulance_on_site"
    return "recovered_left_against_advice" if dice.chance(AGAINST_ADVICE) else "recovered_on_site"


def timeline(course: Course, dice: Dice) -> list[Line]:
    """Return the lines of an emergency in order."""
    lines = list(_COURSES.get(course.kind, _opioid)(course, dice))
    if course.ambulance:
        called = Line(dice.between(10, 60), "ambulance_called", {})
        lines.insert(min(3, len(lines)), called)
        lines.append(Line(dice.between(200, 700), "ambulance_arrived", {}))
        lines.append(Line(dice.between(300, 900), "ambulance_left", {}))
    return lines


def _opioid(course: Course, dice: Dice) -> Iterator[Line]:
    deep = course.naloxone
    yield Line(dice.between(15, 45), "observation", _slow(dice, 0 if deep else 1))
    yield Line(dice.between(5, 20), "stimulation", {})
    yield Line(dice.between(10, 25), "airway", {})
    yield Line(dice.between(10, 40), "oxygen", {})
    if deep:
        yield Line(dice.between(20, 50), "bag_valve_mask", {})
        yield Line(dice.between(90, 150), "observation", _slow(dice, 0))
        yield Line(dice.between(120, 240), "naloxone", _dose(dice))
        yield Line(dice.between(120, 200), "observation", _slow(dice, 1))
        if dice.chance(SECOND_DOSE):
            yield Line(dice.between(20, 60), "naloxone", _dose(dice))
    yield Line(dice.between(90, 180), "observation", _slow(dice, 2))
    yield Line(dice.between(20, 60), "recovery_position", {})
    for _ in range(dice.whole(1, 3)):
        yield Line(dice.between(180, 320), "observation", _slow(dice, 3))


def _stimulant(_: Course, dice: Dice) -> Iterator[Line]:
    yield Line(dice.between(15, 60), "observation", _fast(dice, 0))
    yield Line(dice.between(15, 60), "quiet_place", {})
    yield Line(dice.between(15, 60), "reassurance", {})
    if dice.chance(0.5):
        yield Line(dice.between(30, 120), "cooling", {})
    yield Line(dice.between(30, 120), "fluids", {})
    for level in range(1, dice.whole(3, 5)):
        yield Line(dice.between(240, 480), "observation", _fast(dice, level))


def _seizure(_: Course, dice: Dice) -> Iterator[Line]:
    yield Line(dice.between(60, 150), "recovery_position", {})
    yield Line(dice.between(10, 30), "oxygen", {})
    if dice.chance(0.4):
        yield Line(dice.between(10, 30), "suction", {})
    sugar = {"glucose_tenths": dice.whole(38, 75), "consciousness": "pain", "spo2": 93}
    yield Line(dice.between(60, 150), "observation", {"reading": sugar})
    for level in (1, 2, 3):
        yield Line(dice.between(180, 360), "observation", _fast(dice, level))


def _minor(what: str, course: Course, dice: Dice) -> Iterator[Line]:
    yield Line(dice.between(30, 90), what, {})
    yield Line(dice.between(120, 400), "reassurance", {})
    if course.kind == "psychiatric":
        yield Line(dice.between(60, 200), "quiet_place", {})


def _injury(course: Course, dice: Dice) -> Iterator[Line]:
    return _minor("wound_care", course, dice)


def _upset(course: Course, dice: Dice) -> Iterator[Line]:
    return _minor("reassurance", course, dice)


_COURSES = {
    "stimulant": _stimulant,
    "cardiac": _stimulant,
    "seizure": _seizure,
    "injury": _injury,
    "psychiatric": _upset,
    "other": _upset,
}


def _slow(dice: Dice, level: int) -> dict[str, Any]:
    """Return a reading of somebody who breathes too little: 0 is worst, 3 is well."""
    low, high = ((3, 6), (7, 9), (9, 12), (12, 16))[level]
    spo2 = ((70, 82), (83, 90), (92, 95), (95, 98))[level]
    minds = ("unresponsive", "pain", "voice", "alert")
    reading = {
        "breathing_rate": dice.whole(low, high),
        "spo2": dice.whole(*spo2),
        "consciousness": minds[level],
        "pulse": dice.whole(52, 92),
    }
    return {"reading": reading}


def _fast(dice: Dice, level: int) -> dict[str, Any]:
    """Return a reading of somebody who is overheated and racing: it falls with the level."""
    reading = {
        "pulse": max(80, dice.whole(128, 158) - 14 * level),
        "temperature_tenths": max(369, dice.whole(376, 392) - 4 * level),
        "breathing_rate": max(15, dice.whole(22, 30) - 3 * level),
        "spo2": dice.whole(95, 99),
        "consciousness": "confused" if level < 1 and dice.chance(0.4) else "alert",
    }
    return {"reading": reading}


def _dose(dice: Dice) -> dict[str, Any]:
    return {"naloxone": dict(NASAL if dice.chance(0.25) else MUSCLE)}


def _write(floor: Floor, incident: str, line: Line, dice: Dice) -> None:
    """Write a line; some are written late, some wrong and then put right."""
    fields = {"incident": incident, "what": line.what, **line.fields}
    if "naloxone" in fields:
        kit = NASAL_KIT if fields["naloxone"]["route"] == NASAL["route"] else MUSCLE_KIT
        stock = floor.stock_of(kit)
        if stock is not None:
            fields["naloxone"] = {**fields["naloxone"], "batch": stock.batch}
    late = dice.between(20, 120) if dice.chance(LATE_LINE) else 0.0
    reading = line.fields.get("reading", {})
    wrong = "spo2" in reading and dice.chance(WRONG_LINE)
    first = {**fields, "reading": {**reading, "spo2": reading["spo2"] - 30}} if wrong else fields
    written = floor.act("incident.record", first, by=floor.by("nurse", "floor_worker"), late=late)
    if wrong and written is not None:
        seq = floor.site.incident(incident).steps[-1].seq
        floor.act("incident.correct", {**fields, "refers_to": seq, "reason": "typing_slip"})


def finish(floor: Floor, key: str) -> Steps:
    """Bring an incident to its end that was running when these staff came on."""
    dice = Dice(floor.seed, "finish", key)
    for level in (2, 3):
        yield dice.between(120, 300)
        if not still_ours(floor, key):
            return
        _write(floor, key, Line(0, "observation", _slow(dice, level)), dice)
    kind = _final(floor.site.incident(key).kind)
    floor.act("incident.classify", {"incident": key, "kind": kind})
    fields = {"incident": key, "outcome": "recovered_on_site"}
    floor.act("incident.close", fields, by=floor.by("nurse", "lead"))
    floor.agenda.spawn(paperwork(floor, key), dice.between(900, 4500))


def paperwork(floor: Floor, key: str) -> Steps:
    """Complete the record and hold the debrief, unless it is closing time: then tomorrow."""
    dice = Dice(floor.seed, "paperwork", key)
    for write in (_complete, _debrief):
        incident = floor.site.incidents.get(key)
        if incident is None or incident.closed_at is None or not untouched(incident):
            return
        if floor.hurry:
            return
        write(floor, incident, dice)
        yield dice.between(600, 3000)


def _complete(floor: Floor, incident: Incident, dice: Dice) -> None:
    if incident.completion is not None:
        return
    visit = floor.visit(incident.visit or "")
    substances = visit.episodes[-1].substances if visit and visit.episodes else ()
    fields = {
        "incident": incident.id,
        "kind": incident.kind,
        "substances": substances,
        "hospital": incident.outcome == "to_hospital_ambulance",
        "naloxone_batches_checked": any(step.naloxone for step in incident.steps),
        "police": dice.chance(0.02),
    }
    floor.act("incident.complete", fields, by=floor.by("nurse", "lead"))


def _debrief(floor: Floor, incident: Incident, dice: Dice) -> None:
    if incident.debrief is not None:
        return
    shift = floor.site.shift
    fields = {
        "incident": incident.id,
        "learning": dice.weighted(floor.scenario.behaviour.learning.weights),
        "staff": [duty.staff for duty in shift.duties] if shift else [],
    }
    floor.act("incident.debrief", fields, by=floor.by("lead", "nurse"))
