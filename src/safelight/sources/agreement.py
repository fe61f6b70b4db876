"""Whether the tables on a shelf fit each other: the same areas, people and deaths."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from safelight.kernel.errors import Invalid
from safelight.sources import deaths as ons_deaths
from safelight.sources import lookups, pmed, population
from safelight.sources.checks import complete
from safelight.sources.shelf import Shelf

AGAIN = "Take both files from their publishers again, and add them."
ENGLAND_AND_WALES = "K04000001"
NATIONS = ("E92000001", "W92000004")


class Rule(NamedTuple):
    """Tables that must fit each other; ``check`` raises Invalid where they do not."""

    words: str
    tables: tuple[str, ...]
    check: Callable[..., None]


def _same_areas(table: str, other: str, column: str, nation: str = "") -> Rule:
    """Return the rule that a table covers exactly a lookup's areas, or those of one nation."""

    def check(lookup: pd.DataFrame, frame: pd.DataFrame) -> None:
        codes = lookup[column].drop_duplicates()
        codes = codes[codes.str.startswith(nation)]
        complete(frame, codes, what=table)
        strange = frame.loc[~frame["code"].isin(codes), "code"]
        if len(strange):
            raise Invalid(
                "areas-unknown",
                f"{table} has {len(strange):,} areas that {other} has not, first {min(strange)}.",
                AGAIN,
            )

    return Rule(f"{table} covers the areas of {other}", (other, table), check)


def _kent(table: str) -> Rule:
    def check(lookup: pd.DataFrame, frame: pd.DataFrame) -> None:
        complete(frame, kent(lookup)["lsoa_code"], what=table)

    return Rule(f"{table} covers Kent and Medway", ("lsoa21-lookup", table), check)


def kent(lookup: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``lsoa21-lookup`` that lie in Kent or Medway."""
    return lookup[lookup["upper_tier"].isin(["Kent", "Medway"])]


def _lookups_meet(change: pd.DataFrame, old: pd.DataFrame, new: pd.DataFrame) -> None:
    for year, lookup in (("11", old), ("21", new)):
        held = change[f"lsoa{year}_code"].drop_duplicates().to_frame("code")
        complete(held, lookup["lsoa_code"], what=f"lsoa11-to-lsoa21 (lsoa{year}_code)")


def _differ(what: str, left: pd.Series, right: pd.Series) -> None:
    """Complain of the first year or area in which two series differ."""
    left, right = left.align(right)
    wrong = left.ne(right)
    if wrong.any():
        at = wrong.index[int(np.argmax(wrong.to_numpy()))]
        words = " ".join(map(str, at)) if isinstance(at, tuple) else str(at)
        raise Invalid(
            "tables-agree", f"{what}, {words}: {left[at]:,.0f} against {right[at]:,.0f}.", AGAIN
        )


def _deaths_add_up(authorities: pd.DataFrame, regions: pd.DataFrame, totals: pd.DataFrame) -> None:
    """Districts and people from outside sum to England and Wales, as the other tables have it."""
    by = authorities.set_index(["code", "year"])["deaths"]
    districts = ons_deaths.districts(authorities).groupby("year")["deaths"].sum()
    outside = regions[regions["code"].str.startswith("J99")].set_index("year")["any_drug"]
    whole = by.loc[ENGLAND_AND_WALES]
    _differ("Deaths of districts and non-residents, England and Wales", districts + outside, whole)
    published = totals.set_index("year")["drug_poisoning"].loc[whole.index.min() :]
    known = whole.reindex(published.index)
    _differ(
        "Deaths by authority and in all", known.dropna(), published[known.notna()].astype(float)
    )
    own = regions[~regions["code"].str.startswith("J99")].set_index(["code", "year"])["any_drug"]
    _differ("Deaths by authority and by region", by.reindex(own.index), own)


def _deaths_twice(authorities: pd.DataFrame, long: pd.DataFrame) -> None:
    first, second = (each.set_index(["code", "year"])["deaths"] for each in (authorities, long))
    _differ("Deaths in deaths-by-authority and authority-populations", first, second)


def _people_add_up(long: pd.DataFrame) -> None:
    """Districts sum to the nations and the nations to England and Wales, where published."""
    by = long.set_index(["code", "year"])["population"]
    known = ons_deaths.districts(long).dropna(subset="population")
    nation = known["code"].str[:1].map({"E": NATIONS[0], "W": NATIONS[1]}).rename("nation")
    sums = known.groupby([nation, "year"])["population"].sum()
    _differ("Population of districts and nation", sums, by.reindex(sums.index))
    both = sums.groupby("year").sum()
    _differ("Population of nations", both, by.loc[ENGLAND_AND_WALES].reindex(both.index))


def _people_by_age(lsoa11: pd.DataFrame, long: pd.DataFrame) -> None:
    by_age = population.ages(lsoa11, 0, population.OLDEST)
    _differ("Population of LSOA 2011 by age and in all", by_age, lsoa11["population"])
    whole = long.query("code == @ENGLAND_AND_WALES and year == 2020").set_index("year")
    people = pd.Series(lsoa11["population"].sum(), whole.index)
    _differ("Population by LSOA and by authority", people, whole["population"])


def _districts_have_successors(
    authorities: pd.DataFrame, codes: pd.DataFrame, lookup: pd.DataFrame
) -> None:
    held = ons_deaths.districts(authorities)["code"].drop_duplicates()
    current = lookup["district_code"].drop_duplicates()
    found = pd.DataFrame({"code": sorted({*lookups.to_current(list(held), codes, current)})})
    complete(found, current, what="deaths-by-authority, brought to the districts of today,")


def _postcodes_lie_in_their_district(lookup: pd.DataFrame, postcodes: pd.DataFrame) -> None:
    held = postcodes.dropna(subset="lsoa_code")
    codes = held["lsoa_code"].drop_duplicates()
    complete(lookup.rename(columns={"lsoa_code": "code"}), codes, what="lsoa21-lookup")
    district = held["lsoa_code"].map(lookup.set_index("lsoa_code")["district_code"])
    wrong = district.ne(held["district_code"])
    if wrong.any():
        first = held[wrong].iloc[0]
        raise Invalid(
            "tables-agree",
            f"Postcode {first['postcode']}: district {first['district_code']} is not that of "
            f"{first['lsoa_code']}; {wrong.sum():,} such.",
            AGAIN,
        )


def _instances_have_optima(edges: pd.DataFrame, optima: pd.DataFrame) -> None:
    names = edges["file"].drop_duplicates()
    complete(optima, names, what="pmed-optima", column="instance")
    for name in names:
        pmed.instance(edges, name)


RULES: tuple[Rule, ...] = (
    _same_areas("lsoa21-centroids", "lsoa21-lookup", "lsoa_code"),
    _same_areas("lsoa21-population", "lsoa21-lookup", "lsoa_code"),
    _same_areas("lsoa21-boundaries", "lsoa21-lookup", "lsoa_code"),
    _same_areas("imd2025-england", "lsoa21-lookup", "lsoa_code", "E"),
    _same_areas("imd2025-indicators", "lsoa21-lookup", "lsoa_code", "E"),
    _same_areas("lsoa11-centroids", "lsoa11-lookup", "lsoa_code"),
    _same_areas("lsoa11-population", "lsoa11-lookup", "lsoa_code"),
    _same_areas("imd2019-england", "lsoa11-lookup", "lsoa_code", "E"),
    _same_areas("imd2019-wales", "lsoa11-lookup", "lsoa_code", "W"),
    _kent("kent-crime-rates"),
    _kent("kent-lsoa21-boundaries"),
    Rule(
        "lsoa11-to-lsoa21 joins the lookups",
        ("lsoa11-to-lsoa21", "lsoa11-lookup", "lsoa21-lookup"),
        _lookups_meet,
    ),
    Rule(
        "deaths add up",
        ("deaths-by-authority", "deaths-by-region", "deaths-england-wales"),
        _deaths_add_up,
    ),
    Rule(
        "deaths agree between tables",
        ("deaths-by-authority", "authority-populations"),
        _deaths_twice,
    ),
    Rule("people add up", ("authority-populations",), _people_add_up),
    Rule("people add up by age", ("lsoa11-population", "authority-populations"), _people_by_age),
    Rule(
        "every district of 2020 has a successor",
        ("deaths-by-authority", "authority-codes", "lsoa21-lookup"),
        _districts_have_successors,
    ),
    Rule(
        "postcodes lie in their district",
        ("lsoa21-lookup", "postcodes"),
        _postcodes_lie_in_their_district,
    ),
    Rule("instances have optima", ("pmed", "pmed-optima"), _instances_have_optima),
)


def disagreements(shelf: Shelf, rules: Iterable[Rule] = RULES) -> dict[str, Invalid]:
    """Return what does not fit, by rule; rules about tables that are not there are left out."""
    found = {}
    for rule in rules:
        if all(shelf.has(name) for name in rule.tables):
            try:
                rule.check(*(shelf.read(name) for name in rule.tables))
            except Invalid as error:
                found[rule.words] = error
    return found
