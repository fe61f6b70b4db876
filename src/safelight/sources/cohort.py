"""Lewer and colleagues: mortality of people who use illicit opioids, England 2001 to 2018."""

import pandas as pd

from safelight.sources.column import count, number, text
from safelight.sources.licences import UNSTATED
from safelight.sources.table import Table

CAUSES = ("respiratory", "liver", "drd", "cancers", "other", "external", "cvd")
PAPER = "Lewer et al., Lancet Public Health 2021 (the HUPIO cohort)"


def _exposed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(uses_opioids=frame["uses_opioids"].eq("TRUE"))


DEATHS_BY_CAUSE = Table(
    name="opioid-cohort-deaths",
    title="Deaths by cause, age and sex among people who use illicit opioids, and matched people",
    publisher=PAPER,
    licence=UNSTATED,
    attribution=f"Source: {PAPER}.",
    edition="England, 2001 to 2018",
    file="hupio_cause_specific_rates_by_age.csv",
    columns={
        "exposure": text("uses_opioids", values=("TRUE", "FALSE")),
        "age_group": text("age_group"),
        "gender": text("sex", values=("female", "male")),
        "years_fu": number("person_years", 0),
        **{cause: count("drug_related" if cause == "drd" else cause) for cause in CAUSES},
        "total": count("deaths"),
    },
    keys=("uses_opioids", "age_group", "sex"),
    shape=_exposed,
)

TABLES = (DEATHS_BY_CAUSE,)
