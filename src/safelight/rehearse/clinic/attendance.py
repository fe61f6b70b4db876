"""A patient's days: whether they come, when, what is done besides the dose, and how they leave."""

import math
from datetime import date, datetime, timedelta

from safelight.kernel.ids import derive_random_id
from safelight.rehearse.agenda import Steps
from safelight.rehearse.clinic.clinic import DAY, Clinic, Try
from safelight.rehearse.clinic.orders import is_due, settled_dose, sign_order, wrong_order
from safelight.rehearse.clinic.patients import (
    METHADONE,
    PRODUCTS,
    Patient,
    admit,
    decide,
    declined,
    draw_patient,
    prescriber_of,
    refer,
)
from safelight.rehearse.clinic.room import Room
from safelight.rehearse.clinic.scenario import Behaviour
from safelight.rehearse.clinic.sitting import second_helping, sitting
from safelight.rehearse.dice import Dice
from safelight.run.domain.clinic.day import clinic_day_of
from safelight.run.domain.dosing_entities import Patient as Known

YEAR = 365.25
WEEK, OUTCOME_EVERY, REVIEW_EVERY = 7, 28, 91
FIRST_ORDER_DAYS = 7
EARLIER = timedelta(minutes=15)  # than a group's first session: when papers are done
ENDS = ("completed", "patient_choice", "not_attending", "moved_away", "other_treatment")


def place(clinic: Clinic, number: int) -> Steps:
    """Keep one of the clinic's places filled: when somebody leaves, somebody else is referred."""
    generation = 0
    while True:
        patient = draw_patient(clinic, number, generation)
        dice = clinic.dice("referred", patient.key)
        if generation and dice.chance(clinic.scenario.behaviour.declined_share.value):
            yield clinic.until(_morning(clinic, patient, dice.whole(2, 7)))
            yield from declined(clinic, patient)
        if generation:
            yield clinic.until(_morning(clinic, patient, dice.whole(2, 14)))
        if refer(clinic, patient, dice):
            if generation:
                yield clinic.until(_morning(clinic, patient, dice.whole(1, 3)))
            decide(clinic, patient, accept=True)
            admit(clinic, patient)
            yield from Course(clinic, patient).run()
        generation += 1


def _morning(clinic: Clinic, patient: Patient, days: int) -> datetime:
    """Return a quiet time some days from now at which prescribers are there."""
    return clinic.windows(patient.group, clinic.today + days * DAY)[0].opens - EARLIER


def chance_to_come(behaviour: Behaviour) -> float:
    """Return how likely somebody who is not away comes, so that all sessions have the share."""
    spell = behaviour.absence_days
    mean = spell.median * math.exp(spell.spread**2 / 2)
    away = min(0.9, behaviour.absences_per_year.value * mean / YEAR)
    return min(1.0, behaviour.attendance.value / (1 - away))


class Course:
    """One patient's treatment, from admission to its end."""

    def __init__(self, clinic: Clinic, patient: Patient) -> None:
        """Take a patient who was just admitted."""
        self._clinic, self._patient = clinic, patient
        self._behaviour = clinic.scenario.behaviour
        self._comes = chance_to_come(self._behaviour)
        self._days = 0
        self._back: date | None = None  # the day on which somebody who is away comes back
        self._contact = ""
        self._forgotten = ""  # the order that nobody remembers to renew in time

    def run(self) -> Steps:
        """Come day by day, until the treatment ends."""
        clinic, patient = self._clinic, self._patient
        sign_order(clinic, patient, settled_dose(patient), FIRST_ORDER_DAYS)
        day = clinic_day_of(clinic.hands.site, clinic.now, clinic.hands.protocol)
        while True:
            dice = clinic.dice("day", patient.key, day)
            windows = [w for w in clinic.windows(patient.group, day) if w.opens > clinic.now]
            away = self._is_away(day, dice)
            for number, (opens, closes) in enumerate(windows):
                arrives = opens + (closes - opens) * dice.roll()
                yield clinic.until(arrives)
                here = not away and dice.chance(self._comes)
                if here and not number and self._leaves(dice):
                    return
                yield from self._slot(dice, day, number, here=here)
            self._days += 1
            day += DAY
            if not windows:
                yield clinic.until(clinic.windows(patient.group, day)[0].opens - EARLIER)

    def _is_away(self, day: date, dice: Dice) -> bool:
        if self._back is None and dice.chance(self._behaviour.absences_per_year.value / YEAR):
            spell = self._behaviour.absence_days
            self._back = day + DAY * max(1, round(dice.lognormal(spell.median, spell.spread)))
        if self._back is not None and day >= self._back:
            self._back = None
        return self._back is not None

    def _slot(self, dice: Dice, day: date, number: int, *, here: bool) -> Steps:
        clinic, patient = self._clinic, self._patient
        clinic.tally.expected += 1
        if not here:
            clinic.tally.missed += 1
            return
        if not number:
            self._papers(dice)
        dice = clinic.dice("sitting", patient.key, day, number)
        room = Room(clinic, patient, dice)
        yield from sitting(room)
        known = clinic.hands.site.all_of(Known).get(patient.person)
        if not room.dosed or known is None or known.locked_at or known.session:
            return
        today = clinic_day_of(clinic.hands.site, clinic.now, clinic.hands.protocol)
        last = number == len(patient.group.slots) - 1
        if patient.oral and last and known.oral_on != today:
            self._by_mouth(dice)
        if dice.chance(self._behaviour.attack_share.value):
            yield dice.between(60, 600)
            yield from second_helping(Room(clinic, patient, dice))

    def _by_mouth(self, dice: Dice) -> None:
        """Give what is taken by mouth for the night; a second helping is refused."""
        clinic, patient = self._clinic, self._patient
        stock = clinic.cabinet[METHADONE]
        units = patient.oral // PRODUCTS[METHADONE].strength
        fields = {
            "person": patient.person,
            "order": patient.order.id if patient.order else "",
            "register": stock.register,
            "quantity": patient.oral,
        }
        actor, witness = clinic.staff.two()
        if clinic.act("oral.give", fields, actor, witness):
            stock.units -= units
            clinic.tally.by_mouth += 1
        if dice.chance(self._behaviour.attack_share.value):
            clinic.attack(Try("oral.give", fields, actor, frozenset({"oral-daily"}), witness))

    def _papers(self, dice: Dice) -> None:
        """Do what falls due on a day, before the first session."""
        if self._clinic.staff.prescriber_here:
            self._renew(dice)
            if self._days % REVIEW_EVERY == REVIEW_EVERY - 1:
                self._review()
        if self._days % OUTCOME_EVERY == 0:
            self._outcome(dice, "review" if self._days else "start")
        if self._days % WEEK == self._patient.prescriber % WEEK:
            self._talk(dice)

    def _renew(self, dice: Dice) -> None:
        clinic, patient = self._clinic, self._patient
        order = patient.order.id if patient.order else ""
        if not is_due(clinic, patient) or (order and order == self._forgotten):
            return
        if dice.chance(self._behaviour.lapsed_order_share.value):
            self._forgotten = order
            return
        if dice.chance(self._behaviour.attack_share.value):
            clinic.attack(wrong_order(clinic, patient, dice))
        sign_order(clinic, patient, settled_dose(patient))

    def _review(self) -> None:
        clinic, patient = self._clinic, self._patient
        fields = {
            "treatment": patient.treatment,
            "kind": "prescriber",
            "outcome": "continue",
            "next_on": clinic.today + DAY * REVIEW_EVERY,
        }
        clinic.act("review.record", fields, prescriber_of(clinic, patient))

    def _outcome(self, dice: Dice, stage: str) -> None:
        answers = {
            "opiate_days": dice.whole(0, 28 if stage == "start" else 6),
            "injecting_days": 28,
            "shoplifting_days": dice.whole(0, 4),
            "psychological_score": dice.whole(4, 16),
            "physical_score": dice.whole(4, 16),
            "quality_of_life_score": dice.whole(4, 18),
        }
        treatment = {"treatment": self._patient.treatment, "on": self._clinic.today}
        fields = {**treatment, "stage": stage, "answers": answers}
        self._clinic.act("outcome.record", fields, self._clinic.staff.worker())

    def _talk(self, dice: Dice) -> None:
        """Record what became of the last contact that was planned, and plan the next."""
        clinic, worker = self._clinic, self._clinic.staff.worker()
        treatment = {"treatment": self._patient.treatment}
        if self._contact:
            missed = dice.chance(self._behaviour.contact_missed_share.value)
            result = {"contact": self._contact, "result": "missed" if missed else "attended"}
            clinic.act("contact.record", {**treatment, **result}, worker)
        plan = {"kind": "key_work", "planned_for": clinic.now + DAY * WEEK}
        command = clinic.act("contact.plan", {**treatment, **plan}, worker)
        self._contact = derive_random_id("contact", command) if command else ""

    def _leaves(self, dice: Dice) -> bool:
        """Now and then, end the treatment; nothing of it is going on before the first session."""
        clinic, patient = self._clinic, self._patient
        chance = self._behaviour.leaving_per_year.value / YEAR
        if not (dice.chance(chance) and clinic.staff.prescriber_here):
            return False
        fields = {"treatment": patient.treatment, "reason": dice.pick(ENDS)}
        if not clinic.act("treatment.end", fields, prescriber_of(clinic, patient)):
            return False
        self._outcome(dice, "exit")
        patient.order = None
        return True
