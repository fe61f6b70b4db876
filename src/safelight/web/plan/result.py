"""What came of a plan: the sites on a map, whom they reach, how sure that is, and files."""

from collections.abc import Iterable
from typing import NamedTuple

from django.http import HttpResponse
from django.views.decorators.gzip import gzip_page

from safelight.kernel.errors import Invalid
from safelight.web.jobs.desk import Job
from safelight.web.jobs.records import Status
from safelight.web.plan.commands import PDF, SITES_CSV, SITES_GEOJSON
from safelight.web.plan.draw import areas_map
from safelight.web.plan.files import send
from safelight.web.plan.frame import PLANNERS, here, plan_context
from safelight.web.plan.measure import plain
from safelight.web.plan.outcome import (
    Outcome,
    Step,
    distance,
    money,
    percent,
    reach_colours,
    reach_legend,
    short_money,
)
from safelight.web.plan.reading import read_outcome
from safelight.web.plan.shelf import SITE, Shelved, table_of_job
from safelight.web.plan.sketch import Sketch
from safelight.web.policy import address, page
from safelight.web.ports import PageRequest
from safelight.web.render import render

FILES = {
    "report.pdf": PDF,
    "sites.csv": SITES_CSV,
    "sites.geojson": SITES_GEOJSON,
}


class Row(NamedTuple):
    """One area, as the table shows it and the map."""

    code: str
    name: str
    district: str
    colour: int
    share: str


@page("plan/result/<str:job_id>", PLANNERS, "plan-result")
@gzip_page
def result(request: PageRequest, job_id: str) -> HttpResponse:
    """Show a plan with as many sites as the address says."""
    job = done_job(request, job_id)
    table = table_of(request, job)
    sketch = table.sketch
    outcome = read_outcome(job.folder)
    numbers = sorted(outcome.steps)
    number = _number(request.GET.get("step", ""), outcome)
    step = outcome.steps[number]
    others = {one.kind: one.step for one in outcome.alternatives if one.step is not None}
    codes = [area.code for area in sketch.areas]
    context = plan_context(
        "jobs",
        job=job,
        table=table,
        sketch=sketch,
        base=address("plan-result", job_id),
        drawing=address("plan-areas") + here(table),
        outcome=outcome,
        numbers=numbers,
        number=number,
        step=step,
        legend=reach_legend(step, codes),
        areas=area_rows(step, sketch),
        alternatives={kind: area_rows(one, sketch) for kind, one in others.items()},
        picture=_picture(step, sketch),
        pictures={kind: _picture(one, sketch) for kind, one in others.items()},
        frontier=[(each, outcome.steps[each]) for each in numbers],
        plain=plain,
        money=money,
        short_money=short_money,
        percent=percent,
        distance=distance,
    )
    return render(request, "plan/result.html", context)


@page("plan/result/<str:job_id>/<str:name>", PLANNERS, "plan-result-file")
def result_file(request: PageRequest, job_id: str, name: str) -> HttpResponse:
    """Send one of the files that a plan leaves."""
    job = done_job(request, job_id)
    if name not in FILES:
        raise Invalid("file-known", "A plan leaves no such file.", "Go back to the plan.")
    return send(job.folder / FILES[name], f"safelight-{name}")


def done_job(request: PageRequest, job_id: str) -> Job:
    """Return a plan's job that is done; raises Invalid for any other."""
    job = request.services.desk.find(job_id)
    if job.request.kind != SITE or job.state.status is not Status.DONE:
        raise Invalid("plan-known", "This job has made no plan.", "Look at the job itself.")
    return job


def table_of(request: PageRequest, job: Job) -> Shelved:
    """Return the need table that a plan was made over; raises Invalid where it is gone."""
    key = job.request.inputs.get("table", [""])[0]
    found = table_of_job(request.services.desk, key)
    if found is None:
        raise Invalid(
            "need-table-known",
            "The need table that this plan was made over is not here any more.",
            "Plan the sites again over a table that is.",
        )
    return found


def area_rows(step: Step, sketch: Sketch) -> list[Row]:
    """Return the areas with the share of their need that is reached, highest first."""
    colours = reach_colours(step, _codes(sketch))
    ranked = sorted(sketch.areas, key=lambda area: (-step.reach.get(area.code, 0.0), area.name))
    return [
        Row(
            area.code,
            area.name,
            area.district,
            colours[area.code],
            percent(step.reach.get(area.code, 0.0)),
        )
        for area in ranked
    ]


def _picture(step: Step, sketch: Sketch) -> str:
    return areas_map(sketch, reach_colours(step, _codes(sketch)), pins=step.pins)


def _codes(sketch: Sketch) -> Iterable[str]:
    return (area.code for area in sketch.areas)


def _number(text: str, outcome: Outcome) -> int:
    """Return the number of sites that is asked for, or that of the plan."""
    wanted = int(text) if text.isascii() and text.isdigit() else outcome.chosen
    return wanted if wanted in outcome.steps else outcome.chosen
