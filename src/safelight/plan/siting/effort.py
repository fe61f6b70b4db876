"""How far to climb: steps and work of each rung, counted so that a seed has one answer."""

from typing import NamedTuple

from safelight.kernel.errors import Invalid
from safelight.plan.siting.bounding import Rounds
from safelight.plan.siting.team import Search


class Rung(NamedTuple):
    """One round of bounding and searching: how much of each."""

    rounds: Rounds
    search: Search


class Effort(NamedTuple):
    """How far to climb."""

    rungs: tuple[Rung, ...]
    nodes: int  # of the exact step
    entries: int  # of the largest exact step that is tried


FIRST = Rung(Rounds(80, (160,), 1e-3), Search(6_000, 6e8))
QUICK = Effort((FIRST,), 0, 0)
STANDARD = Effort(
    (
        FIRST,
        Rung(Rounds(40, (400,), 4e-4), Search(40_000, 3e9)),
        Rung(Rounds(40, (400, 400), 1e-4), Search(80_000, 6e9)),
    ),
    200,
    60_000,
)
THOROUGH = Effort(
    (*STANDARD.rungs, *(Rung(Rounds(40, (1_000, 1_000), 2e-5), Search(600_000, 5e10)),) * 2),
    2_000,
    400_000,
)
EFFORTS = {"quick": QUICK, "standard": STANDARD, "thorough": THOROUGH}


def effort_of(name: str) -> Effort:
    """Return an effort by its name; raises Invalid for one that does not exist."""
    try:
        return EFFORTS[name]
    except KeyError:
        raise Invalid(
            "siting-effort",
            f"There is no effort '{name}'.",
            f"Choose one of: {', '.join(EFFORTS)}.",
            effort=name,
        ) from None
