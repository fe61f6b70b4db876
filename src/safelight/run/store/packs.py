"""Protocol packs and authorities from TOML files: what is installed, before it is in force."""

import hashlib
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from safelight.kernel.errors import Invalid
from safelight.run.domain.authority import Grant
from safelight.run.domain.protocol import Protocol, parse_protocol

Tables = dict[str, Any]


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[authority]]`` as its file spells it."""

    id: str
    instrument: str
    jurisdiction: str
    activities: tuple[str, ...]
    premises: str
    valid_from: date
    document: str
    citation: str
    valid_to: date | None = None
    example: bool = False


class _Entries(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    authority: tuple[_Entry, ...]


def load_pack(path: Path) -> Protocol:
    """Read a pack and the files that it extends; the digest is over the bytes of all of them.

    Raises:
        Invalid: naming the file, and the place in it.

    """
    read: dict[str, bytes] = {}
    tables = _extended(path, read)
    digest = hashlib.sha256(b"".join(read.values())).hexdigest()
    try:
        return parse_protocol(tables, digest)
    except Invalid as error:
        others = [name for name in read if name != path.name]
        names = f"{path.name} (with {', '.join(others)})" if others else path.name
        raise Invalid(error.code, f"{names}: {error.message}", error.remedy, file=names) from error


def installed_packs(folder: Path) -> dict[str, Protocol]:
    """Return the packs in a folder by digest, so that two versions of one pack can be there.

    A file without a ``[pack]`` table is no pack: others extend it, or it holds authorities.

    """
    paths = [path for path in sorted(folder.glob("*.toml")) if "pack" in _tables(path)[1]]
    return {pack.digest: pack for pack in map(load_pack, paths)}


def load_authorities(path: Path) -> list[Grant]:
    """Read a file of authorities as the commands that would record them.

    Raises:
        Invalid: naming the file, and the place in it.

    """
    try:
        grants = [_grant(e) for e in msgspec.convert(_tables(path)[1], _Entries).authority]
    except msgspec.ValidationError as error:
        raise _invalid(
            path, str(error), "Compare it with the examples that are shipped."
        ) from error
    ids = [grant.authority for grant in grants]
    for name in ids:
        if ids.count(name) > 1:
            raise _invalid(path, f"the authority {name} is there twice", "Give each its own id.")
    return grants


def _grant(entry: _Entry) -> Grant:
    fields = msgspec.structs.asdict(entry)
    where, source = fields.pop("jurisdiction"), fields.pop("citation")
    fields["authority"] = fields.pop("id")
    fields["document"] = f"{where}. {entry.document} Source: {source}"
    try:
        return msgspec.convert(fields, Grant)
    except msgspec.ValidationError as error:
        raise msgspec.ValidationError(f"{error} of the authority {entry.id}") from error


def _extended(path: Path, read: dict[str, bytes]) -> Tables:
    """Return a file over those that it extends, each once; ``read`` collects their bytes."""
    read[path.name], own = _tables(path)
    pack = own.get("pack", {})
    bases = pack.pop("extends", []) if isinstance(pack, dict) else None
    if not isinstance(bases, list) or not all(_is_file_name(name) for name in bases):
        raise _invalid(
            path,
            "[pack] must be a table, and extends a list of file names",
            "Name files that lie in the same folder.",
        )
    below: Tables = {}
    for name in bases:
        if name not in read:
            below = _over(below, _extended(path.with_name(name), read))
    below.pop("pack", None)
    return _over(below, own)


def _over(old: Tables, new: Tables) -> Tables:
    """Join tables key by key and lists end to end; for anything else the later one wins."""
    joined = dict(old)
    for key, value in new.items():
        before = joined.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            joined[key] = before | value
        elif isinstance(before, list) and isinstance(value, list):
            joined[key] = before + value
        else:
            joined[key] = value
    return joined


def _is_file_name(name: object) -> bool:
    return isinstance(name, str) and Path(name).name == name


def _tables(path: Path) -> tuple[bytes, Tables]:
    try:
        raw = path.read_bytes()
        return raw, tomllib.loads(raw.decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _invalid(path, str(error), "It has to be a TOML file in UTF-8.") from error


def _invalid(path: Path, problem: str, remedy: str) -> Invalid:
    return Invalid("pack-file", f"{path.name} cannot be read: {problem}.", remedy, file=path.name)
