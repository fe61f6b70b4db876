"""What people get and bring besides a place to use: supplies, services, referrals, alerts."""

from typing import Any, NamedTuple

from safelight.kernel.ids import derive_id
from safelight.rehearse.agenda import Steps
from safelight.rehearse.dice import Dice
from safelight.rehearse.floor import Floor
from safelight.rehearse.scenario import Behaviour

KIT = "naloxone_nasal_kit"
MOST_GIVEN, MOST_RETURNED = 12, 20
SLIP_DELAY = (120, 1800)  # seconds until somebody notices a wrong number


class Errand(NamedTuple):
    """One tap about a visit, and how long it takes."""

    name: str
    fields: dict[str, Any]
    seconds: float


def errands_for(behaviour: Behaviour, dice: Dice, route: str, *, uses: bool) -> list[Errand]:
    """Return what a visit is for besides its uses; never nothing if it is for no use."""
    errands = []
    if dice.chance(behaviour.supplies_share.value):
        errands.append(_supplies(behaviour, dice, route))
    if dice.chance(behaviour.returns_share.value):
        fields = {"item": "needle", "quantity": dice.whole(1, MOST_RETURNED)}
        errands.append(Errand("supplies.take_back", fields, 40))
    if dice.chance(behaviour.naloxone_kit_share.value):
        errands.append(Errand("supplies.give", {"item": KIT, "quantity": 1}, 150))
    if dice.chance(behaviour.service_share.value) or not (uses or errands):
        what = dice.weighted(behaviour.services.weights)
        errands.append(Errand("service.give", {"service": what}, dice.between(300, 1500)))
    if dice.chance(behaviour.referrals_per_visit.value):
        to = dice.weighted(behaviour.referrals.weights)
        errands.append(Errand("referral.make", {"to": to}, dice.between(200, 900)))
    return errands


def _supplies(behaviour: Behaviour, dice: Dice, route: str) -> Errand:
    item = dice.weighted(behaviour.supplies[route].weights)
    return Errand("supplies.give", {"item": item, "quantity": dice.whole(1, MOST_GIVEN)}, 60)


def run_errand(floor: Floor, visit: str, errand: Errand, dice: Dice) -> Steps:
    """Do an errand; a number is typed wrong at times, and put right later."""
    fields = {**errand.fields, "visit": visit}
    if fields.get("item") == KIT:
        line = floor.stock_of(KIT)
        if line is None:
            return
        fields["batch"] = line.batch
    slip = "quantity" in fields and dice.chance(floor.scenario.behaviour.slip_share.value)
    if slip:
        fields["quantity"] += 1 if fields["item"] == KIT else 10
    late = dice.between(120, 400) if dice.chance(floor.scenario.behaviour.late_share.value) else 0
    command = floor.act(errand.name, fields, late=late)
    if slip and command is not None:
        right = {"was": fields["quantity"], "now": errand.fields["quantity"]}
        handed = {"handed": derive_id("g", command), "reason": "typing_slip"}
        floor.agenda.spawn(_corrected(floor, {**handed, **right}), dice.between(*SLIP_DELAY))
    yield errand.seconds


def _corrected(floor: Floor, fields: dict[str, Any]) -> Steps:
    floor.act("supplies.correct", fields)
    yield 0
