"""The little of ASGI and HTTP that the slim applications need: headers, cookies, replies."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

HTML = b"text/html; charset=utf-8"
TEXT = b"text/plain; charset=utf-8"
JSON = b"application/json"

# No inline script or style, nothing from elsewhere, no framing. Browsers send "Origin: null"
# with a plain form post under no-referrer, so the referrer policy is same-origin.
SECURITY_HEADERS: list[Header] = [
    (
        b"content-security-policy",
        (
            b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            b"font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
            b"base-uri 'none'; frame-ancestors 'none'"
        ),
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=()"),
]
LARGEST_FORM = 64 * 1024
# What is read of a form with a picture: more than is kept, so that a picture from a telephone is
# refused in words and not by a connection that ends.
LARGEST_UPLOAD = 8 * 1024 * 1024
NEVER_KEEP: Header = (b"cache-control", b"no-store")


class Reply(NamedTuple):
    """A whole answer, small enough to send at once."""

    status: int
    body: bytes = b""
    kind: bytes = TEXT
    headers: list[Header] = []  # noqa: RUF012 - never changed; NamedTuple cannot say so
    method: str = "GET"


async def send_reply(send: Send, reply: Reply) -> None:
    """Send an answer; one with a body carries the security headers. HEAD gets no body."""
    headers = [(b"content-length", str(len(reply.body)).encode()), *reply.headers]
    if reply.body:
        # Measured: on the empty answer to each tap they would cost a sixth of all its time.
        headers += [(b"content-type", reply.kind), *SECURITY_HEADERS]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    body = b"" if reply.method == "HEAD" else reply.body
    await send({"type": "http.response.body", "body": body})


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """Return the request's headers by lower-case name; of a repeated one, the last."""
    return dict(scope["headers"])


def cookie(headers: dict[bytes, bytes], name: str) -> str:
    """Return one cookie's value, or the empty text."""
    wanted = name + "="
    for part in headers.get(b"cookie", b"").decode("latin-1").split(";"):
        if (stripped := part.strip()).startswith(wanted):
            return stripped[len(wanted) :].strip('"')
    return ""


def same_origin(headers: dict[bytes, bytes]) -> bool:
    """Tell whether a post comes from our own pages, as far as the browser says where from.

    Programs that are no browsers say nothing; they have no session to be misused either.
    """
    site = headers.get(b"sec-fetch-site")
    if site is not None and site not in {b"same-origin", b"none"}:
        return False
    origin = headers.get(b"origin")
    if origin is None:
        return True
    return origin.partition(b"://")[2] == headers.get(b"host", b"")


async def read_body(receive: Receive, headers: dict[bytes, bytes], limit: int) -> bytes | None:
    """Return the request's body, or None as soon as it is known to be over the limit."""
    told = headers.get(b"content-length", b"0")
    if not told.isdigit() or int(told) > limit:
        return None
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None  # the client is gone
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body"):
            return bytes(body)
