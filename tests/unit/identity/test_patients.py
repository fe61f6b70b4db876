"""Names and photographs of patients: sealed, guarded, replaced, found, printed and erased."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from threading import Thread

import apsw
import pytest
from msgspec.structs import replace

from safelight.kernel.errors import NotSaved
from safelight.run.domain.base import Actor, Role
from safelight.run.identity.access import LOOKING, PRINTING, Look, Reason
from safelight.run.identity.keys import Kind
from safelight.run.identity.records import (
    LARGEST_PHOTOGRAPH,
    Identity,
    Missing,
    Photograph,
    identity_of,
    photograph_of,
)
from safelight.run.identity.vault import Vault
from tests.support.vaults import (
    BY_MANAGER,
    BY_NURSE,
    FOR_PRINT,
    JPEG,
    KEY,
    NOW,
    PNG,
    ROSE,
    everything,
    looks,
    refusal,
    rows,
    said,
)

TODAY = NOW.date()
TITLE = "Register of diamorphine ampoules 100 mg"
Guarded = Callable[[Vault, Look], object]

# Everything that shows a patient or changes what is kept of one.
GUARDED: dict[str, Guarded] = {
    "identity": lambda vault, look: vault.identity("p-1", look),
    "photograph": lambda vault, look: vault.photograph("p-1", look),
    "find": lambda vault, look: vault.find_by_name("Aster", look),
    "print": lambda vault, look: vault.identities_for_print(["p-1"], TITLE, look),
    "set identity": lambda vault, look: vault.set_identity("p-1", ROSE, look),
    "set photograph": lambda vault, look: vault.set_photograph("p-1", PNG, look),
    "erase": lambda vault, look: vault.erase("p-1", look),
}
MAY = {
    **dict.fromkeys(GUARDED, LOOKING),
    "print": PRINTING,
    "erase": frozenset({Role.MANAGER}),
}

every_guarded = pytest.mark.parametrize("name", GUARDED)


def known(vault: Vault) -> Vault:
    """Keep a name and a photograph of p-1."""
    vault.set_identity("p-1", ROSE, BY_NURSE)
    vault.set_photograph("p-1", JPEG, BY_NURSE)
    return vault


def test_what_was_kept_is_shown_again_also_after_a_restart(vault: Vault, path: Path) -> None:
    known(vault)
    again = Vault(path, KEY)
    assert again.identity("p-1", BY_NURSE) == ROSE
    assert again.photograph("p-1", BY_NURSE) == Photograph(JPEG)
    again.close()


def test_nothing_is_shown_of_somebody_of_whom_nothing_is_kept(vault: Vault) -> None:
    known(vault)
    assert vault.identity("p-2", BY_NURSE) is None
    assert vault.photograph("p-2", BY_NURSE) is None
    assert [vault.has("p-2", Kind.IDENTITY), vault.has("p-1", Kind.IDENTITY)] == [False, True]


def test_files_show_nothing_of_what_they_hold(vault: Vault, path: Path) -> None:
    known(vault).find_by_name("Nobody Of This Name", BY_NURSE)
    held = everything(path)
    words = [b"Rosalind", b"Bly", b"Aster", b"Made-up", b"1981-02-28", b"made-up picture"]
    assert [word for word in [*words, b"Nobody"] if word in held or word.lower() in held] == []


def test_new_identity_takes_the_place_of_the_old_and_leaves_no_bytes_of_it(
    vault: Vault, path: Path
) -> None:
    known(vault)
    [(old_name,)] = rows(path, "select sealed from identity")
    [(old_picture,)] = rows(path, "select sealed from photograph")
    assert isinstance(old_name, bytes)
    assert isinstance(old_picture, bytes)
    assert old_name in everything(path)
    vault.set_identity("p-1", replace(ROSE, name="Rosalind Thorn"), BY_NURSE)
    vault.set_photograph("p-1", PNG, BY_NURSE)
    assert vault.identity("p-1", BY_NURSE) == replace(ROSE, name="Rosalind Thorn")
    assert vault.photograph("p-1", BY_NURSE) == Photograph(PNG)
    assert old_name not in everything(path)
    assert old_picture not in everything(path)
    assert vault.find_by_name("Aster", BY_NURSE) == []


def test_every_look_and_every_change_has_its_line(vault: Vault) -> None:
    known(vault)
    vault.identity("p-1", BY_NURSE)
    vault.photograph("p-2", BY_NURSE)
    vault.find_by_name("aster", Look(BY_NURSE.actor, "emergency", NOW))
    vault.identities_for_print(["p-2", "p-1", "p-2"], TITLE, FOR_PRINT)
    vault.erase("p-1", BY_MANAGER)
    assert said(vault) == [
        ("s-max", "p-1", "erased", "patient_asked"),
        ("s-pia", "p-2", "printed", "register_print"),
        ("s-pia", "p-1", "printed", "register_print"),
        ("s-pia", "-", f"printed: {TITLE}", "register_print"),
        ("s-ada", "p-1", "found", "emergency"),
        ("s-ada", "-", "searched", "emergency"),
        ("s-ada", "p-2", "photograph", "identity_check"),
        ("s-ada", "p-1", "identity", "identity_check"),
        ("s-ada", "p-1", "photograph_changed", "identity_check"),
        ("s-ada", "p-1", "identity_changed", "identity_check"),
    ]


@every_guarded
@pytest.mark.parametrize("role", Role)
def test_only_the_roles_that_may_get_an_answer(vault: Vault, name: str, role: Role) -> None:
    known(vault)
    before = looks(vault)
    look = Look(Actor("s-x", role), "correction", NOW)
    if role in MAY[name]:
        GUARDED[name](vault, look)
        assert len(looks(vault)) > len(before)
    else:
        assert refusal(lambda: GUARDED[name](vault, look)) == "vault-role"
        assert looks(vault) == before


@every_guarded
@pytest.mark.parametrize("reason", ["", "curious", "Rosalind Aster", "IDENTITY_CHECK"])
def test_reason_that_is_not_of_the_list_is_refused(vault: Vault, name: str, reason: str) -> None:
    known(vault)
    before = looks(vault)
    look = Look(BY_MANAGER.actor, reason, NOW)
    assert refusal(lambda: GUARDED[name](vault, look)) == "vault-reason"
    assert looks(vault) == before


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_of_the_list_is_one(vault: Vault, reason: Reason) -> None:
    known(vault)
    assert vault.identity("p-1", Look(BY_NURSE.actor, reason, NOW)) == ROSE
    assert looks(vault)[0].reason == reason.value


@every_guarded
def test_what_cannot_be_written_down_is_not_shown_and_not_done(
    vault: Vault, path: Path, name: str
) -> None:
    """While somebody else holds the file, every getter fails, and everything stays as it was."""
    known(vault)
    before = looks(vault)
    vault._file.patience = 1
    vault._file._connection.set_busy_timeout(1)
    other = apsw.Connection(str(path))
    other.execute("begin immediate")
    with pytest.raises(NotSaved) as caught:
        GUARDED[name](vault, BY_MANAGER)
    assert caught.value.code == "vault-writes"
    other.execute("rollback")
    other.close()
    assert looks(vault) == before
    assert vault.identity("p-1", BY_NURSE) == ROSE
    assert vault.photograph("p-1", BY_NURSE) == Photograph(JPEG)


def test_change_that_fails_half_way_changes_nothing(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name, its hashes and the line about it are written together or not at all."""

    def fails(*_: object) -> None:
        raise NotSaved("vault-writes", "No.", "No.")

    known(vault)
    before = looks(vault)
    monkeypatch.setattr(vault._lookup, "put", fails)
    with pytest.raises(NotSaved):
        vault.set_identity("p-1", replace(ROSE, name="Rosalind Thorn"), BY_NURSE)
    with pytest.raises(NotSaved):
        vault.set_identity("p-2", ROSE, BY_NURSE)
    assert looks(vault) == before
    assert vault.identity("p-1", BY_NURSE) == ROSE
    assert vault.identity("p-2", BY_NURSE) is None
    assert rows(vault_path(vault), "select person from data_key") == [("p-1",)]


def vault_path(vault: Vault) -> Path:
    """Return where a vault's file is."""
    return Path(vault._file._connection.filename)


def test_name_cannot_be_passed_off_as_anothers_or_as_a_picture(vault: Vault, path: Path) -> None:
    """Whoever can write to the file cannot make it show one patient as another."""
    known(vault).set_identity("p-2", replace(ROSE, name="Robin Vale"), BY_NURSE)
    rows(path, "update identity set sealed = (select sealed from identity where person = 'p-2')")
    assert refusal(lambda: vault.identity("p-1", BY_NURSE)) == "vault-readable"
    rows(path, "update photograph set sealed = (select sealed from identity)")
    assert refusal(lambda: vault.photograph("p-1", BY_NURSE)) == "vault-readable"


@pytest.mark.parametrize(
    "words",
    [
        "Rosalind Bly Aster",
        "  rosalind   BLY aster ",
        "Aster",
        "ASTER",
        "bly aster",
        "\uff21ster",  # a wide letter A, as some keyboards write it
    ],
)
def test_patient_is_found_by_whole_name_or_surname(vault: Vault, words: str) -> None:
    assert known(vault).find_by_name(words, BY_NURSE) == ["p-1"]


@pytest.mark.parametrize("words", ["", "Rosalind", "Rosalind Aster", "Aste", "Asters", "p-1", "%"])
def test_nobody_is_found_by_a_part(vault: Vault, words: str) -> None:
    assert known(vault).find_by_name(words, BY_NURSE) == []


def test_alias_is_no_name_and_a_name_no_alias(vault: Vault) -> None:
    """Aliases may be searched by anybody at the door; names only for a reason."""
    known(vault).set_alias("p-2", "Aster")
    assert vault.find_alias("Aster") == ["p-2"]
    assert vault.find_by_name("Aster", BY_NURSE) == ["p-1"]
    digests = "select digest from lookup where kind = ?"
    aliases, names = (rows(vault_path(vault), digests, kind) for kind in ("alias", "identity"))
    assert not set(aliases) & set(names)


def test_hashes_of_one_vault_say_nothing_about_another(vault: Vault, tmp_path: Path) -> None:
    """Without the key nobody can try a list of names against them."""
    other = Vault(tmp_path / "other.sqlite3", bytes(32))
    known(vault)
    known(other)
    digests = "select digest from lookup"
    here, there = rows(vault_path(vault), digests), rows(vault_path(other), digests)
    assert len(here) == len(there) == 3
    assert not set(here) & set(there)
    other.close()


def test_print_says_why_a_name_is_missing(vault: Vault, path: Path) -> None:
    """One patient who cannot be named does not stop the print of a whole register."""
    for person in ("p-1", "p-erased", "p-bent", "p-keyless"):
        vault.set_identity(person, ROSE, BY_NURSE)
    vault.erase("p-erased", BY_MANAGER)
    rows(path, "update identity set sealed = x'00' where person = 'p-bent'")
    rows(path, "delete from data_key where person = 'p-keyless'")
    wanted = ["p-1", "p-erased", "p-bent", "p-keyless", "p-never"]
    assert vault.identities_for_print(wanted, TITLE, FOR_PRINT) == {
        "p-1": ROSE,
        "p-erased": Missing.ERASED,
        "p-bent": Missing.UNREADABLE,
        "p-keyless": Missing.UNREADABLE,
        "p-never": Missing.NOT_RECORDED,
    }


def test_print_of_thousands_is_written_down_one_by_one(vault: Vault) -> None:
    persons = [f"p-{number}" for number in range(3000)]
    vault.set_identity("p-7", ROSE, BY_NURSE)
    found = vault.identities_for_print(persons, TITLE, FOR_PRINT)
    assert [person for person in persons if found[person] == ROSE] == ["p-7"]
    lines = [each for each in looks(vault, limit=10_000) if each.what.startswith("printed")]
    assert sorted(each.person for each in lines) == sorted(["-", *persons])


def test_title_of_a_print_is_cut_to_a_line(vault: Vault) -> None:
    vault.identities_for_print([], "x" * 500, FOR_PRINT)
    assert looks(vault)[0].what == "printed: " + "x" * 120


def test_erased_patient_is_gone_from_everywhere(vault: Vault, path: Path) -> None:
    """Name, picture, alias, hashes and key: no byte of any is left in the file or its log."""
    known(vault).set_alias("p-1", "Robin")
    vault.set_identity("p-2", ROSE, BY_NURSE)
    held = [
        row[0]
        for sql in (
            "select wrapped from data_key where person = 'p-1'",
            "select sealed from identity where person = 'p-1'",
            "select sealed from photograph where person = 'p-1'",
            "select sealed from alias where person = 'p-1'",
        )
        for row in rows(path, sql)
    ]
    [(alias_hash,)] = rows(path, "select digest from lookup where kind = 'alias'")
    found = [each for each in [*held, alias_hash] if isinstance(each, bytes)]
    assert len(found) == 5
    assert [each in everything(path) for each in found] == [True] * 5
    vault.erase("p-1", BY_MANAGER)
    assert [each in everything(path) for each in found] == [False] * 5
    assert vault.identity("p-1", BY_NURSE) is None
    assert vault.photograph("p-1", BY_NURSE) is None
    assert vault.find_by_name("Aster", BY_NURSE) == ["p-2"]
    assert vault.find_alias("Robin") == []
    assert vault.identity("p-2", BY_NURSE) == ROSE


def test_large_photograph_leaves_nothing_behind_either(vault: Vault, path: Path) -> None:
    """It fills many pages of the file, and each of them is wiped."""
    vault.set_photograph("p-1", PNG + bytes(range(256)) * 4096, BY_NURSE)
    [(sealed,)] = rows(path, "select sealed from photograph")
    assert isinstance(sealed, bytes)
    pieces = [sealed[first : first + 64] for first in range(0, len(sealed), 50_000)]
    assert all(piece in everything(path) for piece in pieces)
    vault.erase("p-1", BY_MANAGER)
    assert [piece for piece in pieces if piece in everything(path)] == []


def test_erasing_that_leaves_traces_says_so(vault: Vault, path: Path) -> None:
    """While a backup reads the file, the log cannot be emptied; done once more, it is."""
    known(vault)
    [(sealed,)] = rows(path, "select sealed from identity")
    assert isinstance(sealed, bytes)
    vault._file.patience = 1
    backup = apsw.Connection(str(path))
    backup.execute("begin; select * from identity").fetchall()
    vault.set_identity("p-1", ROSE, BY_NURSE)  # so that there is something in the log
    with pytest.raises(NotSaved) as caught:
        vault.erase("p-1", BY_MANAGER)
    assert caught.value.code == "vault-scrub"
    assert vault.identity("p-1", BY_NURSE) is None
    backup.close()
    vault.erase("p-1", BY_MANAGER)
    assert sealed not in everything(path)


def test_patient_may_be_recorded_anew_after_being_erased(vault: Vault) -> None:
    known(vault).erase("p-1", BY_MANAGER)
    vault.set_identity("p-1", ROSE, BY_NURSE)
    assert vault.identities_for_print(["p-1"], TITLE, FOR_PRINT) == {"p-1": ROSE}


def test_list_of_looks_is_for_managers_page_by_page_and_person_by_person(vault: Vault) -> None:
    for person in ("p-1", "p-2", "p-1"):
        vault.identity(person, BY_NURSE)
    manager = BY_MANAGER.actor
    newest, second, oldest = vault.accesses(manager)
    assert [newest.number, second.number, oldest.number] == [3, 2, 1]
    assert vault.accesses(manager, before=3) == [second, oldest]
    assert vault.accesses(manager, person="p-1") == [newest, oldest]
    assert vault.accesses(manager, limit=1, before=3, person="p-1") == [oldest]
    for role in set(Role) - {Role.MANAGER}:
        assert refusal(partial(vault.accesses, Actor("s-x", role))) == "vault-role"


def test_several_threads_leave_one_whole_record(vault: Vault) -> None:
    """However many write at once, what is kept is what one of them gave."""
    names = [f"Rosalind {letter * 3}" for letter in "ABCDEFGHIJ"]
    threads = [
        Thread(target=vault.set_identity, args=("p-1", replace(ROSE, name=name), BY_NURSE))
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = vault.identity("p-1", BY_NURSE)
    assert kept is not None
    assert [name for name in names if vault.find_by_name(name, BY_NURSE)] == [kept.name]


TOO_LONG = "x" * 121
WRONG: dict[str, tuple[Identity, str]] = {
    "no name": (replace(ROSE, name=" \n"), "identity-name"),
    "a name that is too long": (replace(ROSE, name=TOO_LONG), "identity-name"),
    "a name with a control character": (replace(ROSE, name="Rose\0"), "identity-name"),
    "a name that turns the text": (replace(ROSE, name="\u202eesoR"), "identity-name"),
    "half a character": (replace(ROSE, name="Rose\ud800"), "identity-name"),
    "no address": (replace(ROSE, address=("", " ")), "identity-address"),
    "too many lines": (replace(ROSE, address=("a",) * 9), "identity-address"),
    "a line that is too long": (replace(ROSE, address=("a", TOO_LONG)), "identity-address"),
    "an unseen line": (replace(ROSE, address=("a\x07",)), "identity-address"),
    "born tomorrow": (replace(ROSE, born=TODAY + timedelta(days=1)), "identity-born"),
    "born too long ago": (replace(ROSE, born=date(1801, 1, 1)), "identity-born"),
}


@pytest.mark.parametrize(("identity", "rule"), WRONG.values(), ids=WRONG)
def test_identity_that_no_register_could_print_is_refused(
    vault: Vault, identity: Identity, rule: str
) -> None:
    assert refusal(lambda: vault.set_identity("p-1", identity, BY_NURSE)) == rule
    assert looks(vault) == []


def test_refusal_does_not_repeat_what_was_typed() -> None:
    """It may be logged, and stands in the title of a page."""
    for identity, _ in WRONG.values():
        with pytest.raises(Exception, match=r"\.") as caught:
            identity_of(identity.name, identity.address, identity.born, TODAY)
        shown = repr(caught.value.__dict__) + str(caught.value)
        assert not any(word in shown for word in ("Rosalind", "esoR", "Made-up", "xxx", "1801"))


def test_identity_is_kept_in_one_spelling(vault: Vault) -> None:
    typed = Identity("  Rosalind \t Bly\n Aster", ("Flat  2", "", " 1 Made-up Row", "Northtown "))
    vault.set_identity("p-1", typed, BY_NURSE)
    assert vault.identity("p-1", BY_NURSE) == replace(ROSE, born=None)


@pytest.mark.parametrize("name", ["Ng", "Ó Súilleabháin", "O’Neil-Smith", "ณัฐวุฒิ", "山田 太郎"])
def test_names_of_the_world_are_names(vault: Vault, name: str) -> None:
    vault.set_identity("p-1", replace(ROSE, name=name), BY_NURSE)
    assert vault.find_by_name(name.upper(), BY_NURSE) == ["p-1"]


@pytest.mark.parametrize(
    ("data", "media_type"), [(JPEG, "image/jpeg"), (PNG, "image/png")], ids=["JPEG", "PNG"]
)
def test_photograph_says_itself_what_it_is(data: bytes, media_type: str) -> None:
    assert photograph_of(data).media_type == media_type
    padded = data.ljust(LARGEST_PHOTOGRAPH, b"\0")
    assert photograph_of(padded).data == padded


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "photograph-kind"),
        (b"GIF89a", "photograph-kind"),
        (b"<svg onload=x>", "photograph-kind"),
        (b"\xff\xd8", "photograph-kind"),
        (b" " + JPEG, "photograph-kind"),
        (JPEG.ljust(LARGEST_PHOTOGRAPH + 1, b"\0"), "photograph-size"),
    ],
)
def test_file_that_is_no_photograph_or_too_large_is_refused(
    vault: Vault, data: bytes, rule: str
) -> None:
    assert refusal(lambda: vault.set_photograph("p-1", data, BY_NURSE)) == rule
    assert not vault.has("p-1", Kind.PHOTOGRAPH)


def test_records_show_nothing_of_themselves_in_a_log() -> None:
    assert f"{ROSE} {ROSE!r} {Photograph(JPEG)!r} {[ROSE]}" == (
        "Identity(...) Identity(...) Photograph(...) [Identity(...)]"
    )
