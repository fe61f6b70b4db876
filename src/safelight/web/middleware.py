"""What every Django page gets: who asks, the node, and headers; and what no page may get."""

import hmac
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from safelight.kernel.errors import SafelightError
from safelight.run.domain.base import Role
from safelight.web.assets import shipped
from safelight.web.policy import READ
from safelight.web.ports import PageRequest, Services
from safelight.web.render import render
from safelight.web.sessions import COOKIE
from safelight.web.wire import NEVER_KEEP, SECURITY_HEADERS, same_origin

SCOPE_KEY = "safelight"
_UNKNOWN = "-known"

_BROKEN = """<!DOCTYPE html>
<html lang="en-GB">
<head>
  <meta charset="utf-8">
  <title>This page cannot be shown</title>
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <link rel="stylesheet" href="{style}">
</head>
<body>
  <main class="sl-main nhsuk-width-container">
    <h1 class="nhsuk-heading-l">This page cannot be shown: something went wrong here</h1>
    <p class="nhsuk-body-l">What was saved before is safe. If you had just sent a form, look
      whether it was saved before you send it again.</p>
    <p class="nhsuk-body"><a href="/">Go to the start</a> or
      <a href="/emergency">record an emergency</a>.</p>
  </main>
</body>
</html>
"""


class Screens:
    """Puts the services and the visitor on the request, and guards every form post."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Wrap the rest of Django."""
        self._get_response = get_response

    def __call__(self, request: PageRequest) -> HttpResponse:
        """Answer one request for a page."""
        services: Services = request.scope[SCOPE_KEY]  # type: ignore[attr-defined]
        request.services = services
        request.node = services.node
        request.signed = services.sessions.find(request.COOKIES.get(COOKIE, ""))
        request.staff, request.display_name, request.csrf_tap_token, _ = request.signed
        forged = request.method not in READ and not self._is_ours(request)
        response = _forged(request) if forged else self._get_response(request)
        for name, value in (*SECURITY_HEADERS, NEVER_KEEP):
            response.headers.setdefault(name.decode(), value.decode())
        return response

    def process_exception(self, request: PageRequest, error: Exception) -> HttpResponse | None:
        """Turn a refusal into a page with its rule, and anything else into one that says so."""
        if isinstance(error, SafelightError):
            status = 404 if error.code.endswith(_UNKNOWN) else 422
            return render(request, "error.html", {"error": error}, status)
        return None

    @staticmethod
    def _is_ours(request: PageRequest) -> bool:
        headers = dict(request.scope["headers"])  # type: ignore[attr-defined]
        if not same_origin(headers):
            return False
        if request.staff.role is Role.ANYONE:
            return True  # there is no session that could be misused
        token = request.POST.get("token", "")
        return hmac.compare_digest(token.encode(), request.csrf_tap_token.encode())


def _forged(request: PageRequest) -> HttpResponse:
    error = SafelightError(
        "form-token",
        "The page is older than your sign-in, or this did not come from a page of this service.",
        "Nothing was changed. Open the page again and do it there.",
    )
    return render(request, "error.html", {"error": error}, 403)


def _error_page(request: PageRequest, status: int, message: str, remedy: str) -> HttpResponse:
    error = SafelightError(f"http-{status}", message, remedy)
    return render(request, "error.html", {"error": error}, status)


def not_found(request: PageRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere."""
    del exception
    return _error_page(request, 404, "There is no such page.", "Go to the board and look there.")


def forbidden(request: PageRequest, exception: Exception) -> HttpResponse:
    """Answer a role that may not see a page."""
    del exception
    return _error_page(
        request,
        403,
        f"The role {request.staff.role} may not see this page.",
        "Ask a manager if you need it.",
    )


def bad_request(request: PageRequest, exception: Exception) -> HttpResponse:
    """Answer what is no proper request."""
    del exception
    return _error_page(request, 400, "This request cannot be understood.", "Reload the page.")


def broken(request: PageRequest) -> HttpResponse:
    """Answer when a page failed: from nothing that may be what is broken."""
    del request
    return HttpResponse(_BROKEN.format(style=shipped().url("safelight.css")), status=503)
