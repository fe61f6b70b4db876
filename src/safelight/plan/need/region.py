"""Which districts a region is: by name or code of a district, upper tier, region or country."""

from difflib import get_close_matches
from typing import NamedTuple

import numpy as np
import pandas as pd

from safelight.kernel.errors import Invalid
from safelight.plan.need.graph import Floats, Integers

FEWEST = 13  # districts to learn from; the nearest are added where fewer are asked for
ALIASES = {
    "kent": ("e10000016", "e06000035"),  # the old county: Kent and Medway
    "kent and medway": ("e10000016", "e06000035"),
    "england wales": ("england", "wales"),
    "england and wales": ("england", "wales"),
}


class Region(NamedTuple):
    """The districts asked for, and those that the model learns from."""

    name: str
    districts: Integers  # numbers of the districts asked for, ascending
    frame: Integers  # the same and, where they are few, their nearest neighbours


def find_region(name: str, districts: pd.DataFrame) -> Region:
    """Return a region; several names or codes may be joined by commas.

    ``districts`` has code, name, upper_tier_code, upper_tier, region, easting and northing.

    Raises:
        Invalid: for a name that is not known, with those most like it.
    """
    known = _known(districts)
    found: list[Integers] = []
    for wanted in _words(name):
        if wanted not in known:
            raise _unknown(wanted, known)
        found.append(known[wanted])
    chosen = np.unique(np.concatenate(found))
    place = districts[["easting", "northing"]].to_numpy(float)
    return Region(name, chosen, _enough(chosen, place))


def _words(name: str) -> list[str]:
    wanted = [_plain(each) for each in name.split(",") if each.strip()]
    if not wanted:
        raise Invalid("region-known", "No region is named.", "Give one, such as --region kent.")
    return [code for each in wanted for code in ALIASES.get(each, (each,))]


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("-", " ").replace(",", " ").split())


def _known(districts: pd.DataFrame) -> dict[str, Integers]:
    """Return the numbers of the districts by every plain name and code, the smallest unit last."""
    country = districts["code"].str[0].map({"E": "england", "W": "wales"})
    columns = [country, districts["region"], districts["upper_tier"]]
    columns += [districts["upper_tier_code"], districts["name"], districts["code"]]
    known: dict[str, Integers] = {}
    for column in columns:
        for value, rows in column.groupby(column).groups.items():
            known[_plain(str(value))] = rows.to_numpy(dtype=np.int64)
    return known


def _enough(chosen: Integers, place: Floats) -> Integers:
    if len(chosen) >= min(FEWEST, len(place)):
        return chosen
    gap = np.linalg.norm(place[:, None] - place[chosen][None], axis=2).min(axis=1)
    return np.sort(np.argsort(gap, kind="stable")[:FEWEST])


def _unknown(wanted: str, known: dict[str, Integers]) -> Invalid:
    names = {name for name in [*known, *ALIASES] if not any(c.isdigit() for c in name)}
    like = get_close_matches(wanted, sorted(names), n=3, cutoff=0.6)
    hint = f"Did you mean {' or '.join(like)}? " if like else ""
    return Invalid(
        "region-known",
        f"There is no region, authority or district '{wanted}'.",
        f"{hint}Give kent, england, england-wales, an English region, or names or codes of "
        "authorities and districts joined by commas.",
        region=wanted,
    )
