"""Acknowledged is durable: the real engine, on the real driver, on a disk whose power fails."""

import pytest
from typing_extensions import override

from tests.support.powercut_workload import CutDriver, power_cuts

CUTS, PARTS = 2_000, 8


class NormalDriver(CutDriver):
    """The driver as it must not be: with ``synchronous=NORMAL``, which syncs no commit."""

    @override
    def _open_for_writing(self, *, exclusive: bool) -> None:
        super()._open_for_writing(exclusive=exclusive)
        self._connection.pragma("synchronous", 1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(PARTS))
def test_power_cut_loses_halves_and_doubles_nothing(seed: int) -> None:
    """After a cut at any moment the journal is what was acknowledged, and work goes on."""
    report = power_cuts(CUTS // PARTS, seed)
    assert report.broken == []
    assert report.cuts == CUTS // PARTS
    assert report.commands > report.cuts
    assert report.sent_again > report.cuts


def test_power_cuts_reach_what_they_are_for() -> None:
    """Some cuts come twice, some find the floor idle, and some save what nobody was told of."""
    report = power_cuts(200, seed=99)
    assert min(report.second_cuts, report.while_idle, report.survived_unacknowledged) > 0


def test_power_cuts_without_a_sync_at_each_commit_lose_entries() -> None:
    """The same cuts find losses where the database does not sync its log: the test can fail."""
    report = power_cuts(40, seed=1, driver=NormalDriver)
    assert any("entries told" in each for each in report.broken)
