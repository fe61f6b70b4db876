"""What the machine can do at this moment: the raw probes that everything else is held against."""

import os
import statistics
import time
from pathlib import Path

import apsw

ROW = "x" * 200


def raw_commits(folder: Path, seconds: float) -> float:
    """Return single-row SQLite commits a second, WAL with ``synchronous=FULL``, one writer."""
    path = folder / "probe.sqlite3"
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", 2)
    connection.execute("create table if not exists t (id integer primary key, b text)").fetchall()
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        connection.execute("insert into t (b) values (?)", (ROW,)).fetchall()
        count += 1
    rate = count / (time.perf_counter() - started)
    connection.close()
    for file in folder.glob("probe.sqlite3*"):
        file.unlink()
    return rate


def raw_fsync(folder: Path, seconds: float) -> float:
    """Return the median time of an fsync after appending 4 KiB, in seconds."""
    path = folder / "probe.bin"
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    times, started = [], time.perf_counter()
    while time.perf_counter() - started < seconds:
        os.write(file, b"x" * 4096)
        before = time.perf_counter()
        os.fsync(file)
        times.append(time.perf_counter() - before)
    os.close(file)
    path.unlink()
    return statistics.median(times)
