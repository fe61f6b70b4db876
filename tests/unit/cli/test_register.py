"""``safelight register`` as a pharmacist or an inspector calls it."""

import json
import os
import shutil
import subprocess
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from safelight.cli.opening import prepare_accounts
from safelight.journal.entry import Entry
from safelight.run.domain.base import Actor, Role
from safelight.run.identity.access import Look
from safelight.run.identity.records import Identity
from safelight.run.identity.vault import Vault
from safelight.run.store import journal
from safelight.web.accounts.service import create_staff
from safelight.wiring import Home, sign_checkpoint, vault_key
from tests.support.calls import Call, command
from tests.support.canary import Canary, assert_nowhere
from tests.support.pdf import Reader
from tests.support.prints import GERMAN, SITE, UK, book, home_with
from tests.support.registers import HEROIN
from tests.support.server import SAFELIGHT

CANARY = Canary("Quillfeather", "Brzęczyszczykiewicz")
ROSE = Identity("Rosalind Quillfeather", ("1 Brzęczyszczykiewicz Row", "Leeds"))
LOGINS = {"pia": Role.PHARMACIST, "ada": Role.NURSE}


def _accounts(home: Home) -> dict[str, str]:
    prepare_accounts(home)
    return {
        login: create_staff(login, role, f"Made-up {login}", "four words for nobody")
        for login, role in LOGINS.items()
    }


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a register, a patient's name in the vault, and two accounts."""
    home = home_with(tmp_path_factory.mktemp("prepared") / "home", book())
    sign_checkpoint(home, SITE)
    vault = Vault(home.path / "vault.sqlite3", vault_key(home))
    nurse = Actor("s-ada", Role.NURSE)
    vault.set_identity("p-1", ROSE, Look(nurse, "admission", datetime(2025, 1, 1, tzinfo=UTC)))
    vault.close()
    # Django can be set up once in a process, and not in this one.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(_accounts, home).result()
    return home.path


@pytest.fixture
def home(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A copy of that home, to change."""
    home = Home(Path(shutil.copytree(prepared, tmp_path / "home")))
    monkeypatch.setenv("SAFELIGHT_HOME", str(home.path))
    return home


@pytest.fixture
def register(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    assert home.path.is_dir()
    return command(monkeypatch, capsys, "register")


def printed(home: Home, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Print in a process of its own, because accounts need Django."""
    done = subprocess.run(
        [*SAFELIGHT, "register", "print", HEROIN, *arguments, "--json"],
        env={**os.environ, "SAFELIGHT_HOME": str(home.path)},
        capture_output=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


def entries(home: Home) -> list[Entry]:
    driver = home.connect()
    found = list(journal.entries(driver, SITE, 1, 99))
    driver.close()
    return found


def spoil(home: Home, sql: str, *parameters: object) -> None:
    """Change the database behind everybody's back."""
    driver = home.connect_for_writing()
    driver.begin()
    driver.execute(sql, parameters)
    driver.commit()
    driver.close()


def test_registers_are_listed_with_their_balances(register: Call) -> None:
    assert register("list").out == f"{SITE}\t{HEROIN}\t11 lines\t6259.5 mg\n"
    [row] = register("list", "--json").answer
    assert row == {"site": SITE, "register": HEROIN, "lines": 11, "balance": 6_259_500}


def test_home_without_a_register_says_so(home: Home, register: Call) -> None:
    spoil(home, "delete from entity where kind = 'register'")
    assert register("list").out == "No register here yet.\n"


def test_register_that_agrees_with_its_journal_passes(register: Call) -> None:
    done = register("check")
    assert done.returncode == 0
    assert done.out == f"{SITE}\t{HEROIN}\t11 lines\t6259.5 mg\tagrees with the journal\n"
    [row] = register("check", "--site", SITE, "--register", HEROIN, "--json").answer
    assert (row["ok"], row["balance"], row["problems"]) == (True, 6_259_500, [])


def test_register_that_differs_fails_and_says_where(home: Home, register: Call) -> None:
    spoil(
        home,
        "update entity set body = replace(body, ?, ?) where id = ?",
        '"balance":5820000',
        '"balance":5920000',
        f"{HEROIN}-3",
    )
    done = register("check")
    assert done.returncode == 1
    assert "DOES NOT AGREE with the journal" in done.out
    assert "  Line 3 says balance 5920000; entry 4 makes it 5820000." in done.out
    assert register("check", "--json").answer[0]["ok"] is False


def test_journal_that_was_changed_fails_before_any_register_is_made_anew(
    home: Home, register: Call
) -> None:
    spoil(home, "drop trigger entry_update")
    spoil(home, "update entry set body = replace(body, ?, ?) where seq = 4", "180000", "170000")
    done = register("check", "--json")
    assert done.returncode == 1
    assert done.answer["error"] == "journal-verifies"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("check", "--site", "south"), "site-known"),
        (("check", "--register", "cd-x"), "register-known"),
        (("export", "cd-x", "-o", "x.csv"), "register-known"),
        (("export", HEROIN, "-o", "x.csv", "--layout", "fr"), "layout-known"),
        (("export", HEROIN, "-o", "gone/x.csv"), "out-folder"),
        (("check-export", "gone.csv"), "file-readable"),
        (("check-export", "gone.csv", "--key", "zz"), "key-form"),
    ],
)
def test_what_is_not_there_is_refused_with_a_remedy(
    register: Call,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    done = register(*arguments, "--json")
    assert (done.returncode, done.answer["error"]) == (2, code)
    assert done.answer["remedy"].endswith(".")
    assert not (tmp_path / "x.csv").exists()


@pytest.mark.parametrize("layout", [UK, GERMAN])
def test_export_is_the_table_that_was_looked_at_and_holds(
    register: Call, tmp_path: Path, layout: str
) -> None:
    out = tmp_path / "register.csv"
    done = register("export", HEROIN, "-o", str(out), "--layout", layout, "--json")
    assert (done.returncode, done.answer["lines"]) == (0, 11)
    golden = Path(__file__).parents[2] / "golden" / "register" / f"{layout}.csv"
    assert out.read_bytes() == golden.read_bytes()
    assert done.answer["sha256"] == sha256(out.read_bytes()).hexdigest()
    checked = register("check-export", str(out), "--json").answer
    assert (checked["ok"], checked["journal"], checked["balance"]) == (True, True, 6_259_500)
    assert "The journal here gives the same table." in register("check-export", str(out)).out


def test_export_covers_entries_that_no_checkpoint_covered_yet(
    home: Home, register: Call, tmp_path: Path
) -> None:
    (home.path / "checkpoints" / f"{SITE}.jsonl").unlink()
    out = tmp_path / "january.csv"
    period = ("--from", "2025-01-01", "--to", "2025-01-31")
    assert register("export", HEROIN, "-o", str(out), *period).returncode == 0
    said = register("check-export", str(out), "--json").answer
    assert (said["lines"], said["size"], said["first_day"]) == (10, 13, "2025-01-01")


def test_export_is_checked_where_the_journal_is_not(
    register: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Home
) -> None:
    out = tmp_path / "register.csv"
    register("export", HEROIN, "-o", str(out))
    key = (home.keys / "node.pub").read_text().strip()
    monkeypatch.setenv("SAFELIGHT_HOME", str(tmp_path / "elsewhere"))
    done = register("check-export", str(out), "--key", key, "--json")
    assert (done.returncode, done.answer["trusted"], done.answer["journal"]) == (0, True, False)
    assert "nobody vouched for" in register("check-export", str(out)).out


def test_export_that_was_changed_fails(register: Call, tmp_path: Path) -> None:
    out = tmp_path / "register.csv"
    register("export", HEROIN, "-o", str(out))
    out.write_bytes(out.read_bytes().replace(b"5,820", b"5,920"))
    done = register("check-export", str(out), "--json")
    assert (done.returncode, done.answer["error"]) == (1, "register-export")


def test_export_out_of_a_read_model_that_was_changed_is_found_by_the_journal(
    home: Home, register: Call, tmp_path: Path
) -> None:
    spoil(
        home,
        "update entity set body = replace(body, ?, ?) where id = ?",
        "Maker Ltd",
        "Other Ltd",
        f"{HEROIN}-2",
    )
    out = tmp_path / "register.csv"
    register("export", HEROIN, "-o", str(out))
    done = register("check-export", str(out), "--json")
    assert (done.returncode, done.answer["error"]) == (1, "register-export")
    assert "row 3 is not what the journal says" in done.answer["message"]


def test_print_has_names_and_leaves_an_entry_and_looks(home: Home, tmp_path: Path) -> None:
    out = tmp_path / "register.pdf"
    january = ("--from", "2025-01-01", "--to", "2025-01-31")
    code, answer = printed(
        home, "--as", "pia", "--reason", "register_print", "-o", str(out), *january
    )
    assert (code, answer["lines"]) == (0, 10)
    texts = [each.text for each in Reader(out.read_bytes()).elements()]
    assert texts.count("Rosalind Quillfeather, 1 Brzęczyszczykiewicz Row, Leeds") == 3
    assert any("Printed" in text and text.endswith("by Made-up pia") for text in texts)
    last = entries(home)[-1]
    body = json.loads(last.body)
    assert last.kind == "register.printed"
    assert body["digest"] == sha256(out.read_bytes()).hexdigest() == answer["sha256"]
    assert (body["lines"], body["first"], body["last"]) == (10, "2025-01-01", "2025-01-31")
    assert (body["layout"], body["reason"]) == (UK, "register_print")
    vault = Vault(home.path / "vault.sqlite3", vault_key(home))
    looks = vault.accesses(Actor("s-max", Role.MANAGER), 2)
    vault.close()
    assert [(look.person, look.what) for look in looks] == [
        ("p-1", "printed"),
        ("-", f"printed: {SITE} {HEROIN} {UK}"),
    ]
    assert {look.staff for look in looks} == {last.actor}
    assert_nowhere(home.path, CANARY)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--as", "ada"), "vault-role"),
        (("--as", "nobody"), "staff-known"),
        (("--as", "pia", "--site", "south"), "site-known"),
        (("--as", "pia", "--layout", "fr"), "layout-known"),
    ],
)
def test_print_that_nobody_may_make_is_refused_and_leaves_nothing(
    home: Home, tmp_path: Path, arguments: tuple[str, ...], code: str
) -> None:
    out = tmp_path / "register.pdf"
    before = len(entries(home))
    done, answer = printed(home, *arguments, "--reason", "register_print", "-o", str(out))
    assert (done, answer["error"]) == (2, code)
    assert answer["remedy"].endswith(".")
    assert not out.exists()
    assert len(entries(home)) == before
