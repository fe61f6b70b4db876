"""Rolling forecasts: each period from those before it, the model against the naive answers."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from safelight.plan.need.graph import Floats
from safelight.plan.need.mixture import POINTS, draw_posterior, posterior
from safelight.plan.need.priors import Priors
from safelight.plan.need.scoring import (
    BASELINES,
    LEVELS,
    Forecast,
    capture,
    coverage,
    from_rates,
    log_score,
    top_places,
)
from safelight.plan.need.spacetime import Districts, expected_deaths, space_time_model

DRAWS = 1000


class Split(NamedTuple):
    """What is known before a period, with one period more to forecast; and what then happened."""

    data: Districts
    people: Floats  # exposure of the naive answers: areas × periods, the last to forecast
    seen: Floats


class Case(NamedTuple):
    """A history to be forecast period by period."""

    name: str
    unit: str
    periods: tuple[int, ...]  # to be forecast, in order
    window: int  # periods before, which the naive answers look back on
    split: Callable[[int], Split]
    notes: tuple[str, ...]


class Evaluation(NamedTuple):
    """How the forecasts of one case turned out."""

    scores: pd.DataFrame  # one row per period and method
    spreads: pd.DataFrame  # one row per period: posterior means of the spreads


def evaluate(
    case: Case, priors: Priors, seed: int, told: Callable[[int], None] = lambda _: None
) -> Evaluation:
    """Forecast every period of a case; ``told`` hears how many are done."""
    scores, spreads = [], []
    for done, period in enumerate(case.periods):
        split = case.split(period)
        rates, spread = _forecast(split.data, priors, seed)
        seen, last = split.seen, slice(-1 - case.window, -1)
        counts = split.data.counts[:, last].sum(axis=1)
        exposure, ahead = split.people[:, last].sum(axis=1), split.people[:, -1]
        methods = {"model": from_rates(rates, seen)}
        for name, baseline in BASELINES.items():
            methods[name] = baseline(counts, exposure, ahead, seen)
        best = capture(seen, seen)
        scores += [_scored(period, name, each, seen, best) for name, each in methods.items()]
        spreads.append({"period": period, **spread})
        told(done + 1)
    return Evaluation(pd.DataFrame(scores), pd.DataFrame(spreads))


def summary(found: Evaluation) -> pd.DataFrame:
    """Return the mean of every score over the periods, one row per method, the model first."""
    means = found.scores.drop(columns="period").groupby("method", sort=False).mean()
    return means.reset_index()


def _forecast(data: Districts, priors: Priors, seed: int) -> tuple[Floats, dict[str, float]]:
    model = space_time_model(data, priors)
    found = posterior(model, seed, POINTS // 2)
    latent = draw_posterior(model, found, DRAWS, seed)
    means = dict(zip(model.names, found.means, strict=True))
    spread = {
        "areas_sd": float(np.exp(means["log sd districts"])),
        "course_sd": float(np.exp(means["log sd own course"])),
        "effective": found.effective,
    }
    return expected_deaths(data, latent)[:, -1], spread


def _scored(
    period: int, name: str, forecast: Forecast, seen: Floats, best: float
) -> dict[str, object]:
    """Return one row of scores; PAI is the capture over the share of the areas."""
    taken = capture(forecast.expected, seen)
    return {
        "period": period,
        "method": name,
        "areas": len(seen),
        "events": int(seen.sum()),
        "expected": float(forecast.expected.sum()),
        "capture": taken,
        "pai": taken * len(seen) / top_places(len(seen)),
        "oracle": best,
        **{f"coverage_{round(100 * level)}": coverage(forecast, level) for level in LEVELS},
        "log_score": log_score(forecast),
    }
