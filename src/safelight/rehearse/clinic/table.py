"""A clinic's report as a table for the terminal."""

from collections.abc import Iterator, Mapping

from safelight.rehearse.clinic.run import ClinicReport
from safelight.rehearse.clinic.scenario import ClinicScenario
from safelight.run.domain.clinic.words import in_figures

WIDTH = 34
COUNTS = (
    ("days", "days"),
    ("commands", "commands"),
    ("checked", "of them judged against the invariants"),
    ("patients", "patients admitted"),
    ("sessions", "sessions"),
    ("missed", "missed sessions"),
    ("doses", "doses"),
    ("by_mouth", "doses by mouth"),
    ("on_paper", "doses recorded from paper"),
    ("withheld", "doses withheld"),
    ("reduced", "doses reduced"),
    ("lifted", "holds lifted"),
    ("left_before_dose", "left before the dose"),
    ("left_before_checks", "left before the checks"),
    ("reviews", "prescriber's reviews"),
    ("orders", "orders signed"),
    ("receipts", "deliveries entered"),
    ("late_entries", "of them late"),
    ("footnotes", "footnotes"),
    ("counts", "counts by two people"),
    ("discrepancies", "discrepancies opened"),
    ("settled", "discrepancies resolved"),
    ("restarts", "restarts of the machine"),
)


def table(report: ClinicReport, scenario: ClinicScenario) -> str:
    """Return a clinic's report in lines."""
    return "\n".join(_lines(report, scenario))


def _lines(report: ClinicReport, scenario: ClinicScenario) -> Iterator[str]:
    tally = report.tally
    yield f"{report.site}: {report.entries:,} entries in {report.seconds:.1f} s."
    for name, words in COUNTS:
        yield _row(words, f"{getattr(tally, name):,}")
    yield _row("mg given", in_figures(tally.micrograms))
    yield _row("mg left over and wasted", in_figures(tally.wasted))
    rate = scenario.behaviour.overdoses_per_injection.value
    expected = f"{tally.doses * rate:.1f} at the published rate of 1 in {1 / rate:,.0f}"
    yield _row("overdoses", f"{tally.overdoses:,} ({expected})")
    yield from _by_rule("tries that must be refused, and were", tally.refused)
    yield from _by_rule("refused by mistake", tally.mistaken)
    yield _row("sessions refused by mistake", f"{tally.mistaken_share:.3%}")
    for each in report.registers:
        said = "as it should be" if each.agrees else "NOT AS IT SHOULD BE"
        yield _row(each.id, f"{in_figures(each.balance)} mg in {each.lines:,} lines, {said}")
    yield _row("what must never happen", f"{len(tally.broken):,}")
    yield from (f"    {what}" for what in (*tally.broken, *tally.told))


def _row(words: str, value: str) -> str:
    return f"  {words:<{WIDTH}} {value}"


def _by_rule(words: str, counts: Mapping[str, int]) -> Iterator[str]:
    yield _row(words, f"{sum(counts.values()):,}")
    for rule, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield _row(f"  {rule}", f"{count:,}")
