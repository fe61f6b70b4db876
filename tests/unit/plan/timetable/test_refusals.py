"""Problems that make no sense are refused with what is wrong and what to do."""

from typing import Any

import numpy as np
import pytest

from safelight.kernel.errors import Invalid
from safelight.plan.timetable.problem import Problem, Stop, Vehicle
from safelight.plan.timetable.solve import timetable

STOP = Stop("A", "Quay", 10.0, 0.5, (60,), (1, 2))
VAN = Vehicle("V", "Depot", ((540, 1020), (1980, 2460)), 3, 20, 10, 10)
DRIVE = np.array([[0, 30], [30, 0]])
GOOD = Problem((STOP,), (VAN,), (DRIVE,), {})
SUNDAY = 6 * 1440


def stop(**changes: Any) -> Problem:  # noqa: ANN401 - any field
    return GOOD._replace(stops=(STOP._replace(**changes),))


def van(**changes: Any) -> Problem:  # noqa: ANN401 - any field
    return GOOD._replace(vehicles=(VAN._replace(**changes),))


def night(*shifts: tuple[int, int]) -> Problem:
    """A second van with other shifts."""
    other = VAN._replace(id="N", shifts=shifts)
    return GOOD._replace(vehicles=(VAN, other), drive=(DRIVE, DRIVE))


BAD = {
    "There is no vehicle": GOOD._replace(vehicles=(), drive=()),
    "There is no stop": GOOD._replace(stops=()),
    "two stops 'A'": GOOD._replace(stops=(STOP, STOP)),
    "two vehicles 'V'": GOOD._replace(vehicles=(VAN, VAN)),
    "Stop A: weight -1": stop(weight=-1.0),
    "Stop A: weight nan": stop(weight=float("nan")),
    "Stop A: reach 1.5": stop(reach=1.5),
    r"Stop A: dwell \[-60\] minutes": stop(dwell=(-60,)),
    r"Stop A: visits \[8\]": stop(visits=(8,)),
    "Stop A: window from minute 100 to 50": stop(windows=((100, 50),)),
    r"Stop A: no gain for \{2\} visits": stop(gains={1: 1.0}),
    "Stop A: gains for several lengths": stop(gains={1: 1.0, 2: 1.0}, dwell=(60, 90)),
    r"Stop A: gains \[1.0, -1.0\]": stop(gains={1: 1.0, 2: -1.0}),
    "Vehicle V: it works on no day": van(shifts=()),
    "Vehicle V: 0 stops in a shift": van(most_stops=0),
    "Vehicle V: rest -5 minutes": van(rest=-5),
    "Vehicle V: shift from minute 600 to 540": van(shifts=((600, 540),)),
    "Vehicle V: the shift from Mon 09:00 to Mon 17:00 is not over": van(
        shifts=((540, 1020), (1000, 1300))
    ),
    "N's shift from Mon 22:00 to Tue 10:00 is not over when V's of the next day": night(
        (1320, 2040)
    ),
    "N's shift from Sun 22:00 to Mon 10:00 is not over when V's of the next day": night(
        (SUNDAY + 1320, SUNDAY + 2040)
    ),
    "1 matrices of driving times for 2 vehicles": night((3 * 1440, 3 * 1440 + 60))._replace(
        drive=(DRIVE,)
    ),
    r"driving times of V have the shape \(1, 1\)": GOOD._replace(drive=(np.zeros((1, 1), int),)),
    "longer than by way of a third place": Problem(
        (STOP, STOP._replace(id="B")),
        (VAN,),
        (np.array([[0, 90, 30], [90, 0, 30], [30, 30, 0]]),),
        {},
    ),
    r"Stop A \(Quay\): driving there and back, set-up, the opening, pack-up and the rest take "
    "520 minutes; the best shift for it has 480": stop(dwell=(420 - 0,)),
    r"Stop A \(Quay\): no shift has the 160 minutes for it within its hours": stop(
        windows=((0, 600),)
    ),
    r"Stop A \(Quay\): no days fit any of \[3\] visits": stop(visits=(3,)),
}


@pytest.mark.parametrize(("words", "problem"), BAD.items(), ids=list(BAD))
def test_nonsense_is_refused(words: str, problem: Problem) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        timetable(problem)
    assert refused.value.remedy


def test_negative_gap_is_refused() -> None:
    with pytest.raises(Invalid, match="gap"):
        timetable(GOOD, gap=-0.1)


def test_round_the_clock_by_two_crews_is_allowed() -> None:
    """One crew ends when the next day's first crew begins."""
    plan = timetable(night((1320, 1980), (1980 + 1440, 1980 + 1500)), gap=0.0)
    assert plan.gain == pytest.approx(7.5)
