"""Whatever the service and the plan: nothing is used twice, nobody is lost, closed is closed."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.plan.capacity.distributions import constant, exponential, gamma, lognormal
from safelight.plan.capacity.draws import (
    AFTERCARE,
    BOOTH,
    CLEANING,
    CLOSING,
    KIND,
    MINUTES,
    NO_PLACE,
    SEAT,
    Visits,
)
from safelight.plan.capacity.floor import (
    ASKED,
    BALKED,
    CLOSED,
    LEFT,
    NEVER_ASKED,
    OUTCOME,
    PLACE,
    RENEGED,
    SEATED,
    SERVED,
    START,
    TOO_LATE,
    Places,
    Trace,
    run_floor,
)
from safelight.plan.capacity.hours import calendar_windows, parse_hours
from safelight.plan.capacity.lanes import are_apart, run_lanes
from safelight.plan.capacity.service import Route, Service
from safelight.plan.capacity.simulation import Capacity, Crowd, places_of

DAYS = 9

minutes = st.one_of(
    st.builds(exponential, st.floats(1, 60)),
    st.builds(gamma, st.floats(1, 60), st.floats(0.3, 9)),
    st.builds(lognormal, st.floats(1, 60), st.floats(0.1, 1)),
    st.builds(constant, st.integers(0, 40).map(float)),
)
hours = st.sampled_from(
    [
        "Mon-Sun 09:00-21:00",
        "Mon-Fri 10:30-17:45; Sat 22:15-05:30",
        "Fri-Sun 20:00-04:00",
        "24 hours",
        "Mon 09:00-12:00, 13:00-18:00; Sun 00:00-24:00",
    ]
)
services = st.builds(
    Service,
    hours=hours.map(parse_hours),
    visits_per_day=st.floats(0, 150),
    routes=st.tuples(
        st.builds(
            Route,
            name=st.just("injecting"),
            share=st.just(0.5),
            place=st.just("booth"),
            minutes=minutes,
            episodes=st.sampled_from([(1.0,), (0.6, 0.3, 0.1)]),
        ),
        st.builds(
            Route,
            name=st.just("smoking"),
            share=st.just(0.4),
            place=st.just("smoking_seat"),
            minutes=minutes,
            episodes=st.sampled_from([(1.0,), (0.5, 0.5)]),
        ),
        st.just(Route("other", 0.1, "none", constant(0))),
    ),
    booth_cleaning=minutes,
    seat_clearing=minutes,
    aftercare=minutes,
    patience=minutes,
    longest_queue=st.integers(0, 4),
    leaves_share=st.sampled_from([0.0, 0.5, 1.0]),
    last_entry_minutes=st.sampled_from([0.0, 30.0]),
    people_per_worker=st.integers(1, 3).map(float),
    month_day_weights=st.sampled_from([{}, {1: 3.0, 2: 0.0}]),
)
plans = st.builds(
    Capacity,
    booths=st.integers(1, 6),
    seats=st.integers(1, 4),
    staff=st.none() | st.integers(1, 3),
    chairs=st.none() | st.integers(1, 3),
)


class Run(NamedTuple):
    """One simulated stretch."""

    service: Service
    places: Places
    visits: Visits
    trace: Trace


@st.composite
def runs(draw: st.DrawFn) -> Run:
    service, plan = draw(services), draw(plans)
    crowd = Crowd(service, seed=draw(st.integers(0, 2**62)), years=1, days=DAYS)
    visits, places = crowd.year(0), places_of(service, plan)
    return Run(service, places, visits, run_floor(visits, places))


def overlaps(starts: np.ndarray, ends: np.ndarray, thing: np.ndarray) -> bool:
    """Tell whether any two stays in the same thing overlap."""
    order = np.lexsort((ends, starts, thing))
    starts, ends, thing = starts[order], ends[order], thing[order]
    return bool(np.any((thing[1:] == thing[:-1]) & (starts[1:] < ends[:-1])))


@given(runs())
def test_every_visit_has_one_end(run: Run) -> None:
    first = run.trace.marks[run.visits.first[:-1], OUTCOME]
    ends = [SERVED, BALKED, RENEGED, TOO_LATE, CLOSED]
    assert np.isin(first, ends).all()
    asked = run.trace.marks[:, OUTCOME] != NEVER_ASKED
    assert np.array_equal(asked, ~np.isnan(run.trace.times[:, ASKED]))
    served = run.trace.marks[:, OUTCOME] == SERVED
    assert np.array_equal(served, ~np.isnan(run.trace.times[:, START]))
    assert np.isfinite(run.trace.times[served, LEFT]).all()


@given(runs())
def test_nobody_begins_while_it_is_closed(run: Run) -> None:
    in_place = (run.trace.marks[:, OUTCOME] == SERVED) & (run.visits.traits[:, KIND] != NO_PLACE)
    starts = run.trace.times[in_place, START]
    windows = calendar_windows(run.service.hours, 0, DAYS)
    open_then = np.zeros(len(starts), dtype=bool)
    for opens, _, closes in windows:
        open_then |= (starts >= opens) & (starts < closes)
    assert open_then.all()
    arrival_open = [
        any(opens <= at < ends for opens, ends, _ in windows) for at in run.visits.arrival
    ]
    assert all(arrival_open)


@given(runs())
def test_no_place_and_no_chair_is_used_twice_at_a_time(run: Run) -> None:
    marks, times, needs = run.trace.marks, run.trace.times, run.visits.needs
    for kind, most in ((BOOTH, run.places.booths), (SEAT, run.places.seats)):
        here = (marks[:, OUTCOME] == SERVED) & (run.visits.traits[:, KIND] == kind)
        ready = times[here, LEFT] + needs[here, CLEANING]
        assert not overlaps(times[here, START], ready, marks[here, PLACE])
        assert np.isin(marks[here, PLACE], np.arange(most)).all()
    seated = marks[:, SEATED] >= 0
    left = times[seated, LEFT]
    assert not overlaps(left, left + needs[seated, AFTERCARE], marks[seated, SEATED])
    assert np.all(marks[:, SEATED] < run.places.chairs)


@given(runs())
def test_staff_never_watch_over_more_than_they_can(run: Run) -> None:
    in_place = (run.trace.marks[:, OUTCOME] == SERVED) & (run.visits.traits[:, KIND] != NO_PLACE)
    starts, ends = run.trace.times[in_place, START], run.trace.times[in_place, LEFT]
    at = np.concatenate([ends, starts])
    step = np.concatenate([-np.ones(len(ends)), np.ones(len(starts))])
    people = np.cumsum(step[np.lexsort((step, at))])  # at one moment, who leaves goes first
    assert people.max(initial=0) <= run.places.staffed


@given(runs())
def test_little_s_law_holds_on_the_trace(run: Run) -> None:
    """People waiting, summed over time, are the waits summed over people; the same in places."""
    times = run.trace.times
    asked = ~np.isnan(times[:, ASKED])
    begun = asked & ~np.isnan(times[:, START])
    end_of_wait = np.where(begun, times[:, START], times[:, LEFT])[asked]
    in_place = begun & (run.visits.traits[:, KIND] != NO_PLACE)
    for starts, ends in (
        (times[asked, ASKED], end_of_wait),
        (times[in_place, START], times[in_place, LEFT]),
    ):
        at = np.concatenate([starts, ends])
        step = np.concatenate([np.ones(len(starts)), -np.ones(len(ends))])
        order = np.argsort(at, kind="stable")
        people = np.cumsum(step[order])
        area = float(np.sum(people[:-1] * np.diff(at[order]))) if len(at) else 0.0
        assert area == pytest.approx(float(np.sum(ends - starts)), rel=1e-9, abs=1e-6)


@given(runs())
def test_who_is_inside_finishes_what_they_began(run: Run) -> None:
    served = run.trace.marks[:, OUTCOME] == SERVED
    stayed = run.trace.times[served, LEFT] - run.trace.times[served, START]
    assert np.all(stayed >= run.visits.needs[served, MINUTES] - 1e-6)
    closed = run.trace.marks[:, OUTCOME] == CLOSED
    assert np.all(run.trace.times[closed, LEFT] >= run.visits.needs[closed, CLOSING] - 1e-9)


@given(services, plans, st.integers(0, 2**62))
def test_the_quick_way_gives_the_times_of_the_general_one(
    service: Service, plan: Capacity, seed: int
) -> None:
    single = tuple(replace(route, episodes=(1.0,)) for route in service.routes)
    plain = replace(service, routes=single, leaves_share=0.0)
    visits = Crowd(plain, seed=seed, years=1, days=DAYS).year(0)
    places = places_of(plain, replace(plan, staff=None, chairs=None))
    assert are_apart(visits, places)
    one, other = run_floor(visits, places), run_lanes(visits, places)
    assert np.array_equal(one.times, other.times, equal_nan=True)
    assert np.array_equal(one.marks[:, OUTCOME], other.marks[:, OUTCOME])


@given(services, st.integers(1, 5), st.integers(0, 2**62))
def test_one_booth_more_lets_nobody_wait_longer(service: Service, booths: int, seed: int) -> None:
    """The same people, first come first served, everybody patient, no closing: person by person."""
    single = tuple(replace(route, episodes=(1.0,)) for route in service.routes)
    patient = replace(service, routes=single, leaves_share=0.0, patience=constant(1e9))
    visits = Crowd(
        replace(patient, hours=parse_hours("24 hours")), seed=seed, years=1, days=DAYS
    ).year(0)
    few, more = (
        run_floor(visits, places_of(patient, Capacity(count, 2))).times
        for count in (booths, booths + 1)
    )
    assert np.all(more[:, START] <= few[:, START])


@settings(max_examples=20)
@given(services, st.integers(0, 2**62))
def test_a_place_for_everybody_lets_nobody_wait(service: Service, seed: int) -> None:
    visits = Crowd(service, seed=seed, years=1, days=DAYS).year(0)
    trace = run_floor(visits, places_of(service, Capacity(3000, 3000)))
    served = trace.marks[:, OUTCOME] == SERVED
    assert np.array_equal(trace.times[served, START], trace.times[served, ASKED])
    assert not np.isin(trace.marks[:, OUTCOME], [BALKED, RENEGED]).any()
