"""Equipment given and returned.

A needle in somebody's hand is worth more than a tidy book: a book that shows too few never stops
equipment from going out. The difference is kept as a shortfall until somebody counts. Only items
that the pack lists with a batch, such as take-home naloxone, must be in the book and in date.
"""

from datetime import date

from msgspec.structs import replace

from safelight.kernel.clock import local_day
from safelight.kernel.ids import derive_id
from safelight.kernel.privacy import (
    Batch,
    Code,
    Count,
    Day,
    ItemId,
    Seq,
    VisitId,
)
from safelight.run.domain.authority import require_authority
from safelight.run.domain.base import FLOOR, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.entities import Handed, StockLine
from safelight.run.domain.site import Site
from safelight.run.domain.stock import (
    batch_slug,
    find_line,
    first_to_expire,
    line_of,
    moved,
    require_quantity,
)

GIVEN, RETURNED = "given", "returned"


class Give(Command, frozen=True):
    """Hand equipment out, to a visit or to somebody at the door."""

    item: Code
    quantity: Count
    visit: VisitId | None = None
    batch: Batch | None = None


class SuppliesGiven(Fact, frozen=True):
    """Equipment went out; ``shortfall`` is how many of it the book did not have."""

    handed: ItemId
    stock: ItemId
    item: Code
    quantity: Count
    visit: VisitId | None = None
    batch: Batch | None = None
    expires: Day | None = None
    shortfall: Count = 0


class TakeBack(Command, frozen=True):
    """Take used equipment back, as many as the person says or staff estimate."""

    item: Code
    quantity: Count
    visit: VisitId | None = None


class SuppliesReturned(Fact, frozen=True):
    """Used equipment came back; it never becomes stock."""

    handed: ItemId
    item: Code
    quantity: Count
    visit: VisitId | None = None


class CorrectSupplies(Command, frozen=True):
    """Correct the quantity of what was given or returned, from what the screen shows."""

    handed: ItemId
    was: Count
    now: Count
    reason: Code


class SuppliesCorrected(Fact, frozen=True):
    """A quantity was wrong; what it was and what it is."""

    handed: ItemId
    refers_to: Seq
    direction: Code
    item: Code
    was: Count
    now: Count
    reason: Code
    stock: ItemId | None = None
    visit: VisitId | None = None
    batch: Batch | None = None


def give(site: Site, command: Give, given: Given) -> list[Fact]:
    """Hand equipment out; only a missing authority or a doubtful batch stands in the way."""
    given.protocol.require("equipment", command.item)
    _require_handing(site, command.quantity, command.visit)
    if command.item in given.protocol.words("equipment_needing_authority"):
        require_authority(site, f"supply_{command.item}", given)
    day = local_day(given.happened_at, site.premises.timezone if site.premises else "UTC")
    if command.item in given.protocol.words("equipment_with_batch"):
        line = _require_batch(site, command, given, day)
    elif command.batch is not None:
        line = find_line(site, command.item, command.batch)
    else:
        line = first_to_expire(site, command.item, command.quantity, day)
    return [
        SuppliesGiven(
            handed=derive_id("g", given.command),
            stock=line.id,
            item=command.item,
            quantity=command.quantity,
            visit=command.visit,
            batch=line.batch,
            expires=line.expires,
            shortfall=max(0, command.quantity - line.quantity),
        )
    ]


def on_given(site: Site, fact: SuppliesGiven, when: When) -> Site:
    """The level falls, to nothing at the lowest, and the row goes to the archive."""
    line = line_of(site, fact.stock, fact.item, fact.batch)
    row = replace(_row(fact, GIVEN, when), batch=fact.batch, expires=fact.expires)
    return site.put(moved(line, -fact.quantity)).put(row)


def take_back(site: Site, command: TakeBack, given: Given) -> list[Fact]:
    """Take used equipment back."""
    given.protocol.require("equipment_returned", command.item)
    _require_handing(site, command.quantity, command.visit)
    handed = derive_id("g", given.command)
    return [SuppliesReturned(handed, command.item, command.quantity, command.visit)]


def on_returned(site: Site, fact: SuppliesReturned, when: When) -> Site:
    """The row goes to the archive; the stock stays as it is."""
    return site.put(_row(fact, RETURNED, when))


def correct(site: Site, command: CorrectSupplies, given: Given) -> list[Fact]:
    """Correct a quantity; zero says that nothing changed hands."""
    given.protocol.require("correction_reasons", command.reason)
    old = site.handed.get(command.handed)
    if old is None:
        raise refuse(
            "handed-known",
            f"There is no entry {command.handed} of equipment given or returned here.",
            "Open the list of what was given and returned, and choose the entry there.",
            handed=command.handed,
        )
    if command.was != old.quantity or command.now == old.quantity:
        raise refuse(
            "correction-current",
            f"The entry says {old.quantity} now, so {command.was} cannot become {command.now}.",
            "Reload the list: somebody may have corrected it already.",
            handed=old.id,
            quantity=old.quantity,
        )
    stock = find_line(site, old.item, old.batch).id if old.direction == GIVEN else None
    return [
        SuppliesCorrected(
            handed=old.id,
            refers_to=old.seq,
            direction=old.direction,
            item=old.item,
            was=old.quantity,
            now=command.now,
            reason=command.reason,
            stock=stock,
            visit=old.visit,
            batch=old.batch,
        )
    ]


def on_corrected(site: Site, fact: SuppliesCorrected, _: When) -> Site:
    """The row says the new quantity, and the stock follows what was given."""
    if fact.stock is not None:
        line = line_of(site, fact.stock, fact.item, fact.batch)
        site = site.put(moved(line, fact.was - fact.now))
    return site.put(replace(site.handed[fact.handed], quantity=fact.now))


def _row(fact: SuppliesGiven | SuppliesReturned, direction: str, when: When) -> Handed:
    """Return the row of what went out or came back."""
    return Handed(
        fact.handed, when.seq, when.happened_at, direction, fact.item, fact.quantity, fact.visit
    )


def _require_batch(site: Site, command: Give, given: Given, day: date) -> StockLine:
    """Return the line of a batch that is named, in stock and in date."""
    spoken = given.protocol.words("equipment")[command.item]
    if not batch_slug(command.batch):
        raise refuse(
            "batch-named",
            f"{spoken} goes out with its batch number, and none was given.",
            "Read it off the box and choose it.",
            item=command.item,
        )
    line = find_line(site, command.item, command.batch)
    if line.quantity < command.quantity:
        raise refuse(
            "batch-in-stock",
            f"{spoken}, batch {command.batch}: the book has {line.quantity}, "
            f"and {command.quantity} are to go out.",
            "Check the batch on the box; if it is right, book the delivery in or count the stock.",
            item=command.item,
            batch=command.batch,
            level=line.quantity,
            asked=command.quantity,
        )
    if line.expires is None or line.expires < day:
        raise refuse(
            "batch-in-date",
            f"{spoken}, batch {line.batch}: the book gives {line.expires or 'no date'} as expiry.",
            "Take another batch. If the book is wrong, count this line as 0 and book it in again.",
            stock=line.id,
            expires=line.expires,
        )
    return line


def _require_handing(site: Site, quantity: int, visit: str | None) -> None:
    """Refuse a quantity that is none and an unknown visit."""
    require_quantity(quantity)
    if visit is not None:
        site.visit(visit)


COMMANDS = {
    "supplies.give": Rule(Give, give, FLOOR),
    "supplies.take_back": Rule(TakeBack, take_back, FLOOR),
    "supplies.correct": Rule(CorrectSupplies, correct, FLOOR),
}
FACTS = {
    "supplies.given": Change(SuppliesGiven, on_given),
    "supplies.returned": Change(SuppliesReturned, on_returned),
    "supplies.corrected": Change(SuppliesCorrected, on_corrected),
}
