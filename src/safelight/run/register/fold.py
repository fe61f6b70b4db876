"""A second bookkeeper: every register made anew from the journal's entries, by code of its own.

It reads bodies of entries as plain values and shares no arithmetic with the rules, so that a slip
there, or a row of the read model that somebody changed, is told apart from what the journal says.
What moves stock is a table; a kind of entry that is not in it moves none.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import msgspec

from safelight.journal.entry import Entry
from safelight.kernel.clock import parse_instant
from safelight.kernel.errors import Tampered
from safelight.run.domain.register_entities import Line, Register

Body = Mapping[str, Any]


class Move(NamedTuple):
    """One line that an entry writes."""

    kind: str
    sign: int  # which way the quantity moves the balance
    quantity: str = "quantity"  # the body's field that holds it
    copies: tuple[str, ...] = ()  # fields of the body that the line repeats
    says: Mapping[str, str] = {}  # what else it says: the field of the line, and its value
    dose: bool = False  # a dose, supplied when it was injected


DELIVERY: Final = ("units", "batch", "expires", "supplier", "address", "document", "requisition")
LEFT_OVER: Final = {"reason": "residue"}

MOVES: Final[Mapping[str, tuple[Move, ...]]] = {
    "register.received": (Move("received", 1, copies=DELIVERY),),
    "register.wasted": (Move("wasted", -1, copies=("reason",)),),
    "register.destroyed": (Move("destroyed", -1, copies=("units", "batch", "reason", "method")),),
    "register.counted": (Move("counted", 0, "expected", ("units", "counted")),),
    "discrepancy.resolved": (Move("wasted", -1, "lost", says={"reason": "loss"}),),
    "session.accounted": (
        Move("supplied", -1, "administered", ("person", "session"), dose=True),
        Move("wasted", -1, "wasted", ("person", "session"), LEFT_OVER),
    ),
    "doses.late_recorded": (
        Move("supplied", -1, "administered", ("person",)),
        Move("wasted", -1, "wasted", ("person",), LEFT_OVER),
    ),
    "oral.given": (Move("supplied", -1, copies=("person",)),),
}
# What leaves the cabinet to be prepared, and what of it has been accounted for.
TAKEN: Final = {"session.prepared": ("quantity",)}
ACCOUNTED: Final = {"session.accounted": ("administered", "wasted", "returned")}
# A count is a line whatever was counted; for the others, nothing moved is no line.
ALWAYS: Final = frozenset({"register.received", "register.counted"})
OTHERS: Final = frozenset(
    {"register.opened", "register.corrected", "prescription.signed", "session.administered"}
)
KINDS: Final = tuple(sorted({*MOVES, *TAKEN, *ACCOUNTED, *OTHERS}))
SIGNS: Final = {"opening": 1, "received": 1, "supplied": -1, "wasted": -1, "destroyed": -1}


class Book(msgspec.Struct):
    """One register as the journal makes it: its terms, its lines, and what looks wrong in it."""

    id: str
    drug: str
    form: str
    strength: int
    opened_at: datetime
    terms: dict[str, int]
    prepared: int = 0
    balance: int = 0
    lines: list[Line] = []
    below_nothing: list[int] = []  # numbers of lines after which less than nothing was left

    def as_register(self) -> Register:
        """Return the book as the register that it ought to be."""
        return Register(
            id=self.id,
            drug=self.drug,
            form=self.form,
            strength=self.strength,
            opened_at=self.opened_at,
            opening=self.terms["opening"],
            received=self.terms["received"],
            supplied=self.terms["supplied"],
            wasted=self.terms["wasted"],
            destroyed=self.terms["destroyed"],
            prepared=self.prepared,
            lines=len(self.lines),
        )


class Ledger:
    """Takes a site's entries of these kinds in order, and keeps the books."""

    def __init__(self) -> None:
        """Begin without a register."""
        self.books: dict[str, Book] = {}
        self.last = 0  # the entry that was taken last
        self._prescribers: dict[str, str] = {}
        self._injected: dict[str, datetime] = {}

    def take(self, entry: Entry) -> None:
        """Enter what an entry moved."""
        body: Body = msgspec.json.decode(entry.body)
        self.last = entry.seq
        if entry.kind == "register.opened":
            self._open(entry, body)
        elif entry.kind == "register.corrected":
            self._correct(entry, body)
        elif entry.kind == "prescription.signed":
            self._prescribers[body["prescription"]] = entry.actor
        elif entry.kind == "session.administered":
            self._injected[body["session"]] = parse_instant(entry.recorded_at)
        else:
            self._move(entry, body)

    def _open(self, entry: Entry, body: Body) -> None:
        units, strength = body["units"], body["strength"]
        book = Book(
            id=body["register"],
            drug=body["drug"],
            form=body["form"],
            strength=strength,
            opened_at=parse_instant(entry.recorded_at),
            terms=dict.fromkeys(SIGNS, 0),
        )
        self.books[book.id] = book
        self._enter(book, entry, "opening", units * strength, {"units": units})

    def _book(self, entry: Entry, body: Body) -> Book:
        found = self.books.get(body["register"])
        if found is None:
            raise Tampered(
                "register-journal",
                f"Entry {entry.seq} moves stock of {body['register']}, which was never opened.",
                "The journal was written by something else than Safelight; keep every copy.",
                seq=entry.seq,
            )
        return found

    def _move(self, entry: Entry, body: Body) -> None:
        book = self._book(entry, body)
        book.prepared += sum(body.get(field, 0) for field in TAKEN.get(entry.kind, ()))
        book.prepared -= sum(body.get(field, 0) for field in ACCOUNTED.get(entry.kind, ()))
        for move in MOVES.get(entry.kind, ()):
            quantity = body.get(move.quantity, 0)
            if not quantity and entry.kind not in ALWAYS:
                continue
            says = {name: body[name] for name in move.copies if name in body} | dict(move.says)
            if "dose" in body:  # that went on paper: it stands for the session that it had none of
                says["session"] = body["dose"]
            if move.kind == "supplied" and body.get("order") is not None:
                says["document"] = body["order"]
                says["prescriber"] = self._prescribers.get(body["order"])
            at = self._injected.get(body["session"]) if move.dose else None
            self._enter(book, entry, move.kind, move.sign * quantity, says, at)

    def _correct(self, entry: Entry, body: Body) -> None:
        book = self._book(entry, body)
        place = body["refers_to"] - 1
        line = book.lines[place]
        told = {name: value for name, value in body.items() if name not in {"register", "line"}}
        told |= {"person": line.person, "prescriber": line.prescriber, "session": line.session}
        change = SIGNS[body["corrects"]] * (body["now"] - body["was"])
        book.lines[place] = msgspec.structs.replace(line, corrected_by=len(book.lines) + 1)
        self._enter(book, entry, "corrected", change, told)

    def _enter(
        self,
        book: Book,
        entry: Entry,
        kind: str,
        change: int,
        says: Mapping[str, Any],
        at: datetime | None = None,
    ) -> None:
        number = len(book.lines) + 1
        book.balance += change
        term = says["corrects"] if kind == "corrected" else kind
        if term in book.terms:
            book.terms[term] += SIGNS[term] * change
        if book.balance < 0:
            book.below_nothing.append(number)
        written = parse_instant(entry.recorded_at)
        fields = {
            "id": f"{book.id}-{number}",
            "register": book.id,
            "number": number,
            "seq": entry.seq,
            "kind": kind,
            "at": at or parse_instant(entry.happened_at),
            "recorded_at": written,
            "staff": entry.actor,
            "witness": entry.witness,
            "change": change,
            "balance": book.balance,
            **says,
        }
        if fields.get("expires"):
            fields["expires"] = date.fromisoformat(fields["expires"])
        book.lines.append(Line(**fields))
