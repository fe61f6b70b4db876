"""How ``safelight need --districts`` prints the record of the districts."""

import pandas as pd

from safelight.plan.need.record import apart
from safelight.plan.need.standing import TREND_YEARS

HEAD = (
    f"{'district':<24}{'deaths':>7}{'counted':>9}{'interval':>14}{'model':>7}{'interval':>14}"
    f"{'rank':>7}{'top 3':>7}{'a year':>8}{'rising':>8}"
)


def told_record(rows: pd.DataFrame) -> str:
    """Put the latest standing into a table, and beneath it the chance to be among the top three."""
    latest = rows[rows["last"] == rows["last"].max()].sort_values("posterior", ascending=False)
    first, last = latest["first"].iloc[0], latest["last"].iloc[0]
    lines = [
        f"Drug-poisoning deaths registered {first} to {last}, rates per 100,000 a year.",
        "95% intervals. 'counted' is exact Poisson.",
        "'model' borrows from years, neighbours and deprivation.",
        HEAD,
    ]
    for row in latest.to_dict("records"):
        counted = f"{row['rate_lower']:.1f} to {row['rate_upper']:.1f}"
        model = f"{row['posterior_lower']:.1f} to {row['posterior_upper']:.1f}"
        ranks = f"{row['rank_lower']}-{row['rank_upper']}"
        lines.append(
            f"{str(row['name'])[:23]:<24}{row['deaths']:>7}{row['rate']:>9.1f}{counted:>14}"
            f"{row['posterior']:>7.1f}{model:>14}{ranks:>7}{row['top_three']:>7.2f}"
            f"{row['change']:>+8.1%}{row['rising']:>8.2f}"
        )
    lines.append(
        f"'a year' is the mean yearly change over {TREND_YEARS} years, 'rising' the probability "
        "that it is above zero."
    )
    return "\n".join([*lines, "", *_over_time(rows, latest["name"].tolist())])


def _over_time(rows: pd.DataFrame, order: list[str]) -> list[str]:
    kept = apart(rows)
    wide = kept.pivot_table(index="name", columns="last", values="top_three").loc[order]
    rank = kept.assign(place=kept.groupby("last")["rate"].rank(ascending=False, method="min"))
    places = rank.pivot_table(index="name", columns="last", values="place").loc[order]
    lines = [
        "Probability of being among the three highest rates, by the last of three years.",
        "In brackets the place by the rate as counted.",
        f"{'district':<24}" + "".join(f"{year:>10}" for year in wide.columns),
    ]
    for name in order:
        pairs = zip(wide.loc[name], places.loc[name], strict=True)
        cells = (f"{chance:.2f} ({place:.0f})" for chance, place in pairs)
        lines.append(f"{name[:23]:<24}" + "".join(f"{cell:>10}" for cell in cells))
    return lines
