"""A pool of people who never existed: some come once, a few come nearly every day."""

from bisect import bisect
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from safelight.rehearse.dice import Dice
from safelight.rehearse.scenario import Anchor, Scenario
from safelight.run.domain.door import exclusion_in_force
from safelight.run.domain.site import Site

FEMALE, MALE = "female", "male"

MOST_OFTEN = 60.0  # how much more often than the rarest guest the most frequent one comes
BREAK = timedelta(hours=2)  # how long people usually stay away
_TRIES = 30
_OTHER_HABIT = 0.25  # the share of visits in which somebody uses something unusual for them


class People:
    """Everybody whom the site's people have met, by how often they come."""

    def __init__(self, scenario: Scenario, seed: int, known: Iterable[str] = ()) -> None:
        """Take the scenario and the ids of people who were met before."""
        self._scenario, self._seed = scenario, seed
        self._ids: list[str] = []
        self._reach: list[float] = []  # cumulative frequency
        self._habit: dict[str, str] = {}
        self._left: dict[str, datetime] = {}
        self._sexes = _sexes(scenario, seed)
        for person in sorted(known):
            self.meet(person)

    def __len__(self) -> int:
        """Return how many people the pool holds."""
        return len(self._ids)

    def meet(self, person: str) -> None:
        """Take a new person in; how often they come follows from their id."""
        tail = self._scenario.behaviour.frequency_tail.value
        often = Dice(self._seed, person).pareto(tail, MOST_OFTEN)
        self._ids.append(person)
        self._reach.append((self._reach[-1] if self._reach else 0.0) + often)

    def sex_of_next(self, dice: Dice) -> str:
        """Return what the next new person says of their sex."""
        if len(self) < len(self._sexes):
            return self._sexes[len(self)]
        return FEMALE if dice.chance(self._scenario.people.women.value) else MALE

    def used(self, person: str, what: str) -> None:
        """Remember what a person used first: it becomes their habit."""
        self._habit.setdefault(person, what)

    def left(self, person: str, at: datetime) -> None:
        """Remember when a person went."""
        self._left[person] = at

    def returning(self, dice: Dice, site: Site, now: datetime, what: str) -> str | None:
        """Return somebody who may come in again, preferably one with this habit; None if nobody."""
        inside = {visit.person for visit in site.visits.values()}
        for _ in range(_TRIES if self._ids else 0):
            person = self._ids[bisect(self._reach, dice.roll() * self._reach[-1])]
            fits = self._habit.get(person, what) == what or dice.chance(_OTHER_HABIT)
            if fits and self._rested(person, now) and self._welcome(person, site, inside, now):
                return person
        start = int(dice.roll() * max(1, len(self._ids)))
        rest = (*self._ids[start:], *self._ids[:start])
        return next((p for p in rest if self._welcome(p, site, inside, now)), None)

    def _rested(self, person: str, now: datetime) -> bool:
        left = self._left.get(person)
        return left is None or now - left > BREAK

    @staticmethod
    def _welcome(person: str, site: Site, inside: set[str | None], now: datetime) -> bool:
        known = site.persons.get(person)
        return known is not None and person not in inside and not exclusion_in_force(known, now)

    def wanted(self, day: date) -> int | None:
        """Return how many people should have come by the end of a day; None where none says so."""
        return people_by(self._scenario.period.first, self._scenario.people.anchors, day)


def people_by(first: date, anchors: Iterable[Anchor], day: date) -> int | None:
    """Return how many people have come by the end of a day, between published numbers.

    New people are most in the first weeks: the curve before the first number is bent.
    """
    before, known = first - timedelta(days=1), 0
    bend = 0.75
    for anchor in anchors:
        if day <= anchor.by:
            share = (day - before) / (anchor.by - before)
            return known + round((anchor.people - known) * float(share**bend))
        before, known, bend = anchor.by, anchor.people, 1.0
    return known or None


def _sexes(scenario: Scenario, seed: int) -> list[str]:
    """Return the sexes of the people whose number is published, in the order in which they come."""
    counts = [anchor.people for anchor in scenario.people.anchors]
    if not counts:
        return []
    women = round(scenario.people.women.value * counts[-1])
    whole = [FEMALE] * women + [MALE] * (counts[-1] - women)
    return Dice(seed, scenario.id, "sexes").shuffled(whole)
