"""Housekeeping of a running server: checkpoints, verification, and emergencies that wait."""

import logging
import threading
from collections.abc import Callable
from typing import Final

from safelight.kernel.errors import NotSaved, SafelightError
from safelight.run.actions.node import Node

ROUND_SECONDS: Final = 15.0
ROUNDS_PER_CHECKPOINT: Final = 240  # hourly, the first soon after the start
_log = logging.getLogger("safelight.keeper")


class Keeper:
    """A thread that looks after the journals while people work."""

    def __init__(self, node: Node, take_checkpoint: Callable[[str], object]) -> None:
        """Prepare; ``take_checkpoint`` signs and keeps a checkpoint of one site."""
        self._node, self._take_checkpoint = node, take_checkpoint
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, with a last checkpoint of every site."""
        self._stop.set()
        self._thread.join(timeout=30)
        self._seal_journals()

    def _run(self) -> None:
        rounds = 0
        while not self._stop.wait(ROUND_SECONDS):
            rounds += 1
            self._release()
            if rounds % ROUNDS_PER_CHECKPOINT == 1:
                self._seal_journals()

    def _release(self) -> None:
        """Journal emergencies that were kept elsewhere, as soon as the disk takes them."""
        if not self._node.emergencies_waiting:
            return
        try:
            count = self._node.release_emergencies()
        except (NotSaved, TimeoutError):
            _log.warning("emergency entries still wait: the journal cannot be written")
        else:
            _log.info("%d emergency entries are in the journal now", count)

    def _seal_journals(self) -> None:
        for site in self._node.sites():
            try:
                answer = self._node.verify(site)
                if answer.ok:
                    self._take_checkpoint(site)
                else:
                    _log.error("%s", answer.message)
            except (SafelightError, OSError):
                _log.exception("no checkpoint could be made of %s", site)
