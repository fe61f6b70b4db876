"""Single figures read off public pages: opiate and crack use, treatment, rates of the press."""

import pandas as pd

from safelight.kernel.errors import Invalid
from safelight.sources.column import number, text
from safelight.sources.licences import OGL
from safelight.sources.table import Table

FIGURES = Table(
    name="reference-figures",
    title="Published figures on opiate and crack use, treatment and deaths",
    publisher="Named in each row",
    licence=f"facts quoted with their source; OHID's and ONS's under the {OGL}",
    attribution="Sources: the page named beside each figure.",
    edition="compiled by hand",
    file="published_reference_figures.csv",
    columns={
        "area": text("area"),
        "measure": text("measure"),
        "period": text("period"),
        "value": number("value", 0),
        "comparison": text("comparison", nullable=True),
        "note": text("note", nullable=True),
        "source_url": text("source"),
    },
    keys=("area", "measure", "period"),
)

TABLES = (FIGURES,)


def figure(figures: pd.DataFrame, area: str, measure: str, period: str) -> float:
    """Return one figure; raises Invalid where the table has none or several."""
    rows = figures.query("area == @area and measure == @measure and period == @period")
    if len(rows) != 1:
        raise Invalid(
            "figure-known",
            f"The published figures have {len(rows)} rows of {measure}, {area}, {period}.",
            "Look it up in 'reference-figures'.",
        )
    return float(rows["value"].iloc[0])
