"""Who comes through the door, from a plan or from one moment to the next."""

from datetime import date, datetime, timedelta

from safelight.rehearse.agenda import Steps
from safelight.rehearse.dice import Dice
from safelight.rehearse.floor import Floor
from safelight.rehearse.plan import Intent, Plan, draw_intent
from safelight.rehearse.stay import reception

LAST_CALL = 45  # minutes before the doors close in which passers-by do not come in
LONGEST_QUEUE = 5  # where more wait already, passers-by do not come in


def arrivals(floor: Floor, plan: Plan, last: date) -> Steps:
    """Have everybody come whom a plan has come, until the end of the last day."""
    day = floor.scenario.period.first
    while day <= last:
        intents = plan.day(day)
        yield from _until(floor, floor.timetable.window(day).opens)
        new = _who_is_new(floor, day, intents)
        for number, intent in enumerate(intents):
            yield from _until(floor, intent.at)
            first = None if new is None else number in new
            floor.agenda.spawn(reception(floor, intent, new=first))
        day += timedelta(days=1)


def _until(floor: Floor, at: datetime) -> Steps:
    wait = (at - floor.now).total_seconds()
    if wait > 0:
        yield wait


def _who_is_new(floor: Floor, day: date, intents: list[Intent]) -> set[int] | None:
    """Return which of a day's visits are somebody's first; None where that is left to chance.

    The number makes up for the day before, so that the published number of people comes out.
    """
    wanted = floor.people.wanted(day)
    if wanted is None:
        return None
    dice = Dice(floor.seed, floor.scenario.id, "new", day)
    many = max(0, wanted - len(floor.people))
    return set(dice.shuffled(range(len(intents)))[:many])


def passers_by(floor: Floor, key: str) -> Steps:
    """Have people come at random for ever, as many as the scenario says for a live floor."""
    behaviour, number = floor.scenario.behaviour, 0
    dice = Dice(floor.seed, floor.scenario.id, "passers-by", key)
    mean = 3600 / behaviour.live_arrivals_per_hour.value
    while True:
        yield dice.exponential(mean)
        soon = floor.minutes_left < LAST_CALL / floor.pace
        if floor.doors_open and not soon and len(floor.site.waiting()) < LONGEST_QUEUE:
            number += 1
            intent = draw_intent(behaviour, dice, floor.now, f"{key}/{number}")
            floor.agenda.spawn(reception(floor, intent))
