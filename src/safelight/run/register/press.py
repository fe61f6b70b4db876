"""A sheet as tagged PDF (PDF/UA-1): planned in pages, set by two processes, joined to one file."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime
from queue import SimpleQueue
from threading import Condition
from typing import BinaryIO, Final, cast

import msgspec

from safelight.kernel.errors import Invalid
from safelight.run.register import pages
from safelight.run.register.binding import Binder
from safelight.run.register.pages import Page, planned
from safelight.run.register.parts import FIRST, Part
from safelight.run.register.sheet import Sheet
from safelight.run.register.typesetter import (
    PAGE_FULL,
    Bindable,
    Failure,
    Reply,
    Sized,
    receive,
    send,
)

PROCESSES: Final = 2
TOGETHER: Final = 40  # pages that are set in one go: more take memory, fewer take time
FULLNESS: Final = (pages.FULLEST, 0.8, 0.6, 0.4)  # tried in turn where a page turns out too full

Progress = Callable[[int], None]
_REPLIES: Final[msgspec.msgpack.Decoder[Reply]] = msgspec.msgpack.Decoder(Reply)


def to_pdf(
    sheet: Sheet,
    made: datetime,
    *,
    processes: int = PROCESSES,
    progress: Progress = lambda _: None,
) -> bytes:
    """Return the sheet as PDF; ``progress`` is told how many lines are set.

    Raises:
        Invalid: The fonts at hand lack letters, or the pages cannot be set at all.

    """
    for fullness in FULLNESS:
        try:
            return _pressed(sheet, made, fullness, processes, progress)
        except _PageFullError:
            continue
    raise _invalid("a line is longer than a page")


class _PageFullError(Exception):
    """A page holds more than was estimated."""


def _pressed(
    sheet: Sheet, made: datetime, fullness: float, processes: int, progress: Progress
) -> bytes:
    plan = planned(sheet, fullness)
    batches = [plan.pages[n : n + TOGETHER] for n in range(0, len(plan.pages), TOGETHER)]
    about = _about(sheet, made)
    binder, done = Binder(), 0
    with _presses(min(processes, len(batches))) as presses:
        for batch, part in zip(batches, _set(presses, about, batches), strict=True):
            binder.add(part)
            done += sum(len(page.rows) for page in batch)
            progress(done)
    return binder.finished(plan.bookmarks)


def _about(sheet: Sheet, made: datetime) -> dict[str, object]:
    """Return what every page is told."""
    layout = sheet.layout
    _, height = pages.PAPERS[layout.paper]
    if layout.landscape:
        height, _ = pages.PAPERS[layout.paper]
    return {
        "title": layout.title,
        "made": [made.year, made.month, made.day, made.hour, made.minute, made.second],
        "language": layout.language,
        "region": layout.region or None,
        "paper": layout.paper,
        "landscape": layout.landscape,
        "size": pages.SIZE,
        "leading": pages.LEADING,
        "inset": [pages.INSET_X, pages.INSET_Y],
        "margin": {"side": pages.SIDE, "top": pages.TOP, "bottom": pages.BOTTOM},
        "floor": height - pages.BOTTOM,
        "head": sheet.head,
        "facts": sheet.facts,
        "summary": sheet.summary,
        "statement": layout.statement,
        "signature": layout.signature,
        "parts": [
            {
                "title": table.title,
                "empty": table.empty,
                "heads": [column.head for column in table.columns],
                "widths": [column.width for column in table.columns],
                "aligns": [column.align for column in table.columns],
            }
            for table in sheet.tables
        ],
    }


class _Press:
    """One process that sets pages."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "safelight.run.register.typesetter"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._asks = cast("BinaryIO", self._process.stdin)
        self._hears = cast("BinaryIO", self._process.stdout)

    def set(self, data: bytes, take: Callable[[int], tuple[int, int]]) -> Part:
        """Set pages; ``take`` gives the part its numbers once it knows how many it needs."""
        try:
            send(self._asks, data)
            sized = self._reply()
            if isinstance(sized, Sized):
                send(self._asks, msgspec.msgpack.encode(take(sized.size)))
                ready = self._reply()
                if isinstance(ready, Bindable):
                    return ready.part
                sized = ready
        except (EOFError, OSError) as error:
            raise _invalid("the process that sets it ended") from error
        raise _failed(sized)

    def _reply(self) -> Reply:
        return _REPLIES.decode(receive(self._hears))

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def _presses(count: int) -> Iterator[list[_Press]]:
    with ExitStack() as stack:
        presses = []
        for _ in range(count):
            presses.append(_Press())
            stack.callback(presses[-1].close)
        yield presses


class _Numbering:
    """Gives each part its numbers in the order of the parts, so that a print is always the same."""

    def __init__(self) -> None:
        self._turn, self._next, self._changed = 0, FIRST, Condition()
        self._ended = False

    def take(self, nth: int, size: int) -> int:
        """Wait for the parts before, and return where this one's numbers begin."""
        with self._changed:
            self._changed.wait_for(lambda: self._turn == nth or self._ended)
            base, self._next = self._next, self._next + size
            self._turn += 1
            self._changed.notify_all()
            return base

    def end(self) -> None:
        """Let nobody wait for a part that never comes."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()


def _set(
    presses: Sequence[_Press], about: dict[str, object], batches: Sequence[Sequence[Page]]
) -> Iterator[Part]:
    """Yield the parts in order, set side by side."""
    idle: SimpleQueue[_Press] = SimpleQueue()
    for press in presses:
        idle.put(press)
    numbering = _Numbering()

    def one(nth: int) -> Part:
        press = idle.get()
        try:
            data = msgspec.json.encode({**about, "pages": batches[nth]})
            return press.set(data, lambda size: (numbering.take(nth, size), nth * TOGETHER))
        except Exception:
            numbering.end()
            raise
        finally:
            idle.put(press)

    with ThreadPoolExecutor(len(presses)) as pool:
        try:
            yield from pool.map(one, range(len(batches)))
        finally:
            numbering.end()
            pool.shutdown(wait=False, cancel_futures=True)


def _failed(reply: Reply) -> Exception:
    code = reply.code if isinstance(reply, Failure) else "shape"
    if code == PAGE_FULL:
        return _PageFullError()
    if code == "letters":
        return _invalid(
            "some letters of it cannot be shown with the fonts of this machine",
            "Install fonts that have them, such as Noto; then print it again.",
        )
    return _invalid(f"what sets the pages failed ({code})")


def _invalid(problem: str, remedy: str = "The register itself is complete; export it.") -> Invalid:
    return Invalid("register-pdf", f"The register cannot be printed: {problem}.", remedy)
