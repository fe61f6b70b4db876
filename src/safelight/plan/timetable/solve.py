"""The best week there is, or one with a proof of how near it comes."""

import time
from functools import partial
from math import inf
from typing import NamedTuple

import numpy as np

from safelight.kernel.errors import Invalid, SafelightError
from safelight.plan.timetable.generate import Proof, complete, prove
from safelight.plan.timetable.master import Master
from safelight.plan.timetable.problem import Problem
from safelight.plan.timetable.programme import Programme, programme_of
from safelight.plan.timetable.refusals import refuse_nonsense
from safelight.plan.timetable.result import Timetable, Tour
from safelight.plan.timetable.routes import best_order
from safelight.plan.timetable.schedule import Shift, tour_of
from safelight.plan.timetable.search import improve
from safelight.plan.timetable.week import (
    Task,
    Week,
    gain_of,
    idle_week,
    routes_in,
    task_of,
    week_of,
)

# Searching: what a minute of driving counts for, and how much worse a week to go on from may be.
# The best offer is worth 1,000.
FOR_GAIN = (0.001, 2.0)
FOR_DRIVE = (0.1, 3.0)
STARTS = 4
PASSES = 2  # a better week leaves fewer routes that could be in a better one still
ROUNDING = 1e-7  # relative


class Effort(NamedTuple):
    """When to stop short of a proof; all but ``seconds`` is counted, so that a seed repeats."""

    rounds: int = 1000  # of searching for a good week, from each start and for less driving
    work: int = 20_000_000  # subsets of stops to time in one exact search for a route
    columns: int = 20_000  # routes, at most, to be added so that none can be missing
    nodes: int = 200  # of the integer program's tree
    seconds: float = inf  # of the integer program: a safety only


class _Outcome(NamedTuple):
    week: Week
    bound: float
    limit: str


def timetable(
    problem: Problem,
    *,
    gap: float = 0.01,
    seed: int = 1,
    effort: Effort | None = None,
    stretch: bool = False,
) -> Timetable:
    """Plan a week of the highest gain, and with little driving among weeks of that gain.

    The gain is within ``gap`` (relative) of a bound on all weeks, unless ``limit`` of the result
    says what ended the search before. The driving is short but not proven shortest. ``stretch``
    lengthens openings into what is left of the shifts. Raises Invalid for a problem that makes no
    sense and for a stop that fits into no shift.
    """
    started, effort = time.perf_counter(), effort or Effort()
    if not 0 <= gap < inf:
        raise Invalid("timetable-gap", f"A gap of {gap} makes no sense.", "Give 0 or more.")
    if seed < 0:
        raise Invalid("timetable-seed", f"The seed is {seed}.", "Give a whole number of 0 or more.")
    refuse_nonsense(problem)
    programme = programme_of(problem)
    task, dice = task_of(programme.calls, programme.fleet, programme.offers), _dice(seed)
    week = _first(task, dice, effort.rounds)
    master = Master(programme.calls, programme.fleet, programme.offers)
    master.add(routes_in(task, week))
    proof = prove(programme, master, effort.work)
    outcome = _decided(programme, master, proof, task, week, gap, effort)
    week = improve(task, outcome.week, dice, effort.rounds, *FOR_DRIVE)
    gain = gain_of(task, week)
    bound = gain if abs(outcome.bound - gain) <= ROUNDING * gain else outcome.bound
    return Timetable(
        _tours(problem, programme, task, week, stretch=stretch),
        gain / programme.scale,
        bound / programme.scale,
        time.perf_counter() - started,
        proof.rounds,
        len(master),
        outcome.limit if bound - gain > gap * gain else "",
    )


def _first(task: Task, dice: np.random.Generator, rounds: int) -> Week:
    """Return the best of some weeks that were searched for from nothing."""
    weeks = [improve(task, idle_week(task), dice, rounds, *FOR_GAIN) for _ in range(STARTS)]
    return max(weeks, key=lambda week: gain_of(task, week))


def _dice(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def _decided(
    programme: Programme,
    master: Master,
    proof: Proof,
    task: Task,
    week: Week,
    gap: float,
    effort: Effort,
) -> _Outcome:
    """Close the gap between a week and the bound with the integer program."""
    bound, limit = proof.bound, ""
    for _ in range(PASSES):
        gain = gain_of(task, week)
        if bound - gain <= max(gap, ROUNDING) * gain:
            return _Outcome(week, bound, "")
        is_complete = complete(programme, master, proof, gain, effort.columns)
        decided = master.decide(
            week.taken[week.taken >= 0],
            routes_in(task, week),
            gap=gap,
            nodes=effort.nodes,
            seconds=effort.seconds,
        )
        week = max(week, week_of(task, decided.taken, decided.used), key=partial(gain_of, task))
        if is_complete:
            return _Outcome(week, min(bound, decided.bound), decided.limit)
        limit = decided.limit or f"more than {effort.columns} routes could be in a better week"
    return _Outcome(week, bound, limit)


def _tours(
    problem: Problem, programme: Programme, task: Task, week: Week, *, stretch: bool
) -> tuple[Tour, ...]:
    """Give the duties to vehicles and set their clocks."""
    tours = []
    for kind, vehicles in enumerate(programme.vehicles):
        begin, end = int(programme.fleet.start[kind]), int(programme.fleet.end[kind])
        for duty, vehicle in zip(np.flatnonzero(task.kind == kind), vehicles, strict=True):
            route = week.route[duty, : week.size[duty]]
            if not len(route):
                continue
            order = best_order(task.calls, task.fleet, kind, route)[1]
            stops = tuple(
                (int(programme.calls.stop[call]), int(programme.dwell[call])) for call in order
            )
            tour = tour_of(problem, Shift(vehicle, begin, end, stops), stretch=stretch)
            if tour is None:
                raise SafelightError(
                    "timetable-times",
                    f"A route of {problem.vehicles[vehicle].id} does not keep its times.",
                    "This is a fault of the program: please report it with the input.",
                )
            tours.append(tour)
    return tuple(sorted(tours, key=lambda tour: (tour.depart, tour.vehicle)))
