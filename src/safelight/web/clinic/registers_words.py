"""How registers read on a screen: what each is called, its quantities, and every line of it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from safelight.kernel.clock import local_day
from safelight.run.domain.clinic.discrepancy import LOSS
from safelight.run.domain.clinic.ledger import LATE_DAYS, is_late
from safelight.run.domain.clinic.words import in_figures
from safelight.run.domain.register_entities import (
    CORRECTED,
    COUNTED,
    DESTROYED,
    OPENING,
    RECEIVED,
    SUPPLIED,
    WASTED,
    Discrepancy,
    Line,
    PatientReturn,
    Register,
)
from safelight.web.floor.frame import Frame, premises_of
from safelight.web.floor.words import Words

COUNT_DAYS: Final = "count_days"  # how often the pack wants the cabinet counted
REASONS: Final = {
    WASTED: "wastage_reasons",
    DESTROYED: "destruction_reasons",
    CORRECTED: "register_correction_reasons",
}
ON_PREMISES: Final = "administered on the premises"


class Reading(NamedTuple):
    """One line as a register shows it."""

    line: Line
    date: str
    late: str  # in words, where it was entered later than the law's day
    what: str  # obtained from, supplied to, or what else took place
    authority: str  # and document, batch and expiry
    came: str
    went: str
    balance: str
    staff: str
    witness: str
    notes: list[str]  # the footnotes that correct it


class Difference(NamedTuple):
    """A count that differs from its register."""

    one: Discrepancy
    title: str
    told: str  # by how much, which way
    found: str
    found_by: str
    reported_by: str
    resolved_by: str


def drugs(words: Words) -> dict[str, str]:
    """Return every drug that can have a register."""
    return {**words.all("oral_drugs"), **words.all("drugs")}


def title_of(words: Words, thing: Register | PatientReturn) -> str:
    """Return drug, form and strength, as they stand at the head of a register's pages."""
    drug = drugs(words).get(thing.drug) or words.of("returned_drugs", thing.drug)
    form = words.of("drug_forms", thing.form).lower()
    return f"{drug}, {form}, {in_figures(thing.strength)} mg"


def in_units(quantity: int, strength: int) -> str:
    """Return a quantity as whole units and what is left over, such as ``49 × 100 mg and 50 mg``."""
    whole, rest = divmod(quantity, strength)
    parts = [f"{whole} × {in_figures(strength)} mg"] if whole or not rest else []
    return " and ".join([*parts, f"{in_figures(rest)} mg"] if rest else parts)


def count_due(frame: Frame, register: Register) -> date | None:
    """Return the day on which a register is to be counted, if the pack says how often."""
    days = frame.protocol.optional(COUNT_DAYS)
    if days is None or register.counted_at is None:
        return None
    return local_day(register.counted_at, timezone_of(frame)) + timedelta(days=days)


def timezone_of(frame: Frame) -> str:
    """Return the time zone of the premises."""
    return premises_of(frame.site).timezone


def today_of(frame: Frame) -> date:
    """Return the day at the premises."""
    return local_day(frame.words.now, timezone_of(frame))


def moment(words: Words, at: datetime) -> str:
    """Return a day with its year and the time, as a register needs them."""
    return f"{words.day(at)} {words.field(at)[11:]}"


def day(of: date) -> str:
    """Return a date in words."""
    return f"{of.day} {of:%B %Y}"


def handle_of(frame: Frame, person: str | None) -> str:
    """Return what a patient is called on screens: two words, and never a name."""
    known = frame.site.persons.get(person) if person else None
    return known.handle if known else person or ""


def difference(frame: Frame, one: Discrepancy) -> Difference:
    """Return a count that differs, in words."""
    words, missing = frame.words, one.expected - one.counted
    staff = words.staff
    register = frame.site.all_of(Register)[one.register]
    return Difference(
        one=one,
        title=title_of(words, register),
        told=f"{in_figures(abs(missing))} mg {'missing' if missing > 0 else 'too many'}",
        found=moment(words, one.found_at),
        found_by=" and ".join(filter(None, (staff(one.staff), staff(one.witness)))),
        reported_by=staff(one.reported_by),
        resolved_by=staff(one.resolved_by),
    )


def readings(
    frame: Frame, register: Register, lines: Iterable[Line], footnotes: Mapping[int, Line]
) -> list[Reading]:
    """Return lines as they read; ``footnotes`` are by their own numbers."""
    return [_reading(frame, register, line, footnotes) for line in lines]


def _reading(
    frame: Frame, register: Register, line: Line, footnotes: Mapping[int, Line]
) -> Reading:
    note = footnotes.get(line.corrected_by) if line.corrected_by else None
    staff = frame.words.staff
    return Reading(
        line=line,
        date=moment(frame.words, line.at),
        late=_late(frame, line),
        what=WHAT[line.kind](frame, register, line),
        authority=_authority(frame.words, line),
        came=in_figures(line.change) if line.change > 0 else "",
        went=in_figures(-line.change) if line.change < 0 else "",
        balance=in_figures(line.balance),
        staff=staff(line.staff),
        witness=staff(line.witness),
        notes=[_footnote(frame, note)] if note else [],
    )


def _authority(words: Words, line: Line) -> str:
    return words.staff(line.prescriber) if line.kind == SUPPLIED else "; ".join(details(line))


def details(line: Line) -> list[str]:
    """Return document, batch and expiry, as far as a line says them."""
    return [
        *([line.document] if line.document else []),
        *([f"batch {line.batch}"] if line.batch else []),
        *([f"expires {day(line.expires)}"] if line.expires else []),
    ]


def _late(frame: Frame, line: Line) -> str:
    protocol = frame.protocol
    if protocol.optional(LATE_DAYS) is None or not is_late(line, timezone_of(frame), protocol):
        return ""
    return f"entered late, on {frame.words.day(line.recorded_at)}"


def _reason(words: Words, line: Line) -> str:
    if line.reason == LOSS:
        return words.of("discrepancy_resolutions", LOSS).lower()
    return words.of(REASONS[line.kind], line.reason).lower() if line.kind in REASONS else ""


def _correction(line: Line) -> str:
    """Return what a footnote says: the quantity, and the details of a delivery that were wrong."""
    was, now = line.was or 0, line.now or 0
    parts = [f"{in_figures(was)} mg is to read {in_figures(now)} mg"] if was != now else []
    parts += [text for text in (line.supplier, line.address) if text]
    return "; ".join([*parts, *details(line)])


def _footnote(frame: Frame, note: Line) -> str:
    """Return a footnote with its date, as it stands below the line that it corrects."""
    staff = frame.words.staff
    witness = f", witnessed by {staff(note.witness)}" if note.witness else ""
    return (
        f"Footnote of {frame.words.day(note.recorded_at)}, line {note.number}: "
        f"{_correction(note)}; {_reason(frame.words, note)}. "
        f"By {staff(note.staff)}{witness}."
    )


def _opening(_: Frame, __: Register, ___: Line) -> str:
    return "Opening stock, counted by two people"


def _received(_: Frame, __: Register, line: Line) -> str:
    return ", ".join(filter(None, (line.supplier, line.address)))


def _supplied(frame: Frame, _: Register, line: Line) -> str:
    return f"{handle_of(frame, line.person)}, {ON_PREMISES if line.session else 'supplied'}"


def _wasted(frame: Frame, _: Register, line: Line) -> str:
    return f"Wasted: {_reason(frame.words, line)}"


def _destroyed(frame: Frame, _: Register, line: Line) -> str:
    method = frame.words.of("destruction_methods", line.method).lower()
    return f"Destroyed before an authorised witness: {_reason(frame.words, line)}, {method}"


def _counted(_: Frame, register: Register, line: Line) -> str:
    counted = line.counted or 0
    units = in_units(counted, register.strength)
    return f"Count of the cabinet: {in_figures(counted)} mg, {units}"


def _corrected(frame: Frame, _: Register, line: Line) -> str:
    return f"Footnote to line {line.refers_to}: {_correction(line)}; {_reason(frame.words, line)}"


# From whom a line's drugs came, to whom they went, or what became of them.
WHAT: Final[Mapping[str, Callable[[Frame, Register, Line], str]]] = {
    OPENING: _opening,
    RECEIVED: _received,
    SUPPLIED: _supplied,
    WASTED: _wasted,
    DESTROYED: _destroyed,
    COUNTED: _counted,
    CORRECTED: _corrected,
}
