"""One's own second factor: set up with a QR code, confirmed with a first code, replaced."""

from collections.abc import Callable
from math import ceil
from typing import Any, cast

from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect

from safelight.kernel.errors import Invalid, Refused, SafelightError
from safelight.web.accounts.changes import What, write_down
from safelight.web.accounts.codes import in_groups, picture
from safelight.web.accounts.factors import begun, enrolled
from safelight.web.accounts.models import Staff
from safelight.web.accounts.service import remember_proof
from safelight.web.policy import FORM, STAFF, page
from safelight.web.ports import PageRequest
from safelight.web.render import render

TEMPLATE = "second_factor.html"


@page("second-factor", STAFF, "second-factor", FORM)
def second_factor(request: PageRequest) -> HttpResponse:
    """Say whether there is one, or do what one of the page's forms asks."""
    if request.method != "POST":
        return _show(request, {"done": "done" in request.GET})
    action = request.POST.get("action", "")
    try:
        if action not in _ACTIONS:
            raise Invalid("second-factor-action", "The form says not what to do.", "Reload it.")
        return _ACTIONS[action](request)
    except SafelightError as error:
        return _show(request, {"problem": str(error), "about": action}, 422)


def require_password(request: PageRequest) -> Staff:
    """Return whoever is signed in, who has just given their password again."""
    staff, throttle = cast("Staff", request.user), request.services.throttle
    if wait := throttle.wait(staff.login):
        raise Refused(
            "password-wait",
            "Too many wrong passwords.",
            f"Try again in {ceil(wait / 60)} minutes.",
        )
    if not staff.check_password(request.POST.get("password", "")):
        throttle.failed(staff.login)
        raise Refused("password-right", "The password is wrong.", "Type your own password again.")
    return staff


def _begin(request: PageRequest) -> HttpResponse:
    """Show the secret, once; somebody who has a second factor gives a code of it as well."""
    staff = require_password(request)
    factors = request.services.factors
    if enrolled(staff) is not None:
        factors.check(staff, request.POST.get("code", ""))
    secret = factors.begin(staff)
    request.services.sessions.forget_staff(staff.id)
    return _show(request, {"picture": picture(secret, staff.login), "key": in_groups(secret)})


def _confirm(request: PageRequest) -> HttpResponse:
    staff, key = cast("Staff", request.user), request.session.session_key or ""
    with transaction.atomic():
        proof = request.services.factors.confirm(staff, request.POST.get("code", ""))
        remember_proof(key, proof)  # a code was given here and now
        write_down(staff, What.FACTOR_SET_UP, by=staff.id, at=request.services.clock())
    request.services.sessions.forget(key)
    return HttpResponseRedirect("/second-factor?done")


def _show(request: PageRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    staff = cast("Staff", request.user)
    factor = enrolled(staff)
    standing = {"since": factor.confirmed_at if factor else None, "waits": begun(staff) is not None}
    return render(request, TEMPLATE, {**standing, **context}, status)


_ACTIONS: dict[str, Callable[[PageRequest], HttpResponse]] = {"begin": _begin, "confirm": _confirm}
