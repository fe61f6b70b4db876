"""Registers held against their journal: every term, every line, nothing missing, nothing added."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import msgspec

from safelight.run.domain.register_entities import Line, Register
from safelight.run.register.fold import KINDS, SIGNS, Book, Ledger
from safelight.run.store import journal
from safelight.run.store.driver import Driver
from safelight.run.store.registers import all_lines, entries_of, registers_of

Progress = Callable[[int], None]
TOLD: Final = 5000  # entries or lines between two words about how far it is
SHOWN: Final = 20  # problems of one register that are told one by one
FIELDS: Final = [field.name for field in msgspec.structs.fields(Line)]


class Checked(NamedTuple):
    """What holding one register against its journal came to."""

    register: str
    lines: int
    balance: int  # by the journal, in micrograms
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Tell whether the register is what the journal says."""
        return not self.problems


class _Problems(dict[str, list[str]]):
    """What is wrong, by register."""

    def __missing__(self, register: str) -> list[str]:
        self[register] = []
        return self[register]


def books_of(driver: Driver, site: str, last: int, progress: Progress) -> dict[str, Book]:
    """Return the registers that the journal makes up to an entry, by id."""
    ledger = Ledger()
    for nth, entry in enumerate(entries_of(driver, site, KINDS, last)):
        ledger.take(entry)
        if nth % TOLD == 0:
            progress(entry.seq)
    return ledger.books


def check_registers(
    driver: Driver, site: str, progress: Progress = lambda _: None
) -> list[Checked]:
    """Hold a site's registers against its journal, as of one moment; by id."""
    driver.begin_reading()
    try:
        books = books_of(driver, site, journal.head(driver, site).seq, progress)
        problems = _Problems()
        _hold_registers(books, registers_of(driver, site), problems)
        _hold_lines(books, all_lines(driver, site), problems)
    finally:
        driver.rollback()
    for book in books.values():
        for number in book.below_nothing:
            problems[book.id].append(f"After line {number} less than nothing is left.")
    return [_checked(key, books.get(key), problems[key]) for key in sorted({*books, *problems})]


def _checked(key: str, book: Book | None, problems: list[str]) -> Checked:
    more = len(problems) - SHOWN
    told = problems[:SHOWN] + ([f"And {more} more."] if more > 0 else [])
    lines, balance = (len(book.lines), book.balance) if book else (0, 0)
    return Checked(key, lines, balance, tuple(told))


def _hold_registers(books: dict[str, Book], registers: list[Register], problems: _Problems) -> None:
    found = {register.id: register for register in registers}
    for key in {*books, *found}:
        if key not in found:
            problems[key].append("The register is missing; the journal opened it.")
        elif key not in books:
            problems[key].append("The journal never opened this register.")
        else:
            problems[key] += _differences(books[key], found[key])


def _differences(book: Book, register: Register) -> Iterator[str]:
    expected = {
        "drug": book.drug,
        "form": book.form,
        "strength": book.strength,
        "opened_at": book.opened_at,
        **{term: book.terms[term] for term in SIGNS},
        "prepared": book.prepared,
        "lines": len(book.lines),
        "balance": book.balance,
    }
    for name, wanted in expected.items():
        says = getattr(register, name)
        if says != wanted:
            yield f"The register says {name} {says}; the journal makes it {wanted}."


def _hold_lines(books: dict[str, Book], lines: Iterator[Line], problems: _Problems) -> None:
    missing = {line.id: line for book in books.values() for line in book.lines}
    for line in lines:
        wanted = missing.pop(line.id, None)
        if wanted is None:
            problems[line.register].append(f"Line {line.number} is in no entry of the journal.")
        elif line != wanted:
            problems[wanted.register] += _different(line, wanted)
    for line in missing.values():
        problems[line.register].append(f"Line {line.number} is missing (entry {line.seq}).")


def _different(line: Line, wanted: Line) -> Iterator[str]:
    for name in FIELDS:
        says, journal_says = getattr(line, name), getattr(wanted, name)
        if says != journal_says:
            yield (
                f"Line {wanted.number} says {name} {says}; entry {wanted.seq} makes it "
                f"{journal_says}."
            )
