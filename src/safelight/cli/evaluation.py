"""What ``safelight need --evaluate`` does: forecasts of periods that have since been seen."""

import tomllib
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pandas as pd

from safelight.cli.output import progress, show
from safelight.kernel.errors import Invalid
from safelight.plan.need import cases
from safelight.plan.need.areas import small_areas
from safelight.plan.need.folds import Case, Evaluation, evaluate, summary
from safelight.plan.need.history import district_history
from safelight.plan.need.inputs import NAMES, Tables
from safelight.plan.need.priors import shipped_priors
from safelight.plan.need.region import find_region
from safelight.plan.parameters import Parameters, shipped_parameters
from safelight.sources.shelf import Shelf


def connecticut(shelf: Shelf, _: Parameters) -> Case:
    """Return deaths in the towns of Connecticut."""
    towns = tomllib.loads((files("safelight.packs") / "connecticut-towns.toml").read_text("utf-8"))
    return cases.connecticut(
        shelf.read("connecticut-deaths"), towns["population"], towns["villages"]
    )


def tempe(shelf: Shelf, _: Parameters) -> Case:
    """Return ambulance calls on a grid over Tempe."""
    return cases.tempe(shelf.read("tempe-calls"))


def _districts(region: str) -> Callable[[Shelf, Parameters], Case]:
    def case(shelf: Shelf, parameters: Parameters) -> Case:
        tables = Tables(*(shelf.read(name) for name in NAMES))
        areas = small_areas(tables, parameters)
        codes = areas.districts["code"]
        history = district_history(tables.deaths, tables.authority_codes, codes)
        frame = find_region(region, areas.districts).frame
        return cases.districts(f"{region} districts", areas, history, frame, parameters)

    return case


ROUNDING = 1e-9
CASES: dict[str, Callable[[Shelf, Parameters], Case]] = {
    "connecticut": connecticut,
    "tempe": tempe,
    "kent-districts": _districts("kent"),
    "all-districts": _districts("england-wales"),
}


def show_evaluation(name: str, shelf: Shelf, seed: int, *, as_json: bool) -> None:
    """Forecast and print; raises Invalid for a case that is not known."""
    if name not in CASES:
        raise Invalid(
            "need-evaluate", f"There is no case '{name}'.", f"Give one of {', '.join(CASES)}."
        )
    parameters = shipped_parameters("planning-need")
    case = CASES[name](shelf, parameters)
    with progress(f"Forecasting {name}", len(case.periods)) as told:
        found = evaluate(case, shipped_priors(parameters), seed, told)
    show(_told(case, found), _as_value(case, found, seed), as_json=as_json)


def _told(case: Case, found: Evaluation) -> str:
    rows = summary(found)
    head = (
        f"{case.name}: {rows['areas'].iloc[0]:.0f} {case.unit}, each of "
        f"{case.periods[0]} to {case.periods[-1]} forecast from the years before.\n"
        f"{'':<18}{'capture':>8}{'PAI':>6}{'50%':>7}{'80%':>6}{'90%':>6}{'95%':>6}{'log score':>11}"
    )
    lines = [head, *(_line(row) for _, row in rows.iterrows())]
    lines.append(f"{'oracle':<18}{rows['oracle'].iloc[0]:>8.3f}")
    lines.append(
        "capture: share of the events in the top fifth of the areas as forecast; PAI: capture over "
        "the share of areas; 50% … 95%: share of areas whose count lay in that interval."
    )
    best = ", ".join(f"{name} {times}" for name, times in most_captured(found).items())
    lines.append(f"Periods of {len(case.periods)} in which none captured more: {best}.")
    return "\n".join([*lines, *case.notes])


def most_captured(found: Evaluation) -> dict[str, int]:
    """Return for each method in how many periods no other captured more; they may be level."""
    best = found.scores.groupby("period")["capture"].transform("max")
    level = found.scores["capture"] >= best - ROUNDING
    times = level.groupby(found.scores["method"], sort=False).sum()
    return {str(name): int(each) for name, each in times.items()}


def _line(row: "pd.Series[Any]") -> str:
    held = "".join(f"{row[f'coverage_{level}']:>6.2f}" for level in (50, 80, 90, 95))
    return (
        f"{row['method']:<18}{row['capture']:>8.3f}{row['pai']:>6.2f} {held}"
        f"{row['log_score']:>11.3f}"
    )


def _as_value(case: Case, found: Evaluation, seed: int) -> dict[str, Any]:
    return {
        "case": case.name,
        "unit": case.unit,
        "seed": seed,
        "notes": list(case.notes),
        "summary": summary(found).to_dict("records"),
        "periods": found.scores.to_dict("records"),
        "spreads": found.spreads.to_dict("records"),
    }
