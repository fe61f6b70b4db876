"""``safelight timetable`` as a planner calls it."""

import csv
from pathlib import Path

import pytest

from safelight.contracts.need import write_need
from tests.support.calls import Call, command
from tests.support.needs import PROVENANCE, need_table

STOPS = """id,name,lon,lat,weight,hours
folkestone,Folkestone harbour,1.187,51.081,60,
dover,Dover priory,1.305,51.126,50,Mon-Fri 09:30-15:00
margate,Margate station,1.372,51.386,70,
deal,Deal seafront,1.403,51.224,20,
"""
VANS = """[[vehicles]]
id = "van"
parking = "Canterbury"
lon = 1.079
lat = 51.28
days = "Mon-Fri"
start = "09:00"
end = "17:00"
"""


@pytest.fixture
def plan(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Call:
    monkeypatch.chdir(tmp_path)
    return command(monkeypatch, capsys, "timetable")


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> None:
    (tmp_path / "stops.csv").write_text(STOPS, encoding="utf-8")
    (tmp_path / "vans.toml").write_text(VANS, encoding="utf-8")


GIVEN = ("--stops", "stops.csv", "--vehicles", "vans.toml")


def test_week_is_printed_with_its_proof(plan: Call) -> None:
    done = plan(*GIVEN)
    assert (done.returncode, done.err) == (0, "")
    assert "van (parked at Canterbury)" in done.out
    assert "no week is worth more than" in done.out


def test_json_holds_gain_bound_gap_and_every_stop(plan: Call) -> None:
    answer = plan(*GIVEN, "--json").answer
    assert answer["gain"] <= answer["bound"]
    assert answer["gap"] <= 0.01
    assert [stop["stop"] for stop in answer["stops"]] == ["folkestone", "dover", "margate", "deal"]
    assert sum(stop["gain"] for stop in answer["stops"]) == pytest.approx(answer["gain"])
    assert answer["parameters"] == "planning-timetable 2026.1"


def test_csv_has_one_row_for_each_visit(plan: Call, tmp_path: Path) -> None:
    answer = plan(*GIVEN, "--json", "--out", "week.csv").answer
    text = (tmp_path / "week.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == answer["visits"]
    dover = [row for row in rows if row["stop"] == "dover"]
    assert dover
    assert all(row["arrive"][4:] >= "09:30" and row["leave"][4:] <= "15:00" for row in dover)


def test_driving_times_can_be_given(plan: Call, tmp_path: Path) -> None:
    ids = ["folkestone", "dover", "margate", "deal", "Canterbury"]
    rows = [["", *ids], *([one, *("0" if one == two else "60" for two in ids)] for one in ids)]
    (tmp_path / "drive.csv").write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
    answer = plan(*GIVEN, "--drive", "drive.csv", "--json").answer
    assert {tour["drive_minutes"] % 60 for tour in answer["tours"]} == {0}


def test_stretched_week_is_open_longer(plan: Call) -> None:
    plain, longer = plan(*GIVEN, "--json").answer, plan(*GIVEN, "--json", "--stretch").answer
    assert longer["open_minutes"] > plain["open_minutes"]
    assert longer["gain"] == plain["gain"]


def test_the_shipped_example_can_be_the_need(plan: Call) -> None:
    answer = plan("--need", "example", "--stops-top", "2", "--vehicles", "vans.toml", "--json")
    assert len(answer.answer["stops"]) == 2


def test_areas_with_the_most_need_can_be_the_stops(plan: Call, tmp_path: Path) -> None:
    frame = need_table([(0, 0), (3000, 0), (0, 4000)], deaths=[1.0, 3.0, 2.0])
    write_need(frame, PROVENANCE, tmp_path / "need.parquet")
    answer = plan("--need", "need.parquet", "--stops-top", "2", "--vehicles", "vans.toml", "--json")
    assert [stop["name"] for stop in answer.answer["stops"]] == ["Place 1", "Place 2"]


BAD = {
    "no stops": (("--vehicles", "vans.toml"), "from one of them"),
    "stops twice": ((*GIVEN, "--need", "need.parquet"), "from one of them"),
    "no such file": (("--stops", "x.csv", "--vehicles", "vans.toml"), "x.csv cannot be read"),
    "no vehicles": (("--stops", "stops.csv", "--vehicles", "none.toml"), "There is no vehicle"),
    "no list": (("--stops", "stops.csv", "--vehicles", "odd.toml"), r"no [[vehicles]]"),
    "no TOML": (("--stops", "stops.csv", "--vehicles", "broken.toml"), "cannot be read"),
    "ragged": (("--stops", "ragged.csv", "--vehicles", "vans.toml"), "more cells than the head"),
    "swapped": (("--stops", "swapped.csv", "--vehicles", "vans.toml"), "look swapped"),
    "out of reach": (("--stops", "far.csv", "--vehicles", "vans.toml"), "leave the stop out"),
    "no seed": ((*GIVEN, "--seed", "-1"), "The seed is -1"),
    "no folder": ((*GIVEN, "--out", "no/such/week.csv"), "There is no folder"),
}


@pytest.mark.parametrize(("arguments", "words"), BAD.values(), ids=list(BAD))
def test_rubbish_gives_one_sentence_and_the_remedy(
    arguments: tuple[str, ...], words: str, plan: Call, tmp_path: Path
) -> None:
    for name, text in {
        "none.toml": "",
        "odd.toml": "vehicles = 3",
        "broken.toml": "[[",
        "ragged.csv": STOPS + "a,b,1,51,3,,extra\n",
        "swapped.csv": "id,lon,lat,weight\na,51.1,1.3,5\n",
        "far.csv": "id,lon,lat,weight\npenzance,-5.53,50.12,5\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = plan(*arguments)
    assert done.returncode == 2
    assert done.out == ""
    assert words in done.err.replace("\n", " ")
    assert "Traceback" not in done.err
