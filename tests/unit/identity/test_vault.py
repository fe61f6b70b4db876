"""The vault: sealed texts and aliases, erasure for good, and a list of who looked and why."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Thread

import apsw
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.kernel.errors import NotSaved, Refused
from safelight.kernel.privacy import Sealed
from safelight.run.domain.base import Actor, Role
from safelight.run.identity.vault import SITE_NOTES, Access, Vault

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AT = "2026-03-02T09:00:00.000000Z"
KEY = bytes(range(32))
NURSE = Actor("s-ada", Role.NURSE)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vault.sqlite3"


@pytest.fixture
def vault(path: Path) -> Iterator[Vault]:
    opened = Vault(path, KEY)
    yield opened
    opened.close()


def read(vault: Vault, sealed: str, actor: Actor = NURSE) -> str:
    return vault.unseal(sealed, actor=actor, reason="handover", now=NOW)


def refusal(action: Callable[[], object]) -> str:
    """Return the rule by which something is refused."""
    with pytest.raises(Refused) as caught:
        action()
    return caught.value.code


@pytest.mark.parametrize("text", ["", "ok", "Straße 5, 東京 \N{PILE OF POO}", "x" * 5000, "a\0b\n"])
@pytest.mark.parametrize("person", ["p-1", None])
def test_sealed_text_can_be_read_again(vault: Vault, text: str, person: str | None) -> None:
    """Any text comes back, and what stands in a journal is of the form that facts allow."""
    sealed = vault.seal(text, person)
    assert msgspec.convert(sealed, Sealed) == sealed
    assert read(vault, sealed) == text


def test_sealed_text_shows_nothing_of_itself(vault: Vault, path: Path) -> None:
    """Neither the sealed form nor the files hold the text, and equal texts look different."""
    one, two = vault.seal("a very rare word", "p-1"), vault.seal("a very rare word", "p-1")
    assert one != two
    assert b"rare" not in one.encode() + everything(path)


def everything(path: Path) -> bytes:
    """Return all bytes of the vault's files."""
    return b"".join(each.read_bytes() for each in sorted(path.parent.glob("vault.sqlite3*")))


def test_sealed_text_can_be_read_after_a_restart(vault: Vault, path: Path) -> None:
    """The keys of people are kept, wrapped by the vault's own."""
    sealed = vault.seal("note", "p-1")
    again = Vault(path, KEY)
    assert read(again, sealed) == "note"
    again.close()


def test_text_of_one_person_cannot_be_passed_off_as_that_of_another(vault: Vault) -> None:
    """The owner is bound into the ciphertext."""
    sealed, _ = vault.seal("note", "p-1"), vault.seal("other", "p-2")
    moved = sealed.replace("p-1", "p-2")
    assert refusal(lambda: read(vault, moved)) == "vault-readable"


@pytest.mark.parametrize("cut", [1, 8, 20, 60])
def test_changed_text_is_refused(vault: Vault, cut: int) -> None:
    """A ciphertext that was cut or bent is not shown as something else."""
    sealed = vault.seal("a note of some length", "p-1")
    assert refusal(lambda: read(vault, sealed[:-cut])) == "vault-readable"
    assert refusal(lambda: read(vault, sealed[:-cut] + "A" * cut)) == "vault-readable"


@pytest.mark.parametrize("sealed", ["sealed:v1:p-1:", "sealed:v1:p-1:====", "sealed:v1:p-1:A"])
def test_text_that_was_never_sealed_is_refused(vault: Vault, sealed: str) -> None:
    """Nonsense of the right form is a refusal, not a crash."""
    vault.seal("note", "p-1")
    assert refusal(lambda: read(vault, sealed)) == "vault-readable"


def test_vault_of_another_key_is_refused_both_ways(vault: Vault, path: Path) -> None:
    """With a wrong key nothing is read, and nothing is sealed under a key that is not there."""
    sealed = vault.seal("note", "p-1")
    wrong = Vault(path, bytes(32))
    assert refusal(lambda: read(wrong, sealed)) == "vault-readable"
    assert refusal(lambda: wrong.seal("note", "p-1")) == "vault-readable"
    wrong.close()
    assert read(vault, sealed) == "note"


def test_erased_person_can_be_read_no_more(vault: Vault) -> None:
    """Texts and alias are gone, those of others are not; a new text may follow."""
    sealed, other = vault.seal("note", "p-1"), vault.seal("note", "p-2")
    vault.set_alias("p-1", "Robin")
    vault.erase("p-1")
    assert refusal(lambda: read(vault, sealed)) == "vault-erased"
    assert vault.find_alias("Robin") == []
    assert vault.alias("p-1", actor=NURSE, reason="door", now=NOW) is None
    assert read(vault, other) == "note"
    assert read(vault, vault.seal("back again", "p-1")) == "back again"
    assert refusal(lambda: read(vault, sealed)) == "vault-readable"


def test_erased_key_leaves_no_bytes_behind(vault: Vault, path: Path) -> None:
    """The wrapped key is in no file any more: not in a free page, and not in the log."""
    vault.seal("note", "p-1")
    vault.set_alias("p-1", "Robin")
    [(wrapped,)] = rows(path, "select wrapped from data_key")
    [(sealed,)] = rows(path, "select sealed from alias")
    assert isinstance(wrapped, bytes)
    assert isinstance(sealed, str)
    assert wrapped in everything(path)
    vault.erase("p-1")
    assert wrapped not in everything(path)
    assert sealed.encode() not in everything(path)


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    """Ask the vault's file behind the vault's back."""
    connection = apsw.Connection(str(path))
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def test_alias_is_found_by_exactly_that_whatever_the_case(vault: Vault) -> None:
    """Half an alias finds nobody, and a new alias takes the place of the old."""
    vault.set_alias("p-1", " Robin ")
    vault.set_alias("p-2", "ROBIN")
    vault.set_alias("p-3", "Robinson")
    assert vault.find_alias("robin") == ["p-1", "p-2"]
    vault.set_alias("p-1", "Straße")
    assert vault.find_alias("robin") == ["p-2"]
    assert vault.find_alias("STRASSE ") == ["p-1"]
    assert vault.alias("p-1", actor=NURSE, reason="door", now=NOW) == "Straße"


def test_every_look_is_written_down_before_anything_is_shown(vault: Vault) -> None:
    """Who, in which role, about whom, what and why; the newest comes first."""
    vault.seal("note", "p-1")
    note = vault.seal("note", None)
    read(vault, note)
    vault.alias("p-2", actor=NURSE, reason="door", now=NOW)
    refusal(lambda: vault.unseal("sealed:v1:p-9:AAAA", actor=NURSE, reason="look", now=NOW))
    assert vault.accesses() == [
        Access(AT, "s-ada", "nurse", "p-9", "note", "look"),
        Access(AT, "s-ada", "nurse", "p-2", "alias", "door"),
        Access(AT, "s-ada", "nurse", SITE_NOTES, "note", "handover"),
    ]
    assert vault.accesses(limit=1) == vault.accesses()[:1]


@pytest.mark.parametrize("role", [Role.ANALYST, Role.ANYONE])
def test_role_that_is_not_on_the_floor_may_not_look(vault: Vault, role: Role) -> None:
    """Analysts and people who are not signed in see no text and no alias."""
    sealed = vault.seal("note", "p-1")
    vault.set_alias("p-1", "Robin")
    actor = Actor("s-x", role)
    assert refusal(lambda: read(vault, sealed, actor)) == "vault-role"
    look = partial(vault.alias, "p-1", actor=actor, reason="why", now=NOW)
    assert refusal(look) == "vault-role"
    assert vault.accesses() == []


@pytest.mark.parametrize(
    "sql",
    [
        "update access set reason = 'no'",
        "delete from access",
        "delete from access where id = 1",
        "replace into access select * from access",
        "replace into access select id, at, 's-x', role, person, what, '' from access",
    ],
)
def test_list_of_looks_is_append_only(vault: Vault, path: Path, sql: str) -> None:
    """What was written down about a look stays, whoever speaks to the database."""
    read(vault, vault.seal("note", "p-1"))
    before = vault.accesses()
    with pytest.raises(apsw.ConstraintError):
        rows(path, sql)
    assert vault.accesses() == before


def test_look_that_cannot_be_written_down_shows_nothing(vault: Vault, path: Path) -> None:
    """While the file is held by somebody else, texts stay sealed."""
    sealed = vault.seal("note", "p-1")
    vault._connection.set_busy_timeout(1)
    other = apsw.Connection(str(path))
    other.execute("begin immediate")
    with pytest.raises(NotSaved) as caught:
        read(vault, sealed)
    assert caught.value.code == "vault-writes"
    with pytest.raises(NotSaved):
        vault.seal("note", "p-2")
    with pytest.raises(NotSaved):
        vault.erase("p-1")
    other.execute("rollback")
    other.close()
    assert read(vault, sealed) == "note"
    assert len(vault.accesses()) == 1


def test_several_threads_share_one_key_of_a_person(vault: Vault) -> None:
    """However many seal at once, all texts can be read."""
    sealed: list[str] = []
    threads = [Thread(target=lambda: sealed.append(vault.seal("note", "p-1"))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [read(vault, each) for each in sealed] == ["note"] * 20


@given(text=st.text(), person=st.from_regex(r"p-[0-9a-f]{1,20}", fullmatch=True))
def test_any_text_of_anybody_can_be_read_again(
    tmp_path_factory: pytest.TempPathFactory, text: str, person: str
) -> None:
    """Whatever somebody types comes back as it was."""
    vault = Vault(tmp_path_factory.getbasetemp() / "any.sqlite3", KEY)
    assert read(vault, vault.seal(text, person)) == text
    vault.close()
