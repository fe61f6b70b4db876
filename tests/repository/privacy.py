"""Walks every field that a journal, a read model or a command can hold, and its privacy class.

``python -m tests.repository.privacy`` writes them to docs/privacy.md.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct, inspect

from safelight.kernel.privacy import Privacy
from safelight.run.domain.registry import COMMANDS, FACTS
from safelight.run.domain.site import KINDS

PAGE = Path(__file__).parents[2] / "docs" / "privacy.md"
HEAD = """# What is stored, by privacy class

Every field of every journal entry and read model. Written by `python -m tests.repository.privacy`
from the types themselves: change those, not this page. A field without a class fails the tests.
"""
MEANING = {
    Privacy.OPEN: "Says nothing about any person: a code, a place, a time, a count of stock.",
    Privacy.STAFF: "Which member of staff, by random id; names of staff are in the accounts.",
    Privacy.PSEUDONYM: "Which person, visit or incident, by random id or word handle.",
    Privacy.HEALTH: "About a person's health, drug use or conduct: special category.",
    Privacy.SEALED: "Free text as ciphertext, unreadable without the vault.",
}
# The head of each entry, by name.
ENTRY = {
    Privacy.OPEN: "site, seq, happened_at, recorded_at, kind, version, command, prev, hash",
    Privacy.STAFF: "actor, witness",
}


class Leaf(NamedTuple):
    """One value that a struct can hold: its path, its type, and what the type says of privacy."""

    path: str
    kind: inspect.Type
    privacy: Privacy | None

    @property
    def is_free_text(self) -> bool:
        """Whether anything at all could be written here."""
        plain = isinstance(self.kind, inspect.StrType) and self.kind.pattern is None
        return plain or isinstance(self.kind, (inspect.AnyType, inspect.BytesType))


def leaves(struct: type[Struct]) -> list[Leaf]:
    """Return every value that a struct can hold, those of structs inside it included."""
    return list(_walk("", inspect.type_info(struct), None))


def _walk(path: str, kind: inspect.Type, privacy: Privacy | None) -> Iterator[Leaf]:
    match kind:
        case inspect.Metadata():
            named = (kind.extra or {}).get("privacy", privacy)
            yield from _walk(path, kind.type, named)
        case inspect.UnionType():
            for each in kind.types:
                yield from _walk(path, each, privacy)
        case inspect.VarTupleType() | inspect.ListType() | inspect.SetType():
            yield from _walk(path, kind.item_type, privacy)
        case inspect.StructType():
            for field in kind.fields:
                yield from _walk(f"{path}.{field.name}".lstrip("."), field.type, None)
        case inspect.NoneType():
            pass
        case _:
            yield Leaf(path, kind, privacy)


def complaints(structs: Mapping[str, type[Struct]]) -> list[str]:
    """Name the values that no journal may hold, and why."""
    return [
        f"{name}.{leaf.path}: {why}"
        for name, struct in structs.items()
        for leaf in leaves(struct)
        for why in _wrong(leaf)
    ]


def _wrong(leaf: Leaf) -> Iterator[str]:
    if leaf.privacy is None:
        yield "no privacy class"
    if isinstance(leaf.kind, (inspect.FloatType, inspect.DecimalType)):
        yield "a fraction"
    if isinstance(leaf.kind, (inspect.DictType, inspect.RawType, inspect.AnyType)):
        yield "no fixed shape"
    if leaf.is_free_text and leaf.privacy is not Privacy.OPEN:
        yield "free text about a person"
    if isinstance(leaf.kind, inspect.StrType) and not _is_whole(leaf.kind.pattern):
        yield "a pattern that holds for a part only"
    if isinstance(leaf.kind, inspect.DateTimeType) and leaf.kind.tz is not True:
        yield "a time without its zone"


def _is_whole(pattern: str | None) -> bool:
    return pattern is None or (pattern.startswith("^") and pattern.endswith(r"\Z"))


def stored() -> dict[str, type[Struct]]:
    """Return everything that is stored: entries by kind, and rows of the read model."""
    facts: dict[str, type[Struct]] = {kind: change.fact for kind, change in FACTS.items()}
    return facts | {f"the {kind}": entity for kind, entity in KINDS.items()}


def asked() -> dict[str, type[Struct]]:
    """Return every command."""
    return {name: rule.command for name, rule in COMMANDS.items()}


def free_texts(structs: Mapping[str, type[Struct]]) -> dict[str, list[str]]:
    """Return the fields into which anything could be written."""
    found = {
        name: [x.path for x in leaves(struct) if x.is_free_text] for name, struct in structs.items()
    }
    return {name: paths for name, paths in found.items() if paths}


def about_people(struct: type[Struct]) -> bool:
    """Tell whether a struct names a person, a visit or an incident, or tells of health."""
    personal = {Privacy.PSEUDONYM, Privacy.HEALTH, Privacy.SEALED}
    return any(leaf.privacy in personal for leaf in leaves(struct))


def page() -> str:
    """Return the page of everything that is stored, by class."""
    parts = [HEAD]
    structs = stored()
    for privacy in reversed(Privacy):
        parts += [f"\n## {privacy.capitalize()}\n\n{MEANING[privacy]}\n\n"]
        parts += ["| Entry, or row of the read model | Fields |\n|---|---|\n"]
        if privacy in ENTRY:
            parts += [f"| every entry | {ENTRY[privacy]} |\n"]
        for name, struct in structs.items():
            paths = dict.fromkeys(x.path for x in leaves(struct) if x.privacy is privacy)
            if paths:
                parts += [f"| {name} | {', '.join(paths)} |\n"]
    return "".join(parts)


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
