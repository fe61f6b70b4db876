"""The Treatment Outcomes Profile on a screen: its questions, a table, charts and a file."""

import csv
import io
from typing import NamedTuple

from markupsafe import Markup

from safelight.run.domain.clinic.outcome import ITEMS, series
from safelight.run.domain.treatment_entities import Outcome, Treatment
from safelight.web.chart import Bar, bar_chart

DAYS, SCORE = 28, 20
# The sections of the form, and what each of its items is called.
SECTIONS = {
    "Days of use in the last 28": {
        "alcohol_days": "Alcohol",
        "opiate_days": "Opiates, not prescribed",
        "crack_days": "Crack",
        "cocaine_days": "Cocaine",
        "amphetamine_days": "Amphetamines",
        "cannabis_days": "Cannabis",
        "other_days": "Another substance",
        "tobacco_days": "Tobacco",
    },
    "Injecting in the last 28 days": {
        "injecting_days": "Injecting, days",
        "shared_equipment": "Used somebody else's equipment",
    },
    "Crime in the last 28 days": {
        "shoplifting_days": "Shoplifting, days",
        "selling_days": "Selling drugs, days",
        "other_theft": "Other theft or fraud",
        "violence": "Assault or violence",
    },
    "Health and daily life": {
        "psychological_score": "Psychological health",
        "physical_score": "Physical health",
        "quality_of_life_score": "Quality of life",
        "paid_work_days": "Paid work, days",
        "education_days": "College or school, days",
        "acute_housing_problem": "Acute housing problem",
        "at_risk_of_eviction": "At risk of eviction",
    },
}
WORDS = {item: words for items in SECTIONS.values() for item, words in items.items()}


class Row(NamedTuple):
    """One item over all interviews; empty where it was not answered."""

    words: str
    values: list[str]


def most(item: str) -> int:
    """Return the highest value of an item, or 0 for one that is answered by yes or no."""
    return DAYS if item.endswith("_days") else SCORE if item.endswith("_score") else 0


def table(treatment: Treatment) -> list[Row]:
    """Return the items that were ever answered, in the order of the form."""
    answered = series(treatment)
    return [
        Row(words, [_told(item, outcome) for outcome in treatment.outcomes])
        for item, words in WORDS.items()
        if item in answered
    ]


def charts(treatment: Treatment) -> list[tuple[str, Markup]]:
    """Return a chart of each item that is counted, where there is more than one interview."""
    found = []
    for item, values in series(treatment).items():
        if most(item) and len(values) > 1:
            unit = "of 28 days" if most(item) == DAYS else "from 0, poor, to 20, good"
            words = WORDS[item].removesuffix(", days")
            bars = [Bar(f"{day:%d/%m %Y}", value) for day, value in values]
            drawn = bar_chart(WORDS[item], bars, f"top-{item}", by="interview", top=most(item))
            found.append((f"{words}, {unit}", drawn))
    return found


def as_csv(treatment: Treatment) -> str:
    """Return every interview as a line of a file, without anything that names the patient."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["day", "stage", *ITEMS])
    for outcome in treatment.outcomes:
        values = [getattr(outcome.answers, item) for item in ITEMS]
        told = ["" if value is None else int(value) for value in values]
        writer.writerow([outcome.on.isoformat(), outcome.stage, *told])
    return text.getvalue()


def _told(item: str, outcome: Outcome) -> str:
    value = getattr(outcome.answers, item)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return "" if value is None else str(value)
