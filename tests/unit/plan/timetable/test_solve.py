"""Whole weeks, small enough to be planned by hand."""

from typing import Any

import numpy as np
import pytest

from safelight.plan.timetable.check import check_timetable
from safelight.plan.timetable.clock import moment
from safelight.plan.timetable.generate import lagrangian
from safelight.plan.timetable.problem import Problem, Stop, Vehicle
from safelight.plan.timetable.programme import programme_of
from safelight.plan.timetable.result import Timetable
from safelight.plan.timetable.solve import Effort, timetable

DAYS = range(5)
MORNINGS = tuple((day * 1440, day * 1440 + 720) for day in DAYS)
SHIFTS = tuple((day * 1440 + 540, day * 1440 + 900) for day in DAYS)  # 09:00 to 15:00


def flat(size: int, minutes: int = 20) -> np.ndarray:
    return minutes * (1 - np.eye(size + 1, dtype=np.int64))


def week(*stops: Stop, vans: int = 1, **changes: Any) -> Problem:  # noqa: ANN401 - any field
    van = Vehicle("V0", "Depot", SHIFTS, 3, rest=20, set_up=10, pack_up=10)._replace(**changes)
    vehicles = tuple(van._replace(id=f"V{number}") for number in range(vans))
    return Problem(stops, vehicles, (flat(len(stops)),) * vans, {2: 2, 3: 2})


def quay(**changes: Any) -> Stop:  # noqa: ANN401 - any field
    return Stop("A", "Quay", 100.0, 0.5, (120,), (1, 2, 3))._replace(**changes)


def solved(problem: Problem, *, stretch: bool = False) -> Timetable:
    plan = timetable(problem, gap=0.0, stretch=stretch)
    assert check_timetable(plan, problem) == []
    assert plan.gap <= 1e-9
    assert plan.limit == ""
    return plan


def opens(plan: Timetable, stop: str) -> list[str]:
    return [moment(visit.open) for visit in plan.visits[stop]]


def test_one_stop_is_visited_on_monday_wednesday_and_friday() -> None:
    plan = solved(week(quay()))
    assert [each[:3] for each in opens(plan, "A")] == ["Mon", "Wed", "Fri"]
    assert plan.gain == pytest.approx(87.5)


def test_tour_keeps_the_clock_step_by_step() -> None:
    """Drive 20, set-up 10, open 120, pack-up 10; then the rest, nearer to the middle so."""
    tour = solved(week(quay(visits=(1,)))).tours[0]
    start = tour.depart
    visit = tour.visits[0]
    assert (visit.arrive, visit.open, visit.close, visit.leave) == tuple(
        start + minute for minute in (20, 30, 150, 160)
    )
    assert tour.rest == (start + 160, start + 180)
    assert (tour.back, tour.drive) == (start + 200, 40)


def test_nobody_waits_at_the_parking_place_with_the_engine_on() -> None:
    """The stop opens to vehicles at 12:00: the van sets off in time, not at the start."""
    noon = tuple((day * 1440 + 720, day * 1440 + 1000) for day in DAYS)
    tour = solved(week(quay(visits=(1,), windows=noon), rest=0)).tours[0]
    assert moment(tour.depart)[4:] == "11:40"
    assert moment(tour.visits[0].open)[4:] == "12:10"


def test_windows_decide_the_order() -> None:
    """The mill only in the morning: it comes first, whatever it is worth."""
    mill = Stop("B", "Mill", 10.0, 0.5, (90,), (1,), MORNINGS)
    plan = solved(week(quay(visits=(1,)), mill, shifts=SHIFTS[:1]))
    assert [visit.stop for visit in plan.tours[0].visits] == ["B", "A"]


def test_two_vans_never_stand_at_one_stop_on_one_day() -> None:
    plan = solved(week(quay(visits=(2,)), vans=2, shifts=SHIFTS[:1] + SHIFTS[2:3]))
    assert len(plan.visits["A"]) == 2
    assert {each[:3] for each in opens(plan, "A")} == {"Mon", "Wed"}


def test_longer_opening_is_chosen_where_it_is_worth_more() -> None:
    plan = solved(week(quay(dwell=(60, 180), visits=(1,))))
    assert plan.visits["A"][0].dwell == 180
    assert plan.gain == pytest.approx(87.5)


def test_short_openings_are_chosen_where_they_make_room_for_a_second_stop() -> None:
    mill = Stop("B", "Mill", 100.0, 0.5, (60, 180), (1,))
    plan = solved(week(quay(dwell=(60, 180), visits=(1,)), mill, shifts=SHIFTS[:1], rest=0))
    assert sorted(plan.visits) == ["A", "B"]
    assert sorted(each[0].dwell for each in plan.visits.values()) == [60, 180]


def test_night_shift_crosses_midnight_and_counts_as_its_eve() -> None:
    nights = tuple((day * 1440 + 1320, day * 1440 + 1680) for day in (4, 6))  # 22:00 to 04:00
    late = ((0, 240), (5 * 1440, 5 * 1440 + 240))  # Mon and Sat, 00:00 to 04:00
    plan = solved(week(quay(windows=late, visits=(2,)), shifts=nights))
    assert [each[:3] for each in opens(plan, "A")] == ["Sat", "Mon"]
    assert [moment(tour.depart)[:3] for tour in plan.tours] == ["Fri", "Sun"]


def test_given_gains_decide_the_pattern() -> None:
    plan = solved(week(quay(gains={1: 5.0, 2: 9.0, 3: 8.0})))
    assert len(plan.visits["A"]) == 2


def test_stretch_fills_the_shift() -> None:
    plan = solved(week(quay(visits=(1,))), stretch=True)
    visit = plan.visits["A"][0]
    assert visit.close - visit.open == 360 - 20 - 20 - 20 - 20
    assert visit.dwell == 120


def test_idle_vehicle_has_no_tour() -> None:
    plan = solved(week(quay(visits=(1,)), vans=2))
    assert len(plan.tours) == 1


def test_gains_of_any_size_give_the_same_week() -> None:
    some = [quay(id=f"S{n}", weight=10.0 + 3 * n, reach=0.3 + 0.05 * n) for n in range(6)]
    tiny = [stop._replace(weight=stop.weight * 1e-6) for stop in some]
    plan, small = solved(week(*some)), solved(week(*tiny))
    assert small.tours == plan.tours
    assert small.gain == pytest.approx(plan.gain * 1e-6)


def test_stops_worth_nothing_are_left_out() -> None:
    plan = solved(week(quay(weight=0.0)))
    assert (plan.tours, plan.gain, plan.bound, plan.gap) == ((), 0.0, 0.0, 0.0)


def crowded() -> Problem:
    dice = np.random.default_rng(3)
    some = [
        Stop(f"S{n}", f"Stop {n}", float(dice.integers(5, 60)), 0.4, (90,), (1, 2, 3))
        for n in range(14)
    ]
    problem = week(*some)
    return problem._replace(drive=(np.minimum(flat(14, 15) + dice.integers(0, 2), 16),))


def test_unfinished_search_says_what_ended_it_and_keeps_its_bound() -> None:
    problem = crowded()
    best = timetable(problem, gap=0.0)
    hasty = timetable(problem, gap=0.0, effort=Effort(rounds=0, work=10, columns=1, nodes=0))
    assert check_timetable(hasty, problem) == []
    assert hasty.gain <= best.gain <= hasty.bound * (1 + 1e-9)
    assert hasty.limit or hasty.gap <= 1e-9


def test_any_worth_of_calls_proves_a_bound() -> None:
    """The bound holds for worth from nowhere, given the best route at that worth."""
    problem = crowded()
    best = timetable(problem, gap=0.0).gain
    programme = programme_of(problem)
    dice = np.random.default_rng(1)
    for _ in range(5):
        worth = dice.uniform(0, 300, (len(programme.calls.stop), 7))
        # No more than three stops in a shift: a bound on what one route is worth.
        top = np.sort(worth, axis=0)[-3:].sum(axis=0)[programme.fleet.day]
        assert lagrangian(programme, worth, top) / programme.scale >= best
