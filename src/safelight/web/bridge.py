"""From the writer's thread to the event loop, with one wake-up for a whole group of taps.

``asyncio.wrap_future`` wakes the loop once per future, which costs a system call each. The writer
answers the taps of one commit together, so one wake-up serves them all.
"""

import asyncio
from collections import deque
from concurrent.futures import Future
from functools import partial

from safelight.run.actions.tap import Receipt

_Waiter = asyncio.Future[Receipt]


class Bridge:
    """Waits on behalf of one event loop."""

    def __init__(self) -> None:
        """Start with nothing to deliver."""
        self._finished: deque[tuple[_Waiter, Future[Receipt]]] = deque()
        self._awake = False

    async def result(self, future: Future[Receipt], patience: float) -> Receipt:
        """Return a future's result without blocking the loop; raises what it raises.

        Raises:
            TimeoutError: after so many seconds; the tap may still be done then.

        """
        if future.done():
            return future.result()
        loop = asyncio.get_running_loop()
        waiter: _Waiter = loop.create_future()
        future.add_done_callback(partial(self._finish, loop, waiter))
        timer = loop.call_later(patience, _give_up, waiter)
        try:
            return await waiter
        finally:
            timer.cancel()

    def _finish(
        self, loop: asyncio.AbstractEventLoop, waiter: _Waiter, future: Future[Receipt]
    ) -> None:
        """Runs in the writer's thread: append first, then wake, so that nothing is left lying."""
        self._finished.append((waiter, future))
        if not self._awake:
            self._awake = True
            loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._awake = False
        while self._finished:
            waiter, future = self._finished.popleft()
            if waiter.done():
                continue  # whoever waited has given up
            error = future.exception()
            if error is None:
                waiter.set_result(future.result())
            else:
                waiter.set_exception(error)


def _give_up(waiter: _Waiter) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())
