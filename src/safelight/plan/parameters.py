"""Planning parameters: versioned files in which every figure has its unit and its source."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import msgspec

from safelight.kernel.errors import Invalid


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One figure, with what it is measured in, where it comes from and how sure it is."""

    value: float | str | list[Any]
    unit: str
    citation: str
    low: float | None = None  # 95% limits, where the source gives them
    high: float | None = None
    note: str = ""


class Parameters(msgspec.Struct, frozen=True):
    """A versioned set of figures."""

    id: str
    version: str
    title: str
    values: Mapping[str, Parameter]

    def __getitem__(self, name: str) -> Parameter:
        """Return a figure with its source; raises Invalid where the set lacks it."""
        try:
            return self.values[name]
        except KeyError:
            raise Invalid(
                "planning-parameter",
                f"The planning parameters '{self.id}' {self.version} have no '{name}'.",
                f"Add [values.{name}] with value, unit and citation.",
                parameter=name,
            ) from None

    def number(self, name: str) -> float:
        """Return a figure that must be one number; raises Invalid where it is not."""
        value = self[name].value
        if isinstance(value, int | float):
            return float(value)
        raise Invalid(
            "planning-parameter",
            f"'{name}' in '{self.id}' is not a number: {value!r}.",
            f"Give [values.{name}] one number.",
            parameter=name,
        )


def parse_parameters(text: str) -> Parameters:
    """Read a set of planning parameters; raises Invalid for what is not one."""
    try:
        raw: dict[str, Any] = tomllib.loads(text)
        return msgspec.convert({**raw["parameters"], "values": raw["values"]}, Parameters)
    except (tomllib.TOMLDecodeError, KeyError, msgspec.ValidationError) as error:
        raise Invalid(
            "planning-parameters",
            f"The planning parameters cannot be read: {error}.",
            "Each file needs [parameters] with id, version and title, and [values.NAME] with "
            "value, unit and citation.",
        ) from error


def shipped_parameters(name: str) -> Parameters:
    """Return a set that Safelight ships: ``planning-need``, ``planning-siting`` and so on."""
    return parse_parameters((files("safelight.packs") / f"{name}.toml").read_text("utf-8"))
