"""From a site's changed entities to rows of the read model, and back."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache

import msgspec

from safelight.journal.entry import Entry
from safelight.kernel.clock import local_month, parse_instant
from safelight.run.domain.base import Entity, Fact, When
from safelight.run.domain.dosing_entities import Session
from safelight.run.domain.entities import Handed, Incident, Refusal, Visit
from safelight.run.domain.registry import evolve, read_fact
from safelight.run.domain.site import KINDS, RECALLED_FIELDS, Site, is_live
from safelight.run.store.journal import EntityRow

_encode = msgspec.json.Encoder(order="sorted").encode
_DECODERS = {kind: msgspec.json.Decoder(entity) for kind, entity in KINDS.items()}

Recall = Callable[[str, str], Entity | None]


def read_entity(kind: str, body: str) -> Entity:
    """Read one row of the read model."""
    return _DECODERS[kind].decode(body)


def _began(entity: Entity) -> datetime | None:
    match entity:
        case Visit() | Session():
            return entity.arrived_at
        case Incident():
            return entity.opened_at
        case Handed() | Refusal():
            return entity.at
        case _:
            return None


def changed_rows(site: Site) -> list[EntityRow]:
    """Return the rows that a site's changes come to, ordered by kind and id."""
    timezone = site.premises.timezone if site.premises else "UTC"
    rows = []
    for (kind, key), entity in sorted(site.changes.items(), key=lambda item: item[0]):
        began = _began(entity)
        month = local_month(began, timezone) if began else ""
        rows.append(
            EntityRow(site.id, kind, key, int(is_live(entity)), month, _encode(entity).decode())
        )
    return rows


def load_site(site_id: str, rows: Iterable[tuple[str, str]]) -> Site:
    """Return a site from the live rows of its read model."""
    site = Site(site_id)
    for kind, body in rows:
        site = site.put(read_entity(kind, body))
    return site.settled()


@cache
def _recalled_fields(about: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    """Return the fields of a command or fact that name what may be in the past, with its kind."""
    fields = about.__struct_fields__
    return tuple((field, kind) for field, kind in RECALLED_FIELDS.items() if field in fields)


def recalled(
    site: Site, about: msgspec.Struct, recall: Recall
) -> tuple[Site, list[tuple[str, str]]]:
    """Bring back from the past what a command or fact is about; return what to let go again."""
    brought = []
    for field, kind in _recalled_fields(type(about)):
        key = getattr(about, field)
        if not isinstance(key, str) or key in site.parts.get(kind, {}):
            continue
        entity = site.changes.get((kind, key)) or recall(kind, key)
        if entity is not None:
            site = site.recalled(entity)
            brought.append((kind, key))
    return site, brought


def let_go(site: Site, brought: list[tuple[str, str]]) -> Site:
    """Return the site without what was brought back, unless it lives again."""
    for kind, key in brought:
        site = site.released(kind, key)
    return site


def apply_fact(site: Site, fact: Fact, when: When, recall: Recall) -> Site:
    """Return the site after a fact, with the past in reach while it is applied."""
    site, brought = recalled(site, fact, recall)
    return let_go(evolve(site, fact, when), brought)


def apply_entry(site: Site, entry: Entry, recall: Recall) -> Site:
    """Return the site after one entry of its journal."""
    fact = read_fact(entry.kind, entry.version, entry.body.encode())
    when = When(
        entry.seq,
        parse_instant(entry.happened_at),
        parse_instant(entry.recorded_at),
        entry.actor,
        entry.witness,
    )
    return apply_fact(site, fact, when, recall)
