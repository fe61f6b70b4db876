"""The living demonstration: simulated people and staff on a running node, in real time.

They share the board with whoever sits at the screens. What a person did to a visit or an incident
stands: simulated staff look before they act, take a refusal as an answer, and keep their hands off
visits and incidents that somebody else began.
"""

import logging
import threading
from collections.abc import Callable
from time import monotonic

from safelight.kernel.clock import format_instant
from safelight.kernel.errors import SafelightError
from safelight.rehearse.agenda import Agenda, Steps
from safelight.rehearse.arrivals import passers_by
from safelight.rehearse.dice import Dice
from safelight.rehearse.emergency import emergency, finish, paperwork, untouched
from safelight.rehearse.floor import CommandIds, Floor, simulated
from safelight.rehearse.keeper import keep
from safelight.rehearse.people import People
from safelight.rehearse.plan import Intent, draw_emergency, draw_use
from safelight.rehearse.scenario import Scenario
from safelight.rehearse.stay import Stay
from safelight.run.actions.node import Node
from safelight.run.actions.tap import Tap
from safelight.run.domain.entities import AIR_CLEARING, CLEANING, IN_PLACE, Visit
from safelight.run.domain.episode import running_episode
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.site import Site

SPEED = 6.0  # simulated seconds in a second
INCIDENTS_EVERY = (600.0, 900.0)  # real seconds
FARTHEST_BEHIND = 60.0  # after a longer pause (a laptop that slept) nobody hurries to catch up
BEGIN_AGAIN = 60.0
SOON = 300.0  # within so many seconds everybody who was here moves on
MOST_KNOWN = 5000
_log = logging.getLogger("safelight.rehearse")


class NodePost:
    """A running node: taps wait until they are durable, as they do for a screen."""

    def __init__(self, node: Node, site: str) -> None:
        """Take the node and the site's id."""
        self._node, self._site, self.now = node, site, node.now

    def site(self) -> Site:
        """Return the site as last committed."""
        return self._node.site(self._site)

    def protocol(self) -> Protocol:
        """Return the pack in force."""
        return self._node.protocol(self._site)

    def perform(self, tap: Tap) -> None:
        """Do a tap; raises SafelightError where the service refuses or cannot save it."""
        self._node.perform(tap)


class LiveRehearsal:
    """Keeps one site of a running node alive from ``start`` to ``stop``."""

    def __init__(
        self,
        node: Node,
        scenario: Scenario,
        seed: int,
        *,
        speed: float = SPEED,
        incidents_every: tuple[float, float] = INCIDENTS_EVERY,
    ) -> None:
        """Take a node that holds the scenario's site already."""
        self._node, self._scenario, self._seed = node, scenario, seed
        self._speed, self._incidents_every = speed, incidents_every
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self.floor = self._floor()

    def _floor(self) -> Floor:
        node, scenario, seed = self._node, self._scenario, self._seed
        site, begun = scenario.site.id, format_instant(node.now())
        rows = node.journal(site, None, MOST_KNOWN, "person.registered")
        known = [str(row.body["person"]) for row in rows if simulated(row.actor)]
        return Floor(
            scenario,
            seed,
            NodePost(node, site),
            Agenda(node.now()),
            CommandIds(site, seed, begun),
            People(scenario, seed, known),
            node.seal,
            pace=self._speed,
        )

    def start(self) -> None:
        """Take over the floor as it is, in a thread of its own."""
        name = f"rehearsal-{self._scenario.site.id}"
        self._take_over()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Stop between two steps. Everybody stays where they are."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        agenda, began = self.floor.agenda, monotonic()
        while (due := agenda.due) is not None:
            wait = due / self._speed - (monotonic() - began)
            if wait < -FARTHEST_BEHIND:
                began -= wait
            if self._stopped.wait(max(0.0, wait)):
                return
            try:
                agenda.step()
            except SafelightError as error:
                # Somebody at a screen was quicker; the process that tripped over it ends.
                _log.info("a simulated step ended: %s", error)

    def _take_over(self) -> None:
        """Put everything on the agenda that keeps the floor going from its present state."""
        floor, site = self.floor, self.floor.site
        key = f"live {format_instant(floor.now)}"
        dice = Dice(self._seed, self._scenario.id, key)
        floor.agenda.spawn(self._lasting(lambda: keep(floor, None)))
        floor.agenda.spawn(self._lasting(lambda: passers_by(floor, key)))
        floor.agenda.spawn(self._lasting(lambda: self._incidents(dice)))
        for visit in sorted(site.visits.values(), key=lambda visit: visit.seq):
            if self._began(visit.seq):
                floor.agenda.spawn(self._adopted(visit, key))
        for place in sorted(site.places.values(), key=lambda place: place.id):
            if place.state in {CLEANING, AIR_CLEARING}:
                floor.tidy(place.id, self._scenario.behaviour.cleaning_minutes, dice.lognormal)
        for incident in sorted(site.incidents.values(), key=lambda incident: incident.seq):
            if self._began(incident.seq) and untouched(incident):
                rest = finish if incident.closed_at is None else paperwork
                floor.agenda.spawn(rest(floor, incident.id), dice.between(60, 600))

    def _lasting(self, begin: Callable[[], Steps]) -> Steps:
        """Begin a process again whenever it trips over something, such as a full disk."""
        while True:
            try:
                yield from begin()
            except SafelightError as error:
                _log.warning("simulated staff at %s begin again: %s", self._scenario.site.id, error)
            yield BEGIN_AGAIN

    def _began(self, seq: int) -> bool:
        """Tell whether simulated staff wrote an entry."""
        rows = self._node.journal(self._scenario.site.id, seq + 1, 1)
        return bool(rows) and simulated(rows[0].actor)

    def _adopted(self, visit: Visit, key: str) -> Steps:
        """Go on with a visit that simulated staff let in before this process began."""
        self.floor.own.add(visit.id)
        name = f"{key}/{visit.id}"
        dice = Dice(self._seed, name)
        use = draw_use(self._scenario.behaviour, dice)
        uses = () if visit.episodes else (use._replace(route=visit.route or use.route),)
        intent = Intent(self.floor.now, name, uses)
        stay = Stay(self.floor, visit.id, visit.person, intent, dice)
        return stay.run(dice.between(1, SOON))

    def _incidents(self, dice: Dice) -> Steps:
        """Have an emergency begin now and then, with somebody of ours who is using."""
        while True:
            yield self._speed * dice.between(*self._incidents_every)
            candidates = self._using()
            while not candidates:
                yield self._speed * 10
                candidates = self._using()
            visit = dice.pick(candidates)
            substances = visit.episodes[-1].substances
            kind = draw_emergency(self._scenario.behaviour, dice, substances)
            seed = dice.whole(0, 1 << 30)
            self.floor.agenda.spawn(emergency(self.floor, visit.id, kind, seed))
            self._forget()

    def _using(self) -> list[Visit]:
        if self.floor.hurry:
            return []
        site = self.floor.site
        inside = [site.visits[key] for key in sorted(self.floor.own) if key in site.visits]
        return [
            visit
            for visit in inside
            if visit.stage == IN_PLACE
            and running_episode(visit) is not None
            and not site.open_incidents_of(visit.id)
        ]

    def _forget(self) -> None:
        """Let go of the ids of people who have left."""
        site = self.floor.site
        self.floor.own &= {*site.visits, *site.incidents}
