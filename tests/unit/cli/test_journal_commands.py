"""``verify``, ``checkpoint``, ``prove``, ``check-proof`` and ``rebuild`` as a person calls them."""

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import apsw
import pytest

from benchmarks.bulk import build_journal
from benchmarks.server import SITE, found_site
from safelight.wiring import Home, WriterLock
from tests.support.calls import exit_code

ENTRIES = 300


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a small centre and a longer journal, made once."""
    folder = tmp_path_factory.mktemp("prepared") / "home"
    found_site(Home(folder))
    build_journal(Home(folder), "long", ENTRIES)
    return folder


@pytest.fixture
def home(prepared: Path, tmp_path: Path) -> Path:
    """A copy of that home, to spoil."""
    return Path(shutil.copytree(prepared, tmp_path / "home"))


class Done(NamedTuple):
    """What a call of the command line came to."""

    returncode: int
    stdout: bytes
    stderr: bytes


class Call(Protocol):
    """The command line over one home."""

    def __call__(self, home: Path, *arguments: str) -> Done:
        """Call it with these arguments."""


@pytest.fixture
def safelight(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Call:
    """The entry point, called in this process: starting fifty takes minutes."""

    def call(home: Path, *arguments: str) -> Done:
        monkeypatch.setenv("SAFELIGHT_HOME", str(home))
        code = exit_code(monkeypatch, *arguments)
        return Done(code, *capfdbinary.readouterr())

    return call


def answer(done: Done) -> Any:  # noqa: ANN401 - whatever JSON the command prints
    """Read the JSON that a command printed."""
    return json.loads(done.stdout)


def spoil(home: Path, sql: str) -> None:
    """Change a journal as somebody with the file and a grudge would: triggers dropped first."""
    connection = apsw.Connection(str(home / "journal.sqlite3"))
    for name in ("entry_update", "entry_delete", "entry_replace"):
        connection.execute(f"drop trigger {name}").fetchall()
    connection.execute(sql).fetchall()
    connection.close()


def test_verify_passes_an_honest_journal(safelight: Call, home: Path) -> None:
    """Exit code 0, and each site with its size."""
    done = safelight(home, "verify", "--json")
    assert done.returncode == 0
    sizes = {row["site"]: row["entries"] for row in answer(done)["sites"]}
    assert sizes["long"] == ENTRIES
    assert sizes[SITE] > PLACES_AND_MORE


PLACES_AND_MORE = 8


@pytest.mark.parametrize(
    ("sql", "seq"),
    [
        ("update entry set body = '{}' where site = 'long' and seq = 7", 7),
        ("update entry set actor = 'staff-other' where site = 'long' and seq = 1", 1),
        ("delete from entry where site = 'long' and seq = 12", 12),
        ("update entry set recorded_at = '2024' where site = 'long' and seq = 300", 300),
    ],
)
def test_verify_names_site_and_entry(safelight: Call, home: Path, sql: str, seq: int) -> None:
    """A changed journal: exit code 1, naming the site, the entry and what is wrong."""
    spoil(home, sql)
    done = safelight(home, "verify", "--json")
    assert done.returncode == 1
    assert answer(done)["values"] == {"site": "long", "seq": str(seq)}
    spoken = safelight(home, "verify")
    assert spoken.returncode == 1
    assert f"Journal of long, entry {seq}:".encode() in spoken.stderr


def test_verify_notices_a_cut_tail_by_the_checkpoint(safelight: Call, home: Path) -> None:
    """Without its last entries a journal is still a chain; the signed checkpoint knows better."""
    assert safelight(home, "checkpoint", "long").returncode == 0
    spoil(home, "delete from entry where site = 'long' and seq > 290")
    done = safelight(home, "verify", "long")
    assert done.returncode == 1
    assert b"a checkpoint signed 300 entries, 290 are here" in done.stderr


def test_checkpoint_kept_elsewhere_catches_a_whole_rewrite(
    safelight: Call, home: Path, tmp_path: Path
) -> None:
    """A journal rewritten from the start verifies alone, and fails a checkpoint kept outside."""
    kept = tmp_path / "kept.json"
    kept.write_bytes(safelight(home, "checkpoint", "long").stdout)
    shutil.rmtree(home / "checkpoints")
    (home / "checkpoints").mkdir()
    spoil(home, "delete from entry where site = 'long'")
    build_journal(Home(home), "long", ENTRIES)
    alone = safelight(home, "verify", "long", "--json")
    assert (alone.returncode, answer(alone)["guarded"]) == (0, False)
    assert b"triggers" in alone.stderr
    done = safelight(home, "verify", "long", "--checkpoint", str(kept))
    assert done.returncode == 1
    assert b"differ from the signed checkpoint" in done.stderr


@pytest.mark.parametrize("seq", [1, 150, 300])
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_proof_holds_without_the_database(
    safelight: Call, home: Path, tmp_path: Path, seq: int, form: list[str]
) -> None:
    """A proof of at most 1 KB is checked with nothing but the file and the public key."""
    done = safelight(home, "prove", "long", str(seq), *form)
    assert done.returncode == 0
    assert len(done.stdout) <= 1024
    file = tmp_path / "proof"
    file.write_bytes(done.stdout)
    key = (home / "keys" / "node.pub").read_text().strip()
    elsewhere = tmp_path / "elsewhere"
    checked = safelight(elsewhere, "check-proof", str(file), "--key", key, "--json")
    assert checked.returncode == 0
    assert (answer(checked)["seq"], answer(checked)["trusted"]) == (seq, True)
    assert not elsewhere.exists()


def test_changed_proof_fails(safelight: Call, home: Path, tmp_path: Path) -> None:
    """One byte changed anywhere in the hashes: exit code 1."""
    proof = bytearray(safelight(home, "prove", "long", "150").stdout)
    proof[-1] ^= 1
    file = tmp_path / "proof"
    file.write_bytes(proof)
    assert safelight(home, "check-proof", str(file)).returncode == 1


def test_proof_by_another_key_fails(safelight: Call, home: Path, tmp_path: Path) -> None:
    """A proof that another node signed is not trusted."""
    file = tmp_path / "proof"
    file.write_bytes(safelight(home, "prove", "long", "150").stdout)
    assert safelight(home, "check-proof", str(file), "--key", "ab" * 32).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["prove", "long", "301"], b"has no entry 301"),
        (["prove", "nowhere", "1"], b"no site 'nowhere'"),
        (["prove", "long", "150", "--out", "gone/proof"], b"gone/proof cannot be written"),
        (["verify", "nowhere"], b"no site 'nowhere'"),
        (["check-proof", "README.md"], b"This is no proof"),
        (["check-proof", "missing.file"], b"cannot be read"),
        (["check-proof", "missing.file", "--key", "ab"], b"'ab' is no public key"),
        (["statistics", "--site=long", "--from=2025", "--to=2025-02"], b"no month such as 2025-01"),
    ],
)
def test_wrong_call_is_answered_in_a_sentence(
    safelight: Call, home: Path, arguments: list[str], says: bytes
) -> None:
    """Exit code 2, a sentence with what is wrong, and no traceback."""
    done = safelight(home, *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert b"Traceback" not in done.stderr


def test_rebuild_check_compares_and_rebuild_mends(safelight: Call, home: Path) -> None:
    """A read model that somebody changed is noticed, named, and made again from the journal."""
    assert safelight(home, "rebuild").returncode == 0
    assert safelight(home, "rebuild", "--check", "--json").returncode == 0
    connection = apsw.Connection(str(home / "journal.sqlite3"))
    connection.execute("update entity set live = 0 where id = 'booth-3'").fetchall()
    connection.close()
    done = safelight(home, "rebuild", "--check")
    assert done.returncode == 1
    assert b"place booth-3" in done.stderr
    assert safelight(home, "rebuild").returncode == 0
    assert safelight(home, "rebuild", "--check").returncode == 0


def test_rebuild_waits_for_no_running_writer(safelight: Call, home: Path) -> None:
    """While another process writes, rebuilding is refused with the remedy."""
    lock = WriterLock(Home(home))
    done = safelight(home, "rebuild")
    lock.release()
    assert done.returncode == 2
    assert b"Another Safelight is writing" in done.stderr


def test_commands_without_a_home_say_what_to_do(safelight: Call, tmp_path: Path) -> None:
    """A home that was never set up: the remedy, no traceback, and nothing created."""
    for arguments in (["verify"], ["sites"], ["rebuild"], ["rebuild", "--check"]):
        done = safelight(tmp_path / "none", *arguments)
        assert done.returncode == 2
        assert b"safelight setup" in done.stderr
    assert not (tmp_path / "none").exists()


def test_torn_checkpoint_is_written_over(safelight: Call, home: Path) -> None:
    """Half a line that a power cut left says nothing, and the next checkpoint takes its place."""
    assert safelight(home, "checkpoint", "long").returncode == 0
    file = home / "checkpoints" / "long.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:40])
    assert safelight(home, "verify", "long").returncode == 0
    assert safelight(home, "checkpoint", "long").returncode == 0
    assert len(file.read_bytes().splitlines()) == 2
    assert safelight(home, "verify", "long").returncode == 0
