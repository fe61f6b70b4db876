"""The vault: sealed texts and aliases, erasure for good, and a list of who looked and why."""

import base64
from functools import partial
from pathlib import Path
from threading import Thread

import apsw
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.kernel.errors import NotSaved
from safelight.kernel.privacy import Sealed
from safelight.run.domain.base import Actor, Role
from safelight.run.identity.access import Access, Look
from safelight.run.identity.vault import SITE_NOTES, Vault
from tests.support.vaults import (
    AT,
    BY_MANAGER,
    BY_NURSE,
    KEY,
    NOW,
    NURSE,
    everything,
    looks,
    refusal,
    rows,
)


def read(vault: Vault, sealed: str, actor: Actor = NURSE) -> str:
    return vault.unseal(sealed, Look(actor, "handover", NOW))


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


@pytest.mark.parametrize("text", ["Rosalind Aster", "sealed:v1:Rosalind:AAAA", "sealed:abc", ""])
def test_text_in_the_clear_is_not_even_written_down_as_a_look(vault: Vault, text: str) -> None:
    """The list of looks holds ids, so nothing else may pass for one."""
    assert refusal(lambda: read(vault, text)) == "vault-readable"
    assert looks(vault) == []


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
    vault.erase("p-1", BY_MANAGER)
    assert refusal(lambda: read(vault, sealed)) == "vault-erased"
    assert vault.find_alias("Robin") == []
    assert vault.alias("p-1", Look(NURSE, "door", NOW)) is None
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
    assert isinstance(sealed, bytes)
    assert wrapped in everything(path)
    vault.erase("p-1", BY_MANAGER)
    assert wrapped not in everything(path)
    assert sealed not in everything(path)


def test_alias_is_found_by_exactly_that_whatever_the_case(vault: Vault) -> None:
    """Half an alias finds nobody, and a new alias takes the place of the old."""
    vault.set_alias("p-1", " Robin ")
    vault.set_alias("p-2", "ROBIN")
    vault.set_alias("p-3", "Robinson")
    assert vault.find_alias("robin") == ["p-1", "p-2"]
    vault.set_alias("p-1", "Straße")
    assert vault.find_alias("robin") == ["p-2"]
    assert vault.find_alias("STRASSE ") == ["p-1"]
    assert vault.alias("p-1", Look(NURSE, "door", NOW)) == "Straße"


def test_every_look_is_written_down_before_anything_is_shown(vault: Vault) -> None:
    """Who, in which role, about whom, what and why; the newest comes first."""
    vault.seal("note", "p-1")
    note = vault.seal("note", None)
    read(vault, note)
    vault.alias("p-2", Look(NURSE, "door", NOW))
    refusal(lambda: vault.unseal("sealed:v1:p-9:AAAA", Look(NURSE, "look", NOW)))
    assert looks(vault) == [
        Access(AT, "s-ada", "nurse", "p-9", "note", "look", 3),
        Access(AT, "s-ada", "nurse", "p-2", "alias", "door", 2),
        Access(AT, "s-ada", "nurse", SITE_NOTES, "note", "handover", 1),
    ]
    assert looks(vault, limit=1) == looks(vault)[:1]


@pytest.mark.parametrize("role", [Role.ANALYST, Role.ANYONE])
def test_role_that_is_not_on_the_floor_may_not_look(vault: Vault, role: Role) -> None:
    """Analysts and people who are not signed in see no text and no alias."""
    sealed = vault.seal("note", "p-1")
    vault.set_alias("p-1", "Robin")
    actor = Actor("s-x", role)
    assert refusal(lambda: read(vault, sealed, actor)) == "vault-role"
    look = partial(vault.alias, "p-1", Look(actor, "why", NOW))
    assert refusal(look) == "vault-role"
    assert looks(vault) == []


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
    before = looks(vault)
    with pytest.raises(apsw.ConstraintError):
        rows(path, sql)
    assert looks(vault) == before


def test_look_that_cannot_be_written_down_shows_nothing(vault: Vault, path: Path) -> None:
    """While the file is held by somebody else, texts stay sealed."""
    sealed = vault.seal("note", "p-1")
    vault._file._connection.set_busy_timeout(1)
    other = apsw.Connection(str(path))
    other.execute("begin immediate")
    with pytest.raises(NotSaved) as caught:
        read(vault, sealed)
    assert caught.value.code == "vault-writes"
    with pytest.raises(NotSaved):
        vault.seal("note", "p-2")
    with pytest.raises(NotSaved):
        vault.erase("p-1", BY_MANAGER)
    other.execute("rollback")
    other.close()
    assert read(vault, sealed) == "note"
    assert len(looks(vault)) == 1


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


VERSION_0 = """
create table data_key (person text primary key, wrapped blob not null);
create table alias (person text primary key, sealed text not null, lookup blob not null);
create table access (
  id integer primary key autoincrement,
  at text not null, staff text not null, role text not null,
  person text not null, what text not null, reason text not null
);
"""


def older(vault: Vault, path: Path, alias: str) -> Path:
    """Return a vault of an earlier form beside this one, with the key of p-1 and an alias."""
    sealed = vault.seal(alias, "p-1")
    [(wrapped,)] = rows(path, "select wrapped from data_key")
    assert isinstance(wrapped, bytes)
    old = path.with_name("old.sqlite3")
    rows(old, VERSION_0)
    rows(old, "insert into data_key values ('p-1', ?)", wrapped)
    rows(old, "insert into alias values ('p-1', ?, x'00')", sealed)
    return old


def test_vault_of_an_earlier_form_keeps_its_aliases(vault: Vault, path: Path) -> None:
    """They are sealed anew, as aliases and no longer as notes, and are found as before."""
    old = Vault(older(vault, path, "Straße"), KEY)
    assert old.alias("p-1", BY_NURSE) == "Straße"
    assert old.find_alias("strasse") == ["p-1"]
    old.close()
    again = Vault(path.with_name("old.sqlite3"), KEY)
    assert again.alias("p-1", BY_NURSE) == "Straße"
    again.close()


def test_vault_of_an_earlier_form_stays_as_it_was_under_a_wrong_key(
    vault: Vault, path: Path
) -> None:
    """Nothing is lost by opening it with the key of another vault."""
    old = older(vault, path, "Robin")
    assert refusal(lambda: Vault(old, bytes(32))) == "vault-readable"
    opened = Vault(old, KEY)
    assert opened.alias("p-1", BY_NURSE) == "Robin"
    opened.close()


def test_note_cannot_be_passed_off_as_an_alias(vault: Vault, path: Path) -> None:
    """What a journal holds of somebody is no alias of theirs, though under the same key."""
    vault.set_alias("p-1", "Robin")
    note = base64.urlsafe_b64decode(vault.seal("note", "p-1").rpartition(":")[2])
    rows(path, "update alias set sealed = ?", note)
    assert refusal(lambda: vault.alias("p-1", BY_NURSE)) == "vault-readable"
