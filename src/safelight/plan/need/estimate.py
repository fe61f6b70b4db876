"""From published tables to a need table: the whole estimate, in one function."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from safelight.kernel.errors import Invalid
from safelight.plan.need.areas import Areas, small_areas
from safelight.plan.need.baselines import baselines
from safelight.plan.need.covariates import vague_coefficients
from safelight.plan.need.district_rates import Rates, district_rates, framed
from safelight.plan.need.graph import Floats, Integers
from safelight.plan.need.history import History, district_history
from safelight.plan.need.inputs import Tables
from safelight.plan.need.priors import shipped_priors
from safelight.plan.need.ratios import ratio_draws
from safelight.plan.need.record import record
from safelight.plan.need.region import Region, find_region
from safelight.plan.need.shares import shared_deaths
from safelight.plan.need.standing import Period, standing
from safelight.plan.need.table import Draws, Table, summarised
from safelight.plan.parameters import Parameters

LEVELS = ("lsoa", "msoa")
FEWEST_DRAWS = 20


class Request(NamedTuple):
    """What is asked for."""

    region: str
    draws: int = 1000
    seed: int = 1
    level: str = "lsoa"
    period: Period = Period(2018, 2020)


class Need(NamedTuple):
    """What is answered."""

    table: pd.DataFrame  # one row per area, the columns of ``contracts.need``
    draws: Draws  # of deaths, areas × draws
    districts: pd.DataFrame  # one row per district of the region, the period's standing
    rates: Rates
    record: pd.DataFrame  # every district of the region in every three years


def estimate_need(
    tables: Tables,
    request: Request,
    parameters: Parameters,
    told: Callable[[float], None] = lambda _: None,
) -> Need:
    """Return the need of every area of a region; ``told`` hears the share that is done.

    Raises:
        Invalid: for an unknown region, years without deaths, too few draws, or tables that do not
            fit each other.
    """
    _check(request)
    areas = small_areas(tables, parameters)
    region = find_region(request.region, areas.districts)
    history = district_history(tables.deaths, tables.authority_codes, areas.districts["code"])
    request.period.of(history.years)
    told(0.05)
    priors = shipped_priors(parameters)
    framing = framed(areas, history, region.frame, priors, vague_coefficients(parameters))
    told(0.2)
    rates = district_rates(
        framing,
        history,
        region.frame,
        priors,
        request.draws,
        request.seed,
        lambda share: told(0.2 + 0.5 * share),
    )
    deaths = _yearly(rates, request.period, len(areas.districts))
    chosen = areas.of(region.districts)
    drawn = shared_deaths(
        areas,
        chosen,
        deaths,
        rates.beta,
        parameters,
        request.seed,
        lambda share: told(0.7 + 0.2 * share),
    )
    layout = Table(areas, chosen, by_msoa=request.level == "msoa")
    drawn = layout.gathered(drawn)
    table = _table(layout, drawn, history, request, parameters)
    told(1.0)
    own = history.of(region.frame)
    return Need(
        table,
        drawn,
        _district_table(areas, region, rates, own, deaths, request.period),
        rates,
        record(areas, rates, region.districts, own),
    )


def _check(request: Request) -> None:
    if request.level not in LEVELS:
        raise Invalid("need-level", f"There is no level '{request.level}'.", "Give lsoa or msoa.")
    if request.draws < FEWEST_DRAWS:
        raise Invalid(
            "need-draws",
            f"{request.draws} draws are too few for an interval.",
            f"Give at least {FEWEST_DRAWS}; 1000 is the custom.",
        )
    if request.seed < 0:
        raise Invalid(
            "need-seed", f"The seed is {request.seed}.", "Give a whole number of 0 or more."
        )


def _yearly(rates: Rates, period: Period, districts: int) -> Floats:
    """Return draws of deaths a year in the period, districts in their own numbering."""
    found = np.zeros((districts, rates.deaths.shape[2]))
    found[rates.districts] = rates.deaths[:, period.of(rates.years)].mean(axis=1)
    return found


def _counted(history: History, period: Period) -> Floats:
    """Return the deaths registered in the whole period, one per district."""
    counted: Floats = history.deaths[:, period.of(history.years)].sum(axis=1)
    return counted


def _table(
    layout: Table, drawn: Draws, history: History, request: Request, parameters: Parameters
) -> pd.DataFrame:
    places = layout.places()
    districts = layout.areas.districts
    counted = _counted(history, request.period)
    tiers = districts["upper_tier_code"]
    names = sorted(tiers.unique())
    of_tier = np.searchsorted(names, tiers)
    in_tier = np.bincount(of_tier, counted) / request.period.length
    rng = np.random.default_rng([request.seed, 6])
    one = np.ones((1, request.draws))
    parts = [summarised("deaths", drawn, one, np.zeros_like(layout.district))]
    for quantity, ratio in (
        ("people_at_risk", "people_at_risk_per_death"),
        ("nonfatal_overdoses", "admissions_per_death"),
    ):
        factor = ratio_draws(parameters, ratio, names, in_tier, request.draws, rng)
        parts.append(summarised(quantity, drawn, factor[of_tier], layout.district))
    naive = _naive(layout, places["population"].to_numpy(), counted, request.period.length)
    frame = pd.concat([places, *parts, naive], axis=1)
    frame["deaths_draws"] = list(drawn)
    return frame


def _naive(layout: Table, people: Floats, counted: Floats, years: int) -> pd.DataFrame:
    """Share each district's naive answer among its areas by people alone."""
    count = len(counted)
    present = np.unique(layout.district)
    total: Floats = np.bincount(layout.district, people, count)[present].astype(float)
    share = people / np.bincount(layout.district, people, count)[layout.district]
    answers = baselines(counted[present], total * years)
    return pd.DataFrame(
        {
            f"deaths_by_{name}": share / years * answer[np.searchsorted(present, layout.district)]
            for name, answer in answers._asdict().items()
        }
    )


def _district_table(
    areas: Areas, region: Region, rates: Rates, history: History, deaths: Floats, period: Period
) -> pd.DataFrame:
    chosen: Integers = region.districts
    found = standing(rates, chosen, history.deaths, period)
    rows = np.searchsorted(rates.districts, chosen)
    people: Floats = history.population[rows][:, period.of(history.years)].sum(axis=1)
    naive = baselines(_counted(history, period)[rows], people)
    found["expected"] = deaths[chosen].mean(axis=1)
    for name, values in naive._asdict().items():
        found[f"expected_by_{name}"] = values / period.length
    own = areas.districts.iloc[chosen].reset_index(drop=True)
    return pd.concat([own[["code", "name"]], found], axis=1)
