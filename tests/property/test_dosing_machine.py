"""The clinic as one machine: whatever anybody taps, and whatever its clock does, doses stay safe.

An oracle with books of its own asserts the ten invariants after every command. Beside it the
machine keeps the true time, which neither staff nor rules can see, and asserts that no setting of
a clock brought a dose early.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from safelight.kernel.errors import Refused
from safelight.rehearse.clinic.invariants import Broken
from safelight.run.actions.timekeeper import DRIFT, Timekeeper
from safelight.run.domain.base import Actor, Fact, Role
from safelight.run.domain.clinic import gate
from safelight.run.domain.clinic.clock import TOLERANCE
from safelight.run.domain.clinic.dose import DoseAdministered
from safelight.run.domain.registry import COMMANDS
from tests.support.clinic import ANN, BEA, DOC, EVE, MAX, PACK, ROLES, WIM, Clinic
from tests.support.clinic_chances import PEOPLE, RARELY, SELDOM, WAIT, in_between, next_steps
from tests.support.sites import NOW

SEED = st.integers(0, 2**32 - 1)
STARTS = (
    NOW,
    datetime(2025, 1, 13, 22, 0, tzinfo=UTC),
    datetime(2025, 3, 29, 19, 0, tzinfo=UTC),  # the night in which an hour is left out
    datetime(2025, 10, 25, 19, 0, tzinfo=UTC),  # the night in which an hour comes twice
)
STAFF = (DOC, ANN, BEA, MAX, WIM, EVE)
# Who would do it, in this order, if they may.
DOERS = ((DOC, Role.PRESCRIBER), (ANN, Role.NURSE), (MAX, Role.MANAGER))
TAPS, LIKELY = 60, 0.85
# Two people may find a clock right that is wrong by so much, and it may then drift so far, at the
# last dose and at this one.
WRONG = 2 * (TOLERANCE + DRIFT)


class Work:
    """A clinic on a machine whose clock anybody may set, and what took place there."""

    def __init__(self, seed: int) -> None:
        """Open it with three patients, of whom two have two orders."""
        self.rng = Random(seed)
        self.wall = self.true = self.rng.choice(STARTS)
        self.given_at: dict[str, datetime] = {}  # by true time
        self.seen: Counter[str] = Counter()
        self.keeper = Timekeeper(lambda: self.wall, self._steady)
        self.clinic = Clinic(*PEOPLE, now=self.wall)
        self.keeper.confirm()
        paper = {"valid_from": "2020-01-01", "valid_to": "2030-01-01", "document": "A letter"}
        self.clinic.do("destruction_witness.authorise", MAX, staff=EVE, **paper)
        self.clinic.sign(person="p-2", route="intramuscular", dose=150_000, sessions=3)
        other = {"drug": "hydromorphone", "strength": 10_000, "dose": 40_000}
        self.clinic.sign(person="p-3", **other)

    def _steady(self) -> float:
        """Count seconds, as a clock does that nobody can set."""
        return self.true.timestamp()

    def go_on(self, taps: int) -> None:
        """Let staff tap so often."""
        for _ in range(taps):
            self._time_passes()
            if not self.clinic.trusted and self.rng.random() < SELDOM:
                self._act("clock.confirm", ANN, BEA, other=self.true)
            if self.rng.random() < SELDOM:
                self._tap(*in_between(self.rng, self.clinic))
            else:
                steps = next_steps(self.rng, self.clinic, self.rng.choice(PEOPLE))
                first = self.rng.random() < LIKELY
                self._tap(*(steps[0] if first else self.rng.choice(steps)))

    # Time

    def _time_passes(self) -> None:
        """Mostly minutes; now and then hours, and rarely somebody sets the clock."""
        minutes = self.rng.choice((0, 0, 1, 1, 1, 2, 5))
        if self.rng.random() < SELDOM:
            minutes = self.rng.choice((18, 20, 45, 120, 180, 240, 600))
        if self.rng.random() < RARELY / 4:
            minutes = 60 * 24 * self.rng.choice((1, 2, 4))
        self._pass(minutes)
        if self.rng.random() < RARELY / 2:
            self._clock_is_set()

    def _pass(self, minutes: float) -> None:
        self.true += timedelta(minutes=minutes)
        self.wall += timedelta(minutes=minutes)
        self.clinic.now = max(self.clinic.now, self.wall)

    def _clock_is_set(self) -> None:
        """Set the clock forward, back, or right; two people may find it right afterwards."""
        off = timedelta(minutes=self.rng.choice((-240, -30, -1.9, 0.4, 1.9, 30, 180)))
        self.wall = self.rng.choice((self.true + off, self.true, self.true))
        self.clinic.now = max(self.clinic.now, self.wall)
        self._act("clock.confirm", ANN, BEA, other=self.true)

    # Taps

    def _tap(self, name: str, fields: dict[str, Any]) -> None:
        """Have somebody tap who may, mostly, with a colleague beside; now and then twice."""
        if name == WAIT:
            self._pass(self.rng.choice((10, 20, 60)))
            return
        doers = [staff for staff, role in DOERS if role in COMMANDS[name].may]
        staff = doers[0] if doers and self.rng.random() < LIKELY else self.rng.choice(STAFF)
        beside = EVE if name == "register.destroy" else BEA
        if self.rng.random() < SELDOM:
            beside = self.rng.choice(STAFF)
        actor, witness = self._hand(staff), self._hand(beside)
        alone = self.rng.random() < SELDOM
        late = name.startswith("register.") or self.rng.random() < RARELY
        ago = timedelta(minutes=self.rng.choice((0, 0, 0, 5, 600)) if late else 0)
        self._act(name, actor, None if alone else witness, ago, **fields)
        if self.rng.random() < SELDOM:  # the same thing on another tablet
            self._act(name, actor, witness, **fields)

    def _hand(self, staff: str) -> Actor:
        """Return somebody who has just proved it, now and then not."""
        minutes = self.rng.choice((0, 4, 5, 6, 60, -1)) if self.rng.random() < SELDOM else 1
        proved = self.clinic.now - timedelta(minutes=minutes)
        return Actor(staff, ROLES[staff], None if self.rng.random() < RARELY else proved)

    def _act(
        self,
        name: str,
        by: str | Actor,
        beside: str | Actor | None,
        ago: timedelta = timedelta(0),
        /,
        **fields: Any,  # noqa: ANN401 - as a form sends them
    ) -> None:
        """Tap as the engine takes it: time never goes back, and is believed only where it may."""
        clinic = self.clinic
        clinic.behind = clinic.now - self.wall
        clinic.trusted = self.keeper.trusted and clinic.behind <= DRIFT
        try:
            facts = clinic.do(name, by, beside, clinic.now - ago, **fields)
        except Refused as refused:
            self.seen[refused.code] += 1
            return
        for fact in facts:
            self.seen[type(fact).__name__] += 1
            self._no_clock_brought_it_early(fact)
        if name == "clock.confirm":
            self.keeper.confirm()

    def _no_clock_brought_it_early(self, fact: Fact) -> None:
        """By true time, too, as long as the pack says lies between two doses of a patient."""
        if isinstance(fact, DoseAdministered):
            last = self.given_at.get(fact.person)
            interval = timedelta(minutes=PACK.number("dose_interval_minutes"))
            assert last is None or self.true - last >= interval - WRONG, "too early"
            self.given_at[fact.person] = self.true


class Dosing(RuleBasedStateMachine):
    """Any number of stretches of work; the clinic raises where an invariant breaks."""

    @initialize(seed=SEED)
    def opens(self, seed: int) -> None:
        """The clinic opens."""
        self.work = Work(seed)

    @rule(taps=st.integers(1, TAPS), seed=SEED)
    def goes_on(self, taps: int, seed: int) -> None:
        """Staff tap."""
        self.work.rng.seed(seed)
        self.work.go_on(taps)

    @invariant()
    def nobody_has_two_sessions(self) -> None:
        """One session of a patient at a time, however many tablets there are."""
        if hasattr(self, "work"):
            sessions = self.work.clinic.oracle.books.sessions.values()
            people = [each.person for each in sessions]
            assert len(people) == len(set(people))


TestDosing = Dosing.TestCase

# What a machine that never came near it would show nothing about.
REACHED = (
    *"DoseAdministered DoseAccounted HoldLifted DoseReduced DosesReviewed DosesLocked".split(),
    *"IncidentOpened LateDoseRecorded LineCorrected StockDestroyed DiscrepancyOpened".split(),
    *"dose-order dose-quantity dose-reduced-other dose-interval dose-sessions dose-window".split(),
    *"dose-held dose-assessed dose-after-missed dose-lock dose-after-overdose".split(),
    *"overdose-whose clock-trusted licence-holds dose-consent dose-daily dose-here".split(),
    *"witness-present witness-different witness-may proof-given proof-fresh".split(),
    *"observation-time discharge-last account-sum cabinet-holds session-stage".split(),
    *"hold-newest review-newest hold-decider dose-order-dates dose-total".split(),
)


def worked(clinics: int) -> Counter[str]:
    """Have so many clinics work, and return what took place and what was refused."""
    seen: Counter[str] = Counter()
    for seed in range(clinics):
        work = Work(seed)
        work.go_on(600)
        seen += work.seen
    return seen


def test_machine_comes_near_what_it_is_about() -> None:
    seen = worked(60)
    assert [each for each in REACHED if not seen[each]] == []
    assert seen["DoseAdministered"] > 500


def test_machine_finds_a_dose_that_a_clock_brought_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were every clock believed, the true time would tell."""
    monkeypatch.setattr(Timekeeper, "trusted", True)
    with pytest.raises(AssertionError, match="early"):
        worked(60)


def test_machine_finds_a_dose_that_comes_too_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the rule the oracle tells, whatever led there."""
    monkeypatch.setattr(gate, "_require_interval", lambda *_: None)
    with pytest.raises(Broken) as caught:
        worked(60)
    assert caught.value.invariants == {3}
