"""Tables and triggers of the journal database, on both engines.

``entry`` is the journal and is only ever appended to; ``entity`` is the read model and can be
thrown away. Reading a journal backwards is by primary key; by kind through its index. Text has
the order of its bytes on both engines, so that rebuilt read models can be compared row by row.
"""

from safelight.kernel.errors import SafelightError

VERSION = 1

_TABLES = """
create table entry (
  site {text} not null,
  seq bigint not null check (seq > 0),
  happened_at {text} not null,
  recorded_at {text} not null,
  actor {text} not null,
  witness {text},
  kind {text} not null,
  version integer not null,
  body {text} not null,
  command {text} not null,
  hash {blob} not null,
  primary key (site, seq)
){tail};
create index entry_command on entry (command);
create index entry_kind on entry (site, kind, seq);
create table entity (
  site {text} not null,
  kind {text} not null,
  id {text} not null,
  live smallint not null,
  month {text} not null,
  body {text} not null,
  primary key (site, kind, id)
){tail};
create index entity_live on entity (site, kind) where live = 1;
create index entity_month on entity (site, kind, month);
"""


def _statements(*, text: str, blob: str, tail: str) -> list[str]:
    whole = _TABLES.format(text=text, blob=blob, tail=tail)
    return [statement for statement in whole.split(";") if statement.strip()]


SQLITE_TRIGGERS = {
    f"entry_{event}": f"""
create trigger entry_{event} before {event} on entry begin
  select raise(abort, 'append-only: a journal entry is never changed or removed');
end"""
    for event in ("update", "delete")
}
# REPLACE deletes silently, before any delete trigger, unless the insert itself is refused.
SQLITE_TRIGGERS["entry_replace"] = """
create trigger entry_replace before insert on entry
when exists (select 1 from entry where site = new.site and seq = new.seq) begin
  select raise(abort, 'append-only: this entry number is taken');
end"""

SQLITE = [
    *_statements(text="text", blob="blob", tail=" without rowid"),
    *SQLITE_TRIGGERS.values(),
    f"pragma user_version = {VERSION}",
]

POSTGRES = [
    *_statements(text='text collate "C"', blob="bytea", tail=""),
    """
create function append_only() returns trigger language plpgsql as $$
begin
  raise exception 'append-only: a journal entry is never changed or removed';
end $$""",
    """
create trigger entry_append_only before update or delete or truncate on entry
for each statement execute function append_only()""",
    f"create table schema_version as select {VERSION} as version",
]


def refuse_newer(version: int) -> None:
    """Refuse a database that a newer Safelight wrote; nothing is changed then."""
    if version > VERSION:
        raise SafelightError(
            "schema-version",
            f"This database was written by a newer Safelight (schema {version}).",
            "Update Safelight; nothing was changed.",
        )
