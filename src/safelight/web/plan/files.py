"""Files that a job has left in its folder, sent as they are."""

from pathlib import Path

from django.http import HttpResponse

from safelight.kernel.errors import Invalid

KEEP = "private, max-age=31536000, immutable"
KINDS = {
    ".csv": "text/csv; charset=utf-8",
    ".geojson": "application/geo+json",
    ".pdf": "application/pdf",
}


def send(path: Path, name: str = "") -> HttpResponse:
    """Send a file, to be saved under a name where one is given.

    Raises Invalid for a file that the job has not left.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Invalid(
            "file-known",
            f"This job has left no {path.name}.",
            "Look at the job: it says what went wrong.",
        ) from error
    response = HttpResponse(content, content_type=KINDS[path.suffix])
    if name:
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    else:
        # The address of what a map draws changes with it, so the browser may keep it.
        response.headers["Cache-Control"] = KEEP
    return response
