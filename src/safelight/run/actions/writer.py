"""The one writer thread: takes taps from a queue, decides them in turn, commits in groups."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue

from safelight.kernel.errors import NotSaved, SafelightError
from safelight.run.actions.engine import Engine
from safelight.run.actions.tap import Receipt, Tap
from safelight.run.store.driver import Fault, StoreFault

# Taps that share one sync at most; more only makes the first of them wait.
GROUP = 128

Listener = Callable[[frozenset[str]], None]
_Job = tuple[Tap, "Future[Receipt]"]
_log = logging.getLogger("safelight.writer")


class Writer:
    """Owns the engine. Replies go out only after the commit is durable."""

    def __init__(self, engine: Engine) -> None:
        """Start the thread."""
        self._engine = engine
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._listeners: list[Listener] = []
        self._closing = False
        self._closing_lock = threading.Lock()
        self.fault: StoreFault | None = None
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, tap: Tap) -> "Future[Receipt]":
        """Queue a tap; the future resolves when it is durable or refused.

        It cannot be cancelled: what is queued is written, whether or not the client still waits.
        """
        future: Future[Receipt] = Future()
        future.set_running_or_notify_cancel()
        with self._closing_lock:
            if self._closing:
                future.set_exception(_not_saved("Safelight is closing.", "Start it again."))
            else:
                self._queue.put((tap, future))
        return future

    def on_commit(self, listener: Listener) -> None:
        """Have a function called, in the writer's thread, with the sites each commit changed."""
        self._listeners.append(listener)

    def close(self) -> None:
        """Finish what is queued, then stop; later taps are not saved and say so."""
        with self._closing_lock:
            self._closing = True
            self._queue.put(None)
        self._thread.join(timeout=30)
        self._engine.close()

    def _run(self) -> None:
        going = True
        while going:
            jobs, going = self._next_group()
            if jobs:
                self._commit_group(jobs)

    def _next_group(self) -> tuple[list[_Job], bool]:
        """Wait for one tap, then take all that wait by now."""
        jobs: list[_Job] = []
        job = self._queue.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) >= GROUP:
                return jobs, True
            try:
                job = self._queue.get_nowait()
            except Empty:
                return jobs, True
        return jobs, False

    def _commit_group(self, jobs: list[_Job]) -> None:
        answers = [self._perform(tap) for tap, _ in jobs]
        changed: frozenset[str] = frozenset()
        try:
            changed = self._commit()
        except StoreFault as fault:
            self.fault = fault
            answers = [a if isinstance(a, SafelightError) else fault for a in answers]
        except Exception:  # the group failed for a reason unknown: nothing was saved
            _log.exception("a group of %d taps could not be committed", len(jobs))
            answers = [_broken()] * len(jobs)
        for (_, future), answer in zip(jobs, answers, strict=True):
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
        if changed:
            self._tell(changed)

    def _perform(self, tap: Tap) -> Receipt | Exception:
        if self._lost is not None:
            return self._lost
        try:
            return self._engine.perform(tap)
        except StoreFault as fault:
            self.fault = fault
            return fault
        except SafelightError as error:
            return error
        except Exception:  # one tap's fault must not take the others' entries with it
            _log.exception("command %s failed", tap.name)
            return _broken()

    def _commit(self) -> frozenset[str]:
        if self._lost is not None:
            self._engine.abandon()
            raise self._lost
        changed = self._engine.commit()
        if changed:
            self.fault = None
        return changed

    @property
    def _lost(self) -> StoreFault | None:
        """The fault after which the disk's contents are unknown: never write again here."""
        fault = self.fault
        return fault if fault is not None and fault.fault is Fault.LOST else None

    def _tell(self, changed: frozenset[str]) -> None:
        for listener in self._listeners:
            try:
                listener(changed)
            except Exception:  # a screen that cannot be told must not stop the writing
                _log.exception("a listener failed after a commit")


def _not_saved(what: str, remedy: str) -> NotSaved:
    return NotSaved("not-saved", f"NOT SAVED. {what}", remedy)


def _broken() -> NotSaved:
    return _not_saved("Something went wrong here.", "Do it again.")
