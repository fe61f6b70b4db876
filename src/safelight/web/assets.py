"""Static files from memory: read once, with a digest in every address, so that they keep."""

import hashlib
import mimetypes
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

from safelight.web.wire import Receive, Reply, Scope, Send, send_reply

PREFIX = "/static/"
# The front-end build leaves its files in static/built; they are served from the root, where
# their own relative addresses (icons, fonts) point.
_FOLDERS = (
    ("safelight.web", "static"),
    ("safelight.web", "static/built"),
)
_KEEP = b"public, max-age=31536000, immutable"
_ASK = b"no-cache"
_MJS = {".mjs": "text/javascript", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Asset(NamedTuple):
    """One file as it is sent."""

    body: bytes
    kind: bytes
    digest: str


class Assets:
    """All static files by the path after ``/static/``."""

    def __init__(self, found: dict[str, Asset]) -> None:
        """Keep the files; nothing is read from disk after this."""
        self._found = found

    def url(self, name: str) -> str:
        """Return a file's address; raises KeyError for one that is not there."""
        return f"{PREFIX}{name}?v={self._found[name].digest}"

    def names(self) -> list[str]:
        """Return every file's name."""
        return sorted(self._found)

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        """Answer GET and HEAD; an address with the right digest may be kept for ever."""
        asset = self._found.get(scope["path"].removeprefix(PREFIX))
        if asset is None or scope["method"] not in {"GET", "HEAD"}:
            await send_reply(send, Reply(404, b"There is no such file."))
            return
        tag = f'"{asset.digest}"'.encode()
        keep = scope["query_string"] == f"v={asset.digest}".encode()
        headers = [(b"etag", tag), (b"cache-control", _KEEP if keep else _ASK)]
        if (b"if-none-match", tag) in scope["headers"]:
            await send_reply(send, Reply(304, b"", asset.kind, headers))
            return
        await send_reply(send, Reply(200, asset.body, asset.kind, headers, scope["method"]))


@cache
def shipped() -> Assets:
    """Return the files that come with Safelight, read once a process."""
    found: dict[str, Asset] = {}
    for package, folder in _FOLDERS:
        found |= _read(files(package).joinpath(folder), "")
    return Assets({name: a for name, a in found.items() if not name.startswith("built/")})


def _read(folder: Traversable, prefix: str) -> dict[str, Asset]:
    found: dict[str, Asset] = {}
    for entry in folder.iterdir() if folder.is_dir() else ():
        name = prefix + entry.name
        if entry.is_dir():
            found |= _read(entry, f"{name}/")
        else:
            found[name] = _asset(name, entry.read_bytes())
    return found


def _asset(name: str, body: bytes) -> Asset:
    ending = name[name.rfind(".") :]
    kind = _MJS.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    if kind.startswith("text/"):
        kind += "; charset=utf-8"
    return Asset(body, kind.encode(), hashlib.sha256(body).hexdigest()[:12])
