"""Journal entries in words: what each kind is called, and what its body says."""

from collections.abc import Iterator

import msgspec

from safelight.run.domain.clinic.words import in_figures
from safelight.run.domain.entities import Naloxone, Reading
from safelight.run.domain.registry import FACTS
from safelight.run.domain.site import Site
from safelight.run.store.reader import EntryRow
from safelight.web.floor.frame import Frame
from safelight.web.floor.words import plain
from safelight.web.forms import milligram_fields

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
    "register.received": "Stock received",
    "register.wasted": "Stock wasted",
    "register.destroyed": "Stock destroyed",
    "register.corrected": "Register: footnote",
    "return.recorded": "Patient brought drugs back",
    "return.destroyed": "What a patient brought back destroyed",
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
    "treatment.referred.source": "referral_sources",
    "treatment.ended.reason": "treatment_end_reasons",
    "treatment.transferred.to": "transfer_services",
    "eligibility.decided.reason": "eligibility_reasons",
    "consent.given.purpose": "consent_purposes",
    "consent.withdrawn.purpose": "consent_purposes",
    "contact.planned.kind": "contact_kinds",
    "contact.recorded.kind": "contact_kinds",
    "contact.recorded.result": "contact_results",
    "review.recorded.kind": "review_kinds",
    "review.recorded.outcome": "review_outcomes",
    "outcome.recorded.stage": "outcome_stages",
    "return.recorded.drug": "returned_drugs",
    "drug": "drugs",
    "form": "drug_forms",
    "method": "destruction_methods",
    "resolution": "discrepancy_resolutions",
    "register.wasted.reason": "wastage_reasons",
    "register.destroyed.reason": "destruction_reasons",
    "register.corrected.reason": "register_correction_reasons",
    "requisition.closed.reason": "requisition_close_reasons",
    "concern.raised.kind": "concern_kinds",
}
SEALED = "sealed:"
# Whose notes are for the accountable officer, who reads them under Oversight.
FOR_THE_OFFICER = frozenset({"concern.raised"})
# Ids and ciphertext say nothing to whoever reads along.
HIDDEN = frozenset(
    {"note", "handed", "episode", "refusal", "shift", "digest", "stock", "what", "incident"}
    | {"alert", "exclusion", "authority", "stop"}
    | {"treatment", "contact", "assessment", "findings", "answers", "goals"}
    | {"discrepancy", "concern", "patient_return", "requisition", "authorisation"}
    | {"session", "order", "line", "layout_digest"}
)


def kind_words(kind: str) -> str:
    """Return what a kind of entry is called."""
    return KINDS.get(kind) or plain(kind.replace(".", " "))


def summary(frame: Frame, row: EntryRow) -> str:
    """Return an entry's body on one line: words instead of codes, handles instead of ids."""
    what = row.body.get("what")
    parts = [frame.words.step(what)] if isinstance(what, str) else []
    parts += [
        _field(frame, row.kind, name, value)
        for name, value in row.body.items()
        if name not in HIDDEN
    ]
    return ", ".join(dict.fromkeys(filter(None, parts)))


def sealed_texts(body: object, about: str = "") -> Iterator[tuple[str, str]]:
    """Yield the notes of an entry, each with the criterion that it is about, if it is."""
    match body:
        case dict():
            here = str(body.get("criterion", about))
            for value in body.values():
                yield from sealed_texts(value, here)
        case list():
            for value in body:
                yield from sealed_texts(value, about)
        case str() if body.startswith(SEALED):
            yield about, body


def _field(frame: Frame, kind: str, name: str, value: object) -> str:
    words = frame.words
    many = [str(one) for one in value] if isinstance(value, list) else [str(value)]
    vocabulary = VOCABULARY.get(f"{kind}.{name}") or VOCABULARY.get(name)
    if vocabulary is not None:
        return words.each(vocabulary, many)
    match name:
        case "reading":
            told = words.reading(msgspec.convert(value, Reading))
        case "naloxone":
            told = words.dose(msgspec.convert(value, Naloxone))
        case "visit" | "person" | "place":
            told = _called(frame.site, name, many[0])
        case "staff" | "reviewer" | "approver":
            told = ", ".join(words.staff(one) for one in many)
        case "handle":
            told = many[0]
        case _ if isinstance(value, int) and name in _milligrams(kind):
            told = f"{plain(name).lower()} {in_figures(value)} mg"
        case _ if isinstance(value, bool):
            told = plain(name) if value else ""
        case _:
            told = f"{plain(name).lower()} {', '.join(many)}"
    return told


def _milligrams(kind: str) -> frozenset[str]:
    change = FACTS.get(kind)
    return milligram_fields(change.fact) if change else frozenset()


def _called(site: Site, name: str, key: str) -> str:
    """Return the handle or label of what an id names, as far as it is still here."""
    if name == "place":
        return site.places[key].label if key in site.places else key
    known = site.visits if name == "visit" else site.persons
    return known[key].handle if key in known else ""
