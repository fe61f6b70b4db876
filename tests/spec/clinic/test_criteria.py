"""The shipped criteria for treatment: what the sources say, on the days they give, and no more."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from safelight.kernel.errors import Invalid
from safelight.run.domain.clinic.eligibility import holding
from safelight.run.domain.criteria import CriteriaSet, Criterion, faults
from safelight.run.store.packs import load_pack

FOLDER = Path(str(files("safelight.packs")))
PACK = load_pack(FOLDER / "example-clinic-2026.toml")
DAY = timedelta(days=1)
GERMANY = ("germany-before-2025", "germany-from-2025")


@dataclass(frozen=True)
class Published:
    """What a source says of a programme: its days, and the numbers of each criterion."""

    citation: str
    first: date | None
    last: date | None
    numbers: dict[str, tuple[int, ...]]


# Written from the sources, not from the pack. Units as the sources have them: months, years, per
# cent of days, milligrams a day.
GOLDEN = {
    "riott": Published(
        "pubmed 20511018; findings.org.uk Strang_J_21.txt",
        date(2005, 1, 1),
        date(2008, 12, 31),
        {
            "oral_treatment": (6,),
            "injecting_days": (50, 3),
            "age": (18, 65),
            "injecting_years": (3,),
        },
    ),
    "middlesbrough": Published(
        "drinkanddrugsnews.com; Durham repository 1185824",
        date(2019, 1, 1),
        date(2022, 12, 31),
        {"long_dependence": (), "treatment_failed": (), "most_concern": ()},
    ),
    "glasgow": Published(
        "glasgow.gov.uk article 25326",
        date(2019, 1, 1),
        None,
        {"age": (18,), "treatment_failed": (), "homeless_team": ()},
    ),
    "switzerland": Published(
        "asbo.ch Aufnahmekriterien",
        date(2026, 1, 1),
        None,
        {"age": (18,), "dependence": (2,), "treatment_failed": (2,), "problems": ()},
    ),
    "germany-before-2025": Published(
        "BtMVV section 5a until 18 February 2025",
        None,
        date(2025, 2, 18),
        {
            "age": (23,),
            "dependence": (5,),
            "disorders": (),
            "intravenous": (),
            "treatment_failed": (2, 6, 5),  # the last is the number of the section
        },
    ),
    "germany-from-2025": Published(
        "aidshilfe.de; apotheke-adhoc.de; aekno.de July 2025",
        date(2025, 2, 19),
        None,
        {"age": (18,), "dependence": (2,), "treatment_failed": (1, 6), "deficits": ()},
    ),
    "netherlands": Published(
        "PMC7017638 table-wrap11",
        date(2026, 1, 1),
        None,
        {
            "dependence": (5,),
            "methadone": (4, 5, 50, 60),
            "registered": (6,),
            "heroin_use": (),
            "function": (),
        },
    ),
    "naomi": Published(
        "PMC5127701; PMC7017638 table-wrap14",
        date(2026, 1, 1),
        None,
        {"age": (25,), "treatment_failed": (2, 1), "out_of_treatment": (6,)},
    ),
}


def numbers(criterion: Criterion) -> tuple[int, ...]:
    """Return the numbers in a criterion's words, in their order."""
    return tuple(map(int, re.findall(r"\d+", criterion.text)))


def uncited(sets: dict[str, CriteriaSet]) -> list[str]:
    """Name what lacks a citation, or an approver who is not nobody."""
    found = [key for key, each in sets.items() if each.approver != "nobody: example"]
    found += [key for key, each in sets.items() if not each.citation.strip()]
    for key, each in sets.items():
        found += [f"{key}.{code}" for code, c in each.criteria.items() if not c.citation.strip()]
    return found


def test_sets_that_are_shipped_are_those_of_the_sources() -> None:
    assert list(PACK.criteria) == list(GOLDEN)


@pytest.mark.parametrize("key", GOLDEN)
def test_set_says_the_numbers_of_its_source_and_no_others(key: str) -> None:
    shipped = PACK.criteria[key]
    assert {code: numbers(each) for code, each in shipped.criteria.items()} == GOLDEN[key].numbers


@pytest.mark.parametrize("key", GOLDEN)
def test_set_holds_on_the_days_of_its_source(key: str) -> None:
    shipped, published = PACK.criteria[key], GOLDEN[key]
    assert (shipped.holds_from, shipped.holds_to) == (published.first, published.last)


def test_every_set_and_criterion_is_cited_and_approved_by_nobody() -> None:
    assert uncited(PACK.criteria) == []


@pytest.mark.parametrize("key", ["riott", "middlesbrough", "germany-from-2025", "netherlands"])
def test_what_was_not_seen_is_said(key: str) -> None:
    assert re.search("not seen|not the days|no dates", PACK.criteria[key].note)


@pytest.mark.parametrize("offset", range(-400, 401, 50))
def test_germanys_sets_meet_without_gap_or_overlap(offset: int) -> None:
    day = date(2025, 2, 18) + offset * DAY
    held = [key for key in holding(PACK, day) if key in GERMANY]
    assert held == [GERMANY[day > date(2025, 2, 18)]]


def test_germanys_change_is_between_the_18th_and_the_19th_of_february_2025() -> None:
    before, after = (PACK.criteria[key] for key in GERMANY)
    assert before.holds_to is not None
    assert before.holds_to + DAY == after.holds_from == date(2025, 2, 19)
    assert [each.holds_on(date(2025, 2, 18)) for each in (before, after)] == [True, False]
    assert [each.holds_on(date(2025, 2, 19)) for each in (before, after)] == [False, True]


def test_what_is_over_is_assessed_against_no_more() -> None:
    assert set(holding(PACK, date(2026, 11, 1))) == {
        "glasgow",
        "switzerland",
        "germany-from-2025",
        "netherlands",
        "naomi",
    }


def test_second_opinions_and_psychosocial_care_are_as_the_german_ordinance_has_them() -> None:
    """BtMVV section 5a: at the latest every 2 years, and for the first 6 months."""
    found = {name: PACK.values[name] for name in ("second_opinion_months", "psychosocial_months")}
    assert {name: value.value for name, value in found.items()} == {
        "second_opinion_months": 24,
        "psychosocial_months": 6,
    }
    assert all("BtMVV" in value.citation for value in found.values())


# The checks can fail, and a file that is wrong is refused by name and place.


def test_check_of_citations_can_fail() -> None:
    bad = CriteriaSet("v1", "T", " ", "somebody", {"age": Criterion("Aged 18", " ")})
    assert uncited({"bad": bad}) == ["bad", "bad", "bad.age"]


@pytest.mark.parametrize(
    ("days", "found"),
    [
        ((date(2025, 1, 2), date(2025, 1, 2)), []),
        ((date(2025, 1, 2), date(2025, 1, 1)), ["criteria.x would end"]),
        ((None, None), ["criteria.x has neither"]),
        ((None, date(2025, 1, 1)), []),
        ((date(2025, 1, 1), None), []),
    ],
)
def test_days_of_a_set_have_to_be_possible(
    days: tuple[date | None, date | None], found: list[str]
) -> None:
    made = CriteriaSet("v1", "T", "c", "a", {"age": Criterion("Aged 18", "c")}, *days)
    assert [
        fault[: len(start)] for fault, start in zip(faults({"x": made}), found, strict=True)
    ] == found


def test_set_without_criteria_is_at_fault() -> None:
    empty = CriteriaSet("v1", "T", "c", "a", {}, date(2025, 1, 1))
    assert faults({"x": empty}) == ["criteria.x names no criterion"]


OURS = """[pack]
id = "ours"
version = "1"
title = "Ours"
example = true
extends = ["example-clinic-2026.toml"]

[criteria.ours]
version = "v1"
title = "Ours"
citation = "Our board, 1 February 2026"
approver = "Our lead"
holds_from = 2026-02-01

[criteria.ours.criteria.age]
text = "Aged 18 or over"
citation = "Our board"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in FOLDER.glob("*.toml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_house_adds_its_own_set_beside_the_shipped_ones(folder: Path) -> None:
    (folder / "ours.toml").write_text(OURS, encoding="utf-8")
    assert list(load_pack(folder / "ours.toml").criteria) == [*GOLDEN, "ours"]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("holds_from = 2026-02-01", 'holds_from = "soon"', r"RFC3339.*criteria"),
        ("holds_from = 2026-02-01", "holds_from = 2026-02-30", "line"),
        ("holds_from = 2026-02-01", "", r"criteria\.ours has neither holds_from nor holds_to"),
        (
            "holds_from = 2026-02-01",
            "holds_from = 2026-02-01\nholds_to = 2026-01-31",
            r"criteria\.ours would end",
        ),
        ("holds_from", "from", r"`from`.*criteria"),
        ('citation = "Our board"', "", r"`citation`.*criteria"),
        ('text = "Aged 18 or over"', 'text = ""', r"text"),
        ("[criteria.ours.criteria.age]", "[criteria.ours.criteria.AGE]", r"criteria"),
        ('version = "v1"', 'version = "1"', r"version"),
        ("[criteria.ours", "[criteria.OURS", r"criteria"),
    ],
)
def test_set_that_is_wrong_is_refused_by_file_and_place(
    folder: Path, old: str, new: str, place: str
) -> None:
    assert old in OURS
    (folder / "ours.toml").write_text(OURS.replace(old, new), encoding="utf-8")
    with pytest.raises(Invalid, match=place) as caught:
        load_pack(folder / "ours.toml")
    assert "ours.toml" in str(caught.value.values["file"])
