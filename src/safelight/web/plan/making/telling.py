"""A plan in the words and tables of its report."""

from collections.abc import Sequence
from typing import Any

from safelight.web.jobs.records import Request
from safelight.web.plan.draw import FILLS
from safelight.web.plan.frame import TIMEZONE
from safelight.web.plan.measure import plain
from safelight.web.plan.outcome import (
    Alternative,
    Outcome,
    Step,
    distance,
    money,
    percent,
    reach_legend,
)
from safelight.web.plan.sketch import Sketch


def told(outcome: Outcome, sketch: Sketch, request: Request) -> dict[str, Any]:
    """Return everything that the report says."""
    step = outcome.step(outcome.chosen)
    when = request.asked_at.astimezone(TIMEZONE)
    need = f"{sketch.place} by {sketch.unit}, {sketch.period}"
    return {
        "title": outcome.title,
        "description": f"Where to put overdose prevention services: {need}.",
        "asked": f"Asked for on {when:%d %B %Y at %H:%M}. Need: {need}"
        + (", the example that comes with Safelight." if sketch.example else "."),
        "facts": _facts(outcome, step),
        "map": _map(step, "the plan", "map.svg"),
        "legend": _legend(step, sketch),
        "sites": _sites(step, "Sites of the plan"),
        "districts": _districts(outcome, step),
        "compared": "Each kind alone, under the same limits as the plan.",
        "alternatives": [_alternative(outcome, one) for one in outcome.alternatives],
        "frontier": _frontier(outcome),
        "notes": outcome.notes,
        "method": [" ".join(each.split()) for each in METHOD],
        "assumptions": _assumptions(outcome),
        "sources": sketch.sources,
        "attribution": outcome.attribution,
    }


METHOD = (
    """Need is estimated area by area with a hierarchical model; every estimate has an interval. The
    plan is worked out for the posterior means.""",
    """Whoever could use a site reaches it with a chance that falls with distance, and a site serves
    no more than it has room for. The plan makes the objective as large as the limits allow. The
    bound is proven: no plan under the same limits and assumptions can exceed it, and the gap is the
    distance between the two.""",
    """For every draw of need the sites are chosen anew. The share of draws in which a site is
    chosen says how far it depends on what is not known of need; regret is how much less the plan is
    worth than the best plan of that draw.""",
)


def _facts(outcome: Outcome, step: Step) -> list[tuple[str, str]]:
    proven = "proven best" if step.proven else f"gap {percent(step.gap)}"
    facts = [
        ("Objective", outcome.objective),
        (_first_large(outcome.goal_unit), plain(step.objective)),
        ("No plan can do better than", f"{plain(step.bound)} ({proven})"),
        ("Sites", step.counts),
        ("Cost a year", money(step.annual)),
        ("At the start", money(step.capital)),
    ]
    if step.seconds is not None:
        facts.append(("Worked out in", f"{plain(step.seconds)} s"))
    if outcome.robustness is not None:
        robust = outcome.robustness
        mean, worst = percent(robust.mean_regret), percent(robust.worst_regret)
        facts.append(
            (f"Regret over {robust.draws:,} draws", f"{mean} on average, {worst} at worst")
        )
    return facts


def _first_large(text: str) -> str:
    return text[:1].upper() + text[1:]


def _map(step: Step, what: str, file: str) -> dict[str, str]:
    where = ", ".join(f"{site.number} {site.name}" for site in step.sites) or "none"
    return {
        "file": file,
        "caption": "Share of each area's need that is reached; in brackets, how many areas. "
        "Squares are buildings, circles are mobile stops.",
        "alt": f"Map of {what}: {step.counts}. Sites: {where}. The tables say what each reaches.",
    }


def _legend(step: Step, sketch: Sketch) -> list[tuple[str, str]]:
    classes = reach_legend(step, [area.code for area in sketch.areas])
    return [(FILLS[each.number], f"{each.words} ({each.areas})") for each in classes]


def _table(
    caption: str, heads: Sequence[str], columns: str, rows: list[list[str]]
) -> dict[str, Any]:
    """Return a table; ``columns`` says what each is, such as ``n t t3 n2``.

    Columns of numbers (n) are set to the right, those of text (t) to the left. A column with a
    figure gets so many parts of the width that the others leave.
    """
    kinds = columns.split()
    return {
        "caption": caption,
        "heads": list(heads),
        "numbers": [each[0] == "n" for each in kinds],
        "parts": [int(each[1:] or 0) for each in kinds],
        "rows": rows,
    }


def _sites(step: Step, caption: str) -> dict[str, Any]:
    heads = ("", "Site", "District", "Kind", "Reaches", "Chosen in", "Cost a year")
    rows = [
        [
            str(site.number),
            site.name,
            site.district,
            site.kind.capitalize(),
            plain(site.reached),
            percent(site.chosen),
            money(site.annual),
        ]
        for site in step.sites
    ]
    return _table(caption, ("No.", *heads[1:]), "n t1 t t n n n", rows)


def _districts(outcome: Outcome, step: Step) -> dict[str, Any]:
    heads = ("District", "Need", "Reached", "Share", "To the nearest site")
    rows = [
        [
            row.name,
            plain(row.need),
            plain(row.reached),
            percent(row.share),
            distance(row.nearest),
        ]
        for row in step.districts
    ]
    return _table(
        f"What the plan does for each district ({outcome.unit})", heads, "t1 n n n n", rows
    )


def _alternative(outcome: Outcome, one: Alternative) -> dict[str, Any]:
    if one.step is None:
        return {"title": one.title, "trouble": one.trouble}
    words = ", ".join(f"{name.lower()} {value}" for name, value in _facts(outcome, one.step)[1:5])
    return {
        "title": one.title,
        "trouble": "",
        "map": _map(one.step, one.title.lower(), f"{one.kind}.svg"),
        "sites": _sites(one.step, f"{one.title}: {words}"),
    }


def _frontier(outcome: Outcome) -> dict[str, Any]:
    heads = ("Sites", "What", _first_large(outcome.goal_unit), "Bound", "Gap", "Cost a year")
    rows = [
        [
            str(count),
            step.counts,
            plain(step.objective),
            plain(step.bound),
            percent(step.gap),
            money(step.annual),
        ]
        for count, step in sorted(outcome.steps.items())
    ]
    return _table("The best plan with each number of sites", heads, "n t3 n2 n n n", rows)


def _assumptions(outcome: Outcome) -> dict[str, Any]:
    rows = [[one.name, one.value, one.unit, one.citation] for one in outcome.assumptions]
    heads = ("Figure", "Value", "Unit", "Source")
    return _table("Every figure that the plan rests on", heads, "t3 t4 t3 t7", rows)
