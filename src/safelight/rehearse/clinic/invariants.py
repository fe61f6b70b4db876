"""What must hold at a clinic after every command, judged without the rules' help.

An oracle with a book of its own: it hears every command, the facts that came of it and the site
that stands then, from a site's first command on and in the order of its journal, and says what is
wrong. It calls none of the functions that the rules use.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from safelight.rehearse.clinic import checks
from safelight.rehearse.clinic.books import Account, Books, mg
from safelight.rehearse.clinic.hearing import hear
from safelight.run.domain.base import Command, Fact, Given
from safelight.run.domain.clinic.count import RegisterCounted
from safelight.run.domain.clinic.destruction import StockDestroyed
from safelight.run.domain.clinic.discrepancy import DiscrepancyResolved
from safelight.run.domain.clinic.dose import DoseAccounted, DoseAdministered, DosePrepared
from safelight.run.domain.clinic.footnote import LineCorrected
from safelight.run.domain.clinic.late import LateDoseRecorded
from safelight.run.domain.clinic.observation import SessionEnded
from safelight.run.domain.clinic.oral import OralGiven
from safelight.run.domain.clinic.patient import DosesReviewed
from safelight.run.domain.clinic.prescription import PrescriptionSigned
from safelight.run.domain.clinic.register import RegisterOpened, StockObtained, StockWasted
from safelight.run.domain.clinic.returns import ReturnDestroyed
from safelight.run.domain.clinic.session import DoseReduced, HoldLifted
from safelight.run.domain.clinic_entities import Prescription
from safelight.run.domain.dosing_entities import Patient
from safelight.run.domain.register_entities import Line, Register
from safelight.run.domain.site import Site

REMEMBERED: Final = 100_000  # commands; a tablet repeats a tap within minutes

Wrong = tuple[int, str]
Check = Callable[[Books, Any, Given], Iterator[str]]


class Broken(AssertionError):  # noqa: N818 - it says what is broken
    """Something that must never happen did: which invariants, and how."""

    def __init__(self, wrong: list[Wrong]) -> None:
        """Keep the numbers of the invariants beside the sentences that say what is wrong."""
        super().__init__("; ".join(f"invariant {number}: {what}" for number, what in wrong))
        self.invariants = frozenset(number for number, _ in wrong)


def _by_two(_: Books, __: Fact, given: Given) -> Iterator[str]:
    return checks.two_people_did_it(given)


def _by_two_unless_all_given(_: Books, fact: DoseAccounted, given: Given) -> Iterator[str]:
    return checks.two_people_did_it(given) if fact.wasted or fact.returned else iter(())


# What is asked of a fact, by the number of the invariant.
ASKED: Final[dict[type[Fact], tuple[tuple[int, Check], ...]]] = {
    PrescriptionSigned: ((1, checks.order_is_signed),),
    HoldLifted: ((4, checks.hold_is_lifted_by_who_may),),
    DoseReduced: ((4, checks.dose_is_reduced_by_a_prescriber),),
    DosesReviewed: ((7, checks.review_is_a_prescribers),),
    DosePrepared: (
        (1, checks.prepared_under_own_order),
        (8, _by_two),
        (9, checks.taken_is_what_the_order_names),
    ),
    DoseAccounted: (
        (2, lambda books, fact, _: checks.given_is_within_dose(books, fact)),
        (8, _by_two_unless_all_given),
        (9, lambda books, fact, _: checks.all_of_it_is_somewhere(books, fact)),
    ),
    SessionEnded: (
        (6, checks.observation_is_whole),
        (9, lambda books, fact, _: checks.nothing_is_owed_when_cleared(books, fact)),
    ),
    OralGiven: (
        (1, checks.dose_by_mouth_is_ordered),
        (2, checks.dose_by_mouth_is_within_order),
        (7, checks.nothing_by_mouth_after_an_overdose),
        (8, _by_two),
    ),
    LateDoseRecorded: ((8, _by_two),),
    RegisterOpened: ((8, _by_two),),
    StockWasted: ((8, _by_two),),
    StockDestroyed: ((8, _by_two), (8, checks.destruction_is_witnessed)),
    LineCorrected: ((8, _by_two), (8, checks.destruction_is_witnessed)),
    RegisterCounted: ((8, _by_two),),
    ReturnDestroyed: ((8, _by_two),),
}
# What is asked of a dose.
OF_A_DOSE: Final = (
    (1, checks.dose_is_ordered),
    (2, checks.dose_is_within_order_and_day),
    (3, checks.dose_keeps_interval_and_sessions),
    (4, checks.dose_is_assessed),
    (5, checks.missed_sessions_are_reviewed),
    (7, checks.no_dose_after_an_overdose),
    (10, checks.nothing_happens_twice),
)
OF_STOCK: Final = (
    RegisterOpened,
    StockObtained,
    StockWasted,
    StockDestroyed,
    LineCorrected,
    RegisterCounted,
    DiscrepancyResolved,
    DosePrepared,
    DoseAccounted,
    LateDoseRecorded,
    OralGiven,
)
LATE: Final = (StockObtained, StockWasted, StockDestroyed, LateDoseRecorded)


class Invariants:
    """One site's books. ``before`` each command, ``after`` those that were not refused.

    Both take constant time, however much came before.
    """

    def __init__(self) -> None:
        """Begin with empty books, before the site is founded."""
        self.books = Books()
        self._again = False

    def before(self, _: Site, __: Command, given: Given) -> None:
        """Take note of a command that is about to be decided."""
        self._again = given.command in self.books.done

    def after(self, site: Site, facts: list[Fact], given: Given) -> None:
        """Check what came of it; ``site`` is the site after all the facts, settled or not.

        Raises:
            Broken: An invariant does not hold.
        """
        wrong = list(self._of_the_command(given))
        for fact in facts:
            wrong += self._of_the_fact(fact, given)
            if wrong:  # what must never happen fits no book
                raise Broken(wrong)
            hear(self.books, fact, given)
        if any(isinstance(fact, DiscrepancyResolved) for fact in facts):
            facts = facts[1:]  # a loss is resolved by a count that differs
        for fact in facts:  # the site is as it stands after all of them
            wrong += self._of_the_site(site, fact, given)
        if wrong:
            raise Broken(wrong)

    def _of_the_command(self, given: Given) -> Iterator[Wrong]:
        books = self.books
        if self._again:
            yield 10, f"the command {given.command} was done twice"
        if books.now is not None and given.now < books.now:
            yield 3, f"time went back from {books.now} to {given.now}"
        books.now = given.now
        books.done[given.command] = None
        if len(books.done) > REMEMBERED:
            books.done.popitem(last=False)

    def _of_the_fact(self, fact: Fact, given: Given) -> Iterator[Wrong]:
        for number, check in ASKED.get(type(fact), ()):
            yield from ((number, what) for what in check(self.books, fact, given))
        if isinstance(fact, DoseAdministered):
            dose = checks.moment(self.books, fact, given)
            for number, ask in OF_A_DOSE:
                yield from ((number, what) for what in ask(self.books, dose))

    def _of_the_site(self, site: Site, fact: Fact, given: Given) -> Iterator[Wrong]:
        """Compare what the rules keep with the books."""
        if isinstance(fact, DoseAdministered):
            yield from self._dose_is_kept(site, fact)
        if isinstance(fact, OF_STOCK):
            register = site.all_of(Register)[fact.register]
            yield from _balance_is_kept(register, self.books.accounts[register.id])
            yield from _entry_is_kept(site, register, fact, given)

    def _dose_is_kept(self, site: Site, fact: DoseAdministered) -> Iterator[Wrong]:
        known = self.books.patient(fact.person)
        patient = site.all_of(Patient)[fact.person]
        if patient.last_dose_at != known.doses[-1].at:
            yield 3, f"the last dose of {fact.person} is kept as of {patient.last_dose_at}"
        if patient.started_at != known.started:
            yield 6, f"the first days count from {patient.started_at}, not {known.started}"
        order, was = site.all_of(Prescription)[fact.order], known.orders[fact.order]
        if mg(order.given) != was.given:
            yield 2, f"the order gave {was.given} mg, and {mg(order.given)} mg are kept"
        limits = ("dose", "sessions", "daily", "total", "valid_from", "valid_to")
        if any(getattr(order, limit) != getattr(was.signed, limit) for limit in limits):
            yield 5, f"the order {order.id} is no longer as it was signed"


def _balance_is_kept(register: Register, account: Account) -> Iterator[Wrong]:
    for term, known in account.terms.items():
        if mg(getattr(register, term)) != known:
            yield 9, f"{term}: {mg(getattr(register, term))} mg are kept, and {known} mg went"
    if mg(register.prepared) != account.prepared:
        yield 9, f"{mg(register.prepared)} mg are kept as prepared, not {account.prepared} mg"
    if mg(register.balance) != account.balance:
        yield 9, f"the balance is {mg(register.balance)} mg, not {account.balance} mg"
    if min(register.balance, register.cabinet, register.prepared) < 0:
        yield 9, f"the register {register.id} holds less than nothing"
    if register.lines != account.lines:
        yield 10, f"the register has {register.lines} lines, for {account.lines} entries"


def _entry_is_kept(site: Site, register: Register, fact: Fact, given: Given) -> Iterator[Wrong]:
    """A count that differs is a discrepancy; a late entry says when it took place."""
    if isinstance(fact, RegisterCounted):
        differs = fact.counted != fact.expected
        if differs and register.discrepancy is None:
            yield 9, f"{mg(fact.counted)} mg were counted, not {mg(fact.expected)} mg, in silence"
    line = site.changes.get(("line", f"{register.id}-{register.lines}"))
    if isinstance(fact, LATE) and isinstance(line, Line):
        known = given.happened_at, given.now
        if (line.at, line.recorded_at) != known:
            yield 10, f"an entry of {given.happened_at} stands as of {line.at}"
