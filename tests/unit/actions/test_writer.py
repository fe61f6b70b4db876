"""The writer thread: one at a time, in groups, and an answer for everybody whatever happens."""

import logging
from collections.abc import Iterator
from concurrent.futures import Future
from threading import Event, Thread

import pytest

from safelight.kernel.errors import NotSaved, Refused
from safelight.run.actions.engine import Engine
from safelight.run.actions.tap import Receipt, Tap
from safelight.run.actions.writer import GROUP, Writer
from tests.support.engines import Floor
from tests.support.workload import SITE, command_id, tap

ARRIVE = {"adult_confirmed": True, "remember": True}
NEEDLES = {"item": "needle", "quantity": 2}
SOON = 20


class Gate:
    """Holds the writer at its first commit, so that a test can let a group gather."""

    def __init__(self, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        self._commit = engine.commit
        self.reached, self.open = Event(), Event()
        self.groups: list[int] = []
        self._engine = engine
        monkeypatch.setattr(engine, "commit", self.commit)

    def commit(self) -> frozenset[str]:
        self.groups.append(len(self._engine._pending))
        self.reached.set()
        assert self.open.wait(SOON)
        return self._commit()


@pytest.fixture
def engine(floor: Floor) -> Engine:
    return floor.engine()


@pytest.fixture
def writer(engine: Engine) -> Iterator[Writer]:
    opened = Writer(engine)
    yield opened
    opened.close()


def answers(futures: list["Future[Receipt]"]) -> list[Receipt | str]:
    """Return receipts, and for whatever else the code of the error."""
    found: list[Receipt | str] = []
    for future in futures:
        error = future.exception(SOON)
        found.append(future.result() if error is None else getattr(error, "code", repr(error)))
    return found


def test_taps_that_wait_share_one_commit(
    floor: Floor, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one group is being synced the next gathers, up to a limit."""
    gate = Gate(engine, monkeypatch)
    writer = Writer(engine)
    futures = [writer.submit(tap("supplies.take_back", 100, NEEDLES))]
    assert gate.reached.wait(SOON)
    futures += [
        writer.submit(tap("supplies.take_back", n, NEEDLES)) for n in range(101, 101 + GROUP + 5)
    ]
    gate.open.set()
    receipts = answers(futures)
    assert gate.groups == [1, GROUP, 5]
    first = floor.head - len(futures) + 1
    assert receipts == [
        Receipt(SITE, command_id(n), first + n - 100, first + n - 100)
        for n in range(100, 101 + GROUP + 5)
    ]
    writer.close()


def test_answer_comes_only_after_the_commit(
    floor: Floor, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told anything while the group is not on the disk."""
    gate = Gate(engine, monkeypatch)
    writer = Writer(engine)
    future = writer.submit(tap("visit.arrive", 100, ARRIVE))
    assert gate.reached.wait(SOON)
    assert not future.done()
    assert floor.entries(command_id(100)) == []
    gate.open.set()
    assert future.result(SOON).first == floor.entries(command_id(100))[0].seq
    writer.close()


def test_refusals_and_faults_of_taps_do_not_stop_their_neighbours(
    floor: Floor, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one group everybody gets an answer of their own."""
    gate = Gate(engine, monkeypatch)
    writer = Writer(engine)
    first = writer.submit(tap("visit.arrive", 100, ARRIVE))
    assert gate.reached.wait(SOON)
    broken = tap("visit.arrive", 103, ARRIVE)._replace(payload=None)  # type: ignore[arg-type]
    taps = [
        tap("visit.arrive", 101, {"adult_confirmed": False}),
        tap("visit.arrive", 102, ARRIVE),
        broken,
        tap("visit.arrive", 104, ARRIVE)._replace(command="none"),
        tap("visit.arrive", 105, ARRIVE)._replace(site="elsewhere"),
        tap("visit.arrive", 106, ARRIVE),
    ]
    futures = [writer.submit(each) for each in taps]
    gate.open.set()
    assert isinstance(first.result(SOON), Receipt)
    found, size = answers(futures), floor.head
    assert found == [
        "adult",
        Receipt(SITE, command_id(102), size - 3, size - 2),
        "not-saved",
        "command-id",
        "site-known",
        Receipt(SITE, command_id(106), size - 1, size),
    ]
    writer.close()


def test_two_threads_that_send_the_same_taps_write_each_once(floor: Floor, writer: Writer) -> None:
    """A double submission, however it races, is one entry and one receipt for both."""
    taps = [tap("supplies.take_back", n, NEEDLES) for n in range(100, 200)]
    sent: list[list[Future[Receipt]]] = [[], [], []]

    def send(to: list["Future[Receipt]"], mine: list[Tap]) -> None:
        to.extend(writer.submit(each) for each in mine)

    threads = [Thread(target=send, args=(to, taps)) for to in sent]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    receipts = [[future.result(SOON) for future in futures] for futures in sent]
    for same in zip(*receipts, strict=True):
        assert sorted(receipt.repeated for receipt in same) == [False, True, True]
        assert len({(receipt.first, receipt.last) for receipt in same}) == 1
    for each in taps:
        assert len(floor.entries(each.command)) == 1


def test_client_that_gives_up_stops_nobody(floor: Floor, writer: Writer) -> None:
    """A tap that is queued is written whether or not its client waits; the thread lives on."""
    futures = [writer.submit(tap("supplies.take_back", n, NEEDLES)) for n in range(100, 140)]
    assert not any(future.cancel() for future in futures)
    assert isinstance(writer.submit(tap("visit.arrive", 200, ARRIVE)).result(SOON), Receipt)
    assert len(floor.entries(*[command_id(n) for n in range(100, 140)])) == 40


def test_listener_is_told_which_sites_changed_after_the_commit(
    floor: Floor, writer: Writer
) -> None:
    """The board hears of what is durable, and of nothing else."""
    told: list[tuple[frozenset[str], int]] = []
    heard = Event()

    def listen(sites: frozenset[str]) -> None:
        told.append((sites, floor.head))
        heard.set()

    size = floor.head
    writer.on_commit(listen)
    with pytest.raises(Refused):
        writer.submit(tap("visit.leave", 99, {"visit": "v-none"})).result(SOON)
    writer.submit(tap("visit.arrive", 100, ARRIVE)).result(SOON)
    assert heard.wait(SOON)
    assert told == [(frozenset({SITE}), size + 2)]


def test_listener_that_fails_stops_nobody(writer: Writer, caplog: pytest.LogCaptureFixture) -> None:
    """A screen that cannot be told is logged; the next one is told, and writing goes on."""
    told: list[frozenset[str]] = []

    def fail(_: frozenset[str]) -> None:
        raise RuntimeError

    writer.on_commit(fail)
    writer.on_commit(told.append)
    for number in (100, 101):
        assert isinstance(writer.submit(tap("visit.arrive", number, ARRIVE)).result(SOON), Receipt)
    writer.close()
    assert told == [frozenset({SITE})] * 2
    assert "a listener failed" in caplog.text


def test_group_that_fails_for_an_unknown_reason_is_not_saved(
    floor: Floor, engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever went wrong in the commit, nobody is told 'saved', and the next group is tried."""
    commit = engine.commit
    writer = Writer(engine)
    size = floor.head

    def fail() -> frozenset[str]:
        engine.abandon()
        raise ZeroDivisionError

    monkeypatch.setattr(engine, "commit", fail)
    with pytest.raises(NotSaved, match="NOT SAVED"):
        writer.submit(tap("visit.arrive", 100, ARRIVE)).result(SOON)
    assert floor.head == size
    monkeypatch.setattr(engine, "commit", commit)
    assert not writer.submit(tap("visit.arrive", 100, ARRIVE)).result(SOON).repeated
    writer.close()
    assert any(record.levelno == logging.ERROR for record in caplog.records)


def test_closing_finishes_what_is_queued(floor: Floor, engine: Engine) -> None:
    """Whoever got in before the end is served."""
    writer = Writer(engine)
    futures = [writer.submit(tap("supplies.take_back", n, NEEDLES)) for n in range(100, 400)]
    writer.close()
    assert all(isinstance(answer, Receipt) for answer in answers(futures))
    assert len(floor.entries(*[command_id(n) for n in range(100, 400)])) == 300


def test_tap_after_the_end_is_not_saved_and_says_so(floor: Floor, engine: Engine) -> None:
    """Nobody waits for ever for a writer that is gone; closing twice does no harm."""
    writer = Writer(engine)
    writer.close()
    writer.close()
    assert answers([writer.submit(tap("visit.arrive", 100, ARRIVE))]) == ["not-saved"]
    assert floor.entries(command_id(100)) == []
