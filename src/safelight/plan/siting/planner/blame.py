"""Why no plan keeps the rules: the first limit whose absence would allow one."""

from safelight.kernel.errors import Invalid
from safelight.plan.siting.planner.model import Model
from safelight.plan.siting.planner.options import vehicle_cost
from safelight.plan.siting.planner.programme import cheapest
from safelight.plan.siting.planner.rules import Rules

MONEY = frozenset({"budget", "capital"})


def impossible(model: Model) -> Invalid:
    """Return the error that says which limit stands in the way, and what would do."""
    return _of_money(model) or _of_rules(model)


def _without(rules: Rules, names: frozenset[str]) -> Rules:
    return rules._replace(rows=tuple(row for row in rules.rows if row.name not in names))


def _least(model: Model, names: frozenset[str]) -> float | None:
    rules, cost = _without(model.rules, names), vehicle_cost(model.problem)
    return cheapest(rules, model.options.annual, cost, model.problem.nodes)


def _of_money(model: Model) -> Invalid | None:
    problem, options, nodes = model.problem, model.options, model.problem.nodes
    if problem.budget is not None:
        least = _least(model, frozenset({"budget"}))
        if least is not None:
            return Invalid(
                "site-budget",
                f"A budget of £{problem.budget:,.0f} a year is not enough: the cheapest plan that "
                f"keeps the rules costs £{least:,.0f} a year.",
                f"Give at least {_rounded_up(least):,d}, or allow another kind of site.",
                least=least,
            )
    if problem.capital is not None:
        rules = _without(model.rules, frozenset({"capital"}))
        start = problem.figures.vehicle.capital
        least = cheapest(rules, options.capital, start, nodes)
        if least is not None:
            return Invalid(
                "site-capital",
                f"A capital of £{problem.capital:,.0f} is not enough: the plan that keeps the "
                f"rules with least capital takes £{least:,.0f}.",
                f"Give at least {_rounded_up(least):,d}, or allow another kind of site.",
                least=least,
            )
    return None


def _rounded_up(pounds: float) -> int:
    return int(-(-pounds // 1))


def _of_rules(model: Model) -> Invalid:
    """Name the rule without which a plan would be there, money left aside."""
    suspects = {
        "spacing": (
            "site-spacing",
            f"No plan keeps sites {model.problem.spacing:,.0f} m apart and the other rules.",
            "Give a shorter --spacing, or ask for fewer sites.",
        ),
        "min-district": (
            "site-min-district",
            f"The least numbers of sites by district cannot be had: {_numbers(model)}.",
            "Lower --min-district, raise --max-district or --sites, or add candidates there.",
        ),
        "max-district": (
            "site-max-district",
            "The limits by district leave no plan that keeps the other rules.",
            "Raise --max-district.",
        ),
    }
    for name, (rule, message, remedy) in suspects.items():
        if _least(model, MONEY | {name}) is not None:
            return Invalid(rule, message, remedy)
    return Invalid(
        "site-impossible",
        "No plan keeps all the rules: more sites are forced or asked for than may be opened.",
        "Raise --sites, --buildings, --mobile-stops or --vehicles, or force fewer places.",
    )


def _numbers(model: Model) -> str:
    wanted = model.problem.min_district.items()
    return ", ".join(f"{count} in {name}" for name, count in wanted)
