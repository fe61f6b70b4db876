"""The demonstration's clinic: some days of history, then its people go on in real time.

What somebody did at a screen stands: a rehearsed step that finds things otherwise is refused, or
ends. Their past is known only to the process that rehearsed it, so after a restart of the
demonstration the clinic stays as it was left, for whoever sits at the screens.
"""

import logging
import threading
from datetime import datetime, timedelta

from msgspec.structs import replace

from safelight.kernel.clock import local_day
from safelight.kernel.errors import SafelightError
from safelight.rehearse.clinic.clinic import Clinic
from safelight.rehearse.clinic.founding import begin, found_clinic
from safelight.rehearse.clinic.hands import Answer, Fields, Ids, NoOracle
from safelight.rehearse.clinic.run import agenda_of, rehearsal_pack
from safelight.rehearse.clinic.scenario import find_clinic
from safelight.rehearse.clinic.store import Store
from safelight.rehearse.floor import CommandIds
from safelight.rehearse.scenario import Number, Period
from safelight.run.actions.node import Node
from safelight.run.actions.tap import Tap, read_command
from safelight.run.domain.base import Actor
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.site import Site
from safelight.wiring import Home, WriterLock, open_engine, timekeeper_of

SCENARIO = "clinic-3-sessions"  # open day and night, so that there is something to see
HISTORY_DAYS = 5
LOOK_AGAIN = 1.0  # seconds
_log = logging.getLogger("safelight.rehearse")


class NodeHands:
    """A running node as the place where a rehearsed clinic's commands go."""

    def __init__(self, node: Node, site: str, ids: Ids) -> None:
        """Take the node, the site's id, and what makes command ids."""
        self._node, self._site, self._ids, self.now = node, site, ids, node.now
        self.checked = self.entries = 0

    @property
    def site(self) -> Site:
        """The site as last committed."""
        return self._node.site(self._site)

    @property
    def protocol(self) -> Protocol:
        """The pack in force."""
        return self._node.protocol(self._site)

    def do(
        self,
        name: str,
        fields: Fields,
        actor: Actor,
        witness: Actor | None = None,
        at: datetime | None = None,
    ) -> Answer:
        """Do one command, durably; a refusal is an answer."""
        command = self._ids(self.now())
        payload = read_command(name, fields)
        try:
            self._node.perform(Tap(self._site, command, name, payload, actor, at, witness))
        except SafelightError as error:
            return error
        return command

    def restart(self) -> None:
        """Leave the machine alone: others are on it."""


def prepare_clinic(home: Home, now: datetime, *, seed: int = 1, days: int = HISTORY_DAYS) -> Clinic:
    """Found the demonstration's clinic and rehearse some days that end in the middle of things.

    Call it before a node is opened over the home.
    """
    shipped = find_clinic(SCENARIO)
    today = local_day(now, shipped.site.timezone)
    nobody_tries = Number(0, "None: nobody tries what is refused while others look")
    scenario = replace(
        shipped,
        period=Period(today - timedelta(days=days), today),
        behaviour=replace(shipped.behaviour, attack_share=nobody_tries),
    )
    agenda = agenda_of(scenario)
    ids = CommandIds(scenario.id, scenario.period.first, seed)
    lock = WriterLock(home)
    hands = Store(
        lambda: open_engine(home, agenda.now),
        home.connect,
        scenario.site.id,
        ids,
        agenda.now,
        NoOracle(),
    )
    try:
        clinic = Clinic(scenario, seed, hands, agenda)
        found_clinic(clinic, rehearsal_pack())
        begin(clinic, lambda: None)
        agenda.run(until=now)
        hands.settle()
    finally:
        hands.close()
        lock.release()
    timekeeper_of(home).confirm()  # as its staff did, on a machine that is not theirs
    return clinic


class LiveClinic:
    """Keeps a clinic of a running node alive from ``start`` to ``stop``."""

    def __init__(self, node: Node, clinic: Clinic) -> None:
        """Take the node and the clinic that was rehearsed until now."""
        self._node, self._clinic = node, clinic
        ids = CommandIds(clinic.scenario.id, clinic.seed, "live")
        clinic.hands = NodeHands(node, clinic.scenario.site.id, ids)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rehearsed-clinic", daemon=True)

    def start(self) -> None:
        """Go on, in a thread of its own."""
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Stop between two steps. Everybody stays where they are."""
        self._stopped.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_AGAIN):
            self.catch_up()

    def catch_up(self) -> None:
        """Take every step that is due by now."""
        agenda = self._clinic.agenda
        now = (self._node.now() - agenda.start).total_seconds()
        while (due := agenda.due) is not None and due <= now and not self._stopped.is_set():
            try:
                agenda.step()
            except (SafelightError, LookupError) as error:
                # Somebody at a screen was quicker; the process that tripped over it ends.
                _log.info("a simulated step ended: %s", type(error).__name__)
