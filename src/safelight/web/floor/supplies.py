"""Equipment: handed out and taken back, the stock book, batches with their dates, sharps bins."""

from datetime import date
from typing import NamedTuple

from django.http import HttpResponse

from safelight.kernel.clock import local_day
from safelight.run.domain.base import FLOOR
from safelight.run.domain.entities import SharpsBin, StockLine
from safelight.web.floor.frame import Frame, open_frame, premises_of
from safelight.web.floor.words import natural
from safelight.web.policy import page
from safelight.web.ports import PageRequest
from safelight.web.render import render

SOON_DAYS = 30
RECENT = 20


class Kit(NamedTuple):
    """A batch that can be handed out with one tap."""

    line: StockLine
    words: str
    note: str


class Shelf(NamedTuple):
    """One line of the stock book, with what is wrong with it."""

    line: StockLine
    words: str
    problem: str


class Bin(NamedTuple):
    """A sharps bin and its state."""

    bin: SharpsBin
    state: str
    where: str


class Movement(NamedTuple):
    """Something that went out or came back lately."""

    seq: int
    at: str
    words: str


@page("s/<str:site_id>/supplies", FLOOR, "supplies")
def supplies(request: PageRequest, site_id: str) -> HttpResponse:
    """Show equipment, stock and bins."""
    frame = open_frame(request, site_id)
    context = frame.context(
        "supplies",
        kits=kits(frame),
        shelves=shelves(frame),
        bins=bins(frame),
        recent=recent(frame),
        people={visit.id: visit.handle for visit in frame.site.visits.values()},
        places={place.id: place.label for place in frame.site.places.values()},
    )
    return render(request, "floor/supplies.html", context)


def kits(frame: Frame) -> list[Kit]:
    """Return the batches that are in stock and in date, first to expire first."""
    labelled = frame.protocol.words("equipment_with_batch")
    today = _today(frame)
    lines = [
        line
        for line in frame.site.stock.values()
        if line.item in labelled and line.quantity and line.expires and line.expires >= today
    ]
    lines.sort(key=lambda line: (line.item, line.expires or date.max))
    return [
        Kit(
            line,
            frame.words.of("equipment", line.item),
            f"batch {line.batch}, to {line.expires:%b %Y}, {line.quantity} left",
        )
        for line in lines
    ]


def shelves(frame: Frame) -> list[Shelf]:
    """Return the stock book, in the order of the pack."""
    order = {item: rank for rank, item in enumerate(frame.protocol.words("equipment"))}
    lines = sorted(
        frame.site.stock.values(), key=lambda line: (order.get(line.item, len(order)), line.id)
    )
    return [
        Shelf(line, frame.words.of("equipment", line.item), _problem(line, _today(frame)))
        for line in lines
    ]


def bins(frame: Frame) -> list[Bin]:
    """Return the bins that are still here."""
    here = [b for b in frame.site.bins.values() if b.collected_at is None]
    here.sort(key=lambda b: natural(b.label))
    places = {place.id: place.label for place in frame.site.places.values()}
    return [
        Bin(
            b,
            "Sealed, to be collected" if b.sealed_at else "In use",
            places.get(b.place or "", ""),
        )
        for b in here
    ]


def recent(frame: Frame) -> list[Movement]:
    """Return what went out and came back lately, newest first."""
    node, site_id, words = frame.node, frame.site.id, frame.words
    rows = [
        *node.journal(site_id, None, RECENT, "supplies.given"),
        *node.journal(site_id, None, RECENT, "supplies.returned"),
    ]
    rows.sort(key=lambda row: row.seq, reverse=True)
    return [
        Movement(row.seq, words.time_of(row.happened_at), movement_words(frame, row.kind, row.body))
        for row in rows[:RECENT]
    ]


def movement_words(frame: Frame, kind: str, body: dict[str, object]) -> str:
    """Return one movement as a sentence."""
    given = kind == "supplies.given"
    vocabulary = "equipment" if given else "equipment_returned"
    item = frame.words.of(vocabulary, str(body["item"]))
    batch = f", batch {body['batch']}" if body.get("batch") else ""
    return f"{'Out' if given else 'Back'}: {body['quantity']} × {item}{batch}"


def _problem(line: StockLine, today: date) -> str:
    if line.expires and line.expires < today:
        return "Out of date"
    if line.shortfall:
        return f"{line.shortfall} more went out than the book had: count"
    if line.expires and (line.expires - today).days <= SOON_DAYS:
        return "Expires soon"
    return "" if line.quantity else "None left"


def _today(frame: Frame) -> date:
    return local_day(frame.words.now, premises_of(frame.site).timezone)
