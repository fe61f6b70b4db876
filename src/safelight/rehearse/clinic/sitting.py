"""One attendance: arrival, identity, assessment, decisions, dose, observation, leaving.

Simulated staff go by what their screens show. They wait where an interval has not passed, call the
prescriber where one has to decide, and now and then somebody tries what must be refused.
"""

from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any

from safelight.rehearse.agenda import Steps
from safelight.rehearse.clinic import attacks, bedside
from safelight.rehearse.clinic.clinic import CLOCK, Clinic
from safelight.rehearse.clinic.orders import has_lapsed, settled_dose, sign_order
from safelight.rehearse.clinic.overdose import overdose
from safelight.rehearse.clinic.patients import MILLIGRAM, Patient, prescriber_of
from safelight.rehearse.dice import Dice
from safelight.run.domain.base import Actor
from safelight.run.domain.clinic.gate import INTERVAL
from safelight.run.domain.clinic.observation import OBSERVE
from safelight.run.domain.clinic.patient import MISSED_LIMIT
from safelight.run.domain.dosing_entities import Patient as Known
from safelight.run.domain.dosing_entities import Session
from safelight.run.domain.dosing_locks import OVERDOSE

SITES = {"intravenous": ("left_arm", "right_arm"), "intramuscular": ("deltoid", "thigh")}
BY_PATIENT = 0.95
Ready = Generator[float, None, bool]


class Stopped(Exception):  # noqa: N818 - no fault of the program: the session goes another way
    """Something legitimate was refused, so this session goes no further."""


class Sitting:
    """What is done for one patient in one session."""

    def __init__(self, clinic: Clinic, patient: Patient, dice: Dice) -> None:
        """Take the patient; nothing is done yet."""
        self._clinic, self._patient, self._dice = clinic, patient, dice
        self._behaviour = clinic.scenario.behaviour
        self._staff = clinic.staff
        self._id = ""
        self.dosed = False

    @property
    def _session(self) -> Session:
        return self._clinic.hands.site.all_of(Session)[self._id]

    @property
    def _known(self) -> Known:
        site = self._clinic.hands.site
        return site.all_of(Known).get(self._patient.person) or Known(self._patient.person)

    def run(self) -> Steps:
        """Go through the session to its end."""
        tally = self._clinic.tally
        tally.sessions += 1
        try:
            self._begin()
            yield from self._attend()
        except Stopped:
            tally.sessions_mistaken += self._clinic.stopped_by != CLOCK
            self._wrap_up()

    def again(self) -> Steps:
        """Come back for a second dose right after the first, which must be refused."""
        try:
            self._begin()
            yield self._dice.between(60, 120)
            self._do("session.identify", self._staff.worker(), by="known")
            self._assess()
            self._clinic.attack(attacks.early(self._moment))
            self._do("session.end", self._staff.worker(), outcome="left_before_dose")
        except Stopped:
            self._wrap_up()

    @property
    def _moment(self) -> attacks.Moment:
        return attacks.Moment(self._clinic, self._patient, self._session, self._dice)

    def _do(self, name: str, by: Actor, witness: Actor | None = None, /, **more: object) -> None:
        """Do something legitimate in this session; raises Stopped where it is refused."""
        if not self._clinic.act(name, {"session": self._id, **more}, by, witness):
            raise Stopped

    def _begin(self) -> None:
        person = {"person": self._patient.person}
        if not self._clinic.act("session.begin", person, self._staff.worker()):
            raise Stopped
        self._id = self._known.session or ""

    def _tempt(self, where: str) -> None:
        """Now and then, have somebody try what must be refused at this step."""
        if self._dice.chance(self._behaviour.attack_share.value):
            self._clinic.attack(self._dice.pick(attacks.AT[where])(self._moment))

    def _attend(self) -> Steps:
        clinic, dice = self._clinic, self._dice
        self._tempt("here")
        yield dice.between(60, 300)
        self._do("session.identify", self._staff.worker(), by=dice.pick(("known", "photograph")))
        self._tempt("identified")
        yield dice.between(60, 240)
        if dice.chance(self._behaviour.leaves_before_dose_share.value):
            clinic.tally.left_before_dose += 1
            self._do("session.end", self._staff.worker(), outcome="left_before_dose")
            return
        yield from self._interval()
        if (yield from self._assessed()) and (yield from self._permitted()):
            yield from self._dosed()

    def _interval(self) -> Steps:
        """Wait until a dose may follow the last one."""
        last = self._known.last_dose_at
        gap = timedelta(minutes=self._clinic.hands.protocol.number(INTERVAL))
        if last is not None and last + gap > self._clinic.now:
            yield self._clinic.until(last + gap) + self._dice.between(30, 300)

    def _assess(self, *, intoxicated: bool = False) -> bool:
        """Assess the patient; tell whether nothing speaks against a dose."""
        found = bedside.before(self._dice, intoxicated=intoxicated)
        self._do("session.assess", self._staff.nurse(), bedside=found)
        assessment = self._session.assessment
        return assessment is not None and not assessment.holds

    def _assessed(self) -> Ready:
        clinic, dice = self._clinic, self._dice
        intoxicated = dice.chance(self._behaviour.intoxicated_share.value)
        if self._assess(intoxicated=intoxicated):
            return True
        self._clinic.attack(attacks.held(self._moment))
        decision = dice.weighted(self._behaviour.hold_decisions.weights)
        if decision == "later":
            yield dice.between(1800, 3600)
            return self._assess()
        if decision == "withheld" or not self._staff.prescriber_here:
            self._withhold("intoxicated")
            return False
        yield dice.between(60, 240)
        prescriber = prescriber_of(clinic, self._patient)
        if decision == "reduced":
            self._reduce(prescriber)
        seen = self._session.assessment
        number = seen.seq if seen else 0
        reason = "discussed_with_prescriber"
        self._do("session.lift_hold", prescriber, assessment=number, reason=reason)
        clinic.tally.lifted += 1
        return True

    def _reduce(self, prescriber: Actor) -> None:
        order = self._patient.order
        if order is not None and not has_lapsed(self._clinic, self._patient):
            less = order.dose // 2 // MILLIGRAM * MILLIGRAM
            fields = {"order": order.id, "dose": less, "reason": "intoxicated"}
            self._do("session.reduce", prescriber, **fields)
            self._clinic.tally.reduced += 1

    def _withhold(self, reason: str) -> None:
        visit = self._session.visit
        self._do("session.withhold", self._staff.nurse(), reason=reason)
        self._clinic.act("visit.leave", {"visit": visit}, self._staff.worker())
        self._clinic.tally.withheld += 1

    def _permitted(self) -> Ready:
        """Have a prescriber decide where a lock, missed sessions or a lapsed order stand."""
        known, session = self._known, self._session
        locked = known.locked_at is not None
        missed = session.missed > self._clinic.hands.protocol.number(MISSED_LIMIT)
        lapsed = has_lapsed(self._clinic, self._patient)
        if not (locked or missed or lapsed):
            return self._consenting()
        self._clinic.attack(
            (attacks.locked if locked else attacks.missed if missed else attacks.lapsed_order)(
                self._moment
            )
        )
        if not self._staff.prescriber_here:
            self._withhold("other")
            return False
        yield self._dice.between(60, 180)
        if locked or missed:
            self._review(locked=locked)
        if lapsed and not sign_order(self._clinic, self._patient, settled_dose(self._patient)):
            raise Stopped
        return True

    def _review(self, *, locked: bool) -> None:
        known = self._known
        fields = {
            "person": self._patient.person,
            "reason": "after_overdose" if known.locked_for == OVERDOSE else "seen_and_safe",
            "lock": known.locked_at,
            "restart": locked,
        }
        prescriber = prescriber_of(self._clinic, self._patient)
        if not self._clinic.act("doses.review", fields, prescriber):
            raise Stopped
        self._clinic.tally.reviews += 1

    def _consenting(self) -> bool:
        """Now and then, a patient withdraws consent and gives it again."""
        if self._dice.chance(self._behaviour.consent_withdrawn_share.value):
            fields = {"treatment": self._patient.treatment, "purpose": "treatment"}
            self._clinic.act("consent.withdraw", fields, self._staff.nurse())
            self._clinic.attack(attacks.no_consent(self._moment))
            self._clinic.act("consent.give", fields, self._staff.nurse())
        return True

    def _dosed(self) -> Steps:
        clinic, patient, dice = self._clinic, self._patient, self._dice
        self._tempt("assessed")
        yield dice.between(60, 150)
        fields = bedside.preparation(clinic, patient, self._session)
        if dice.chance(self._behaviour.paper_share.value):
            yield from self._on_paper(fields)
            return
        actor, witness = self._staff.two()
        self._do("session.prepare", actor, witness, **fields)
        clinic.cabinet[patient.drug].units -= fields["units"]
        self._tempt("prepared")
        yield dice.between(60, 200)
        if dice.chance(self._behaviour.unused_share.value):
            self._unused()
            return
        by = "patient" if dice.chance(BY_PATIENT) else "clinician"
        site = dice.pick(SITES[patient.route])
        self._do("session.administer", self._staff.nurse(), by=by, body_site=site)
        clinic.tally.doses += 1
        self.dosed = True
        yield from self._watched(clinic.now)

    def _on_paper(self, fields: dict[str, Any]) -> Steps:
        """The system is down: the dose goes on paper, and is recorded when it is up again."""
        clinic, given_at = self._clinic, self._clinic.now
        clinic.cabinet[self._patient.drug].units -= fields["units"]
        yield self._dice.between(1800, 3600)
        self._do("session.end", self._staff.worker(), outcome="left_before_checks")
        wasted = fields["units"] * self._patient.strength - fields["dose"]
        actor, witness = self._staff.two()
        late = {
            "person": self._patient.person,
            "register": fields["register"],
            "order": fields["order"],
            "administered": fields["dose"],
            "wasted": wasted,
            "by": "patient",
        }
        if not clinic.act("doses.record_late", late, actor, witness, given_at):
            raise Stopped
        clinic.tally.on_paper += 1
        clinic.tally.micrograms += fields["dose"]
        clinic.tally.wasted += wasted

    def _unused(self) -> None:
        """The patient goes before the injection; whole units are put back, or all is wasted."""
        prepared = self._session.prepared
        self._do("session.end", self._staff.worker(), outcome="left_before_dose")
        self._clinic.tally.left_before_dose += 1
        if self._dice.chance(0.5):
            self._account(returned=prepared)
        else:
            self._account(wasted=prepared)

    def _account(self, *, administered: int = 0, wasted: int = 0, returned: int = 0) -> None:
        """Say where all that was prepared went, with a witness where any was not given."""
        clinic, (actor, witness) = self._clinic, self._staff.two()
        told = {"administered": administered, "wasted": wasted, "returned": returned}
        self._do("session.account", actor, witness if wasted or returned else None, **told)
        clinic.tally.micrograms += administered
        clinic.tally.wasted += wasted
        clinic.cabinet[self._patient.drug].units += returned // self._patient.strength

    def _account_for_dose(self) -> None:
        session = self._session
        given = session.planned
        if self._dice.chance(self._behaviour.partial_share.value):
            given = given // 2 // MILLIGRAM * MILLIGRAM
        self._account(administered=given, wasted=session.prepared - given)

    def _watched(self, began: datetime) -> Steps:
        """Observe from the moment of the injection to the last checks."""
        clinic, dice = self._clinic, self._dice
        yield 60
        self._observe()
        if dice.chance(self._behaviour.overdoses_per_injection.value):
            hospital = dice.chance(self._behaviour.ambulance_share.value)
            visit = self._session.visit
            yield from overdose(clinic, self._patient, visit, dice, hospital)
            if hospital:
                self._do("session.end", self._staff.worker(), outcome="to_hospital")
                self._account_for_dose()
                return
        yield clinic.until(began + timedelta(minutes=5))
        self._observe()
        self._tempt("observing")
        yield dice.between(30, 240)
        self._account_for_dose()
        yield clinic.until(began + timedelta(minutes=10))
        self._observe()
        if dice.chance(self._behaviour.leaves_before_checks_share.value):
            clinic.tally.left_before_checks += 1
            self._do("session.end", self._staff.worker(), outcome="left_before_checks")
            return
        yield from self._checked(began)

    def _checked(self, began: datetime) -> Steps:
        clinic, dice = self._clinic, self._dice
        over = timedelta(minutes=clinic.hands.protocol.number(OBSERVE))
        yield clinic.until(began + over) + dice.between(0, 60)
        self._tempt("unchecked")
        if dice.chance(self._behaviour.drowsy_after_share.value):
            self._observe(drowsy=True)
            self._clinic.attack(attacks.gone_drowsy(self._moment))
            yield dice.between(600, 1200)
        self._observe()
        yield dice.between(20, 90)
        self._do("session.discharge", self._staff.nurse())

    def _observe(self, *, drowsy: bool = False) -> None:
        found = bedside.after(self._dice, drowsy=drowsy)
        self._do("session.observe", self._staff.worker(), bedside=found)

    def _wrap_up(self) -> None:
        """After a refusal by mistake: account for what is out, and let the patient go."""
        session = self._clinic.hands.site.all_of(Session).get(self._id)
        if session is None:
            return
        if session.owes:
            actor, witness = self._staff.two()
            given = session.administered
            told = {"administered": given, "wasted": session.prepared - given}
            fields = {"session": self._id, **told}
            self._clinic.act("session.account", fields, actor, witness)
        outcome = "left_before_checks" if session.administered else "left_before_dose"
        leaving = {"session": self._id, "outcome": outcome}
        self._clinic.act("session.end", leaving, self._staff.worker())
