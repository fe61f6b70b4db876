"""The accounts of a service, for its managers: who may log in, and in which role."""

import logging
from collections.abc import Callable
from typing import cast

from django.db import transaction
from django.http import HttpResponse

from safelight.kernel.errors import Invalid, Refused, SafelightError
from safelight.run.domain.base import MANAGEMENT, Role
from safelight.web.accounts.changes import What, in_words, last_changes, write_down
from safelight.web.accounts.models import ROLES, Staff
from safelight.web.accounts.second_factor import require_password
from safelight.web.accounts.service import (
    create_staff,
    display_names,
    find_staff,
    first_password,
    set_active,
    set_password,
    set_role,
)
from safelight.web.policy import FORM, page
from safelight.web.ports import PageRequest
from safelight.web.render import render

Said = tuple[str, str]  # what happened, and a first password that is shown only now
_log = logging.getLogger("safelight.web")


@page("staff", MANAGEMENT, "staff", FORM)
def colleagues(request: PageRequest) -> HttpResponse:
    """List the accounts, and change one."""
    said, problem, status = ("", ""), "", 200
    if request.method == "POST":
        try:
            said = _change(request)
        except SafelightError as error:
            problem, status = str(error), 422
    context = {
        "accounts": list(Staff.objects.order_by("login")),
        "enrolled": set(
            Staff.objects.filter(factor__confirmed_at__isnull=False).values_list("id", flat=True)
        ),
        "roles": dict(ROLES),
        "changes": in_words(last_changes(), display_names()),
        "said": said[0],
        "password": said[1],
        "problem": problem,
    }
    return render(request, "staff.html", context, status)


def _change(request: PageRequest) -> Said:
    """Do what one of the page's forms asks; raises SafelightError."""
    action = _ACTIONS.get(request.POST.get("action", ""))
    if action is None:
        raise Invalid("staff-action", "The form says not what to do.", "Reload the page.")
    with transaction.atomic():
        return action(request)


def _note(request: PageRequest, staff: Staff, what: What) -> None:
    """Write down what is done; once it is, what was read of the account meanwhile is forgotten."""
    write_down(staff, what, by=request.staff.staff, at=request.services.clock())
    transaction.on_commit(lambda: request.services.sessions.forget_staff(staff.id))


def _add(request: PageRequest) -> Said:
    login, name = request.POST.get("login", ""), request.POST.get("display_name", "").strip()[:80]
    password = first_password()
    create_staff(login, _role(request), name or login, password)
    _note(request, find_staff(login), What.ADDED)
    return f"{login} can log in.", password


def _give_role(request: PageRequest) -> Said:
    staff = _other(request)
    set_role(staff, _role(request), request.services.sessions)
    _note(request, staff, What.ROLE)
    return f"{staff.login} is {staff.role} now.", ""


def _shut_out(request: PageRequest) -> Said:
    staff = _other(request)
    set_active(staff, active=False, sessions=request.services.sessions)
    _note(request, staff, What.SHUT_OUT)
    return f"{staff.login} can no longer log in.", ""


def _let_in(request: PageRequest) -> Said:
    staff = _other(request)
    set_active(staff, active=True, sessions=request.services.sessions)
    _note(request, staff, What.LET_IN)
    return f"{staff.login} can log in again.", ""


def _new_password(request: PageRequest) -> Said:
    staff, password = _other(request), first_password()
    set_password(staff, password, request.services.sessions)
    _note(request, staff, What.PASSWORD)
    return f"{staff.login} has a new password.", password


def _reset_factor(request: PageRequest) -> Said:
    """Take a lost phone out of use; whoever does it proves who they are, and it is written down."""
    staff, manager = _other(request), cast("Staff", request.user)
    if code := request.POST.get("code", "").strip():
        request.services.factors.check(manager, code)
    else:
        require_password(request)
    request.services.factors.reset(staff)
    _note(request, staff, What.FACTOR_RESET)
    _log.warning("the second factor of %s was reset by %s", staff.id, manager.id)
    return f"{staff.login} has no second factor any more, and can set up a new one.", ""


def _other(request: PageRequest) -> Staff:
    """Return the account that is meant; nobody locks themselves out by a slip of the finger."""
    staff = find_staff(request.POST.get("login", ""))
    if staff.id == request.staff.staff:
        raise Refused(
            "staff-other",
            "This is your own account.",
            "Ask another manager; your own password is changed under Password.",
        )
    return staff


def _role(request: PageRequest) -> Role:
    role = request.POST.get("role", "")
    if role not in dict(ROLES):
        raise Invalid("staff-role", f"There is no role {role[:20]!r}.", "Choose one of the list.")
    return Role(role)


_ACTIONS: dict[str, Callable[[PageRequest], Said]] = {
    "add": _add,
    "role": _give_role,
    "shut-out": _shut_out,
    "let-in": _let_in,
    "password": _new_password,
    "second-factor": _reset_factor,
}
