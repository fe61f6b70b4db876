"""Where a site could go: every area of the need table, or candidates that somebody lists."""

from collections.abc import Hashable
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from safelight.contracts.need import EASTING, LAT, LON, NORTHING
from safelight.kernel.errors import Invalid
from safelight.plan.siting.planner.arrays import Flags, Floats, Texts
from safelight.plan.siting.planner.figures import KINDS
from safelight.plan.siting.planner.grid import to_degrees, to_grid

FAR: Final = 50_000.0  # metres from all need: nobody walks there, a mobile stop serves nobody
COSTS: Final = ("building_capital", "building_running", "stop_running")
REMEDY: Final = (
    "A candidates file has the columns id, name, easting and northing (or lon and lat), and if you "
    "like district, kinds ('building;mobile'), building_capital, building_running, stop_running."
)


class Places(NamedTuple):
    """Candidate places, one entry of each array per place."""

    code: Texts
    name: Texts
    district_code: Texts
    district: Texts
    metres: Floats  # places × (easting, northing)
    degrees: Floats  # places × (lon, lat)
    allowed: Flags  # places × KINDS
    costs: dict[str, Floats]  # of COSTS; NaN where the parameters' figure holds


def places_of(need: pd.DataFrame, candidates: pd.DataFrame | None) -> Places:
    """Return the candidate places; raises Invalid that names the first wrong row."""
    if candidates is None:
        frame = need.rename(columns={"code": "id"})
        return _places(frame, need)
    frame = _checked(candidates)
    _refuse_turned(frame, need)
    return _places(frame, need)


def _refuse_turned(frame: pd.DataFrame, need: pd.DataFrame) -> None:
    """Complain of a place far from all need that would lie amid it with its grid turned round."""
    areas = cKDTree(need[["easting", "northing"]])
    far = areas.query(frame[["easting", "northing"]])[0] > FAR
    turned = far & (areas.query(frame[["northing", "easting"]])[0] <= FAR)
    if turned.any():
        raise _swapped(frame, int(np.argmax(turned)), "easting", "northing")


def _places(frame: pd.DataFrame, need: pd.DataFrame) -> Places:
    districts = _districts(frame, need)
    count = len(frame)
    return Places(
        frame["id"].to_numpy(object),
        frame["name"].to_numpy(object),
        *districts,
        frame[["easting", "northing"]].to_numpy(float),
        frame[["lon", "lat"]].to_numpy(float),
        _allowed(frame),
        {
            name: frame[name].to_numpy(float) if name in frame else np.full(count, np.nan)
            for name in COSTS
        },
    )


def _districts(frame: pd.DataFrame, need: pd.DataFrame) -> tuple[Texts, Texts]:
    """Return codes and names of the places' districts: their own, or the nearest area's."""
    if "district_code" in frame:
        return frame["district_code"].to_numpy(object), frame["district"].to_numpy(object)
    if "district" in frame:
        return _named_districts(frame, need)
    columns = ["easting", "northing"]
    nearest = cKDTree(need[columns]).query(frame[columns])[1]
    codes, names = need["district_code"].to_numpy(object), need["district"].to_numpy(object)
    return codes[nearest], names[nearest]


def _named_districts(frame: pd.DataFrame, need: pd.DataFrame) -> tuple[Texts, Texts]:
    """Return codes and names of the districts that the candidates give themselves."""
    known = dict(zip(need["district"], need["district_code"], strict=True))
    for row, name in enumerate(frame["district"]):
        if name not in known:
            raise _wrong(row, f"the district {name!r} is not in the need table")
    names = frame["district"].to_numpy(object)
    return np.array([known[name] for name in names], dtype=object), names


def _allowed(frame: pd.DataFrame) -> Flags:
    if "kinds" not in frame:
        return np.ones((len(frame), len(KINDS)), dtype=bool)
    found = np.zeros((len(frame), len(KINDS)), dtype=bool)
    for row, text in enumerate(frame["kinds"]):
        for kind in str(text).replace("stop", "").split(";"):
            if kind.strip() not in KINDS:
                raise _wrong(row, f"the kind {kind.strip()!r} is not one of {', '.join(KINDS)}")
            found[row, KINDS.index(kind.strip())] = True
    return found


def _checked(frame: pd.DataFrame) -> pd.DataFrame:
    """Return candidates with both kinds of coordinates, after every check of a row."""
    frame = frame.reset_index(drop=True)
    missing = [name for name in ("id", "name") if name not in frame]
    pairs = [("easting", "northing"), ("lon", "lat")]
    given = [pair for pair in pairs if set(pair) <= set(frame)]
    if missing or not given:
        lacks = missing or ["easting and northing, or lon and lat"]
        raise Invalid("candidates", f"The candidates have no {', '.join(lacks)}.", REMEDY)
    if not len(frame):
        raise Invalid("candidates", "The candidates file has no rows.", REMEDY)
    frame = frame.drop(columns="district_code", errors="ignore")  # the name says it
    frame["id"] = frame["id"].map(_text)
    frame["name"] = frame["name"].map(_text)
    for row, code in enumerate(frame["id"]):
        if not code:
            raise _wrong(row, "the id is missing")
    twice = frame["id"].duplicated()
    if twice.any():
        row = int(np.argmax(twice.to_numpy()))
        raise _wrong(row, f"the id {frame['id'].iloc[row]!r} is there twice")
    for name in COSTS:
        if name in frame:
            frame[name] = _numbers(frame, name)
            _refuse_where((frame[name] < 0).to_numpy(), frame, name, "is negative")
    return _located(frame, given)


def _text(value: Hashable) -> str:
    return "" if pd.isna(value) else str(value).strip()  # type: ignore[call-overload]  # any cell


def _numbers(frame: pd.DataFrame, name: str) -> "pd.Series[Any]":
    numbers = pd.to_numeric(frame[name], errors="coerce")
    _refuse_where((numbers.isna() & frame[name].notna()).to_numpy(), frame, name, "is no number")
    return numbers


def _located(frame: pd.DataFrame, given: list[tuple[str, str]]) -> pd.DataFrame:
    limits = {"lon": LON, "lat": LAT, "easting": EASTING, "northing": NORTHING}
    for across, up in given:
        for name in (across, up):
            frame[name] = _numbers(frame, name)
            _refuse_where(frame[name].isna().to_numpy(), frame, name, "is missing")
        swapped = frame[up].between(*limits[across]) & ~frame[across].between(*limits[across])
        if swapped.any():
            raise _swapped(frame, int(np.argmax(swapped.to_numpy())), across, up)
        for name in (across, up):
            outside = ~frame[name].between(*limits[name])
            _refuse_where(outside.to_numpy(), frame, name, "is outside Great Britain")
    if given[0] != ("easting", "northing"):
        frame["easting"], frame["northing"] = to_grid(
            frame["lon"].to_numpy(float), frame["lat"].to_numpy(float)
        )
    if given[-1] != ("lon", "lat"):
        frame["lon"], frame["lat"] = to_degrees(
            frame["easting"].to_numpy(float), frame["northing"].to_numpy(float)
        )
    return frame


def _swapped(frame: pd.DataFrame, row: int, across: str, up: str) -> Invalid:
    return Invalid(
        "coordinates-swapped",
        f"Candidates, row {row + 1} ({frame['id'].iloc[row]}): {across} "
        f"{frame[across].iloc[row]} and {up} {frame[up].iloc[row]} look swapped.",
        f"Give {across} first, then {up}.",
        row=row + 1,
    )


def _refuse_where(wrong: Flags, frame: pd.DataFrame, name: str, what: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        raise _wrong(row, f"the {name} {frame[name].iloc[row]} {what}")


def _wrong(row: int, what: str) -> Invalid:
    return Invalid("candidate", f"Candidates, row {row + 1}: {what}.", REMEDY, row=row + 1)
