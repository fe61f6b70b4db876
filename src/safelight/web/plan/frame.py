"""What every page of planning starts from: its menu, and the need table that is looked at."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse, HttpResponseRedirect

from safelight.kernel.errors import Invalid
from safelight.run.domain.base import Role
from safelight.web.plan.shelf import Shelved, find, prepare_example, shelved
from safelight.web.policy import address
from safelight.web.ports import PageRequest

PLANNERS = frozenset({Role.ANALYST, Role.MANAGER})
# Need tables hold areas of Great Britain only, and it has one clock.
TIMEZONE = ZoneInfo("Europe/London")
MENU = (("need", "Need", "plan"), ("sites", "Sites", "plan-sites"), ("jobs", "Jobs", "plan-jobs"))

View = Callable[..., HttpResponse]


def plan_context(here: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return what a page's template and the layout around it need."""
    return {
        "here": here,
        "menu": [(key, label, address(name)) for key, label, name in MENU],
        "local": lambda moment: moment.astimezone(TIMEZONE),
        **more,
    }


def over_a_table(view: View) -> View:
    """Hand a view the need table that is asked for, or the newest, as its second argument.

    While the shipped example is still being sketched, its job is shown instead. A table that is
    asked for and gone raises Invalid: no other may pass for it.
    """

    @wraps(view)
    def shown(request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ANN401
        services = request.services
        asked = request.GET.get("table") or request.POST.get("table", "")
        table = find(services.desk, asked)
        if table is None or table.is_shipped:
            job = prepare_example(services.desk, services.clock)
            table = table or find(services.desk, asked)
            if table is None and asked not in {"", job.request.id}:
                raise Invalid(
                    "need-table-known",
                    "The need table that was asked for is not here.",
                    "Open the map of need again and choose one that is.",
                )
            if table is None:
                return HttpResponseRedirect(address("plan-job", job.request.id))
        return view(request, table, *args, **kwargs)

    return shown


def table_choices(request: PageRequest) -> dict[str, str]:
    """Return every table's key and title."""
    return {key: table.sketch.title for key, table in shelved(request.services.desk).items()}


def here(table: Shelved) -> str:
    """Return the end of an address that stays with a table."""
    return f"?table={table.key}"
