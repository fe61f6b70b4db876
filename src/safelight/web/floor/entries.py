"""Journal entries in words: what each kind is called, and what its body says."""

from safelight.run.store.reader import EntryRow
from safelight.web.floor.frame import Frame
from safelight.web.floor.words import plain

# Entries that have a form of their own to put them right.
CORRECTABLE = (
    "incident.step_recorded",
    "incident.step_corrected",
    "episode.started",
    "supplies.given",
    "supplies.returned",
)
KINDS = {
    "incident.opened": "Emergency opened",
    "incident.step_recorded": "Emergency: line added",
    "incident.step_corrected": "Emergency: line corrected",
    "incident.classified": "Emergency: kind",
    "incident.closed": "Emergency ended",
    "incident.reopened": "Emergency reopened",
    "incident.completed": "Emergency record completed",
    "incident.debriefed": "Debrief held",
    "incident.attributed": "Emergency attributed",
    "visit.arrived": "Arrived",
    "visit.refused": "Turned away",
    "visit.oriented": "Orientation given",
    "visit.queued": "Waits",
    "visit.placed": "Placed",
    "visit.aftercare_began": "To aftercare",
    "visit.observed": "Observation",
    "visit.release_checked": "Checks before leaving",
    "visit.left": "Left",
    "supplies.given": "Equipment given",
    "supplies.returned": "Equipment came back",
}
# Which vocabulary of the pack a field's code belongs to, by kind of entry where that matters.
VOCABULARY = {
    "route": "routes",
    "substances": "substances",
    "body_site": "body_sites",
    "topics": "orientation_topics",
    "checks": "release_checks",
    "service": "services",
    "to": "referrals",
    "duty": "duties",
    "learning": "learning",
    "sex": "sexes",
    "visit.left.outcome": "leave_outcomes",
    "visit.refused.reason": "refusal_reasons",
    "incident.closed.outcome": "incident_outcomes",
    "incident.closed.reason": "unclassified_reasons",
    "incident.opened.kind": "incident_kinds",
    "incident.classified.kind": "incident_kinds",
    "incident.completed.kind": "incident_kinds",
    "person.excluded.reason": "exclusion_reasons",
    "alert.added.kind": "alert_kinds",
    "place.closed.reason": "closed_reasons",
    "shift.checked.item": "shift_checks",
    "shift.checked.found": "check_findings",
    "supplies.given.item": "equipment",
    "supplies.returned.item": "equipment_returned",
    "supplies.corrected.reason": "correction_reasons",
    "episode.corrected.reason": "correction_reasons",
    "incident.step_corrected.reason": "correction_reasons",
    "stock.received.item": "equipment",
    "stock.counted.item": "equipment",
    "stock.counted.reason": "count_reasons",
    "exclusion.reviewed.decision": "exclusion_decisions",
}
HIDDEN = frozenset({"note", "handed", "episode", "refusal", "shift", "digest", "stock", "what"})
SHORT = 12


def kind_words(kind: str) -> str:
    """Return what a kind of entry is called."""
    return KINDS.get(kind) or plain(kind.replace(".", " "))


def summary(frame: Frame, row: EntryRow) -> str:
    """Return an entry's body on one line: words instead of codes, handles instead of ids."""
    parts = []
    what = row.body.get("what")
    if isinstance(what, str):
        parts.append(frame.words.step(what))
    for name, value in row.body.items():
        if name not in HIDDEN:
            parts.append(_field(frame, row.kind, name, value))
    return ", ".join(filter(None, parts))


def _field(frame: Frame, kind: str, name: str, value: object) -> str:
    site, words = frame.site, frame.words
    if isinstance(value, dict):
        inner = ", ".join(f"{plain(k).lower()} {v}" for k, v in value.items() if v is not None)
        return inner.replace("_", " ")
    text = str(value)
    if name == "visit":
        return site.visits[text].handle if text in site.visits else ""
    if name == "person":
        return site.persons[text].handle if text in site.persons else "a person"
    if name == "place":
        return site.places[text].label if text in site.places else text
    if name in {"staff", "reviewer", "approver"}:
        return words.staff(text) if isinstance(value, str) else f"{len(_many(value))} colleagues"
    vocabulary = VOCABULARY.get(f"{kind}.{name}") or VOCABULARY.get(name)
    if vocabulary is not None:
        return words.each(vocabulary, [str(one) for one in _many(value)])
    if name in {"incident", "alert", "exclusion", "authority", "stop"}:
        return ""
    if isinstance(value, bool):
        return plain(name) if value else ""
    return f"{plain(name).lower()} {_short(value)}"


def _many(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]


def _short(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return str(value)
