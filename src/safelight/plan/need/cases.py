"""The histories on which the model is checked: towns, a grid over a city, and districts."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import ConvexHull, Delaunay

from safelight.plan.need.areas import Areas
from safelight.plan.need.covariates import vague_coefficients
from safelight.plan.need.district_rates import framed
from safelight.plan.need.folds import Case, Split
from safelight.plan.need.graph import Floats, Integers, neighbours
from safelight.plan.need.history import History
from safelight.plan.need.priors import shipped_priors
from safelight.plan.need.spacetime import Districts
from safelight.plan.parameters import Parameters

METRES_PER_DEGREE = 111_320.0
CELL = 500.0  # metres
FIRST_TRAINED = 4  # periods before the first forecast of the American cases
KENT_FORECASTS = 16
EVERYWHERE_FORECASTS = 4


def connecticut(
    deaths: pd.DataFrame, towns: Mapping[str, float], villages: Mapping[str, str]
) -> Case:
    """Return deaths by town of injury and year; a place that is no town is left out.

    ``towns`` are the people of each town; ``villages`` say which town another name stands for.
    """
    written = deaths["injury_town"].str.strip().str.title()
    town = written.replace(dict(villages))
    known = deaths.assign(town=town, year=deaths["date"].dt.year)[town.isin(list(towns))]
    place = known.groupby("town")[["injury_lon", "injury_lat"]].median().dropna()
    names, years = place.index, np.sort(known["year"].unique())
    counts = _counted(names.get_indexer(pd.Index(known["town"])), known["year"], years, len(names))
    people = np.repeat(np.array([[float(towns[name])] for name in names]), len(years), axis=1)
    points = _metres(place["injury_lon"].to_numpy(), place["injury_lat"].to_numpy())
    left = len(deaths) - int(counts.sum())
    return Case(
        "connecticut",
        "towns",
        tuple(years[FIRST_TRAINED:].tolist()),
        1,
        lambda year: _split(counts, people, years, year, neighbours(points)),
        (
            f"{len(names)} of {len(towns)} towns: the others are never named, so have no place.",
            f"{left:,} of {len(deaths):,} deaths have no town in the state and are left out.",
            "People of the 2010 Census in every year.",
        ),
    )


def tempe(calls: pd.DataFrame) -> Case:
    """Return ambulance calls by year on squares of 500 m; people are not known, so area counts.

    The squares are those whose middle lies within the hull of the calls before the year that is
    forecast: nothing of that year is used.
    """
    points = _metres(calls["lon"].to_numpy(), calls["lat"].to_numpy())
    last = int(calls["date"].max().year)
    complete = calls["date"].max() >= pd.Timestamp(last, 12, 15)
    years = np.array([year for year in np.sort(calls["year"].unique()) if complete or year < last])

    def split(year: int) -> Split:
        before = (calls["year"] < year).to_numpy()
        middles, cells = _squares(points, before)
        kept = cells >= 0
        counts = _counted(cells[kept], calls["year"][kept], years, len(middles))
        people = np.ones(counts.shape)
        return _split(counts, people, years, year, neighbours(middles))

    return Case(
        "tempe",
        "squares of 500 m",
        tuple(years[FIRST_TRAINED - 1 :].tolist()),
        1,
        split,
        (
            "People by square are not known: 'population' is the area, the same everywhere.",
            "Calls outside the hull of earlier calls are left out.",
            *(() if complete else (f"{last} is not complete and is left out.",)),
        ),
    )


def districts(
    name: str, areas: Areas, history: History, frame: Integers, parameters: Parameters
) -> Case:
    """Return deaths by district and year, with the covariates learned from the years before."""
    priors, vague = shipped_priors(parameters), vague_coefficients(parameters)
    count = EVERYWHERE_FORECASTS if len(frame) == len(areas.districts) else KENT_FORECASTS

    def split(year: int) -> Split:
        before = history.until(year - 1).ahead()
        own = framed(areas, before, frame, priors, vague)
        seen = history.deaths[frame][:, int(np.flatnonzero(history.years == year)[0])]
        return Split(own.data, before.population[frame], seen)

    return Case(
        name,
        "districts",
        tuple(history.years[-count:].tolist()),
        3,
        split,
        (
            "Naive answers look back on three years.",
            "Deprivation is that of 2025 in every year: the model could not have known it.",
        ),
    )


def _split(counts: Floats, people: Floats, years: Integers, year: int, edges: Integers) -> Split:
    """Cut a history before a year, and add the year without its counts."""
    here = int(np.flatnonzero(years == year)[0])
    before = np.column_stack([counts[:, :here], np.full(len(counts), np.nan)])
    exposure = people[:, : here + 1] * (counts[:, :here].sum() / people[:, :here].sum())
    flat = np.zeros((len(counts), 0))
    data = Districts(before, exposure, edges, np.zeros(len(counts)), flat)
    return Split(data, people[:, : here + 1], counts[:, here])


def _counted(area: Integers, year: pd.Series, years: Integers, areas: int) -> Floats:
    place = np.searchsorted(years, year.to_numpy())
    inside = (area >= 0) & (place < len(years))
    counts = np.bincount(area[inside] * len(years) + place[inside], minlength=areas * len(years))
    return counts.reshape(areas, len(years)).astype(float)


def _metres(lon: Floats, lat: Floats) -> Floats:
    """Return degrees as metres east and north of their mean, right enough for a state."""
    middle = np.radians(lat.mean())
    east = (lon - lon.mean()) * METRES_PER_DEGREE * np.cos(middle)
    return np.stack([east, (lat - lat.mean()) * METRES_PER_DEGREE], axis=1)


def _squares(points: Floats, before: npt.NDArray[np.bool_]) -> tuple[Floats, Integers]:
    """Return the middles of the squares, and the square of each point (or -1)."""
    known = points[before]
    hull = Delaunay(known[ConvexHull(known).vertices])
    low = known.min(axis=0)
    across, up = (np.ceil(np.ptp(known, axis=0) / CELL)).astype(int)
    grid = np.stack(np.meshgrid(np.arange(across), np.arange(up), indexing="ij"), axis=-1)
    middles = low + (grid.reshape(-1, 2) + 0.5) * CELL
    inside = hull.find_simplex(middles) >= 0
    number = np.full(len(middles), -1)
    number[inside] = np.arange(int(inside.sum()))
    column, row = ((points - low) // CELL).astype(int).T
    within = (column >= 0) & (column < across) & (row >= 0) & (row < up)
    cells = np.full(len(points), -1)
    cells[within] = number[column[within] * up + row[within]]
    return middles[inside], cells
