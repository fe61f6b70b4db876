"""A plan in words and tables, for the terminal."""

import io
from collections.abc import Iterable, Sequence
from itertools import starmap

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from safelight.contracts.plan import Alternative, DrawsSummary, Objective, Plan

WIDTH = 118
NOTE = (
    "What is reached is an expectation of need supervised while sites are open, not lives saved; "
    "what a centre does for the area around it is not added."
)


def told_plan(plan: Plan) -> str:
    """Return a plan as a person reads it: sites, districts, proof, comparison, assumptions."""
    parts = [
        _summary(plan),
        _sites(plan),
        _districts(plan),
        *([_table_of("Beside it", plan.comparison)] if plan.comparison else []),
        *([_table_of("By number of sites", plan.frontier)] if plan.frontier else []),
        *([_draws(plan.draws)] if plan.draws else []),
        _assumptions(plan),
        NOTE,
    ]
    return "\n".join(part.rstrip() for part in parts)


def number(value: float) -> str:
    """Return a figure with as many digits as are worth reading."""
    value += 0.0  # no -0
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits


def exact(value: float) -> str:
    """Return an objective or a bound, which are to be told apart."""
    value += 0.0  # no -0
    return f"{value:,.1f}" if abs(value) >= 10_000 else f"{value:.5g}"  # noqa: PLR2004 - metres


def gap(share: float) -> str:
    """Return a gap in per cent; where the objective is next to nothing that would say nothing."""
    return f"{share:.2%}" if share <= 1 else "above 100%"


def _summary(plan: Plan) -> str:
    lines = [_proof(each) for each in plan.objectives]
    if plan.people_within is not None:
        lines.append(f"{number(plan.people_within)} people at risk are within the distance.")
    if any(each.name == "worst-off" and each.value == 0 for each in plan.objectives):
        lines.append(
            "Some district is not reached at all. Allow more sites, or say by --then overdoses "
            "which of the plans that leave one out to take."
        )
    share = plan.reached_total / plan.need_total
    lines.append(
        f"Reached: {number(plan.reached_total)} of {number(plan.need_total)} {plan.unit} "
        f"({share:.1%}), by {plan.buildings} building(s) and {plan.mobile_stops} mobile stop(s) "
        f"with {plan.vehicles} vehicle(s), for £{plan.annual_cost:,.0f} a year and "
        f"£{plan.capital_cost:,.0f} at the start."
    )
    return "\n".join(lines)


def _proof(answer: Objective) -> str:
    side = "at least" if answer.less_is_better else "at most"
    proof = "proven best" if answer.proven else f"gap {gap(answer.gap)}"
    stopped = "; the search was stopped, see --nodes" if answer.stopped else ""
    return (
        f"{answer.name}: {exact(answer.value)} {answer.unit}; any plan: {side} "
        f"{exact(answer.bound)}; {proof}, {answer.seconds:.1f} s{stopped}."
    )


def _drawn(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table as text; a head that begins with '>' is of numbers."""
    table = Table(title=title, box=SIMPLE, title_justify="left", pad_edge=False)
    for head in heads:
        table.add_column(
            head.removeprefix(">"), justify="right" if head.startswith(">") else "left"
        )
    for row in rows:
        table.add_row(*row)
    page = io.StringIO()
    Console(file=page, width=WIDTH, highlight=False, markup=False, emoji=False).print(table)
    return page.getvalue()


def _sites(plan: Plan) -> str:
    sure = plan.draws is not None
    rows = [
        [
            site.code,
            site.name,
            site.district,
            site.kind,
            number(site.people),
            number(site.overdoses),
            f"{site.share:.1%}",
            f"{site.episodes / site.capacity:.0%}",
            f"{site.annual_cost:,.0f}",
            *([f"{site.chosen:.0%}"] if site.chosen is not None else []),
        ]
        for site in plan.sites
    ]
    heads = ["code", "place", "district", "kind", ">people", ">overdoses", ">of need", ">full"]
    more = [">£ a year", *([">in draws"] if sure else [])]
    return _drawn(
        "Sites (reached in a year; a stop's cost without its vehicle)", heads + more, rows
    )


def _districts(plan: Plan) -> str:
    rows = [
        [
            each.name,
            number(each.need),
            number(each.reached),
            f"{each.share:.1%}",
            str(each.sites),
            each.nearest,
            f"{each.nearest_metres / 1000:.1f}",
        ]
        for each in plan.districts
    ]
    heads = ["district", ">need", ">reached", ">share", ">sites", "nearest site", ">km"]
    return _drawn(f"Districts ({plan.unit}; km weighted by need)", heads, rows)


def _alternative(name: str, each: Alternative) -> list[str]:
    answer = each.objective
    if answer is None:
        return [name, each.why, *[""] * 6]
    return [
        name,
        exact(answer.value),
        exact(answer.bound),
        gap(answer.gap),
        str(each.buildings),
        str(each.mobile_stops),
        f"{each.annual_cost:,.0f}",
        f"{answer.seconds:.1f}",
    ]


def _table_of(title: str, variants: Sequence[Alternative]) -> str:
    heads = ["plan", ">objective", ">bound", ">gap", ">buildings", ">stops", ">£ a year", ">s"]
    return _drawn(title, heads, starmap(_alternative, ((each.name, each) for each in variants)))


def _draws(draws: DrawsSummary) -> str:
    lines = [
        (
            f"Over {draws.draws} draws of need the plan comes to {number(draws.objective_low)} to "
            f"{number(draws.objective_high)} (central 95%)."
        ),
        (
            f"Regret, what the plan loses of a draw's best: mean {draws.regret_mean:.1%}, "
            f"90% of draws below {draws.regret_p90:.1%}, at most {draws.regret_max:.1%}; each draw "
            f"solved within {gap(draws.worst_gap)}."
        ),
    ]
    if draws.rivals:
        named = (f"{each.name} ({each.kind}, {each.chosen:.0%})" for each in draws.rivals)
        lines.append(f"Not in the plan, but best in some draws: {', '.join(named)}.")
    return "\n".join(lines)


def _assumptions(plan: Plan) -> str:
    """Return the figures that rest on an assumption, each with its value."""
    assumed = [each for each in plan.figures if each.citation.startswith("Assumption")]
    lines = [f"  {each.name} = {each.value} {each.unit}" for each in assumed]
    changed = [f"  {name} = {value:g}, given by hand" for name, value in plan.changed.items()]
    head = f"Assumed, without a source (figures {plan.parameters}; change one with --set):"
    return "\n".join([head, *lines, *changed])
