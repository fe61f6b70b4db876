"""How far people come: shares of willing people by distance, and what 'within' means."""

import re
from itertools import pairwise
from math import exp, inf, log
from typing import NamedTuple

import numpy as np

from safelight.kernel.errors import Invalid
from safelight.plan.parameters import Parameters
from safelight.plan.siting.planner.arrays import Floats
from safelight.plan.siting.planner.figures import METRES_IN_A_MILE

SYNTAX = (
    "Write 'behrends', 'exp:1500' (metres at which 37% still come), or a table of metres and "
    "shares that starts at 0 and falls: '0:1,500:0.84,1500:0.46'."
)
UNITS = {"m": 1.0, "km": 1000.0}


class Uptake(NamedTuple):
    """The share of willing people who come from a distance; none beyond the last point.

    ``metres`` ascends from 0, ``share`` never rises; between points the line is straight. Where
    ``scale`` is given, the share is ``exp(−metres / scale)`` up to the last point instead.
    """

    name: str
    metres: tuple[float, ...]
    share: tuple[float, ...]
    scale: float | None = None

    @property
    def limit(self) -> float:
        """Return the distance, in metres, beyond which nobody comes."""
        return self.metres[-1]

    def at(self, metres: Floats) -> Floats:
        """Return the shares for distances in metres."""
        if self.scale is None:
            share = np.interp(metres, self.metres, self.share)
        else:
            share = np.exp(-metres / self.scale)
        return np.where(metres <= self.limit, share, 0.0)


def behrends(parameters: Parameters) -> Uptake:
    """Return the decay of Behrends et al. 2019, level to its first distance and none past its last.

    Raises Invalid where the parameters lack it.
    """
    table = np.asarray(parameters["decay_miles"].value, dtype=float)
    metres = (0.0, *(table[:, 0] * METRES_IN_A_MILE).tolist())
    return Uptake("behrends", metres, (float(table[0, 1]), *table[:, 1].tolist()))


def parse_uptake(text: str, parameters: Parameters) -> Uptake:
    """Read a decay: a name, a table or an exponential; raises Invalid for anything else."""
    text = text.strip().lower()
    if text == "behrends":
        return behrends(parameters)
    if text.startswith("exp:"):
        return exponential(_number(text.removeprefix("exp:"), text), parameters)
    pairs = [each.partition(":") for each in text.split(",")]
    if any(not middle for _, middle, _ in pairs):
        raise _unreadable(text)
    metres = tuple(_number(first, text) for first, _, _ in pairs)
    share = tuple(_number(last, text) for _, _, last in pairs)
    rising = any(b <= a for a, b in pairwise(metres))
    growing = any(b > a for a, b in pairwise(share))
    if metres[0] != 0 or rising or growing or not 0 <= share[-1] <= share[0] <= 1:
        raise _unreadable(text)
    return Uptake(text, metres, share)


def exponential(scale: float, parameters: Parameters) -> Uptake:
    """Return ``exp(−metres / scale)``, cut where it falls below the parameters' least share."""
    if scale <= 0:
        raise _unreadable(f"exp:{scale:g}")
    limit = -scale * log(parameters.number("least_share"))
    return Uptake(f"exp:{scale:g}", (0.0, limit), (1.0, exp(-limit / scale)), scale)


def _number(text: str, whole: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise _unreadable(whole) from None
    if not abs(value) < inf:
        raise _unreadable(whole)
    return value


def _unreadable(text: str) -> Invalid:
    return Invalid("decay", f"The decay {text!r} cannot be used.", SYNTAX, decay=text)


def parse_metres(text: str, metres_per_minute: float) -> float:
    """Read a distance ('500m', '2km') or a walking time ('15min') as straight-line metres.

    Raises Invalid for anything else, and for nought.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(m|km|min)\s*", text.lower())
    metres = 0.0
    if found:
        factor = metres_per_minute if found[2] == "min" else UNITS[found[2]]
        metres = float(found[1]) * factor
    if metres > 0:
        return metres
    raise Invalid(
        "distance",
        f"{text!r} is no distance or walking time.",
        "Write '500m', '2km' or '15min'.",
        text=text,
    )
