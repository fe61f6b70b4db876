"""Finds the best sets of calls for one shift: depth-first over sets, with a bound.

Calls are tried by falling worth, so that what the next ones could add is known at once. A set keeps
for each of its subsets and each last call the earliest end (Held and Karp's dynamic program), so
that every set is met once, whatever the order of its calls. Exact unless it runs out of work; then
it says how good a set it may have missed, so that whatever is built on it stays a proof.
"""

from typing import NamedTuple

import numpy as np

from safelight.plan.compiled import compiled
from safelight.plan.timetable.routes import LONGEST, NEVER, Calls, Fleet, Floats, Ints, advance


class Search(NamedTuple):
    """What sets are looked for, and how much work may be done."""

    value: Floats  # calls: what each is worth, not negative
    order: Ints  # calls by falling value
    total: Floats  # how much the first 0, 1, 2 … calls of the order are worth together
    above: float  # sets worth this or less do not count
    work: int  # subsets to time
    rising: bool  # only sets better than all before count
    waits: bool  # windows could keep a vehicle waiting in this shift


class Stack(NamedTuple):
    """The present set, call by call, and the ends of routes through its subsets."""

    path: Ints  # position → call
    tried: Ints  # level → place in the order of the call tried last
    room: Ints  # level → how many further calls the vehicle and the clock could allow at most
    grown: Ints  # level → 1 where a further call fits
    worth: Floats  # level
    fresh: Ints  # subset of positions × last position → earliest end, no rest so far
    rested: Ints  # the same with the rest behind


class Found(NamedTuple):
    """Sets of calls that are worth more than asked for."""

    sets: Ints  # found × LONGEST, ascending, filled up with -1
    best: float  # no route is worth more than this (or than what was asked for)
    is_complete: bool  # every set worth more than asked for is here, or is part of one that is


@compiled
def new_stack(fleet: Fleet, kind: int) -> Stack:
    """Return the empty set."""
    ints = np.full((4, LONGEST + 1), -1, np.int64)
    ends = np.empty((2, 1 << fleet.most[kind], fleet.most[kind]), np.int64)
    ints[2, 0], ints[3, 0] = fleet.most[kind], 0
    return Stack(ints[0], ints[1], ints[2], ints[3], np.zeros(LONGEST + 1), ends[0], ends[1])


@compiled
def end_at(
    calls: Calls, fleet: Fleet, kind: int, stack: Stack, subset: int, last: int
) -> tuple[int, int]:
    """Return the earliest end of a route through a subset with this last position."""
    rest, call = subset ^ (1 << last), stack.path[last]
    if rest == 0:
        start = fleet.start[kind]
        home = fleet.drive.shape[1] - 1
        return advance(calls, fleet, kind, home, start, start + fleet.rest[kind], call)
    early, late, before = NEVER, NEVER, 0
    while rest >> before:
        if rest >> before & 1 and stack.rested[rest, before] < NEVER:
            fresh, rested = stack.fresh[rest, before], stack.rested[rest, before]
            place = calls.stop[stack.path[before]]
            one, two = advance(calls, fleet, kind, place, fresh, rested, call)
            early, late = min(early, one), min(late, two)
        before += 1
    return early, late


@compiled
def fits(calls: Calls, fleet: Fleet, kind: int, stack: Stack, depth: int, call: int) -> bool:
    """Put a call at position ``depth`` and tell whether some order of the set keeps its times."""
    if depth >= fleet.most[kind]:
        return False
    for before in range(depth):
        if calls.stop[stack.path[before]] == calls.stop[call]:
            return False
    stack.path[depth] = call
    for subset in range(1 << depth, 1 << (depth + 1)):
        least = NEVER
        for last in range(depth + 1):
            if subset >> last & 1:
                early, late = end_at(calls, fleet, kind, stack, subset, last)
                stack.fresh[subset, last], stack.rested[subset, last] = early, late
                least = min(least, late)
        if least >= NEVER:
            return False
    return True


@compiled
def room_beside(fleet: Fleet, kind: int, task: Search, stack: Stack, depth: int) -> int:
    """Return how many further calls the vehicle and the clock could allow at most.

    Where nobody has to wait, a further call makes the end later by its stay at least, wherever it
    comes in. Where somebody waits it may be made meanwhile: then only the stays count.
    """
    stay, whole = fleet.stay[fleet.of[kind]], (1 << depth) - 1
    now = fleet.start[kind] + fleet.rest[kind]
    for position in range(depth):
        now += stay[stack.path[position]]
    if not task.waits:
        now = NEVER
        for last in range(depth):
            now = min(now, stack.rested[whole, last], stack.fresh[whole, last] + fleet.rest[kind])
    return int(min(fleet.most[kind] - depth, (fleet.end[kind] - now) // max(1, np.min(stay))))


@compiled
def promise(task: Search, stack: Stack, depth: int) -> float:
    """Return the most that the next call, with whatever follows it, could make of the set."""
    at = stack.tried[depth]
    if at >= len(task.order) or stack.room[depth] <= 0:
        return -1.0
    until = min(len(task.order), at + stack.room[depth])
    return float(stack.worth[depth] + task.total[until] - task.total[at])


@compiled
def is_largest(
    calls: Calls, fleet: Fleet, kind: int, task: Search, stack: Stack, depth: int
) -> bool:
    """Tell whether no call fits that comes earlier in the order than those of the set."""
    for at in range(stack.tried[depth - 1]):
        if fits(calls, fleet, kind, stack, depth, task.order[at]):
            return False
    return True


@compiled
def search(
    calls: Calls, fleet: Fleet, kind: int, task: Search, found: Ints
) -> tuple[int, float, int]:
    """Fill ``found`` with the sets that count and that no further call fits into.

    Returns how many there are (where more than rows in ``found``, only the first are there), a
    bound on the best, and the work done.
    """
    stack, above = new_stack(fleet, kind), task.above
    count, done, best, depth = 0, 0, 0.0, 0
    while depth >= 0:
        stack.tried[depth] += 1
        hope = promise(task, stack, depth)
        if hope > above and done < task.work:
            done += 1 << depth
            call = task.order[stack.tried[depth]]
            if fits(calls, fleet, kind, stack, depth, call):
                stack.grown[depth], depth = 1, depth + 1
                stack.tried[depth], stack.grown[depth] = stack.tried[depth - 1], 0
                stack.worth[depth] = stack.worth[depth - 1] + task.value[call]
                stack.room[depth] = room_beside(fleet, kind, task, stack, depth)
                best = max(best, stack.worth[depth])
            continue
        if hope > above:
            best = max(best, hope)
        counts = depth > 0 and stack.grown[depth] == 0 and stack.worth[depth] > above
        if counts and (task.rising or is_largest(calls, fleet, kind, task, stack, depth)):
            if count < len(found):
                found[count, :depth] = np.sort(stack.path[:depth])
            count += 1
            above = stack.worth[depth] if task.rising else above
        depth -= 1
    return count, best, done


def price(
    calls: Calls,
    fleet: Fleet,
    kind: int,
    value: Floats,
    above: float,
    *,
    most: int,
    work: int,
    rising: bool = False,
    idle: bool = False,
) -> Found:
    """Find the sets of calls that a duty of this kind can make and that are worth most.

    ``value`` is what each call is worth on that day (calls, not negative); sets worth ``above`` or
    less are left out, and so are calls worth nothing unless ``idle``. At most ``most`` sets.
    """
    order = np.argsort(-value, kind="stable")
    if not idle:
        order = order[value[order] > 0]
    total = np.concatenate([[0.0], np.cumsum(value[order])])
    found = np.full((most, LONGEST), -1, np.int64)
    begin, end = fleet.start[kind], fleet.end[kind]
    shut = (calls.windows[:, 0] > begin) & (calls.windows[:, 0] < end)
    waits = bool(shut.any())
    task = Search(np.ascontiguousarray(value), order, total, float(above), work, rising, waits)
    count, best, done = search(calls, fleet, kind, task, found)
    sets = np.unique(found[: min(count, most)], axis=0)
    return Found(sets, max(best, above), count <= most and done < work)
