"""Where to put what: a form that asks for a plan, and what it needs to be filled in."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect

from safelight.kernel.errors import Invalid
from safelight.web.plan.commands import site_steps
from safelight.web.plan.form import (
    DECAYS,
    DEFAULTS,
    DRAWS,
    KINDS,
    MINIMUM,
    OBJECTIVES,
    read_form,
    typed_again,
)
from safelight.web.plan.frame import PLANNERS, over_a_table, plan_context, table_choices
from safelight.web.plan.jobs import new_request
from safelight.web.plan.shelf import SITE, Shelved, can_make
from safelight.web.policy import FORM, address, page
from safelight.web.ports import PageRequest
from safelight.web.render import render

STAGES = ["Reading the need table", "Writing the report"]
_OWN = {"token", "command"}  # what the form carries about itself


@page("plan/sites", PLANNERS, "plan-sites", FORM)
@over_a_table
def sites(request: PageRequest, table: Shelved) -> HttpResponse:
    """Show the form, or put the job in the queue."""
    if request.method != "POST":
        return _form(request, table, _typed_before(request), {})
    asked = read_form(request.POST, table.sketch)
    if asked.errors:
        return _form(request, table, asked.typed, asked.errors, 422)
    inputs = {name: [value] for name, value in asked.typed.items() if name not in _OWN}
    inputs["table"] = [table.key]
    title = f"{asked.title}, {table.sketch.place} by {table.sketch.kind}"
    wanted = new_request(request, SITE, title, inputs, STAGES)
    made = request.services.desk.ask(
        wanted,
        lambda folder: site_steps(folder, table.folder, table.sketch.table, asked.options),
    )
    return HttpResponseRedirect(address("plan-job", made.request.id))


def _typed_before(request: PageRequest) -> dict[str, str]:
    """Return what an earlier job was asked with, or what most people start from."""
    again = request.GET.get("again", "")
    if not again:
        return dict(DEFAULTS)
    try:
        return typed_again(request.services.desk.find(again).request.inputs)
    except Invalid:
        return dict(DEFAULTS)


def _form(
    request: PageRequest,
    table: Shelved,
    typed: dict[str, str],
    errors: dict[str, str],
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "table": table,
        "sketch": table.sketch,
        "tables": table_choices(request),
        "can_make": can_make(request.services.desk),
        "typed": {**typed, "table": table.key},
        "errors": errors,
        "objectives": OBJECTIVES,
        "kinds": KINDS,
        "decays": DECAYS,
        "draws": DRAWS,
        "minimum": MINIMUM,
        "districts": [(one.name, one.code) for one in table.sketch.districts],
    }
    return render(request, "plan/sites.html", plan_context("sites", **context), status)
