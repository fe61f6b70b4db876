"""The power-cut simulator bites: what SQLite promises survives, what it does not is lost."""

from __future__ import annotations

from collections import Counter
from contextlib import closing, suppress
from random import Random
from typing import TYPE_CHECKING

import apsw
import pytest

from tests.support.powercut import SECTOR, PowerCut, PowerCutFile, PowerCutVFS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.powercut import Operation

PATH = "/site.db"
NEW_FILE = apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_MAIN_DB


@pytest.fixture
def vfs() -> Iterator[PowerCutVFS]:
    disk = PowerCutVFS("powercut-test")
    yield disk
    disk.unregister()


def connect(
    vfs: PowerCutVFS, journal: str = "wal", synchronous: str = "full", locking: str = "exclusive"
) -> apsw.Connection:
    connection = apsw.Connection(PATH, vfs=vfs.name)
    try:
        connection.pragma("locking_mode", locking)
        assert connection.pragma("journal_mode", journal) == journal
        connection.pragma("synchronous", synchronous)
        connection.pragma("wal_autocheckpoint", 12)
    except BaseException:
        connection.close()
        raise
    return connection


def prepare(vfs: PowerCutVFS, *settings: str) -> None:
    """Leave a database with an empty table, all of it durable."""
    with closing(connect(vfs, *settings)) as connection:
        connection.execute("CREATE TABLE dose (number INTEGER PRIMARY KEY, note BLOB) STRICT")
    vfs.load(vfs.image())


def insert(connection: apsw.Connection, number: int, size: int = 20) -> None:
    connection.execute("INSERT INTO dose VALUES (?, ?)", (number, bytes([number]) * size))


def rows(vfs: PowerCutVFS, *settings: str) -> list[int]:
    """Return what a fresh connection finds, after checking every page."""
    with closing(connect(vfs, *settings)) as connection:
        if connection.pragma("integrity_check") != "ok":
            raise apsw.CorruptError
        return [number for (number,) in connection.execute("SELECT number FROM dose ORDER BY 1")]


def cut_once(vfs: PowerCutVFS, image: dict[str, bytes], seed: int, *settings: str) -> str:
    """Insert rows until the power fails, boot, and name what became of them."""
    rng = Random(seed)
    vfs.load(image)
    acknowledged = 0
    connection = connect(vfs, *settings)
    vfs.cut_after(rng.randint(1, 80), rng)
    try:
        for number in range(20):
            insert(connection, number, rng.choice((20, 300, 6000)))
            acknowledged += 1
    except PowerCut:
        assert vfs.power_is_off
    finally:
        with suppress(PowerCut):
            connection.close()
    vfs.cut(rng)
    try:
        found = rows(vfs, *settings)
    except (apsw.CorruptError, apsw.NotADBError, apsw.SQLError):
        return "corrupt"
    if found != list(range(len(found))) or len(found) > acknowledged + 1:
        return "corrupt"
    return "lost" if len(found) < acknowledged else "kept"


def outcomes(vfs: PowerCutVFS, cuts: int, *settings: str) -> Counter[str]:
    prepare(vfs, *settings)
    image = vfs.image()
    return Counter(cut_once(vfs, image, seed, *settings) for seed in range(cuts))


@pytest.mark.parametrize("whole_sectors", [False, True])
def test_full_loses_no_acknowledged_row(whole_sectors: bool) -> None:  # noqa: FBT001
    vfs = PowerCutVFS("powercut-full", whole_sectors=whole_sectors)
    assert outcomes(vfs, 300, "wal", "full") == {"kept": 300}


def test_normal_loses_acknowledged_rows_but_never_corrupts(vfs: PowerCutVFS) -> None:
    found = outcomes(vfs, 300, "wal", "normal")
    assert found["lost"] > 0.2 * 300
    assert found["corrupt"] == 0


def test_off_corrupts_and_loses(vfs: PowerCutVFS) -> None:
    found = outcomes(vfs, 300, "wal", "off")
    assert found["corrupt"] > 0.2 * 300
    assert found["corrupt"] + found["lost"] > 0.5 * 300


def test_a_deleted_journal_may_come_back_unless_its_folder_is_synced(vfs: PowerCutVFS) -> None:
    assert outcomes(vfs, 200, "delete", "extra", "normal") == {"kept": 200}
    vfs.load({})
    found = outcomes(vfs, 200, "delete", "full", "normal")
    assert found["lost"] > 0
    assert found["corrupt"] == 0


def test_one_seed_gives_one_outcome(vfs: PowerCutVFS) -> None:
    prepare(vfs)
    image = vfs.image()
    first, second = (
        [cut_once(vfs, image, seed, "wal", "normal") for seed in range(40)] for _ in range(2)
    )
    assert first == second
    assert len(set(first)) > 1


def insert_and_close(connection: apsw.Connection) -> None:
    with closing(connection):
        insert(connection, 1)


def test_every_operation_can_be_the_last(vfs: PowerCutVFS) -> None:
    prepare(vfs)
    image = vfs.image()
    connection = connect(vfs)
    started = vfs.operations
    insert_and_close(connection)
    for last in range(1, vfs.operations - started + 1):
        vfs.load(image)
        connection = connect(vfs)
        vfs.cut_after(last, Random(last))
        with pytest.raises(PowerCut, match=f"operation {vfs.operations + last}, "):
            insert_and_close(connection)
        assert vfs.power_is_off
        vfs.cut(Random(last))
        assert rows(vfs) in ([], [1])


def test_after_a_cut_no_old_connection_goes_on(vfs: PowerCutVFS) -> None:
    prepare(vfs)
    old = connect(vfs)
    insert(old, 1)
    vfs.cut_after(1, Random(1))
    with pytest.raises(apsw.IOError) as refused:
        insert(old, 2)
    assert isinstance(refused.value, PowerCut)
    with pytest.raises(PowerCut):
        apsw.Connection(PATH, vfs=vfs.name)
    vfs.cut(Random(2))
    with pytest.raises(PowerCut):
        insert(old, 3)
    assert rows(vfs) == [1]
    with pytest.raises(PowerCut):
        old.close()
    assert rows(vfs) == [1]


def test_several_connections_share_a_database_through_borrowed_memory() -> None:
    vfs = PowerCutVFS("powercut-shared", shared_memory=True)
    settings = ("wal", "full", "normal")
    prepare(vfs, *settings)
    image = vfs.image()
    with closing(connect(vfs, *settings)) as writer, closing(connect(vfs, *settings)) as reader:
        insert(writer, 1)
        assert reader.execute("SELECT count(*) FROM dose").get == 1
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(apsw.BusyError):
            insert(reader, 2)
    assert {cut_once(vfs, image, seed, *settings) for seed in range(60)} == {"kept"}


def file(vfs: PowerCutVFS, content: bytes) -> PowerCutFile:
    """Return a new file with that durable content."""
    opened = vfs.xOpen("/file", [NEW_FILE, 0])
    opened.xWrite(content, 0)
    opened.xSync(apsw.SQLITE_SYNC_NORMAL)
    return opened


def test_each_unsynced_sector_is_kept_lost_or_torn(vfs: PowerCutVFS) -> None:
    seen: Counter[str] = Counter()
    for seed in range(50):
        vfs.load({})
        file(vfs, bytes(64 * SECTOR)).xWrite(b"\xff" * 64 * SECTOR, 0)
        vfs.cut(Random(seed))
        content = vfs.image()["/file"]
        sectors = [content[at : at + SECTOR] for at in range(0, len(content), SECTOR)]
        assert len(sectors) == 64
        seen.update(
            {bytes(SECTOR): "lost", b"\xff" * SECTOR: "kept"}.get(s, "torn") for s in sectors
        )
    assert min(seen["kept"], seen["lost"]) > 800
    assert 20 < seen["torn"] < 200


def test_an_unsynced_size_and_truncation_may_go_either_way(vfs: PowerCutVFS) -> None:
    grown, shrunk = set(), set()
    for seed in range(40):
        vfs.load({})
        file(vfs, b"a" * 100).xWrite(b"b" * 2000, 100)
        vfs.cut(Random(seed))
        grown.add(len(vfs.image()["/file"]))
        vfs.load({})
        file(vfs, b"a" * 100).xTruncate(10)
        vfs.cut(Random(seed))
        shrunk.add(len(vfs.image()["/file"]))
    assert {100, 2100} < grown
    assert shrunk == {10, 100}


def test_a_new_or_deleted_name_may_go_either_way(vfs: PowerCutVFS) -> None:
    created: set[bool] = set()
    deleted: set[bool] = set()
    synced: set[bool] = set()
    for seed in range(20):
        vfs.load({})
        vfs.xOpen("/file", [NEW_FILE, 0])
        vfs.cut(Random(seed))
        created.add("/file" in vfs.image())
        for syncdir, found in ((False, deleted), (True, synced)):
            vfs.load({"/file": b"a"})
            vfs.xDelete("/file", syncdir)
            vfs.cut(Random(seed))
            found.add("/file" in vfs.image())
    assert created == deleted == {True, False}
    assert synced == {False}


def test_no_later_sync_redeems_a_failed_one(vfs: PowerCutVFS) -> None:
    opened = file(vfs, b"old")
    opened.xWrite(b"new", 0)
    vfs.fail_next("sync", apsw.SQLITE_IOERR_FSYNC)
    with pytest.raises(apsw.IOError):
        opened.xSync(apsw.SQLITE_SYNC_NORMAL)
    opened.xSync(apsw.SQLITE_SYNC_NORMAL)
    assert vfs.image() == {"/file": b"new"}
    vfs.cut(Random(1))
    assert vfs.image() == {"/file": b"old"}


@pytest.mark.parametrize(
    ("operation", "error", "kind"),
    [
        ("write", apsw.SQLITE_FULL, apsw.FullError),
        ("write", apsw.SQLITE_IOERR_WRITE, apsw.IOError),
        ("write", apsw.SQLITE_READONLY, apsw.ReadOnlyError),
        ("sync", apsw.SQLITE_IOERR_FSYNC, apsw.IOError),
    ],
)
@pytest.mark.parametrize("forever", [False, True])
def test_a_failed_insert_is_reported_and_leaves_no_row(
    vfs: PowerCutVFS, operation: Operation, error: int, kind: type[apsw.Error], *, forever: bool
) -> None:
    prepare(vfs)
    with closing(connect(vfs)) as connection:
        insert(connection, 1)
        vfs.fail_next(operation, error, forever=forever)
        with pytest.raises(kind) as refused:
            insert(connection, 2)
        assert vars(refused.value)["extendedresult"] == error
        assert not isinstance(refused.value, PowerCut)
        if forever:
            with pytest.raises(kind):
                insert(connection, 3)
            vfs.clear_faults()
        insert(connection, 4)
    assert not vfs.power_is_off
    assert rows(vfs) == [1, 4]


def test_a_fault_can_wait_and_spare_other_files(vfs: PowerCutVFS) -> None:
    prepare(vfs)
    with closing(connect(vfs)) as connection:
        vfs.fail_next("any", apsw.SQLITE_FULL, path="-elsewhere")
        vfs.fail_next("sync", apsw.SQLITE_IOERR_FSYNC, path="-wal", after=3)
        insert(connection, 1)
        insert(connection, 2)
        with pytest.raises(apsw.IOError):
            insert(connection, 3)
    assert rows(vfs) == [1, 2]


def test_a_disk_can_turn_read_only(vfs: PowerCutVFS) -> None:
    prepare(vfs, "delete")
    with closing(connect(vfs, "delete")) as connection:
        insert(connection, 1)
    vfs.make_read_only()
    with closing(apsw.Connection(PATH, vfs=vfs.name)) as connection:
        assert connection.readonly("main")
        assert connection.execute("SELECT number FROM dose").get == 1
        with pytest.raises(apsw.ReadOnlyError):
            insert(connection, 2)
    vfs.clear_faults()
    assert rows(vfs, "delete") == [1]


def test_opening_and_reading_can_fail(vfs: PowerCutVFS) -> None:
    prepare(vfs)
    vfs.fail_next("open", apsw.SQLITE_CANTOPEN)
    with pytest.raises(apsw.CantOpenError):
        apsw.Connection(PATH, vfs=vfs.name)
    vfs.fail_next("read", apsw.SQLITE_IOERR_READ)
    with pytest.raises(apsw.IOError):
        rows(vfs)
    assert rows(vfs) == []
