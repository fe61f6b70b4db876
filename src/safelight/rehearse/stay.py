"""One visit from reception to the door, as a process that looks before each step.

Somebody else may have moved the person on since the last look, so every step follows from the
stage in which the visit is now, and none from what was done before.
"""

from collections.abc import Sequence
from datetime import timedelta

from safelight.rehearse.agenda import Steps
from safelight.rehearse.dice import Dice
from safelight.rehearse.emergency import emergency
from safelight.rehearse.errands import errands_for, run_errand
from safelight.rehearse.floor import Floor, without_none
from safelight.rehearse.plan import OPIOIDS, Intent, Use
from safelight.rehearse.scenario import Spell
from safelight.run.domain.base import Role
from safelight.run.domain.entities import AFTERCARE, ARRIVED, IN_PLACE, WAITING, Visit
from safelight.run.domain.episode import running_episode

PATIENCE = 240.0  # seconds after which somebody who rests is told that the doors close
LOOK = 20.0  # seconds between looks while there is nothing to do
PATIENCE_AT_DOOR = 40  # looks, a minute apart, before somebody goes away again
MOST_REFUSALS = 20  # after so many somebody else clearly looks after this visit
EXCLUSION_DAYS = (1, 14)
UNKNOWN = ("unknown",)


def reception(floor: Floor, intent: Intent, *, new: bool | None = None) -> Steps:
    """Somebody comes to the door; ``new`` says whether for the first time, None leaves it open."""
    for _ in range(PATIENCE_AT_DOOR):
        if floor.doors_open:
            break
        yield 60
    else:
        return
    people, dice = floor.people, Dice(floor.seed, floor.scenario.id, "stay", intent.key)
    fields: dict[str, object] = {"adult_confirmed": True}
    if new is None:
        new = dice.chance(floor.scenario.people.new.value)
    person = None
    known = dice.chance(floor.scenario.people.remember.value)
    if known and not new:
        person = people.returning(dice, floor.site, floor.now, _habit(intent.uses))
    if known and person is None:
        fields |= {"remember": True, "sex": people.sex_of_next(dice)}
    command = floor.act(
        "visit.arrive", without_none(**fields, person=person), by=floor.by("reception")
    )
    visit = floor.made("v", command)
    arrived = floor.visit(visit)
    if arrived is not None and person is None and arrived.person is not None:
        person = arrived.person
        people.meet(person)
    yield from Stay(floor, visit, person, intent, dice).run()


def _habit(uses: Sequence[Use]) -> str:
    return "+".join(uses[0].substances) if uses else ""


class Stay:
    """What one person still wants, and what was done for them."""

    def __init__(
        self, floor: Floor, visit: str, person: str | None, intent: Intent, dice: Dice
    ) -> None:
        """Take the visit and what it is for."""
        self._floor, self._id, self._person, self._dice = floor, visit, person, dice
        self._behaviour = floor.scenario.behaviour
        route = intent.uses[0].route if intent.uses else next(iter(self._behaviour.supplies))
        self._todo = list(intent.uses)
        self._gives_up = intent.gives_up
        if self._gives_up:
            self._todo = [Use(route, UNKNOWN)]
        self._incident = intent.incident
        self._errands = errands_for(self._behaviour, dice, route, uses=bool(intent.uses))
        self._rested = self._waited = False
        self._misbehaves = dice.chance(self._behaviour.exclusions_per_1000_visits.value / 1000)
        self._refusals = 0
        self._steps = {
            ARRIVED: self._at_reception,
            WAITING: self._in_queue,
            IN_PLACE: self._in_place,
            AFTERCARE: self._in_aftercare,
        }

    def run(self, after: float | None = None) -> Steps:
        """See the visit through to its end; stop where somebody else clearly does.

        It begins after some seconds, or after what people usually spend at reception.
        """
        yield self._seconds(self._behaviour.reception_minutes) if after is None else after
        while (visit := self._floor.visit(self._id)) and self._refusals < MOST_REFUSALS:
            if self._floor.site.open_incidents_of(self._id):
                yield LOOK
            else:
                yield from self._steps[visit.stage](visit)
        if self._person is not None:
            self._floor.people.left(self._person, self._floor.now)

    def _seconds(self, spell: Spell) -> float:
        return 60 * self._dice.lognormal(spell.median, spell.spread)

    def _do(self, name: str, /, **fields: object) -> str | None:
        command = self._floor.act(name, {"visit": self._id, **fields})
        self._refusals += command is None
        return command

    def _at_reception(self, visit: Visit) -> Steps:
        floor = self._floor
        if self._todo and floor.overdue:
            self._todo = []
        elif self._todo and not visit.oriented:
            yield from self._orientation()
        elif self._todo:
            self._do("visit.queue", route=self._todo[0].route)
            yield self._dice.between(10, 60)
        elif self._errands and not floor.overdue:
            yield from run_errand(floor, self._id, self._errands.pop(0), self._dice)
        else:
            yield from self._leave(visit)

    def _orientation(self) -> Steps:
        topics = tuple(self._floor.post.protocol().words("orientation_topics"))
        self._do("visit.orient", topics=topics)
        if self._person is not None and self._dice.chance(self._behaviour.alert_share.value):
            kind = self._dice.weighted(self._behaviour.alerts.weights)
            self._floor.act("alert.add", {"person": self._person, "kind": kind})
        yield self._seconds(self._behaviour.orientation_minutes)

    def _in_queue(self, visit: Visit) -> Steps:
        if self._gives_up and not self._waited:
            self._waited = True
            yield self._seconds(self._behaviour.patience_minutes)
        elif self._gives_up or self._floor.overdue:
            yield from self._leave(visit)
        elif place := self._floor.free_place(visit):
            self._do("visit.place", place=place.id)
            yield self._seconds(self._behaviour.prepare_minutes)
        else:
            yield LOOK

    def _in_place(self, visit: Visit) -> Steps:
        if running_episode(visit) is not None:
            late = self._dice.chance(self._behaviour.late_share.value)
            seconds = self._dice.between(30, 60) if late else 0.0
            self._floor.act("episode.end", {"visit": self._id}, late=seconds)
            yield self._seconds(self._behaviour.recover_minutes)
        elif self._todo:
            yield from self._use(visit, self._todo.pop(0))
        elif self._do("visit.aftercare") is not None:
            self._tidy(visit.place)
            yield self._dice.between(20, 90)
        else:
            yield LOOK

    def _use(self, visit: Visit, use: Use) -> Steps:
        dice, behaviour = self._dice, self._behaviour
        slip = dice.chance(behaviour.slip_share.value) and use.substances != UNKNOWN
        declared = UNKNOWN if slip else use.substances
        fields: dict[str, object] = {"substances": declared}
        if use.route == "injecting":
            fields["body_site"] = dice.weighted(behaviour.body_sites.weights)
        if self._do("episode.start", **fields) is None:
            yield LOOK
            return
        if self._person is not None:
            self._floor.people.used(self._person, "+".join(use.substances))
        if slip:
            right = {**fields, "substances": use.substances, "route": use.route}
            correction = self._corrected(self._last_seq, right)
            self._floor.agenda.spawn(correction, dice.between(300, 3600))
        spell = behaviour.use_minutes[visit.route or use.route]
        seconds = max(180.0, self._seconds(spell))
        if self._incident is not None and not self._todo:
            beginning = emergency(self._floor, self._id, self._incident, dice.whole(0, 1 << 30))
            self._floor.agenda.spawn(beginning, seconds * dice.between(0.2, 0.8))
        yield seconds

    def _corrected(self, seq: int, fields: dict[str, object]) -> Steps:
        self._do("episode.correct", refers_to=seq, reason="typing_slip", **fields)
        yield 0

    @property
    def _last_seq(self) -> int:
        visit = self._floor.visit(self._id)
        return visit.episodes[-1].seq if visit and visit.episodes else 0

    def _in_aftercare(self, visit: Visit) -> Steps:
        floor, hurry = self._floor, self._floor.hurry
        if not self._rested:
            self._rested = True
            yield from self._rest(visit, hurry=hurry)
        elif self._todo and not floor.overdue:
            self._rested = False
            self._do("visit.queue", route=self._todo[0].route)
            yield self._dice.between(10, 60)
        elif self._errands and not hurry:
            yield from run_errand(floor, self._id, self._errands.pop(0), self._dice)
        elif not visit.release_checks and visit.episodes:
            self._release()
            yield self._dice.between(20, 60)
        else:
            yield from self._leave(visit)

    def _rest(self, visit: Visit, *, hurry: bool) -> Steps:
        if self._dice.chance(self._behaviour.observed_share.value):
            self._do("visit.observe", reading=self._reading(visit))
        longest = self._floor.post.protocol().optional("observation_minutes_after_naloxone") or 0
        seconds = self._seconds(self._behaviour.aftercare_minutes)
        mine = [i for i in self._floor.site.incidents.values() if i.visit == self._id]
        if any(step.what == "naloxone" for incident in mine for step in incident.steps):
            seconds += 60 * longest
        if hurry:
            seconds = self._dice.between(30, 90)
        while seconds > 0:
            step = min(seconds, PATIENCE)
            yield step
            seconds = 0 if self._floor.hurry else seconds - step

    def _reading(self, visit: Visit) -> dict[str, object]:
        used = {what for episode in visit.episodes for what in episode.substances}
        slow = bool(OPIOIDS & used)
        return {
            "breathing_rate": self._dice.whole(10, 16) if slow else self._dice.whole(14, 22),
            "spo2": self._dice.whole(94, 99),
            "consciousness": "voice" if slow and self._dice.chance(0.1) else "alert",
            "pulse": self._dice.whole(58, 88) if slow else self._dice.whole(78, 118),
        }

    def _release(self) -> None:
        checks = list(self._floor.post.protocol().words("release_checks"))
        if self._dice.chance(self._behaviour.unchecked_share.value):
            checks = checks[: self._dice.whole(1, len(checks) - 1)]
        self._do("visit.release", checks=checks)

    def _leave(self, visit: Visit) -> Steps:
        outcome = "asked_to_leave" if self._misbehaves else "completed"
        if self._do("visit.leave", outcome=outcome) is None:
            yield LOOK
            return
        self._tidy(visit.place)
        if self._misbehaves and self._person is not None:
            self._exclude(self._person)

    def _tidy(self, place: str | None) -> None:
        self._floor.tidy(place, self._behaviour.cleaning_minutes, self._dice.lognormal)

    def _exclude(self, person: str) -> None:
        floor, nurse = self._floor, self._floor.by("nurse", "lead")
        shift = floor.site.shift
        others = [d for d in shift.duties if d.staff != nurse.staff] if shift else []
        if nurse.role != Role.NURSE or not others:
            return
        fields = {
            "person": person,
            "reason": self._dice.weighted(self._behaviour.exclusion_reasons.weights),
            "ends_at": floor.now + timedelta(days=self._dice.whole(*EXCLUSION_DAYS)),
            "reviewer": others[0].staff,
        }
        floor.act("person.exclude", fields, by=nurse)
