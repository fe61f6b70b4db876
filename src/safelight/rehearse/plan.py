"""Who comes when and for what: a plan of arrivals that depends on the scenario and the seed alone.

A month that was published gets its visits, injecting episodes and substances exactly, and as many
emergencies as chance makes of its published number. Any other day gets what chance makes of the
scenario's behaviour.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from safelight.rehearse.dice import Dice
from safelight.rehearse.scenario import Behaviour, Month, Scenario
from safelight.rehearse.timetable import Timetable, Window

DAYS_OF_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OPIOIDS = frozenset({"heroin", "other_opioid", "nitazene_suspected", "benzodiazepine"})
STIMULANTS = frozenset({"cocaine", "crack", "amphetamine", "methamphetamine"})

# Minutes before the doors close after which nobody comes for a use, and more for a second one.
LAST_USE, LAST_VISIT, FURTHER_USE = 60, 20, 75
_TRIES = 500


class Use(NamedTuple):
    """One supervised use to come."""

    route: str
    substances: tuple[str, ...]


class Intent(NamedTuple):
    """What somebody will come for."""

    at: datetime
    key: str
    uses: tuple[Use, ...] = ()
    incident: str | None = None
    gives_up: bool = False


class _Draft(NamedTuple):
    """A visit before it has a time."""

    uses: tuple[Use, ...] = ()
    incident: str | None = None
    gives_up: bool = False


class Plan:
    """All arrivals of a scenario, day by day."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        """Take the scenario and the seed; nothing is drawn yet."""
        self._scenario, self._seed = scenario, seed
        self._timetable = Timetable(scenario)
        self._published = lru_cache(maxsize=2)(self._published_month)

    def day(self, day: date) -> list[Intent]:
        """Return who comes on a day, in order of arrival."""
        month = self._scenario.month(f"{day:%Y-%m}")
        drafts = self._published(month)[day] if month else self._drawn_day(day)
        return self._timed(day, drafts)

    def emergencies(self) -> int:
        """Return how many medical emergencies the whole plan holds."""
        minor = self._scenario.behaviour.minor_kinds.weights
        first = self._scenario.period.first
        days = (first + timedelta(days=n) for n in range(self._scenario.days))
        intents = (intent for day in days for intent in self.day(day))
        return sum(i.incident is not None and i.incident not in minor for i in intents)

    def _timed(self, day: date, drafts: Sequence[_Draft]) -> list[Intent]:
        dice = Dice(self._seed, self._scenario.id, "times", day)
        window = self._timetable.window(day)
        moments = [(self._moment(dice, window, draft), draft) for draft in drafts]
        moments.sort(key=lambda pair: pair[0])
        return [Intent(at, f"{day}/{number}", *draft) for number, (at, draft) in enumerate(moments)]

    def _moment(self, dice: Dice, window: Window, draft: _Draft) -> datetime:
        """Return a time within the doors, more likely in a busy hour and early enough."""
        weights = self._scenario.behaviour.hours.weights
        most = max(weights.values())
        length = (window.closes - window.opens).total_seconds()
        more = FURTHER_USE * max(0, len(draft.uses) - 1)
        margin = timedelta(minutes=LAST_USE + more if draft.uses else LAST_VISIT)
        moment = window.sessions[0].opens
        for _ in range(_TRIES):
            moment = window.opens + timedelta(seconds=int(dice.between(60, length)))
            session = window.session(moment)
            hour = str(self._timetable.local(moment).hour)
            likely = dice.chance(weights.get(hour, 0) / most)
            if likely and session is not None and moment <= session.closes - margin:
                return moment
        return moment

    def _drawn_day(self, day: date) -> list[_Draft]:
        behaviour = self._scenario.behaviour
        dice = Dice(self._seed, self._scenario.id, "day", day)
        mean = behaviour.visits_per_day.value * _weekday(behaviour, day)
        return [draw_visit(behaviour, dice) for _ in range(dice.poisson(mean))]

    def _published_month(self, month: Month) -> dict[date, list[_Draft]]:
        """Return a month's visits by day."""
        behaviour = self._scenario.behaviour
        dice = Dice(self._seed, self._scenario.id, "month", month.month)
        drafts = dice.shuffled(_visits(month, behaviour, dice))
        weights = {day: _weekday(behaviour, day) for day in self._days_of(month.month)}
        days: dict[date, list[_Draft]] = {day: [] for day in weights}
        for draft in _with_incidents(drafts, month, behaviour, dice):
            days[dice.weighted(weights)].append(draft)
        return days

    def _days_of(self, month: str) -> Iterable[date]:
        period = self._scenario.period
        days = (period.first + timedelta(days=n) for n in range(self._scenario.days))
        return (day for day in days if f"{day:%Y-%m}" == month)


def draw_visit(behaviour: Behaviour, dice: Dice) -> _Draft:
    """Return what a visit is for, where nothing was published."""
    if not dice.chance(behaviour.use_share.value):
        return _Draft(gives_up=dice.chance(behaviour.gives_up_share.value))
    number = 2 if dice.chance(behaviour.second_use_share.value) else 1
    uses = tuple(draw_use(behaviour, dice) for _ in range(number))
    incident = None
    if dice.chance(number * behaviour.emergencies_per_1000_uses.value / 1000):
        incident = draw_emergency(behaviour, dice, uses[-1].substances)
    elif dice.chance(behaviour.minor_incidents_per_1000_visits.value / 1000):
        incident = dice.weighted(behaviour.minor_kinds.weights)
    return _Draft(uses, incident)


def draw_intent(behaviour: Behaviour, dice: Dice, at: datetime, key: str) -> Intent:
    """Return somebody who comes now, without an incident planned."""
    draft = draw_visit(behaviour, dice)
    return Intent(at, key, draft.uses, None, draft.gives_up)


def draw_use(behaviour: Behaviour, dice: Dice) -> Use:
    """Return a route, and what goes with it."""
    route = dice.weighted(behaviour.routes.weights)
    return Use(route, tuple(dice.weighted(behaviour.substances[route].weights).split("+")))


def draw_emergency(behaviour: Behaviour, dice: Dice, substances: Sequence[str]) -> str:
    """Return the kind of emergency that follows from what was used."""
    opioid, stimulant = OPIOIDS & set(substances), STIMULANTS & set(substances)
    group = "both" if opioid and stimulant else "stimulant" if stimulant else "opioid"
    return dice.weighted(behaviour.emergency_kinds[group].weights)


def _weekday(behaviour: Behaviour, day: date) -> float:
    """Return how busy a day of the week is; an average day is 1."""
    weights = behaviour.weekdays.weights
    return weights[DAYS_OF_WEEK[day.weekday()]] * len(weights) / sum(weights.values())


def _visits(month: Month, behaviour: Behaviour, dice: Dice) -> list[_Draft]:
    """Return the visits of a published month, with its episodes and substances."""
    episodes = month.injecting_episodes
    twice = round(behaviour.second_use_share.value * episodes)
    once = episodes - 2 * twice
    without = month.visits - once - twice
    uses = dice.shuffled(_uses(month))
    pairs = [_Draft((uses[2 * n], uses[2 * n + 1])) for n in range(twice)]
    singles = [_Draft((use,)) for use in uses[2 * twice :]]
    tired = round(behaviour.gives_up_share.value * month.visits)
    return [*pairs, *singles, *(_Draft(gives_up=n < tired) for n in range(without))]


def _uses(month: Month) -> list[Use]:
    """Return a month's injecting episodes in the published shares."""
    shares = {
        ("cocaine",): month.pct_cocaine,
        ("heroin",): month.pct_heroin,
        ("heroin", "cocaine"): month.pct_heroin_and_cocaine,
    }
    shares[("other",)] = max(0.0, 100 - sum(shares.values()))
    counts = apportion(month.injecting_episodes, shares)
    return [Use("injecting", what) for what, count in counts.items() for _ in range(count)]


def apportion(total: int, shares: Mapping[tuple[str, ...], float]) -> dict[tuple[str, ...], int]:
    """Split a whole number in proportion to shares, by largest remainder."""
    whole = sum(shares.values())
    exact = {key: total * share / whole for key, share in shares.items()}
    counts = {key: int(value) for key, value in exact.items()}
    by_remainder = sorted(exact, key=lambda key: counts[key] - exact[key])
    for key in by_remainder[: total - sum(counts.values())]:
        counts[key] += 1
    return counts


def _with_incidents(
    drafts: Sequence[_Draft], month: Month, behaviour: Behaviour, dice: Dice
) -> list[_Draft]:
    """Return the visits with emergencies after some uses, and minor incidents in some others."""
    risks = behaviour.emergency_risk.weights
    risk = {
        number: max(risks.get(what, risks["other"]) for what in draft.uses[-1].substances)
        for number, draft in enumerate(drafts)
        if draft.uses
    }
    planned = list(drafts)
    for _ in range(min(dice.poisson(month.medical_emergencies), len(risk))):
        number = dice.weighted(risk)
        kind = draw_emergency(behaviour, dice, drafts[number].uses[-1].substances)
        planned[number] = drafts[number]._replace(incident=kind)
        del risk[number]
    minor = behaviour.minor_incidents_per_1000_visits.value / 1000
    for number in risk:
        if dice.chance(minor):
            kind = dice.weighted(behaviour.minor_kinds.weights)
            planned[number] = planned[number]._replace(incident=kind)
    return planned
