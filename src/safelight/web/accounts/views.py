"""Logging in and out, a new password, and day or night."""

from math import ceil
from typing import cast
from urllib.parse import urlsplit

from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.http import HttpResponse, HttpResponseRedirect

from safelight.kernel.errors import Invalid
from safelight.web.accounts.models import Staff
from safelight.web.accounts.service import require_good_password, tidy_login
from safelight.web.policy import EVERYONE, FORM, STAFF, page
from safelight.web.ports import PageRequest, named_sites
from safelight.web.render import DAY, NIGHT, THEME, render

WRONG = "The sign-in name or the password is wrong."
YEAR_SECONDS = 365 * 24 * 3600


@page("login", EVERYONE, "login", FORM)
def log_in(request: PageRequest) -> HttpResponse:
    """Show the form, or check it."""
    onward = local_address(request.POST.get("next") or request.GET.get("next", ""))
    if request.method != "POST":
        return _login_form(request, onward, "", "")
    name = tidy_login(request.POST.get("login", ""))
    throttle = request.services.throttle
    if wait := throttle.wait(name):
        problem = f"Too many wrong passwords. Try again in {ceil(wait / 60)} minutes."
        return _login_form(request, onward, name, problem, 429)
    staff = authenticate(request, username=name, password=request.POST.get("password", ""))
    if staff is None:
        throttle.failed(name)
        return _login_form(request, onward, name, WRONG, 422)
    throttle.passed(name)
    _forget(request)
    login(request, staff)
    return HttpResponseRedirect(onward)


def _login_form(
    request: PageRequest, onward: str, name: str, problem: str, status: int = 200
) -> HttpResponse:
    context = {
        "next": onward,
        "login": name,
        "problem": problem,
        "named_sites": named_sites(request.node),
    }
    return render(request, "login.html", context, status)


@page("logout", EVERYONE, "logout", FORM)
def log_out(request: PageRequest) -> HttpResponse:
    """End the session, at once and everywhere it is remembered."""
    if request.method == "POST":
        _forget(request)
        logout(request)
    return HttpResponseRedirect("/login")


@page("password", STAFF, "password", FORM)
def change_password(request: PageRequest) -> HttpResponse:
    """Show the form, or change the password; all other sessions of the account end."""
    if request.method != "POST":
        return render(request, "password.html", {"changed": "changed" in request.GET})
    staff = cast("Staff", request.user)
    new = request.POST.get("new", "")
    problem = _problem(request, staff, new)
    if problem:
        return render(request, "password.html", {"problem": problem}, 422)
    staff.set_password(new)
    staff.save(update_fields=["password"])
    update_session_auth_hash(request, staff)
    request.services.sessions.forget_staff(staff.id)
    # This session has another key now: a fresh page carries the token that fits it.
    return HttpResponseRedirect("/password?changed")


def _problem(request: PageRequest, staff: Staff, new: str) -> str:
    """Say what is wrong with a change of password, or nothing."""
    throttle = request.services.throttle
    if throttle.wait(staff.login):
        return "Too many wrong passwords. Wait five minutes."
    if not staff.check_password(request.POST.get("old", "")):
        throttle.failed(staff.login)
        return "The present password is wrong."
    if new != request.POST.get("again", ""):
        return "The new password was not typed the same twice."
    try:
        require_good_password(new, staff)
    except Invalid as error:
        return str(error)
    return ""


@page("theme", EVERYONE, "theme", FORM)
def theme(request: PageRequest) -> HttpResponse:
    """Turn to the other theme, and go back to where the button was."""
    response = HttpResponseRedirect(local_address(request.POST.get("back", "")))
    if request.method == "POST":
        other = DAY if request.COOKIES.get(THEME) == NIGHT else NIGHT
        wanted = request.POST.get("theme", other)
        response.set_cookie(
            THEME,
            NIGHT if wanted == NIGHT else DAY,
            max_age=YEAR_SECONDS,
            samesite="Lax",
            httponly=True,
        )
    return response


def local_address(wanted: str) -> str:
    """Return an address within this service: what was wanted if it is one, else the start."""
    parts = urlsplit(wanted)
    inside = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if inside and not parts.netloc and wanted.isprintable() else "/"


def _forget(request: PageRequest) -> None:
    request.services.sessions.forget(request.session.session_key or "")
