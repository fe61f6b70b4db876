"""One session as simulated staff see it: who is here, what the screens show, what they may do."""

from safelight.rehearse.clinic import attacks, bedside
from safelight.rehearse.clinic.clinic import Clinic
from safelight.rehearse.clinic.patients import Patient
from safelight.rehearse.dice import Dice
from safelight.run.domain.base import Actor
from safelight.run.domain.dosing_entities import Patient as Known
from safelight.run.domain.dosing_entities import Session


class Stopped(Exception):  # noqa: N818 - no fault of the program: the session goes another way
    """Something legitimate was refused, so this session goes no further."""


class Room:
    """One patient, one session, and whoever is on duty."""

    def __init__(self, clinic: Clinic, patient: Patient, dice: Dice) -> None:
        """Take the patient; nothing is done yet."""
        self.clinic, self.patient, self.dice = clinic, patient, dice
        self.behaviour, self.staff = clinic.scenario.behaviour, clinic.staff
        self.dosed = False
        self._id = ""

    @property
    def session(self) -> Session:
        """The session as it stands."""
        return self.clinic.hands.site.all_of(Session)[self._id]

    @property
    def known(self) -> Known:
        """What the clinic knows of the patient's doses."""
        site = self.clinic.hands.site
        return site.all_of(Known).get(self.patient.person) or Known(self.patient.person)

    @property
    def moment(self) -> attacks.Moment:
        """This step of the session, for whoever tries what must be refused."""
        return attacks.Moment(self.clinic, self.patient, self.session, self.dice)

    def begin(self) -> None:
        """Let the patient in."""
        person = {"person": self.patient.person}
        if not self.clinic.act("session.begin", person, self.staff.worker()):
            raise Stopped
        self._id = self.known.session or ""

    def do(self, name: str, by: Actor, witness: Actor | None = None, /, **more: object) -> None:
        """Do something legitimate in this session; raises Stopped where it is refused."""
        if not self.clinic.act(name, {"session": self._id, **more}, by, witness):
            raise Stopped

    def tempt(self, where: str) -> None:
        """Now and then, have somebody try what must be refused at this step."""
        if self.dice.chance(self.behaviour.attack_share.value):
            self.clinic.attack(self.dice.pick(attacks.AT[where])(self.moment))

    def assess(self, *, intoxicated: bool = False) -> bool:
        """Assess the patient; tell whether nothing speaks against a dose."""
        found = bedside.before(self.dice, intoxicated=intoxicated)
        self.do("session.assess", self.staff.nurse(), bedside=found)
        assessment = self.session.assessment
        return assessment is not None and not assessment.holds

    def leave(self, outcome: str) -> None:
        """Let the patient go without being cleared."""
        self.do("session.end", self.staff.worker(), outcome=outcome)

    def account(self, *, administered: int = 0, wasted: int = 0, returned: int = 0) -> None:
        """Say where all that was prepared went, with a witness where any was not given."""
        clinic, (actor, witness) = self.clinic, self.staff.two()
        told = {"administered": administered, "wasted": wasted, "returned": returned}
        self.do("session.account", actor, witness if wasted or returned else None, **told)
        clinic.tally.micrograms += administered
        clinic.tally.wasted += wasted
        clinic.cabinet[self.patient.drug].units += returned // self.patient.strength

    def wrap_up(self) -> None:
        """After a refusal by mistake: account for what is out, and let the patient go."""
        session = self.clinic.hands.site.all_of(Session).get(self._id)
        if session is None:
            return
        if session.owes:
            actor, witness = self.staff.two()
            given = session.administered
            told = {"administered": given, "wasted": session.prepared - given}
            fields = {"session": self._id, **told}
            self.clinic.act("session.account", fields, actor, witness)
        outcome = "left_before_checks" if session.administered else "left_before_dose"
        leaving = {"session": self._id, "outcome": outcome}
        self.clinic.act("session.end", leaving, self.staff.worker())
