"""Column generation: routes for the master program until no route could still improve it.

Every round also gives a bound that holds for all routes there are, found or not: for any worth of
calls, what offers earn beyond the worth of their calls, plus what the best route of every duty is
worth (the Lagrangian bound). It does not rest on the solver's tolerances.
"""

from typing import NamedTuple

import numpy as np

from safelight.plan.timetable.master import DAYS, Master, Relaxed, Routes
from safelight.plan.timetable.pricing import price
from safelight.plan.timetable.programme import Programme
from safelight.plan.timetable.routes import Floats, Ints

SMOOTHING = 0.6  # how much of the best worth so far goes into the next: steadier, fewer rounds
SETS = 100  # routes to add for a kind in a round
LOW = 0.7  # routes this far from nothing to the best found are worth adding too
QUICK = 500_000  # subsets to time, where finding some good routes will do
MOST_ROUNDS = 500
CLOSE, SMALL = 1e-9, 1e-7


class Proof(NamedTuple):
    """What no timetable can exceed, and the worth that shows it."""

    bound: float
    worth: Floats  # calls × days
    best: Floats  # kinds: the most that one route is worth
    rounds: int


def lagrangian(programme: Programme, worth: Floats, best: Floats) -> float:
    """Return the bound that any worth of calls (calls × days) proves.

    ``best`` is, for every kind, a bound on what one of its routes is worth.
    """
    offers = programme.offers
    made = offers.days[:, None] >> np.arange(DAYS) & 1
    net = offers.gain - (made * worth[offers.call]).sum(axis=1)
    earned = np.zeros(len(programme.calls.first) - 1)
    np.maximum.at(earned, programme.calls.stop[offers.call], net)
    return float(earned.sum() + programme.fleet.number @ best)


def prove(programme: Programme, master: Master, work: int) -> Proof:
    """Generate routes until the bound meets the master program; ``work`` per search for a route."""
    proof = Proof(np.inf, np.zeros(0), np.zeros(0), 0)
    for turn in range(1, MOST_ROUNDS + 1):
        solved = master.relax()
        mixed = (
            SMOOTHING * proof.worth + (1 - SMOOTHING) * solved.worth if turn > 1 else solved.worth
        )
        for worth, effort in ((mixed, QUICK), (solved.worth, QUICK), (solved.worth, work)):
            added, proof = _round(programme, master, solved, worth, proof, effort)
            if added:
                break
        proof = proof._replace(rounds=turn)
        if not added or proof.bound - solved.objective <= CLOSE * max(1.0, proof.bound):
            break
    return proof


def _round(
    programme: Programme, master: Master, solved: Relaxed, worth: Floats, proof: Proof, work: int
) -> tuple[int, Proof]:
    """Look for routes at this worth of calls; returns how many are new and the better proof."""
    calls, fleet = programme.calls, programme.fleet
    best = np.zeros(len(fleet.day))
    kinds, sets = [], []
    for kind, day in enumerate(fleet.day):
        value, own, wage = worth[:, day], solved.worth[:, day], solved.wage[kind]
        top = price(calls, fleet, kind, value, 0.0, most=SETS, work=work, rising=True)
        best[kind], found = top.best, top.sets
        reached = _value(found, value).max(initial=0.0)
        if reached > wage + SMALL:
            good = wage + LOW * (reached - wage)
            more = price(calls, fleet, kind, value, good, most=SETS, work=min(work, QUICK))
            found = np.unique(np.vstack([found, more.sets]), axis=0)
        found = found[_value(found, own) > wage + SMALL]
        for twin in np.flatnonzero(programme.alike == programme.alike[kind]):
            kinds.append(np.full(len(found), twin))
            sets.append(found)
    bound = lagrangian(programme, worth, best)
    if bound < proof.bound:
        proof = Proof(bound, worth, best, proof.rounds)
    return master.add(Routes(np.concatenate(kinds), np.vstack(sets))), proof


def _value(sets: Ints, value: Floats) -> Floats:
    worth: Floats = np.where(sets >= 0, value[sets], 0.0).sum(axis=1)
    return worth


def complete(programme: Programme, master: Master, proof: Proof, gain: float, most: int) -> bool:
    """Add every route that a week worth more than ``gain`` could hold; False if they are too many.

    A route whose worth is further below its kind's best than the bound is above ``gain`` cannot be
    in a better week (fixing by reduced cost).
    """
    spare = proof.bound - gain + SMALL * max(1.0, proof.bound)
    kinds, sets = [], []
    for kind, day in enumerate(programme.fleet.day):
        above = max(proof.best[kind] - spare, -1.0)
        found = price(programme.calls, programme.fleet, kind, proof.worth[:, day], above,
                      most=most, work=1000 * most, idle=True)  # fmt: skip
        if not found.is_complete:
            return False
        kinds.append(np.full(len(found.sets), kind))
        sets.append(found.sets)
    if sum(len(each) for each in sets) > most:
        return False
    master.add(Routes(np.concatenate(kinds), np.vstack(sets)))
    return True
