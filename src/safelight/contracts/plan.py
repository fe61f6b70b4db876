"""The plan file, version 1: which sites, what they reach, what they cost, and the proof.

JSON. Money is £, capital at the start and the rest a year; distances are metres; ``need``,
``reached`` and ``share`` are in the plan's ``unit``. Figures are expectations: a share of need
reached, not lives saved. What a centre does for the area around it is another route to benefit and
is not added here.
"""

from pathlib import Path
from typing import Any

import msgspec

from safelight.contracts.need import Provenance
from safelight.kernel.errors import Invalid

VERSION = 1


class Objective(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan comes to, and the best that any plan could come to."""

    name: str
    unit: str
    value: float
    bound: float
    gap: float  # between them, as a share of the value
    proven: bool
    seconds: float
    stopped: bool  # by the limit of work, before the gap asked for was reached
    less_is_better: bool = False


class PlannedSite(msgspec.Struct, frozen=True, kw_only=True):
    """One site, with what is expected to reach it in a year."""

    code: str
    name: str
    kind: str  # building or mobile
    district_code: str
    district: str
    easting: float
    northing: float
    lon: float
    lat: float
    capital_cost: float
    running_cost: float  # of a stop without its vehicle
    annual_cost: float  # running, and the capital spread over its life
    people: float
    overdoses: float
    deaths: float
    share: float  # of all need in the table
    episodes: float
    capacity: float  # episodes
    chosen: float | None = None  # share of the draws of need whose best plan has it


class DistrictReached(msgspec.Struct, frozen=True, kw_only=True):
    """A district's need, and how much of it the plan reaches."""

    code: str
    name: str
    need: float
    reached: float
    share: float
    sites: int
    nearest: str  # the site nearest to most of its need
    nearest_metres: float  # to the nearest site, weighted by need


class Alternative(msgspec.Struct, frozen=True, kw_only=True):
    """The same question under another limit; ``objective`` is none where no plan keeps it."""

    name: str
    objective: Objective | None
    sites: list[str]  # 'code:kind'
    buildings: int
    mobile_stops: int
    vehicles: int
    annual_cost: float
    why: str = ""


class Rival(msgspec.Struct, frozen=True, kw_only=True):
    """A site that the plan leaves out and the best plan of some draws has."""

    code: str
    name: str
    kind: str
    chosen: float


class DrawsSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How the plan does over draws of need. Regret is a share of each draw's best objective."""

    draws: int
    seed: int
    regret_mean: float
    regret_p90: float
    regret_max: float
    loss_mean: float  # the same in the objective's unit
    loss_max: float
    objective_low: float  # of the printed plan, central 95% of the draws
    objective_high: float
    worst_gap: float  # of any draw's own proof
    rivals: list[Rival]


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A planning figure with its source; an assumption says so there."""

    name: str
    value: float | str | list[Any]
    unit: str
    citation: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan with everything it was made from."""

    need: Provenance
    need_sha256: str
    parameters: str  # id and version
    figures: list[Figure]
    changed: dict[str, float]  # figures given by hand
    decay: str
    seed: int
    options: dict[str, Any]  # as the command was given
    measure: str
    unit: str
    objectives: list[Objective]
    need_total: float
    reached_total: float
    people_within: float | None
    buildings: int
    mobile_stops: int
    vehicles: int
    annual_cost: float
    capital_cost: float
    sites: list[PlannedSite]
    districts: list[DistrictReached]
    comparison: list[Alternative] = []
    frontier: list[Alternative] = []
    draws: DrawsSummary | None = None
    version: int = VERSION


def plan_json(plan: Plan) -> bytes:
    """Return a plan as the bytes of its file."""
    return msgspec.json.format(msgspec.json.encode(plan), indent=1) + b"\n"


def read_plan(path: Path) -> Plan:
    """Read a plan file; raises Invalid for what is not one."""
    remedy = "Make one with `safelight site --need FILE … --out plan.json`."
    try:
        raw = msgspec.json.decode(path.read_bytes())
        if not isinstance(raw, dict) or raw.get("version") != VERSION:
            raise Invalid("plan-version", f"{path} is no plan of version {VERSION}.", remedy)
        return msgspec.convert(raw, Plan)
    except (OSError, msgspec.MsgspecError) as error:
        raise Invalid("plan-file", f"{path} cannot be read: {error}.", remedy) from error
