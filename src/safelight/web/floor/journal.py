"""The journal as people read it: entries, whether they verify, notes, and corrections."""

from typing import Any, NamedTuple

from django.http import Http404, HttpResponse, HttpResponseRedirect

from safelight.kernel.clock import parse_instant
from safelight.run.domain.base import FLOOR
from safelight.run.domain.entities import Step
from safelight.run.domain.registry import FACTS
from safelight.run.store.reader import EntryRow
from safelight.web.floor.entries import (
    CORRECTABLE,
    FOR_THE_OFFICER,
    kind_words,
    sealed_texts,
    summary,
)
from safelight.web.floor.frame import Frame, open_frame, whose
from safelight.web.floor.incident import find_incident, naloxone_batches, step_codes
from safelight.web.floor.supplies import movement_words
from safelight.web.floor.words import plain
from safelight.web.policy import FORM, page
from safelight.web.ports import PageRequest
from safelight.web.render import render

PAGE = 50
RECENT = 30
MOST_CORRECTIONS = 500
READING = {
    "care": "For their care now",
    "handover": "Handover",
    "review": "Review of an incident",
    "correction": "To correct the record",
}


class Entry(NamedTuple):
    """One entry as a line of a page."""

    row: EntryRow
    when: str
    written: str
    staff: str
    witness: str
    words: str
    summary: str
    note: bool
    correctable: bool


@page("s/<str:site_id>/journal", FLOOR, "journal")
def journal(request: PageRequest, site_id: str) -> HttpResponse:
    """Show entries, newest first, and what the last verification said."""
    frame = open_frame(request, site_id)
    kind = request.GET.get("kind", "")
    before = request.GET.get("before", "")
    wanted = kind if kind in FACTS else None
    start = int(before) if before.isdecimal() else None
    rows = frame.node.journal(site_id, start, PAGE + 1, wanted)
    verification = frame.node.verification(site_id)
    context = frame.context(
        "journal",
        entries=[entry(frame, row) for row in rows[:PAGE]],
        older=rows[PAGE - 1].seq if len(rows) > PAGE else None,
        first_page=start is None,
        kind=kind,
        kinds={name: kind_words(name) for name in FACTS},
        verification=verification,
        checked_at=_moment(frame, verification.checked_at),
        checkpoint_at=_moment(frame, verification.checkpoint_at),
    )
    return render(request, "floor/journal.html", context)


@page("s/<str:site_id>/corrections", FLOOR, "corrections")
def corrections(request: PageRequest, site_id: str) -> HttpResponse:
    """List what was entered lately and can be put right, newest first."""
    frame = open_frame(request, site_id)
    rows = [row for kind in CORRECTABLE for row in frame.node.journal(site_id, None, RECENT, kind)]
    rows.sort(key=lambda row: row.seq, reverse=True)
    entries = [entry(frame, row) for row in rows[:RECENT]]
    return render(request, "floor/corrections.html", frame.context("journal", entries=entries))


@page("s/<str:site_id>/read/<int:seq>", FLOOR, "read", FORM)
def read(request: PageRequest, site_id: str, seq: int) -> HttpResponse:
    """Show a note, after writing down who reads it and why."""
    frame = open_frame(request, site_id)
    row = find_row(frame, seq)
    sealed = list(sealed_texts(row.body))
    if not sealed or row.kind in FOR_THE_OFFICER:
        raise Http404("This entry has no note that can be read here.")
    texts = None
    if request.method == "POST":
        reason = READING.get(request.POST.get("reason", ""), "not said")
        texts = [
            (plain(about) if about else "", frame.node.unseal(each, request.staff, reason))
            for about, each in sealed
        ]
    context = frame.context("journal", entry=entry(frame, row), texts=texts, reasons=READING)
    return render(request, "floor/read.html", context)


@page("s/<str:site_id>/correct/<int:seq>", FLOOR, "correct")
def correct(request: PageRequest, site_id: str, seq: int) -> HttpResponse:
    """Show the form that puts one entry right; the entry itself stays as it is."""
    frame = open_frame(request, site_id)
    row = find_row(frame, seq)
    if row.kind == "episode.corrected":
        return HttpResponseRedirect(frame.url(f"correct/{row.body['refers_to']}"))
    more: dict[str, Any] = {}
    match row.kind:
        case "incident.step_recorded" | "incident.step_corrected":
            more = _of_step(frame, row)
        case "episode.started":
            more = _of_episode(frame, row)
        case "supplies.given" | "supplies.returned":
            more = _of_supplies(frame, row)
    context = frame.context("journal", entry=entry(frame, row), **more)
    return render(request, "floor/correct.html", context)


def find_row(frame: Frame, seq: int) -> EntryRow:
    """Return one entry; raises Http404 where the journal has none of that number."""
    rows = frame.node.journal(frame.site.id, seq + 1, 1, None)
    if not rows or rows[0].seq != seq:
        raise Http404(f"The journal has no entry {seq}.")
    return rows[0]


def entry(frame: Frame, row: EntryRow) -> Entry:
    """Return an entry as a line of a page."""
    words = frame.words
    happened, recorded = parse_instant(row.happened_at), parse_instant(row.recorded_at)
    late = (recorded - happened).total_seconds() >= 60  # noqa: PLR2004 - a minute
    return Entry(
        row=row,
        when=f"{words.day(happened)} {words.seconds(happened)}",
        written=words.time(recorded) if late else "",
        staff=words.staff(row.actor),
        witness=words.staff(row.witness) if row.witness else "",
        words=kind_words(row.kind),
        summary=summary(frame, row),
        note=row.kind not in FOR_THE_OFFICER and any(sealed_texts(row.body)),
        correctable=row.kind in CORRECTABLE,
    )


def _of_step(frame: Frame, row: EntryRow) -> dict[str, Any]:
    incident = find_incident(frame, str(row.body["incident"]))
    step = next((s for s in incident.steps if s.seq == row.seq), None)
    if step is None:
        return {}
    return {
        "form_kind": "step",
        "incident": incident,
        "who": whose(frame.site, incident, frame.words),
        "step": step,
        "values": _reading_values(step),
        "step_words": {code: frame.words.step(code) for code in step_codes(frame.words)},
        "batches": naloxone_batches(frame),
        "back": frame.url(f"incidents/{incident.id}"),
    }


def _reading_values(step: Step) -> dict[str, str]:
    """Return the values of an observation as its form shows them."""
    if step.reading is None:
        return {}
    fields = {name: getattr(step.reading, name) for name in step.reading.__struct_fields__}
    return {
        name.removesuffix("_tenths"): f"{value / 10:.1f}" if name.endswith("_tenths") else value
        for name, value in fields.items()
        if value is not None
    }


def _of_episode(frame: Frame, row: EntryRow) -> dict[str, Any]:
    key = str(row.body["visit"])
    visit = frame.site.visits.get(key) or frame.node.past_visit(frame.site.id, key)
    episodes = visit.episodes if visit else ()
    episode = next((e for e in episodes if e.seq == row.seq), None)
    if visit is None or episode is None:
        return {}
    return {
        "form_kind": "episode",
        "visit": visit,
        "episode": episode,
        "back": frame.url(f"visits/{visit.id}"),
    }


def _of_supplies(frame: Frame, row: EntryRow) -> dict[str, Any]:
    handed = row.body["handed"]
    later = frame.node.journal(frame.site.id, None, MOST_CORRECTIONS, "supplies.corrected")
    newest = next((one for one in later if one.body["handed"] == handed), None)
    return {
        "form_kind": "supplies",
        "handed": handed,
        "was": newest.body["now"] if newest else row.body["quantity"],
        "movement": movement_words(frame, row.kind, row.body),
        "back": frame.url("supplies"),
    }


def _moment(frame: Frame, text: str) -> str:
    if not text:
        return ""
    instant = parse_instant(text)
    return f"{frame.words.day(instant)} {frame.words.seconds(instant)}"
