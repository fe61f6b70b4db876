"""Thirty years of the small clinic against the rules in memory, judged after every command.

The soak does three thousand: ``run.py soak clinic``.
"""

import pytest

from tests.support.clinics import SMALL, rehearsed

BLOCKS, YEARS = 6, 5
DAYS = 365


@pytest.mark.slow
@pytest.mark.parametrize("block", range(BLOCKS))
def test_five_years_without_a_dose_too_many_or_a_register_that_is_wrong(block: int) -> None:
    report = rehearsed(SMALL, YEARS * DAYS, seed=1000 + block)
    tally = report.tally
    assert tally.broken == []
    assert tally.days == YEARS * DAYS
    assert tally.checked + tally.attacks == tally.commands
    assert tally.mistaken_share <= 0.001
    assert all(register.agrees for register in report.registers)
