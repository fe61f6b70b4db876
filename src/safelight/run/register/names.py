"""What a print calls people: names and addresses out of the vault, or why there are none."""

from collections.abc import Mapping

from safelight.run.identity.records import Identity, Missing
from safelight.run.register.layout import Layout


def people_named(found: Mapping[str, Identity | Missing], layout: Layout) -> dict[str, str]:
    """Return what to call everybody whose identity was looked up for a print."""
    return {person: _named(person, who, layout) for person, who in found.items()}


def _named(person: str, who: Identity | Missing, layout: Layout) -> str:
    if isinstance(who, Missing):
        return f"{layout.term(who.name.lower())} ({person})"
    return ", ".join((who.name, *who.address))
