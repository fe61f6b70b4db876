"""The evidence behind an area: estimates, what simpler methods say, its district, its sources."""

from typing import NamedTuple
from urllib.parse import quote

from django.http import HttpResponse, HttpResponseRedirect
from markupsafe import Markup

from safelight.plan.parameters import Parameter, shipped_parameters
from safelight.web.plan.beside import Bar, interval_chart
from safelight.web.plan.frame import PLANNERS, over_a_table, plan_context
from safelight.web.plan.measure import COUNT, QUANTITIES, RATE, chance, estimate, three, told
from safelight.web.plan.shelf import Shelved, can_make
from safelight.web.plan.sketch import Area, Need, Sketch
from safelight.web.policy import address, page
from safelight.web.ports import PageRequest
from safelight.web.render import render

DEATHS = QUANTITIES["deaths"]
PACK = "planning-need"
SIMPLER = {
    "by_population": "By population alone",
    "by_last_count": "The last count",
    "by_empirical_bayes": "Empirical Bayes",
}


class Line(NamedTuple):
    """One quantity of an area."""

    title: str
    per: str
    number: str
    number_ends: str
    rate: str
    rate_ends: str


class Beside(NamedTuple):
    """What a method says of the deaths a year, here and in the district."""

    method: str
    here: str
    district: str


class Cited(NamedTuple):
    """One figure with its source."""

    name: str
    value: str
    unit: str
    citation: str
    note: str


@page("plan/area", PLANNERS, "plan-find-area")
def find_area(request: PageRequest) -> HttpResponse:
    """Go to the area that was chosen from the list."""
    code, table = request.GET.get("code", ""), request.GET.get("table", "")
    return HttpResponseRedirect(f"{address('plan-area', code)}?table={quote(table)}")


@page("plan/area/<str:code>", PLANNERS, "plan-area")
@over_a_table
def area(request: PageRequest, table: Shelved, code: str) -> HttpResponse:
    """Show what stands behind one area's colour."""
    sketch = table.sketch
    found = sketch.area(code)
    district = next(one for one in sketch.districts if one.name == found.district)
    context = plan_context(
        "need",
        table=table,
        sketch=sketch,
        can_make=can_make(request.services.desk),
        area=found,
        lines=[line(found, key) for key in QUANTITIES],
        beside=beside(found, district),
        chart=chart(found),
        rank=rank(sketch, found),
        chance=chance(found.chance),
        district=district,
        district_deaths=told(district.deaths),
        district_rate=told(estimate(district, DEATHS, RATE)),
        parameters=cited(),
    )
    return render(request, "plan/area.html", context)


def line(of: Need, key: str) -> Line:
    """Return one quantity as count and as rate."""
    quantity = QUANTITIES[key]
    count, rate = (told(estimate(of, quantity, scale)) for scale in (COUNT, RATE))
    return Line(quantity.title, f"per {quantity.per:,.0f}", *count, *rate)


def beside(here: Need, district: Need) -> list[Beside]:
    """Return the estimate of deaths and what simpler methods say."""
    own = Beside("This estimate", three(here.deaths.mean), three(district.deaths.mean))
    return [
        own,
        *(
            Beside(words, *(three(getattr(of, name)) for of in (here, district)))
            for name, words in SIMPLER.items()
        ),
    ]


def chart(here: Need) -> Markup:
    """Return the same as a drawing."""
    own = Bar("This estimate", here.deaths.mean, here.deaths.lower, here.deaths.upper)
    bars = [own, *(Bar(words, getattr(here, name)) for name, words in SIMPLER.items())]
    return interval_chart("Deaths a year, by method", bars, "beside")


def rank(sketch: Sketch, here: Area) -> str:
    """Return where an area stands among all by its rate of deaths; empty where nobody lives."""
    rates = [estimate(area, DEATHS, RATE) for area in sketch.areas]
    own = estimate(here, DEATHS, RATE)
    if own is None:
        return ""
    higher = sum(each is not None and each.mean > own.mean for each in rates)
    return f"{higher + 1} of {len(rates):,}"


def cited() -> list[Cited]:
    """Return the figures that need rests on, each with its source."""
    found = shipped_parameters(PACK).values.items()
    return [
        Cited(name.replace("_", " "), _value(one), one.unit, one.citation, one.note)
        for name, one in found
    ]


def _value(one: Parameter) -> str:
    if isinstance(one.value, str):
        return one.value
    if isinstance(one.value, list):
        return "; ".join(str(each) for each in one.value)
    limits = "" if one.low is None or one.high is None else f" ({one.low:g} to {one.high:g})"
    return f"{one.value:g}{limits}"
