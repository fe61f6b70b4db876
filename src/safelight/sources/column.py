"""What may stand in a published column, and what the column is called here."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isinf
from typing import Any, Literal

import pandas as pd
import pandera.pandas as pandera
import shapely

Kind = Literal["text", "count", "number", "date", "shape"]


@dataclass(frozen=True)
class Column:
    """One published column; ``name`` is the plain name it gets."""

    name: str
    kind: Kind = "text"
    low: float = -inf  # limits of a number, both allowed
    high: float = inf
    pattern: str = ""  # what a text must match
    values: tuple[str, ...] = ()  # the only texts allowed
    nullable: bool = False
    unique: bool = False
    format: str = ""  # of a date
    issued: int = 0  # the census whose LSOA codes these are: 2011 or 2021

    @property
    def numeric(self) -> bool:
        """Whether its cells are numbers."""
        return self.kind in {"count", "number"}

    def schema(self) -> pandera.Column:
        """Return the pandera schema of the column; each check says what is wrong in words."""
        types: dict[Kind, Any] = {"text": str, "date": "datetime64[ns]", "shape": object}
        return pandera.Column(
            types.get(self.kind, float),
            self._checks(),
            nullable=self.nullable,
            unique=self.unique,
            coerce=True,
        )

    def _checks(self) -> list[pandera.Check]:
        """Return the checks in the order in which their words say most."""
        low, high = self.low, self.high
        checks = []
        if low == 0:
            checks.append(pandera.Check.ge(0, error="is negative"))
        if not (isinf(low) and isinf(high)):
            limits = f"is not between {low:g} and {high:g}"
            limits = f"is below {low:g}" if isinf(high) else limits
            checks.append(pandera.Check.in_range(low, high, error=limits))
        if self.kind == "count":
            checks.append(_check(lambda cells: cells % 1 == 0, "is not a whole number"))
        if self.pattern:
            words = f"is not of the form {self.pattern}"
            checks.append(pandera.Check.str_matches(f"^(?:{self.pattern})$", error=words))
        if self.values:
            words = f"is none of {', '.join(self.values)}"
            checks.append(pandera.Check.isin(self.values, error=words))
        if self.kind == "shape":
            checks.append(_check(_sound, "is not a valid shape"))
        return checks


def _check(holds: Callable[[pd.Series], Any], words: str) -> pandera.Check:
    return pandera.Check(holds, error=words)


def _sound(shapes: pd.Series) -> pd.Series:
    held = shapes.to_numpy()
    sound = shapely.is_valid(held) & ~shapely.is_empty(held)
    return pd.Series(sound, index=shapes.index)


def text(
    name: str,
    *,
    nullable: bool = False,
    unique: bool = False,
    pattern: str = "",
    values: tuple[str, ...] = (),
) -> Column:
    """Return a column of words or codes."""
    return Column(name, nullable=nullable, unique=unique, pattern=pattern, values=values)


def count(name: str, *, nullable: bool = False, low: float = 0, high: float = inf) -> Column:
    """Return a column of whole numbers, none negative unless ``low`` says so."""
    return Column(name, "count", low, high, nullable=nullable)


def number(name: str, low: float = -inf, high: float = inf, *, nullable: bool = False) -> Column:
    """Return a column of numbers between two limits."""
    return Column(name, "number", low, high, nullable=nullable)


def year(name: str, first: int, last: int) -> Column:
    """Return a column of years."""
    return Column(name, "count", first, last)


def lsoa(name: str, issued: int, *, unique: bool = True, nullable: bool = False) -> Column:
    """Return a column of LSOA codes of the census of 2011 or 2021."""
    return Column(name, pattern=r"[EW]01\d{6}", unique=unique, nullable=nullable, issued=issued)


def msoa(name: str) -> Column:
    """Return a column of MSOA codes."""
    return text(name, pattern=r"[EW]02\d{6}")


def district(name: str, *, unique: bool = False, nullable: bool = False) -> Column:
    """Return a column of codes of lower-tier districts of England and Wales."""
    return text(name, pattern=r"(?:E0[6-9]|W06)\d{6}", unique=unique, nullable=nullable)
