"""Sharps bins, from assembly to collection."""

from msgspec.structs import replace

from safelight.kernel.privacy import (
    ItemId,
    Label,
    PlaceId,
)
from safelight.run.domain.base import FLOOR, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.entities import SharpsBin
from safelight.run.domain.site import Site


class StartBin(Command, frozen=True):
    """Put a new sharps bin into use."""

    bin: ItemId
    label: Label
    place: PlaceId | None = None


class BinStarted(Fact, frozen=True):
    """A sharps bin is in use."""

    bin: ItemId
    label: Label
    place: PlaceId | None = None


class SealBin(Command, frozen=True):
    """Close a sharps bin for good."""

    bin: ItemId


class BinSealed(Fact, frozen=True):
    """A sharps bin was closed for good."""

    bin: ItemId


class CollectBin(Command, frozen=True):
    """Hand a sealed sharps bin to whoever collects clinical waste."""

    bin: ItemId


class BinCollected(Fact, frozen=True):
    """A sharps bin left the site."""

    bin: ItemId


def start_bin(site: Site, command: StartBin, _: Given) -> list[Fact]:
    """Put a sharps bin into use under a number that no other bin had."""
    old = site.bins.get(command.bin)
    if old is not None:
        raise refuse(
            "bin-new",
            f"There is a bin {command.bin} already: {old.label}.",
            "Give the new bin another number.",
            bin=command.bin,
        )
    if command.place is not None:
        site.place(command.place)
    return [BinStarted(command.bin, command.label, command.place)]


def on_bin_started(site: Site, fact: BinStarted, when: When) -> Site:
    """The bin stands in its place."""
    return site.put(SharpsBin(fact.bin, fact.label, when.happened_at, fact.place))


def seal_bin(site: Site, command: SealBin, _: Given) -> list[Fact]:
    """Seal a bin that is in use."""
    return [BinSealed(_require_bin(site, command.bin, "in use").id)]


def on_bin_sealed(site: Site, fact: BinSealed, when: When) -> Site:
    """The bin waits for collection."""
    return site.put(replace(site.bins[fact.bin], sealed_at=when.happened_at))


def collect_bin(site: Site, command: CollectBin, _: Given) -> list[Fact]:
    """Hand over a bin that is sealed and still here."""
    return [BinCollected(_require_bin(site, command.bin, "sealed").id)]


def on_bin_collected(site: Site, fact: BinCollected, when: When) -> Site:
    """The bin is gone."""
    return site.put(replace(site.bins[fact.bin], collected_at=when.happened_at))


def _require_bin(site: Site, key: str, wanted: str) -> SharpsBin:
    """Return a sharps bin in the state wanted; refuses any other."""
    found = site.bins.get(key)
    state = "not known here"
    if found is not None:
        state = "collected" if found.collected_at else "sealed" if found.sealed_at else "in use"
    if found is None or state != wanted:
        raise refuse(
            "bin-state",
            f"The sharps bin {key} is {state}; this needs one that is {wanted}.",
            "Start a bin first, then seal it, then have it collected.",
            bin=key,
            state=state,
            wanted=wanted,
        )
    return found


COMMANDS = {
    "bin.start": Rule(StartBin, start_bin, FLOOR),
    "bin.seal": Rule(SealBin, seal_bin, FLOOR),
    "bin.collect": Rule(CollectBin, collect_bin, FLOOR),
}
FACTS = {
    "bin.started": Change(BinStarted, on_bin_started),
    "bin.sealed": Change(BinSealed, on_bin_sealed),
    "bin.collected": Change(BinCollected, on_bin_collected),
}
