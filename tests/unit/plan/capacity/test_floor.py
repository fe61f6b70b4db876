"""The floor by hand: a few people whose times are known, and what must become of each."""

import math

import numpy as np
import pytest

from safelight.plan.capacity.draws import BOOTH, NO_PLACE, SEAT, Visits
from safelight.plan.capacity.floor import (
    BALKED,
    CLOSED,
    LEFT,
    NEVER_ASKED,
    OUTCOME,
    RENEGED,
    SEATED,
    SERVED,
    START,
    TOO_LATE,
    UNLIMITED,
    Places,
    run_floor,
)
from safelight.plan.capacity.lanes import are_apart, run_lanes

OPEN = math.inf
EVER = math.inf


def person(
    at: float,
    *minutes: float,
    kind: int = BOOTH,
    cleaning: float = 0,
    aftercare: float = 0,
    patience: float = EVER,
    closing: float = OPEN,
    late: bool = False,
    shy: bool = False,
) -> dict[str, object]:
    """Describe one visit with an episode for each number of minutes."""
    rows = [
        (each, cleaning, aftercare if last else 0.0, patience, closing)
        for each, last in zip(minutes, [False] * (len(minutes) - 1) + [True], strict=True)
    ]
    return {"at": at, "rows": rows, "kind": kind, "late": late, "shy": shy}


def crowd(*people: dict[str, object]) -> Visits:
    rows = [each["rows"] for each in people]
    traits = [
        (each["kind"], q + 1 == len(of), 0)  # type: ignore[arg-type]
        for each, of in zip(people, rows, strict=True)
        for q in range(len(of))  # type: ignore[arg-type]
    ]
    return Visits(
        np.array([each["at"] for each in people], dtype=np.float64),
        np.array([each["late"] for each in people], dtype=np.bool_),
        np.array([each["shy"] for each in people], dtype=np.bool_),
        np.cumsum([0, *(len(of) for of in rows)]),  # type: ignore[arg-type]
        np.array([row for of in rows for row in of], dtype=np.float64),  # type: ignore[attr-defined]
        np.array(traits, dtype=np.int8),
    )


def places(
    booths: int = 1,
    seats: int = 0,
    chairs: int = UNLIMITED,
    staffed: int = UNLIMITED,
    longest_queue: int = 0,
) -> Places:
    return Places(booths, seats, chairs, staffed, longest_queue)


def starts(visits: Visits, floor: Places) -> list[float]:
    return [float(each) for each in run_floor(visits, floor).times[:, START]]


def outcomes(visits: Visits, floor: Places) -> list[int]:
    return [int(each) for each in run_floor(visits, floor).marks[:, OUTCOME]]


def test_first_come_is_first_served() -> None:
    visits = crowd(person(0, 10), person(1, 5), person(2, 5))
    assert starts(visits, places(1)) == [0, 10, 15]
    assert starts(visits, places(2)) == [0, 1, 6]


def test_a_booth_is_cleaned_before_the_next_person() -> None:
    visits = crowd(person(0, 10, cleaning=4), person(1, 5))
    assert starts(visits, places()) == [0, 14]


def test_booths_and_seats_have_queues_of_their_own() -> None:
    visits = crowd(person(0, 30), person(1, 30), person(2, 30, kind=SEAT))
    assert starts(visits, places(1, seats=1)) == [0, 30, 2]


def test_staff_are_shared_and_the_longest_wait_goes_first() -> None:
    """One person at a time: the smoker asked before the second injector, so goes before."""
    visits = crowd(person(0, 30), person(1, 30, kind=SEAT), person(2, 30))
    assert starts(visits, places(2, seats=1, staffed=1)) == [0, 30, 60]


def test_cleaning_needs_no_supervision() -> None:
    visits = crowd(person(0, 10, cleaning=20), person(1, 5))
    assert starts(visits, places(2, staffed=1)) == [0, 10]


def test_without_a_free_chair_people_stay_in_the_booth() -> None:
    """The second person's chair is free at 40, so the third gets the booth then."""
    visits = crowd(
        person(0, 10, aftercare=30), person(1, 10, aftercare=5), person(2, 10, aftercare=5)
    )
    assert starts(visits, places(1, chairs=1)) == [0, 10, 40]
    assert starts(visits, places(1, chairs=2)) == [0, 10, 20]
    trace = run_floor(visits, places(1, chairs=1))
    assert trace.times[:, LEFT].tolist() == [10, 40, 50]
    assert trace.marks[:, SEATED].tolist() == [0, 0, 0]


def test_a_second_episode_queues_again() -> None:
    visits = crowd(person(0, 10, 10), person(1, 10))
    trace = run_floor(visits, places())
    assert trace.times[:, START].tolist() == [0, 20, 10]


def test_who_loses_patience_has_left_and_nobody_waits_behind_them() -> None:
    visits = crowd(person(0, 30), person(1, 30, patience=10), person(2, 5))
    assert outcomes(visits, places()) == [SERVED, RENEGED, SERVED]
    trace = run_floor(visits, places())
    assert trace.times[1, LEFT] == 11
    assert trace.times[2, START] == 30


def test_who_never_waits_takes_a_free_place_and_no_other() -> None:
    visits = crowd(person(0, 10, patience=0), person(5, 10, patience=0), person(10, 5, patience=0))
    assert outcomes(visits, places()) == [SERVED, RENEGED, SERVED]


def test_a_second_episode_is_never_asked_for_after_the_first_was_given_up() -> None:
    visits = crowd(person(0, 30), person(1, 10, 10, patience=5))
    assert outcomes(visits, places()) == [SERVED, RENEGED, NEVER_ASKED]


def test_at_closing_the_queue_goes_home_and_who_is_inside_finishes() -> None:
    visits = crowd(person(0, 30, closing=20), person(1, 10, closing=20))
    trace = run_floor(visits, places())
    assert trace.marks[:, OUTCOME].tolist() == [SERVED, CLOSED]
    assert trace.times[:, LEFT].tolist() == [30, 20]


def test_nobody_begins_at_the_minute_of_closing() -> None:
    assert outcomes(crowd(person(0, 20, closing=20), person(1, 5, closing=20)), places()) == [
        SERVED,
        CLOSED,
    ]


def test_after_the_last_entry_nobody_is_let_in_even_to_empty_booths() -> None:
    assert outcomes(crowd(person(15, 5, late=True, closing=20)), places()) == [TOO_LATE]


def test_some_turn_round_at_sight_of_a_longer_queue() -> None:
    """Two wait when the shy one comes: too many where one is put up with, not where two are."""
    people = (person(0, 30), person(1, 5), person(2, 5), person(3, 5, shy=True), person(4, 5))
    assert outcomes(crowd(*people), places(longest_queue=1))[3] == BALKED
    assert outcomes(crowd(*people), places(longest_queue=2))[3] == SERVED


def test_who_has_given_up_is_no_longer_in_the_queue_that_others_see() -> None:
    people = (person(0, 30), person(1, 5, patience=1), person(3, 5, shy=True))
    assert outcomes(crowd(*people), places(longest_queue=0)) == [SERVED, RENEGED, SERVED]


def test_who_needs_no_place_is_served_in_a_full_house() -> None:
    visits = crowd(person(0, 30), person(1, 0, kind=NO_PLACE))
    assert starts(visits, places(staffed=1)) == [0, 1]


@pytest.mark.parametrize("booths", [1, 2, 3])
def test_both_ways_through_the_floor_agree(booths: int) -> None:
    visits = crowd(
        person(0, 30, cleaning=3),
        person(1, 10, patience=4),
        person(2, 10, kind=SEAT, cleaning=9),
        person(3, 10, kind=SEAT, closing=15),
        person(4, 10, closing=40),
        person(5, 1, kind=NO_PLACE),
        person(6, 10, late=True),
    )
    floor = places(booths, seats=1)
    assert are_apart(visits, floor)
    one, other = run_floor(visits, floor), run_lanes(visits, floor)
    assert np.array_equal(one.times, other.times, equal_nan=True)
    assert np.array_equal(one.marks[:, OUTCOME], other.marks[:, OUTCOME])


def test_what_is_shared_needs_the_general_way() -> None:
    alone = crowd(person(0, 10))
    assert are_apart(alone, places())
    assert not are_apart(alone, places(2, staffed=1))
    assert not are_apart(alone, places(chairs=1))
    assert not are_apart(crowd(person(0, 10, 10)), places())
    assert not are_apart(crowd(person(0, 10, shy=True)), places())
