"""Criteria for treatment as a pack gives them: versioned, dated and cited."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from safelight.kernel.privacy import Code, ItemId

Said = Annotated[str, Meta(min_length=1)]


class Criterion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One criterion, with where it comes from."""

    text: Said
    citation: Said
    note: str = ""


class CriteriaSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of a programme's or a law's criteria; it holds on both of its days."""

    version: ItemId
    title: Said
    citation: Said
    approver: Said
    criteria: dict[Code, Criterion]
    holds_from: date | None = None  # unknown for a law whose first day no source gave
    holds_to: date | None = None
    note: str = ""

    def holds_on(self, day: date) -> bool:
        """Tell whether somebody may be assessed against it on a day."""
        begun = self.holds_from is None or self.holds_from <= day
        return begun and (self.holds_to is None or day <= self.holds_to)


def faults(sets: Mapping[str, CriteriaSet]) -> list[str]:
    """Name what the shape of a set cannot say by itself, and where."""
    found = []
    for key, each in sets.items():
        if each.holds_from is None and each.holds_to is None:
            found.append(f"criteria.{key} has neither holds_from nor holds_to")
        elif each.holds_from and each.holds_to and each.holds_to < each.holds_from:
            found.append(
                f"criteria.{key} would end ({each.holds_to}) before it begins ({each.holds_from})"
            )
        if not each.criteria:
            found.append(f"criteria.{key} names no criterion")
    return found
