"""A process to be killed: a real node under load, that writes down what it sent and was told.

``python -m tests.support.killable HOME SEED LOG`` works until somebody kills it.
"""

import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from random import Random

import msgspec

from safelight.kernel.clock import Clock
from safelight.kernel.errors import Refused
from safelight.run.actions.emergency import _read, _written
from safelight.run.actions.node import Node
from safelight.run.actions.tap import Receipt, Tap
from safelight.wiring import Home, WriterLock, open_node, system_clock
from tests.support.workload import SITE, Staff

THREADS = 6
SENT, TOLD = b"sent ", b"told "


class Log:
    """Lines that survive the process: each is handed to the system in one write."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def sent(self, tap: Tap, clock: Clock) -> None:
        """Write down that a tap is about to be sent."""
        os.write(self._file, SENT + _written(tap, clock()) + b"\n")

    def told(self, receipt: Receipt) -> None:
        """Write down that the node said 'saved'."""
        os.write(self._file, TOLD + msgspec.json.encode(receipt) + b"\n")


def read_log(path: Path) -> tuple[dict[str, Tap], dict[str, Receipt]]:
    """Return what was sent and what was told, by command."""
    sent, told = {}, {}
    for line in path.read_bytes().splitlines() if path.exists() else []:
        if line.startswith(SENT):
            tap = _read(line.removeprefix(SENT))._replace(happened_at=None)
            sent[tap.command] = tap
        else:
            receipt = msgspec.json.decode(line.removeprefix(TOLD), type=Receipt)
            told[receipt.command] = receipt
    return sent, told


def work(node: Node, staff: Staff, log: Log) -> None:
    """Tap for ever."""
    while True:
        tap = staff.next_tap(node.site(SITE))
        log.sent(tap, node.now)
        with suppress(Refused):
            log.told(node.perform(tap))


def main(home: str, seed: str, log: str) -> None:
    """Open the node and let several people work."""
    lock = WriterLock(Home(Path(home)))
    node = open_node(Home(Path(home)), system_clock)
    written = Log(Path(log))
    threads = [
        threading.Thread(target=work, args=(node, Staff(Random(f"{seed}/{n}")), written))
        for n in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lock.release()


if __name__ == "__main__":
    main(*sys.argv[1:])
