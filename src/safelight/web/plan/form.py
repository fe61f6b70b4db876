"""The form that asks for sites: what was typed, what is wrong with it, and the command it means."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from django.http import QueryDict

from safelight.web.plan.sketch import Sketch

MOST_SITES = 60
MOST_BUDGET = 1_000_000_000
LONGEST = 4_000
MINIMUM = "min-"  # before a district's code

OBJECTIVES = {
    "overdoses": "Overdoses supervised: as many as possible happen where somebody can help",
    "within": "People near: as many people at risk as possible within a distance",
    "worst-off": "Worst-off district: the smallest share of need reached is as large as possible",
    "backup": "Backup: a second site in reach counts as well, for when one is closed or full",
    "farthest": "Farthest: nobody has further to go than need be",
}
KINDS = {
    "both": "Buildings and mobile stops",
    "building": "Buildings only",
    "mobile": "Mobile stops only",
}
DECAYS = {
    "behrends": "New York survey, Behrends 2019",
    "exp:500": "Steep: 37% come from 500 m",
    "exp:1500": "Middling: 37% come from 1.5 km",
    "exp:5000": "Flat: 37% come from 5 km",
}
DRAWS = {"0": "Do not check", "100": "100 draws", "200": "200 draws", "1000": "1,000 draws (slow)"}
DEFAULTS = {
    "sites": "5",
    "kinds": "both",
    "objective": "overdoses",
    "within": "500m",
    "decay": "behrends",
    "draws": "100",
    "compare": "on",
}
_DISTANCE = re.compile(r"[1-9]\d*(\.\d+)? ?(m|km|min)", re.IGNORECASE)
_MONEY = re.compile(r"£? ?(\d{1,3}(?:[, ]\d{3}){1,3}|\d{1,12})(\.\d{1,6})? ?([km]?)", re.IGNORECASE)
_FACTORS = {"": 1, "k": 1_000, "m": 1_000_000}


class Asked(NamedTuple):
    """A form as it came, and what is wrong with it field by field."""

    typed: dict[str, str]
    errors: dict[str, str]
    options: list[str]  # of the command line, where nothing is wrong
    title: str


def read_form(sent: QueryDict, sketch: Sketch) -> Asked:
    """Return what the form asks for; everything that was typed stays."""
    typed = {name: str(sent.get(name, "")).strip()[:LONGEST] for name in sent}
    return _Reading(typed, sketch).asked()


def typed_again(inputs: Mapping[str, list[str]]) -> dict[str, str]:
    """Return what was typed for an earlier job, to be changed and sent again."""
    return {name: values[0] for name, values in inputs.items() if values}


class _Reading:
    """Reads one form, field after field."""

    def __init__(self, typed: dict[str, str], sketch: Sketch) -> None:
        self._typed, self._sketch = typed, sketch
        self._errors: dict[str, str] = {}
        self._options: list[str] = []
        self._wanted: dict[str, list[str]] = {"force": [], "forbid": []}  # areas, with kinds
        self._least = 0

    def asked(self) -> Asked:
        sites = self._number("sites", "the number of sites", MOST_SITES)
        budget = self._money()
        if sites is None and budget is None and not self._errors:
            self._errors["sites"] = "Give a number of sites, a budget, or both."
        kinds = self._one_of("kinds", KINDS)
        objective = self._one_of("objective", OBJECTIVES)
        self._option("--sites", sites)
        self._option("--budget", budget)
        self._option("--kinds", kinds if kinds != "both" else None)
        self._option("--objective", objective)
        self._distance(objective)
        self._option("--decay", self._one_of("decay", DECAYS))
        self._places("force", "--force")
        self._places("forbid", "--forbid")
        self._minimums()
        self._contradictions(sites)
        self._extras(objective, sites)
        title = _title(sites, budget, kinds)
        return Asked(self._typed, self._errors, self._options, title)

    def _option(self, name: str, value: object) -> None:
        if value is not None and value != "":
            self._options += [name, str(value)]

    def _number(self, field: str, what: str, most: int) -> int | None:
        text = self._typed.get(field, "")
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
            self._errors[field] = f"Give {what} as a whole number from 1 to {most}."
            return None
        return int(text)

    def _money(self) -> int | None:
        text = self._typed.get("budget", "")
        if not text:
            return None
        pounds = 0
        if parts := _MONEY.fullmatch(text):
            number = float(re.sub(r"[, ]", "", parts[1]) + (parts[2] or ""))
            pounds = round(number * _FACTORS[parts[3].lower()])
        if not 1 <= pounds <= MOST_BUDGET:
            self._errors["budget"] = "Give the budget in pounds a year, such as 2,500,000 or 2.5m."
            return None
        return pounds

    def _one_of(self, field: str, known: Mapping[str, str]) -> str:
        value = self._typed.get(field) or DEFAULTS[field]
        if value not in known:
            self._errors[field] = "Choose one of these."
        return value

    def _distance(self, objective: str) -> None:
        if objective != "within":
            return
        text = self._typed.get("within", "")
        if not _DISTANCE.fullmatch(text):
            self._errors["within"] = "Give a distance or a walk, such as 500m, 2km or 15min."
        self._option("--within", text.replace(" ", "").lower())

    def _places(self, field: str, option: str) -> None:
        """Read one place a line: an area's code or name, and a kind after a colon if need be."""
        known: dict[str, list[str]] = {}
        for area in self._sketch.areas:
            known[area.code.casefold()] = [area.code]
            known.setdefault(area.name.casefold(), []).append(area.code)
        for line in filter(None, map(str.strip, self._typed.get(field, "").splitlines())):
            place, _, kind = (part.strip() for part in line.partition(":"))
            found = known.get(place.casefold(), [])
            if kind not in {"", "building", "mobile"}:
                self._errors[field] = f"After '{place[:60]}' write :building, :mobile or nothing."
            elif len(found) > 1:
                self._errors[field] = f"Several areas are called '{place[:60]}': give the code."
            elif not found:
                self._errors[field] = f"There is no area '{place[:60]}' in this table."
            else:
                self._wanted[field].append(":".join(filter(None, (found[0], kind))))
                self._option(option, self._wanted[field][-1])

    def _minimums(self) -> None:
        """Read how many sites each district must have."""
        for district in self._sketch.districts:
            field = f"{MINIMUM}{district.code}"
            if self._typed.get(field) not in {None, "", "0"}:
                least = self._number(field, f"the least for {district.name}", MOST_SITES)
                self._option("--min-district", f"{district.code}={least}" if least else None)
                self._least += least or 0

    def _contradictions(self, sites: int | None) -> None:
        """Find rules that no plan can keep; the rest of them only the planner can see."""
        forced, forbidden = set(self._wanted["force"]), set(self._wanted["forbid"])
        if forced & (forbidden | {f"{place}:{kind}" for place in forbidden for kind in KINDS}):
            self._errors["forbid"] = "An area stands under both: it cannot be forced and forbidden."
        places = {each.partition(":")[0] for each in forced}
        needed = max(len(places), self._least)
        if sites is not None and needed > sites:
            self._errors["sites"] = f"The rules below ask for {needed} sites: allow that many."

    def _extras(self, objective: str, sites: int | None) -> None:
        draws = self._one_of("draws", DRAWS)
        if draws != "0" and objective == "farthest":
            self._errors["draws"] = "How far people have to go does not depend on draws of need."
        elif draws in DRAWS and int(draws) > self._sketch.draws:
            self._errors["draws"] = f"This table has {self._sketch.draws} draws: choose fewer."
        self._option("--draws", draws if draws != "0" else None)
        if self._typed.get("compare") == "on":
            self._options.append("--compare")
        if sites is not None and sites > 1:
            self._option("--frontier", f"1..{sites}")


def _title(sites: int | None, budget: int | None, kinds: str) -> str:
    what = {"building": "buildings", "mobile": "mobile stops"}.get(kinds, "sites")
    many = f"Up to {sites} {what}" if sites else what.capitalize()
    many = f"1 {what[:-1]}" if sites == 1 else many
    return many + (f" for £{budget:,} a year" if budget else "")
