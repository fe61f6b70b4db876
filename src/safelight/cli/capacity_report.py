"""A capacity plan in words and tables: what came out, and what was assumed on the way."""

import math
from collections.abc import Sequence
from typing import Any

from safelight.plan.capacity.profile import Used
from safelight.plan.capacity.recommend import Recommendation, Target
from safelight.plan.capacity.simulation import Capacity, Simulation

SHOWN = 12  # plans on the screen; the file and the JSON hold all
FIGURES = {
    "visits": "visits a year",
    "served": "of them served",
    "balked": "turned round at sight of the queue",
    "reneged": "gave up waiting",
    "turned_away": "turned away at the door or at closing",
    "episodes": "episodes in booths and seats a year",
    "within_target": "begun within the target",
    "mean_wait": "mean wait, minutes",
    "median_wait": "median wait, minutes",
    "p90_wait": "90% wait no longer than, minutes",
    "p95_wait": "95% wait no longer than, minutes",
    "booth_use": "booths in use, share of open time",
    "seat_use": "smoking seats in use, share of open time",
    "staff_use": "of those whom staff can supervise",
    "past_closing": "last person out after closing, minutes, mean day",
    "most_past_closing": "the same, worst day of a year",
}
SHARES = {"within_target", "booth_use", "seat_use", "staff_use"}


def capacity_words(capacity: Capacity) -> str:
    """Return a plan in words."""
    words = [f"{capacity.booths} booths", f"{capacity.seats} smoking seats"]
    words.append("staff no limit" if capacity.staff is None else f"{capacity.staff} staff")
    if capacity.chairs is not None:
        words.append(f"{capacity.chairs} aftercare chairs")
    return ", ".join(words)


def evaluation_text(simulation: Simulation, target: Target, used: Sequence[Used]) -> str:
    """Return what a plan comes to, as a table of means with their intervals."""
    lines = [f"{capacity_words(simulation.capacity)}; mean and 95% interval of a year"]
    for name, words in FIGURES.items():
        mean, low, high = simulation.estimate(name)
        scale, form = (100, "{:.1f}%") if name in SHARES else (1, "{:,.1f}")
        shown = [form.format(value * scale) for value in (mean, low, high)]
        interval = "" if math.isnan(low) else f"({shown[1]} to {shown[2]})"
        lines.append(f"  {words:<50} {shown[0]:>10}  {interval}")
    lines.append(f"  {_judged(simulation, target)}")
    return "\n".join([*lines, "", *used_lines(used)])


def recommendation_text(found: Recommendation, used: Sequence[Used]) -> str:
    """Return the plans that were simulated, best first, and what was assumed."""
    target, options = found.target, found.options
    lines = [
        f"Target: {target.share:.0%} within {target.minutes:g} minutes, at each kind of place."
    ]
    for kind, (mean, busiest) in found.screened.items():
        lines.append(f"By formula: {mean} {kind} for the mean hour, {busiest} for the busiest.")
    lines.append("")
    lines.append("booths  seats  staff   within target (95% interval)   mean wait    lost  verdict")
    for row in options.head(SHOWN).to_dict("records"):
        interval = f"({row['within_low']:.1%} to {row['within_high']:.1%})"
        verdict = _verdict(
            target, high=row["within_high"], meets=row["meets"], needless=row["needless"]
        )
        lines.append(
            f"{row['booths']:>6} {row['seats']:>6} {row['staff']:>6} {row['within_target']:>8.1%} "
            f"{interval:<20} {row['mean_wait']:>7.2f} min {row['lost']:>6.1%}  {verdict}"
        )
    if len(options) > SHOWN:
        lines.append(f"… and {len(options) - SHOWN} more: --csv FILE keeps all.")
    lines.append("Ranked by fewest staff, then fewest places. No cost is used.")
    return "\n".join([*lines, "", *used_lines(used)])


def used_lines(used: Sequence[Used]) -> list[str]:
    """Return what nobody gave, assumptions first and named as such."""
    assumed = [each for each in used if each.is_assumed]
    cited = [each for each in used if not each.is_assumed]
    lines = []
    if assumed:
        lines.append("Assumed, measure your own:")
        lines += [f"  {each.name} = {each.value}. {each.citation}" for each in assumed]
    if cited:
        lines.append("Taken from published figures:")
        lines += [f"  {each.name} = {each.value}. {each.citation}" for each in cited]
    lines.append("The week is nominal: local time, without the two days the clocks change.")
    return lines


def evaluation_json(simulation: Simulation, target: Target, used: Sequence[Used]) -> dict[str, Any]:
    """Return a plan's figures for a program."""
    names = [str(name) for name in simulation.replications]
    figures = {name: simulation.estimate(name)._asdict() for name in names}
    return {
        "capacity": vars(simulation.capacity),
        "target": vars(target),
        "verdict": _judged(simulation, target),
        "figures": _without_nan(figures),
        "hours": simulation.hours.reset_index().to_dict("records"),
        "month_days": simulation.month_days.reset_index().to_dict("records"),
        "seconds": simulation.seconds,
        "used": used_json(used),
    }


def recommendation_json(found: Recommendation, used: Sequence[Used]) -> dict[str, Any]:
    """Return all plans for a program."""
    return {
        "target": vars(found.target),
        "screened": found.screened,
        "options": found.options.to_dict("records"),
        "used": used_json(used),
    }


def used_json(used: Sequence[Used]) -> list[dict[str, Any]]:
    """Return what nobody gave, for a program."""
    return [{**each._asdict(), "assumed": each.is_assumed} for each in used]


def _without_nan(figures: dict[str, dict[str, float]]) -> dict[str, dict[str, float | None]]:
    """Write what one year cannot tell as null, for JSON knows no nan."""
    return {
        name: {key: None if math.isnan(value) else value for key, value in each.items()}
        for name, each in figures.items()
    }


def _judged(simulation: Simulation, target: Target) -> str:
    """Say whether a plan meets a target, for the worse kind of place, or is too close to tell."""
    names = ("within_target_booths", "within_target_seats")
    worst = min((simulation.estimate(name) for name in names), key=lambda each: each.mean)
    asked = f"{target.share:.0%} within {target.minutes:g} minutes"
    if worst.low >= target.share:
        return f"{asked}: met."
    return f"{asked}: missed." if worst.high < target.share else f"{asked}: too close to tell."


def _verdict(target: Target, *, high: float, meets: bool, needless: bool) -> str:
    if meets:
        return "meets it, with some to spare" if needless else "meets it"
    return "misses it" if high < target.share else "too close to tell"
