"""Errors that name the rule, the values and the remedy."""


class SafelightError(Exception):
    """Something a person can act on: what is wrong and what to do about it."""

    def __init__(self, code: str, message: str, remedy: str = "", /, **values: object) -> None:
        """Keep the parts apart, so that a screen, a log and a test can each use their own."""
        super().__init__(f"{message} {remedy}".strip())
        self.code = code
        self.message = message
        self.remedy = remedy
        self.values = values

    def __reduce__(self) -> tuple[object, ...]:  # type: ignore[explicit-override]  # needs 3.12
        """Let an error cross from one process to another, with all its parts."""
        return _again, (type(self), self.args), self.__dict__

    def as_dict(self) -> dict[str, object]:
        """Return the error for ``--json`` and for the API."""
        return {
            "error": self.code,
            "message": self.message,
            "remedy": self.remedy,
            "values": {key: str(value) for key, value in self.values.items()},
        }


class Refused(SafelightError):  # noqa: N818 - a refusal is an answer, not a failure
    """A rule of the service says no. ``code`` is the rule's name."""


class Invalid(SafelightError):  # noqa: N818
    """The input cannot be understood, whatever the rules say."""


class NotSaved(SafelightError):  # noqa: N818
    """The entry is not on disk. Never shown as anything that could be read as 'saved'."""


class Tampered(SafelightError):  # noqa: N818
    """A journal no longer fits its own hashes or a signed checkpoint."""


def _again(kind: type[SafelightError], args: tuple[object, ...]) -> SafelightError:
    return kind.__new__(kind, *args)
