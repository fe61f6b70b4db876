"""``safelight capacity`` as a planner calls it."""

import csv
from pathlib import Path

import pandas as pd
import pytest

from safelight.contracts.need import BASELINES, QUANTITIES, Provenance, write_need
from tests.support.calls import Call, command


@pytest.fixture
def capacity(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    return command(monkeypatch, capsys, "capacity")


TRUSTED = ("--visits-per-day", "31.1", "--years", "6")  # years enough to tell plans apart
THISTLE = ("--visits-per-day", "31.1", "--years", "2")


def need_table(path: Path) -> Path:
    rows = [
        {
            "code": f"E0100000{number}",
            "name": f"Area {number}",
            "district_code": "E07000108",
            "district": "Dover",
            "easting": 630_000.0 + 2_000 * number,
            "northing": 141_000.0,
            "lon": 1.3,
            "lat": 51.1,
            "population": 1_500.0,
            **{f"{each}{end}": 50.0 for each in QUANTITIES for end in ("", "_lower", "_upper")},
            **dict.fromkeys(BASELINES, 1.0),
        }
        for number in range(1, 5)
    ]
    note = Provenance(
        region="kent", areas="LSOA 2021", period="made up", seed=1, draws=0, parameters="test"
    )
    write_need(pd.DataFrame(rows), note, path)
    return path


def test_a_plan_is_evaluated_and_what_was_assumed_is_named(capacity: Call) -> None:
    done = capacity(*THISTLE, "--booths", "8", "--staff", "3")
    assert done.returncode == 0
    assert "8 booths, 0 smoking seats, 3 staff" in done.out
    assert "95% within 10 minutes: met." in done.out
    assumed, cited = done.out.split("Taken from published figures:")
    assert "Assumed, measure your own:" in assumed
    assert "injecting_minutes = 30" in assumed
    assert "glasgowcity.hscp.scot/thistle-service-data" in cited


def test_thistle_s_volume_is_far_from_its_eight_booths(capacity: Call) -> None:
    """11,348 visits a year at 8 booths: even with half an hour each, a tenth of the booths."""
    figures = capacity(*THISTLE, "--booths", "8", "--json").answer["figures"]
    assert figures["visits"]["mean"] == pytest.approx(11_348, rel=0.02)
    assert figures["booth_use"]["mean"] == pytest.approx(0.107, abs=0.005)
    assert figures["within_target"]["mean"] == 1.0


def test_without_booths_the_fewest_are_found_and_the_table_is_ranked(capacity: Call) -> None:
    done = capacity(*TRUSTED, "--json")
    best = done.answer["options"][0]
    assert best["meets"]
    assert best["booths"] == 3
    assert [row["meets"] for row in done.answer["options"]] == sorted(
        (row["meets"] for row in done.answer["options"]), reverse=True
    )
    assert {row["name"] for row in done.answer["used"] if row["assumed"]} >= {"injecting_minutes"}


def test_the_table_for_people_says_which_plans_meet_the_target(capacity: Call) -> None:
    done = capacity(*TRUSTED)
    assert "Ranked by fewest staff, then fewest places. No cost is used." in done.out
    assert "meets it" in done.out
    assert "misses it" in done.out


def test_the_same_seed_prints_the_same(capacity: Call) -> None:
    one, other = (capacity(*THISTLE, "--seed", "7").out for _ in range(2))
    assert one == other
    assert one != capacity(*THISTLE, "--seed", "8").out


def test_a_table_is_written_for_each_use(capacity: Call, tmp_path: Path) -> None:
    options, week = tmp_path / "options.csv", tmp_path / "week.csv"
    assert capacity(*THISTLE, "--csv", str(options)).returncode == 0
    assert capacity(*THISTLE, "--booths", "3", "--csv", str(week)).returncode == 0
    with options.open() as file:
        assert next(csv.reader(file))[:4] == ["booths", "seats", "staff", "within_target"]
    with week.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 168
    assert [row["visits"] for row in rows[:9]] == ["0.0"] * 9


def test_a_profile_replaces_what_would_be_assumed(capacity: Call, tmp_path: Path) -> None:
    profile = tmp_path / "ours.toml"
    profile.write_text(
        "visits_per_day = 31.1\ninjecting_minutes = { distribution = 'exponential', mean = 12 }\n"
    )
    done = capacity("--profile", str(profile), "--years", "2", "--booths", "3", "--json")
    used = {row["name"] for row in done.answer["used"]}
    assert "injecting_minutes" not in used
    assert "booth_cleaning_minutes" in used


def test_smoking_seats_are_planned_for_a_share_that_smokes(capacity: Call) -> None:
    done = capacity(*THISTLE, "--injecting-share", "0.4", "--smoking-share", "0.4", "--json")
    assert done.answer["options"][0]["seats"] > 0
    assert set(done.answer["screened"]) == {"booths", "seats"}


def test_visits_come_from_need_where_a_reach_is_given(capacity: Call, tmp_path: Path) -> None:
    """Areas lie 2 km apart: within 3 km of the first are two, each with 50 people at risk."""
    need = str(need_table(tmp_path / "need.parquet"))
    near = ("--need", need, "--around", "E01000001", "--within-km", "3", "--reach", "0.3")
    done = capacity(*near, "--booths", "2", "--years", "2", "--json")
    used = {row["name"]: row["value"] for row in done.answer["used"]}
    assert used["people_at_risk"] == "100, of whom 30.0% register"
    assert "visits_per_person_year" in used
    expected = 100 * 0.3 * 19.7
    assert done.answer["figures"]["visits"]["mean"] == pytest.approx(expected, rel=0.1)


def test_the_shipped_example_can_be_the_need(capacity: Call) -> None:
    done = capacity(
        *("--need", "example", "--around", "E02003314", "--reach", "0.3"),
        *("--booths", "2", "--years", "2", "--json"),
    )
    assert done.answer["figures"]["visits"]["mean"] > 0


BAD = {
    "no volume": ((), "capacity-visits"),
    "a negative rate": (("--visits-per-day", "-3"), "capacity-service"),
    "no booths": ((*THISTLE, "--booths", "0"), "capacity-places"),
    "no staff": ((*THISTLE, "--booths", "2", "--staff", "0"), "capacity-staff"),
    "overlapping hours": ((*THISTLE, "--hours", "Mon 9:00-12:00, 11:00-13:00"), "capacity-hours"),
    "shares above 1": ((*THISTLE, "--injecting-share", "1.5"), "capacity-shares"),
    "a share of target above 1": ((*THISTLE, "--target-share", "1.5"), "capacity-target"),
    "one year": (("--visits-per-day", "9", "--years", "1"), "capacity-simulation"),
    "no profile": (("--profile", "nowhere.toml"), "capacity-profile"),
    "no need table": (("--need", "nowhere.parquet"), "need-file"),
}


@pytest.mark.parametrize(("arguments", "rule"), BAD.values(), ids=list(BAD))
def test_bad_input_is_one_clear_error(
    capacity: Call, arguments: tuple[str, ...], rule: str
) -> None:
    done = capacity(*arguments, "--json")
    assert done.returncode == 2
    assert done.answer["error"] == rule
    assert done.answer["remedy"]


@pytest.mark.parametrize(
    ("more", "rule"),
    [((), "capacity-reach"), (("--around", "E01999999", "--reach", "0.3"), "capacity-area")],
)
def test_need_without_what_it_takes_is_refused(
    capacity: Call, tmp_path: Path, more: tuple[str, ...], rule: str
) -> None:
    done = capacity("--need", str(need_table(tmp_path / "need.parquet")), *more, "--json")
    assert done.answer["error"] == rule


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--reach", "2"), "200 people at risk are near, and 2 is no share of them."),
        (("--reach", "nan"), "nan is no share of them."),
        (("--reach", "0.3", "--within-km", "-1"), "Nobody can be within -1 km."),
        (("--reach", "0.3", "--within-km", "nan"), "Nobody can be within nan km."),
        (("--reach", "0.3", "--visits-per-day", "30"), "The visits are given twice"),
    ],
)
def test_what_contradicts_itself_is_said(
    capacity: Call, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = capacity("--need", str(need_table(tmp_path / "need.parquet")), *arguments)
    assert done.returncode == 2
    assert words in done.err.replace("\n", " ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--injecting-share", "nan"), "The routes have a share of nan."),
        (("--injecting-share", "2"), "The routes have a share of 2."),
        (("--profile", "none.toml"), "none.toml cannot be read: No such file or directory."),
        (("--visits-per-day", "1e9"), "cannot have visits_per_day 1,000,000,000."),
    ],
)
def test_figures_that_no_service_has_are_refused(
    capacity: Call, arguments: tuple[str, ...], words: str
) -> None:
    done = capacity(*THISTLE, "--booths", "2", *arguments)
    assert done.returncode == 2
    assert words in done.err.replace("\n", " ")


def test_a_file_that_cannot_be_written_is_said(capacity: Call, tmp_path: Path) -> None:
    done = capacity(*THISTLE, "--booths", "2", "--csv", str(tmp_path / "no" / "x.csv"), "--json")
    assert done.answer["error"] == "out-folder"
