"""Logs without content: where something went wrong, never what somebody had typed."""

import logging
import traceback
from collections.abc import Callable
from typing import Any


def where(error: BaseException) -> str:
    """Return an error's type and the lines it came through, without its message.

    A message may quote what it could not read: a name, a note, a line of SQL with values.
    """
    lines = [
        f"  {frame.filename}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    return "\n".join([type(error).__name__, *lines])


def content_filter() -> Callable[[logging.LogRecord], bool]:
    """Return a filter that lets every record pass, its error reduced to where it happened."""

    def reduce(record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = where(record.exc_info[1])
        return True

    return reduce


def logging_settings() -> dict[str, Any]:
    """Return the logging of Django and uvicorn: trouble to standard error, no requests."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"no-content": {"()": "safelight.web.logs.content_filter"}},
        "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "plain",
                "filters": ["no-content"],
            }
        },
        "loggers": {
            # Django logs each refused page as a warning, with its address: a person's page.
            "django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
            "uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "safelight": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        },
    }
