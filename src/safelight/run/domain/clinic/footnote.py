"""Footnotes: how a line of the register is corrected. The line itself stays as it is.

Misuse of Drugs Regulations 2001, regulation 20, as made: nothing is cancelled, obliterated or
altered; a correction is a footnote that states its date. It adjusts the term of the balance to
which the line belongs, so that the balance is the sum of its terms before and after.
"""

from typing import Final

from msgspec.structs import replace

from safelight.kernel.privacy import (
    Batch,
    Citation,
    Code,
    Day,
    ItemId,
    Label,
    Micrograms,
    Seq,
)
from safelight.run.domain.base import HANDLING, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.clinic.destruction import require_destruction_witness
from safelight.run.domain.clinic.ledger import SIGNS, enter, require_room, require_whole_units
from safelight.run.domain.clinic.patient import DosesLocked
from safelight.run.domain.clinic.proof import require_now, require_two
from safelight.run.domain.clinic.requisition import receive_against
from safelight.run.domain.clinic.words import in_figures
from safelight.run.domain.register_entities import (
    CORRECTED,
    DESTROYED,
    OPENING,
    RECEIVED,
    SUPPLIED,
    Line,
    Register,
)
from safelight.run.domain.site import Site

IN_UNITS: Final = frozenset({OPENING, RECEIVED, DESTROYED})
MORE_GIVEN: Final = "more_given"  # why a footnote locks doses
DETAILS: Final = ("batch", "expires", "supplier", "address", "document")


class CorrectLine(Command, frozen=True):
    """Put a line right with a footnote: what it says, and what it should say.

    The details are of a delivery, and only those are given that were wrong.
    """

    line: ItemId
    was: Micrograms
    now: Micrograms
    reason: Code
    batch: Batch | None = None
    expires: Day | None = None
    supplier: Label | None = None
    address: Citation | None = None
    document: Citation | None = None


class LineCorrected(Fact, frozen=True):
    """A line was put right with a footnote."""

    register: ItemId
    line: ItemId
    refers_to: Seq
    corrects: Code
    was: Micrograms
    now: Micrograms
    reason: Code
    batch: Batch | None = None
    expires: Day | None = None
    supplier: Label | None = None
    address: Citation | None = None
    document: Citation | None = None
    requisition: ItemId | None = None


def correct(site: Site, command: CorrectLine, given: Given) -> list[Fact]:
    """Write a footnote to a line that no footnote corrects yet."""
    require_now(given, "A footnote")
    line = _line(site, command.line)
    term = line.corrects or line.kind
    if term == DESTROYED:  # a footnote must not destroy what no authorised witness saw
        require_destruction_witness(site, given)
    else:
        require_two(given, HANDLING)
    given.protocol.require("register_correction_reasons", command.reason)
    _require_says(line, command)
    _require_details(line, term, command)
    register = site.all_of(Register)[line.register]
    if command.now and term in IN_UNITS:
        require_whole_units(register, command.now)
    _require_possible(register, line, term, command)
    return [
        LineCorrected(
            register=register.id,
            line=line.id,
            refers_to=line.number,
            corrects=term,
            was=command.was,
            now=command.now,
            reason=command.reason,
            batch=command.batch,
            expires=command.expires,
            supplier=command.supplier,
            address=command.address,
            document=command.document,
            requisition=line.requisition,
        ),
        *_lock(line, term, command),
    ]


def _lock(line: Line, term: str, command: CorrectLine) -> list[Fact]:
    """Stop the doses of a patient who had more than the limits were told, until a review."""
    if term != SUPPLIED or line.person is None or command.now <= command.was:
        return []
    return [DosesLocked(line.person, MORE_GIVEN)]


def on_corrected(site: Site, fact: LineCorrected, when: When) -> Site:
    """The footnote is the next line, and the line it corrects points to it."""
    line, old = site.all_of(Line)[fact.line], site.all_of(Register)[fact.register]
    more = fact.now - fact.was
    site = receive_against(site, fact.requisition, more // old.strength, when)
    site = enter(
        site,
        adjusted(old, fact.corrects, more),
        when,
        kind=CORRECTED,
        change=SIGNS[fact.corrects] * more,
        refers_to=fact.refers_to,
        corrects=fact.corrects,
        was=fact.was,
        now=fact.now,
        reason=fact.reason,
        batch=fact.batch,
        expires=fact.expires,
        supplier=fact.supplier,
        address=fact.address,
        document=fact.document,
        requisition=fact.requisition,
        person=line.person,
        prescriber=line.prescriber,
        session=line.session,
    )
    return site.put(replace(line, corrected_by=old.lines + 1))


def adjusted(register: Register, term: str, more: int) -> Register:
    """Return a register one of whose terms is more, or less, than its lines said."""
    return replace(register, **{term: getattr(register, term) + more})


def _line(site: Site, key: str) -> Line:
    """Return a line that a footnote may correct."""
    found = site.all_of(Line).get(key)
    if found is None:
        raise refuse(
            "line-known",
            f"There is no line {key} in a register here.",
            "Open the register and choose the line there.",
            line=key,
        )
    if found.corrected_by is not None:
        raise refuse(
            "line-corrected",
            f"Footnote {found.corrected_by} corrects line {found.number} already.",
            "If that footnote is wrong, correct the footnote.",
            line=key,
            corrected_by=found.corrected_by,
        )
    if (found.corrects or found.kind) not in SIGNS:
        raise refuse(
            "line-movement",
            f"Line {found.number} is a count, and a count moves nothing.",
            "Count again; the later count stands beside it.",
            line=key,
        )
    return found


def _require_says(line: Line, command: CorrectLine) -> None:
    if command.was != line.stated:
        raise refuse(
            "line-says",
            f"Line {line.number} says {in_figures(line.stated)} mg, not "
            f"{in_figures(command.was)} mg.",
            "Reload the register and look at the line again.",
            line=line.id,
            stated=line.stated,
            was=command.was,
        )


def _require_details(line: Line, term: str, command: CorrectLine) -> None:
    """A footnote says something new, and details only of a delivery."""
    told = {name: getattr(command, name) for name in DETAILS}
    told = {name: value for name, value in told.items() if value is not None}
    if told and term != RECEIVED:
        raise refuse(
            "footnote-details",
            f"Line {line.number} is no delivery, and only a delivery has {', '.join(told)}.",
            "Correct the quantity only.",
            line=line.id,
        )
    if command.now == command.was and all(getattr(line, name) == told[name] for name in told):
        raise refuse(
            "footnote-changes",
            f"The footnote says what line {line.number} says already.",
            "Say what the line should say, or leave it as it is.",
            line=line.id,
        )


def _require_possible(register: Register, line: Line, term: str, command: CorrectLine) -> None:
    """Refuse what would leave less than nothing, or more than any register holds."""
    more = command.now - command.was
    if SIGNS[term] > 0:
        require_room(more, register.opening + register.received)
    left = adjusted(register, term, more).cabinet
    if left < 0:
        raise refuse(
            "footnote-possible",
            f"With that, line {line.number} would leave {in_figures(-left)} mg less than nothing "
            "in the cabinet.",
            "Correct first what makes up for it: a delivery, or the other line of a session.",
            line=line.id,
            cabinet=left,
        )


COMMANDS = {"register.correct": Rule(CorrectLine, correct, HANDLING)}
FACTS = {"register.corrected": Change(LineCorrected, on_corrected)}
