"""Service figures by month, after the definitions printed with The Thistle's (Glasgow)."""

import csv
import io
import re
from datetime import date
from typing import NamedTuple

from django.http import HttpResponse
from markupsafe import Markup

from safelight.contracts.statistics import MonthStatistics
from safelight.kernel.clock import local_day
from safelight.web.chart import Bar, bar_chart
from safelight.web.floor.frame import Frame, open_frame, premises_of
from safelight.web.floor.words import Words
from safelight.web.policy import STAFF, page
from safelight.web.ports import PageRequest
from safelight.web.render import render

MONTHS_SHOWN = 12
MONTHS_MOST = 60
INJECTING = "injecting"
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
COLUMNS = (
    ("visits", "Times accessed"),
    ("injecting", "Injecting episodes"),
    ("other_episodes", "Other episodes"),
    ("medical_emergencies", "Medical emergencies"),
    ("people", "Service users"),
    ("ambulance_calls", "Ambulance calls"),
    ("naloxone_given", "Naloxone doses"),
    ("referrals", "Referrals"),
)


class MonthRow(NamedTuple):
    """One month of the table."""

    month: str
    label: str
    values: list[int]


class SubstanceRow(NamedTuple):
    """One combination of substances over the months shown."""

    words: str
    episodes: int
    percent: str


@page("s/<str:site_id>/statistics", STAFF, "statistics")
def statistics(request: PageRequest, site_id: str) -> HttpResponse:
    """Show the figures with their definitions, as a table and as charts."""
    frame = open_frame(request, site_id)
    first, last = months(frame, request)
    found = frame.node.statistics(site_id, first, last)
    rows = [month_row(one) for one in found]
    context = frame.context(
        "statistics",
        first=first,
        last=last,
        columns=[title for _, title in COLUMNS],
        rows=rows,
        totals=[sum(row.values[n] for row in rows) for n in range(len(COLUMNS))],
        substances=substance_rows(found, frame.words),
        charts=charts(rows),
    )
    return render(request, "floor/statistics.html", context)


@page("s/<str:site_id>/statistics.csv", STAFF, "statistics-csv")
def statistics_csv(request: PageRequest, site_id: str) -> HttpResponse:
    """Send the same figures as a file."""
    frame = open_frame(request, site_id)
    first, last = months(frame, request)
    text = io.StringIO()
    writer = csv.writer(text)
    found = frame.node.statistics(site_id, first, last)
    declared = sorted({name for one in found for name in one.substances})
    names = [name for name, _ in COLUMNS] + [f"episodes_{name}" for name in declared]
    writer.writerow(["month", *names])
    for one in found:
        counts = [one.substances.get(name, 0) for name in declared]
        writer.writerow([one.month, *month_row(one).values, *counts])
    name = f"safelight-{site_id}-{first}-{last}.csv"
    return HttpResponse(
        text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def months(frame: Frame, request: PageRequest) -> tuple[str, str]:
    """Return the first and last month asked for; the last twelve where nothing fits."""
    today = local_day(frame.words.now, premises_of(frame.site).timezone)
    last = _month(request.GET.get("last", "")) or today.replace(day=1)
    first = _month(request.GET.get("first", "")) or max(
        back(last, MONTHS_SHOWN - 1), min(last, _founded(frame))
    )
    if first > last:
        first, last = last, first
    first = max(first, back(last, MONTHS_MOST - 1))
    return f"{first:%Y-%m}", f"{last:%Y-%m}"


def _founded(frame: Frame) -> date:
    """Return the month of the first entry: before it there is nothing to show."""
    rows = frame.node.journal(frame.site.id, 2, 1)
    return _month(rows[0].happened_at[:7] if rows else "") or date.min


def back(month: date, count: int) -> date:
    """Return the first day of the month so many months earlier."""
    number = month.year * 12 + month.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def month_row(one: MonthStatistics) -> MonthRow:
    """Return one month in the order of the columns."""
    injecting = one.episodes.get(INJECTING, 0)
    values = {
        "injecting": injecting,
        "other_episodes": sum(one.episodes.values()) - injecting,
        **{name: getattr(one, name) for name, _ in COLUMNS if hasattr(one, name)},
    }
    year, month = one.month.split("-")
    label = f"{date(int(year), int(month), 1):%b %y}"
    return MonthRow(one.month, label, [values[name] for name, _ in COLUMNS])


def substance_rows(found: list[MonthStatistics], words: Words) -> list[SubstanceRow]:
    """Return each combination of substances with its share, most frequent first."""
    counted: dict[str, int] = {}
    for one in found:
        for code, episodes in one.substances.items():
            counted[code] = counted.get(code, 0) + episodes
    total = sum(counted.values())
    return [
        SubstanceRow(together(code, words), number, f"{100 * number / total:.1f}%")
        for code, number in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
        if number
    ]


def together(combination: str, words: Words) -> str:
    """Return what was declared together, as ``Heroin and cocaine powder``."""
    first, *others = [words.of("substances", code) for code in combination.split("_and_")]
    return " and ".join([first, *(one[0].lower() + one[1:] for one in others)])


def charts(rows: list[MonthRow]) -> list[Markup]:
    """Return the charts of the three figures that are published most."""
    wanted = {"visits", "injecting", "medical_emergencies"}
    return [
        bar_chart(title, [Bar(row.label, row.values[number]) for row in rows], f"chart-{name}")
        for number, (name, title) in enumerate(COLUMNS)
        if name in wanted
    ]


def _month(text: str) -> date | None:
    return date.fromisoformat(f"{text}-01") if MONTH.fullmatch(text) else None
