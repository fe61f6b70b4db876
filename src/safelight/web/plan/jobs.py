"""Long work: how it stands, ending it, and what has been asked for so far."""

from datetime import datetime
from typing import NamedTuple

from django.http import HttpResponse, HttpResponseRedirect

from safelight.kernel.ids import derive_id, parse_command_id
from safelight.web.jobs.desk import Job
from safelight.web.jobs.outcome import tail_of
from safelight.web.jobs.records import Request, Status
from safelight.web.plan.commands import need_steps
from safelight.web.plan.frame import PLANNERS, plan_context
from safelight.web.plan.names import names_of
from safelight.web.plan.shelf import DATA, EXAMPLE, NEED, SKETCHED
from safelight.web.policy import FORM, address, page
from safelight.web.ports import PageRequest
from safelight.web.render import render

REGION = "kent"
WORDS = {
    Status.QUEUED: "Waiting",
    Status.RUNNING: "Running",
    Status.DONE: "Done",
    Status.FAILED: "Failed",
    Status.CANCELLED: "Cancelled",
}
STAGES = ["Estimating the need, area by area", SKETCHED]
MINUTE = 60
SHOWN = 50


class Row(NamedTuple):
    """One job in the list."""

    job: Job
    words: str
    who: str
    took: str
    url: str


@page("plan/jobs", PLANNERS, "plan-jobs")
def jobs(request: PageRequest) -> HttpResponse:
    """List what has been asked for, newest first."""
    found = request.services.desk.all()[:SHOWN]
    names = names_of(job.request.staff for job in found)
    now = request.services.clock()
    rows = [
        Row(job, WORDS[job.state.status], names[job.request.staff], took(job, now), url_of(job))
        for job in found
    ]
    return render(request, "plan/jobs.html", plan_context("jobs", rows=rows))


@page("plan/jobs/<str:job_id>", PLANNERS, "plan-job")
def job(request: PageRequest, job_id: str) -> HttpResponse:
    """Show how a job stands; the page keeps itself up to date, with and without scripts."""
    desk = request.services.desk
    found = desk.find(job_id)
    names = names_of([found.request.staff, found.state.cancelled_by])
    context = plan_context(
        "jobs",
        job=found,
        words=WORDS[found.state.status],
        status=found.state.status.value,
        who=names[found.request.staff],
        ended_by=names.get(found.state.cancelled_by, ""),
        took=took(found, request.services.clock()),
        ahead=desk.ahead_of(job_id),
        progress=found.progress,
        result=url_of(found) if found.state.status is Status.DONE else "",
        log=tail_of(found.folder) if found.state.status is Status.FAILED else "",
    )
    return render(request, "plan/job.html", context)


@page("plan/jobs/<str:job_id>/cancel", PLANNERS, "plan-job-cancel", ("POST",))
def cancel(request: PageRequest, job_id: str) -> HttpResponse:
    """End a job."""
    request.services.desk.cancel(job_id, request.staff.staff)
    return HttpResponseRedirect(address("plan-job", job_id))


@page("plan/need", PLANNERS, "plan-make-need", FORM)
def make_need(request: PageRequest) -> HttpResponse:
    """Ask for a need table from the data that were added."""
    if request.method != "POST":
        return HttpResponseRedirect(address("plan"))
    desk = request.services.desk
    title = "Need table for Kent and Medway by LSOA"
    asked = new_request(request, NEED, title, {"region": [REGION]}, STAGES)
    data = desk.home.parent / DATA
    made = desk.ask(asked, lambda folder: need_steps(folder, data, REGION))
    return HttpResponseRedirect(address("plan-job", made.request.id))


def new_request(
    request: PageRequest,
    kind: str,
    title: str,
    inputs: dict[str, list[str]],
    stages: list[str],
) -> Request:
    """Return what somebody asks for; the same form sent twice asks for the same job."""
    command = parse_command_id(request.POST.get("command", ""))
    return Request(
        id=derive_id("job", command),
        kind=kind,
        title=title,
        staff=request.staff.staff,
        asked_at=request.services.clock(),
        steps=[],
        stages=stages,
        inputs=inputs,
    )


def url_of(job: Job) -> str:
    """Return where to look at a job: its outcome where there is one."""
    if job.state.status is not Status.DONE:
        return address("plan-job", job.request.id)
    if job.request.kind in {NEED, EXAMPLE}:
        return f"{address('plan')}?table={job.request.id}"
    return address("plan-result", job.request.id)


def took(job: Job, now: datetime) -> str:
    """Return how long a job has taken, in words."""
    if job.state.started_at is None:
        return ""
    seconds = int(((job.state.ended_at or now) - job.state.started_at).total_seconds())
    minutes = f"{seconds // MINUTE} min " if seconds >= MINUTE else ""
    return f"{minutes}{seconds % MINUTE} s"
