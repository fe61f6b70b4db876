"""What a service does besides its guests: stock, bins, the door, appeals, yesterday's paper."""

from datetime import date, timedelta

from safelight.rehearse.agenda import Steps
from safelight.rehearse.dice import Dice
from safelight.rehearse.emergency import MUSCLE_KIT, NASAL_KIT, paperwork, untouched
from safelight.rehearse.floor import MANAGER, Floor, simulated
from safelight.run.domain.base import Actor, Role
from safelight.run.domain.door import LIFTED, SHORTENED, UPHELD, exclusion_in_force
from safelight.run.domain.entities import OPEN, Exclusion, Person

MANAGEMENT = Actor(MANAGER, Role.MANAGER)
DELIVERY, KITS_DELIVERED, KITS_FOR_STAFF = 1500, 60, 20
KIT_LIFE = timedelta(days=730)
BIN_DAYS, DEEP_CLEAN_SHARE = 3, 0.1
COMES_ANYWAY, APPEALS, STALE_DAYS = 0.2, 0.6, 60
DECISIONS = {UPHELD: 5.0, SHORTENED: 3.0, LIFTED: 2.0}
COUNTED_SHARE, SHORT_SHARE = 0.5, 0.15


def opening_chores(floor: Floor, day: date) -> Steps:
    """Do what the morning brings, then put the rest of the day on the agenda."""
    dice = Dice(floor.seed, floor.scenario.id, "chores", day)
    if day.day == 1 or not floor.site.stock:
        _stock(floor, day, dice)
    _bins(floor, day)
    for incident in sorted(floor.site.incidents.values(), key=lambda i: i.seq):
        ours = incident.attributed_to is None or simulated(incident.attributed_to)
        if incident.closed_at is not None and untouched(incident) and ours:
            floor.agenda.spawn(paperwork(floor, incident.id), dice.between(600, 3600))
    _schedule(floor, dice)
    yield 600
    _review(floor, dice)
    _clear_alerts(floor, dice)


def _schedule(floor: Floor, dice: Dice) -> None:
    """Put refusals, excluded people and a deep clean somewhere into the day."""
    window = floor.window
    length = (window.closes - window.opens).total_seconds() if window else 0.0
    behaviour = floor.scenario.behaviour
    for _ in range(dice.poisson(behaviour.refusals_per_day.value)):
        reason = dice.weighted(behaviour.refusal_reasons.weights)
        floor.agenda.spawn(_turn_away(floor, reason), dice.between(600, length * 0.9))
    for person in _excluded(floor):
        if dice.chance(COMES_ANYWAY):
            steps = _comes_anyway(floor, person.id, appeals=dice.chance(APPEALS))
            floor.agenda.spawn(steps, dice.between(600, length * 0.9))
    if dice.chance(DEEP_CLEAN_SHARE):
        place = dice.pick(floor.scenario.places).id
        floor.agenda.spawn(_deep_clean(floor, place), dice.between(600, length * 0.6))


def _excluded(floor: Floor) -> list[Person]:
    persons = sorted(floor.site.persons.values(), key=lambda person: person.id)
    return [person for person in persons if exclusion_in_force(person, floor.now)]


def _turn_away(floor: Floor, reason: str) -> Steps:
    if not floor.hurry:
        floor.act("visit.turn_away", {"reason": reason}, by=floor.by("reception", "floor_worker"))
    yield 0


def _comes_anyway(floor: Floor, key: str, *, appeals: bool) -> Steps:
    """Somebody who is excluded comes to the door, and may appeal there."""
    person = floor.site.persons[key]
    exclusion = exclusion_in_force(person, floor.now)
    if exclusion is None or floor.hurry:
        return
    floor.act("visit.turn_away", {"reason": "excluded", "person": key}, by=floor.by("reception"))
    if appeals and exclusion.appealed_at is None:
        yield 300
        floor.act("person.appeal", {"person": key, "exclusion": exclusion.id})
    yield 0


def _review(floor: Floor, dice: Dice) -> None:
    """Decide about appeals, the manager being at hand."""
    for person in _excluded(floor):
        for exclusion in person.exclusions:
            appealed = exclusion.appealed_at is not None and exclusion.reviewed_at is None
            if appealed and exclusion.ends_at > floor.now:
                floor.act("person.review", _decision(floor, person, exclusion, dice), by=MANAGEMENT)


def _decision(floor: Floor, person: Person, exclusion: Exclusion, dice: Dice) -> dict[str, object]:
    decision = dice.weighted(DECISIONS)
    fields: dict[str, object] = {"person": person.id, "exclusion": exclusion.id}
    if decision == SHORTENED:
        fields["ends_at"] = floor.now + (exclusion.ends_at - floor.now) / 2
    return {**fields, "decision": decision}


def _clear_alerts(floor: Floor, dice: Dice) -> None:
    """Take back an alert that is old, now and then."""
    old = floor.now - timedelta(days=STALE_DAYS)
    stale = [
        (person.id, alert.id)
        for person in floor.site.persons.values()
        for alert in person.alerts
        if alert.withdrawn_at is None and alert.added_at < old
    ]
    if stale and dice.chance(0.1):
        person, alert = dice.pick(sorted(stale))
        floor.act("alert.withdraw", {"person": person, "alert": alert, "reason": "other"})


def _deep_clean(floor: Floor, place: str) -> Steps:
    """Take a place out of use for a while, if it is free by now."""
    while floor.site.place(place).state != OPEN:
        if floor.hurry:
            return
        yield 120
    if floor.act("place.close", {"place": place, "reason": "deep_clean"}) is not None:
        yield 2700
        floor.act("place.reopen", {"place": place})


def _stock(floor: Floor, day: date, dice: Dice) -> None:
    """Count what is there, then book the month's delivery in."""
    nurse = floor.by("nurse")
    for line in sorted(floor.site.stock.values(), key=lambda line: line.id):
        if dice.chance(COUNTED_SHARE):
            missing = min(line.quantity, dice.whole(1, 3) if dice.chance(SHORT_SHARE) else 0)
            fields = {"stock": line.id, "counted": line.quantity - missing, "reason": "routine"}
            floor.act("stock.count", fields, by=nurse)
    routes = {route for place in floor.scenario.places for route in place.routes}
    supplies = floor.scenario.behaviour.supplies
    for item in sorted({item for route in routes for item in supplies[route].weights}):
        floor.act("stock.receive", {"item": item, "quantity": DELIVERY}, by=nurse)
    kits = {NASAL_KIT: KITS_DELIVERED, MUSCLE_KIT: KITS_FOR_STAFF}
    for item, quantity in kits.items():
        batch = f"R{day:%y%m}{item[9:10].upper()}"
        fields = {"item": item, "quantity": quantity, "batch": batch, "expires": day + KIT_LIFE}
        floor.act("stock.receive", fields, by=nurse)


def _bins(floor: Floor, day: date) -> None:
    """Have sealed bins collected, seal one that has stood for days, and start a new one."""
    bins = sorted(floor.site.bins.values(), key=lambda found: found.id)
    for each in bins:
        if each.sealed_at is not None and each.collected_at is None:
            floor.act("bin.collect", {"bin": each.id})
    standing = [each for each in bins if each.sealed_at is None]
    old = [each for each in standing if floor.now - each.opened_at > timedelta(days=BIN_DAYS)]
    for each in old:
        floor.act("bin.seal", {"bin": each.id})
    number = f"bin-{day:%Y%m%d}"
    if len(old) == len(standing) and number not in floor.site.bins:
        floor.act("bin.start", {"bin": number, "label": f"Sharps bin of {day:%d %B}"})
