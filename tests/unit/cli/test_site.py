"""``safelight site`` as a person and as a screen call it."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from safelight.contracts.need import write_need
from safelight.contracts.plan import read_plan
from tests.support.calls import Call, command
from tests.support.needs import PROVENANCE, towns

WAIT_SECONDS = 60.0


@pytest.fixture(scope="module")
def need(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("need") / "need.parquet"
    write_need(towns(60, draws=5), PROVENANCE, path)
    return path


@pytest.fixture
def site(need: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    """Call it over one need table."""
    return command(monkeypatch, capfd, "site", "--need", str(need))


def test_plan_is_printed_with_its_proof(site: Call) -> None:
    done = site("--budget", "3000000", "--compare", "--draws", "3", "--frontier", "1..3")
    assert done.returncode == 0
    for words in (
        "any plan: at most",
        "proven best",
        "Districts",
        "only mobile",
        "By number of sites",
        "Over 3 draws of need",
        "Assumed, without a source",
        "not lives saved",
    ):
        assert words in done.out


def test_json_is_the_plan_file(site: Call, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    done = site("--sites", "3", "--json", "--out", str(path))
    printed, written = done.answer, json.loads(path.read_text())
    for each in (printed, written):
        for answer in each["objectives"]:
            del answer["seconds"]
    assert printed == written
    assert read_plan(path).options == {"sites": 3}


def test_sites_are_written_for_tables_and_maps(site: Call, tmp_path: Path) -> None:
    table, points = tmp_path / "sites.csv", tmp_path / "sites.geojson"
    assert site("--sites", "3", "--csv", str(table), "--geojson", str(points)).returncode == 0
    frame = pd.read_csv(table)
    features = json.loads(points.read_text())["features"]
    assert frame["code"].tolist() == [each["properties"]["code"] for each in features]
    longitudes = [each["geometry"]["coordinates"][0] for each in features]
    assert all(0 < longitude < 2 for longitude in longitudes)


def test_progress_file_ends_at_the_whole(site: Call, tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    site("--sites", "2", "--progress-file", str(path))
    said = json.loads(path.read_text())
    assert (said["fraction"], said["message"]) == (1, "Done")
    assert [each.name for each in tmp_path.iterdir()] == ["progress.json"]


def test_every_option_reaches_the_problem(site: Call, tmp_path: Path) -> None:
    frame = towns(60)
    places = pd.DataFrame(
        {"id": ["a", "b", "c"], "name": ["A", "B", "C"], **frame[["lon", "lat"]].iloc[:3]}
    )
    places.to_csv(tmp_path / "places.csv", index=False)
    done = site(
        *("--candidates", str(tmp_path / "places.csv"), "--buildings", "1", "--mobile-stops", "2"),
        *("--objective", "within", "--within", "15min", "--then", "overdoses"),
        *("--decay", "exp:1500", "--measure", "deaths", "--force", "a:mobile", "--forbid", "b"),
        *("--set", "building_booths=4", "--spacing", "1m", "--gap", "0.01", "--json"),
    )
    plan = done.answer
    assert {(each["code"], each["kind"]) for each in plan["sites"]} == {
        ("a", "mobile"),
        ("c", "building"),
    }
    assert plan["measure"] == "deaths"
    assert plan["decay"] == "exp:1500"
    assert plan["changed"] == {"building_booths": 4}
    assert [each["name"] for each in plan["objectives"]] == ["within", "overdoses"]


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (("--budget", "1000"), "site-budget"),
        (("--sites", "0"), "site-count"),
        ((), "site-limits"),
        (("--sites", "1", "--decay", "soon"), "decay"),
        (("--sites", "1", "--min-district", "Dover"), "site-pair"),
        (("--sites", "1", "--min-district", "Dover=many"), "site-pair"),
        (("--sites", "1", "--set", "willingness=x"), "site-pair"),
        (("--sites", "1", "--set", "willingness=-1"), "siting-figure"),
        (("--sites", "1", "--set", "willingness"), "site-pair"),
        (("--sites", "1", "--set", "no_such_figure=1"), "planning-parameter"),
        (("--sites", "1", "--seed", "-1"), "site-option"),
        (("--sites", "1", "--within", "500m"), "site-within"),
        (("--frontier", "twenty"), "site-frontier"),
        (("--sites", "1", "--candidates", "none.csv"), "site-table"),
        (("--sites", "1", "--parameters", "none.toml"), "file-readable"),
        (("--sites", "1", "--out", "none/plan.json"), "out-folder"),
        (("--sites", "1", "--need", "none.parquet"), "need-file"),
    ],
)
def test_bad_input_gives_one_error_with_the_remedy(
    site: Call, arguments: tuple[str, ...], rule: str
) -> None:
    done = site(*arguments, "--json")
    assert done.returncode == 2
    assert done.answer["error"] == rule
    assert done.answer["remedy"]


@pytest.mark.parametrize("option", ["--out", "--csv", "--geojson", "--progress-file"])
def test_folder_in_place_of_a_file_is_refused_before_the_work(
    site: Call, tmp_path: Path, option: str
) -> None:
    done = site("--sites", "1", option, str(tmp_path), "--json")
    assert (done.returncode, done.answer["error"]) == (2, "out-file")
    assert list(tmp_path.iterdir()) == []


def test_planning_figures_that_cannot_be_read_are_named_by_their_file(
    site: Call, tmp_path: Path
) -> None:
    path = tmp_path / "own.toml"
    path.write_text("a = 1\n")
    done = site("--sites", "1", "--parameters", str(path), "--json")
    assert done.answer["message"].startswith(f"{path}: The planning parameters cannot be read")


def test_colons_of_an_error_are_no_pictures(site: Call) -> None:
    assert ":tent" in site("--sites", "1", "--force", "E02000000:tent").err


def test_plan_that_leaves_a_district_out_says_so(site: Call) -> None:
    done = site("--sites", "1", "--objective", "worst-off", "--nodes", "1")
    assert "Some district is not reached at all." in done.out
    assert "-0" not in done.out
    assert "00%;" not in done.out  # no gap of millions of per cent of nothing


def test_need_table_of_another_version_is_refused(site: Call, tmp_path: Path) -> None:
    path = tmp_path / "old.parquet"
    towns(3).to_parquet(path)
    done = site("--sites", "1", "--need", str(path), "--json")
    assert done.answer["error"] == "need-version"


def test_refusal_is_a_sentence_and_leaves_no_file(site: Call, tmp_path: Path) -> None:
    done = site("--budget", "1000", "--out", str(tmp_path / "plan.json"))
    assert "cheapest plan that keeps the rules" in done.err
    assert list(tmp_path.iterdir()) == []


def waited_for(path: Path, words: str) -> None:
    """Wait until a progress file says something."""
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        if path.exists() and words in path.read_text():
            return
        time.sleep(0.05)
    raise AssertionError(path)


def test_command_that_is_told_to_end_leaves_nothing_half_written(
    need: Path, tmp_path: Path
) -> None:
    told, out = tmp_path / "progress.json", tmp_path / "plan.json"
    # Minutes of work at least: sixty plans for the objective that is hardest to prove.
    hard = ("--budget", "20000000", "--objective", "worst-off", "--draws", "5", "--frontier")
    command = [sys.executable, "-m", "safelight.cli", "site", "--need", str(need), *hard, "1..60"]
    with subprocess.Popen([*command, "--progress-file", str(told), "--out", str(out)]) as process:
        waited_for(told, "Proving")
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_SECONDS) == 143
    assert json.loads(told.read_text())["message"] == "Ended before it was done"
    assert [each.name for each in tmp_path.iterdir()] == ["progress.json"]
