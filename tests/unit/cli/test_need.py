"""``safelight need`` as an analyst calls it."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from safelight.cli.need import parse_period
from safelight.contracts.need import draws_of, read_need
from safelight.kernel.errors import Invalid
from safelight.plan.need.standing import Period
from tests.support.calls import Call, command
from tests.support.shared import DATA, needs_data

DOVER = ("--region=dover", "--draws=20")


@pytest.fixture
def need(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Call:
    monkeypatch.setenv("SAFELIGHT_HOME", str(tmp_path / "home"))
    return command(monkeypatch, capsys, "need")


@pytest.fixture
def shelved(need: Call, tmp_path: Path) -> Call:
    """The command on a machine that has the published tables."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "data").symlink_to(DATA)
    return need


def test_without_tables_the_remedy_is_to_add_them(need: Call) -> None:
    done = need("--region", "kent")
    assert done.returncode == 2
    assert "lsoa21-lookup" in done.err
    assert "safelight data add DIR" in done.err


def test_an_unknown_case_is_answered_with_those_known(need: Call) -> None:
    done = need("--evaluate", "london")
    assert done.returncode == 2
    assert "connecticut, tempe, kent-districts, all-districts" in done.err.replace("\n", " ")


@pytest.mark.parametrize(
    ("text", "period"), [("2018-2020", Period(2018, 2020)), (" 2020 ", Period(2020, 2020))]
)
def test_a_period_is_one_year_or_two(text: str, period: Period) -> None:
    assert parse_period(text) == period


def test_another_period_is_refused() -> None:
    with pytest.raises(Invalid, match="no period"):
        parse_period("last year")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--out", "need.xlsx"), "cannot be written as need.xlsx. End the name in .parquet"),
        (("--out", "need"), "cannot be written as need."),
        (("--out", "."), "is a folder"),
        (("--outlines", "none/x.geojson"), "There is no folder none"),
        (("--seed", "-1"), "The seed is -1. Give a whole number of 0 or more."),
    ],
)
@needs_data
def test_what_cannot_be_done_is_said_in_a_sentence(
    shelved: Call, arguments: tuple[str, ...], words: str
) -> None:
    done = shelved("--region", "dover", "--draws", "20", *arguments)
    assert done.returncode == 2
    assert words in done.err.replace("\n", " ")


@needs_data
def test_the_same_seed_gives_the_same_table_with_one_thread_and_with_two(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "data").symlink_to(DATA)
    tables = []
    for threads in "12":
        out = tmp_path / f"{threads}.parquet"
        subprocess.run(
            [sys.executable, "-m", "safelight.cli", "need", *DOVER, f"--out={out}"],
            env={
                "SAFELIGHT_HOME": str(tmp_path / "home"),
                "OPENBLAS_NUM_THREADS": threads,
            },
            stdout=subprocess.DEVNULL,
            check=True,
        )
        tables.append(out.read_bytes())
    assert tables[0] == tables[1]


@needs_data
def test_need_of_a_district_is_written_with_draws_and_sources(
    shelved: Call, tmp_path: Path
) -> None:
    out, outlines = tmp_path / "need.parquet", tmp_path / "outlines.geojson"
    done = shelved(
        "--region=dover",
        "--level=msoa",
        "--draws=40",
        f"--out={out}",
        f"--outlines={outlines}",
        "--json",
    )
    assert done.returncode == 0, done.err
    assert done.answer["districts"][0]["name"] == "Dover"
    assert done.answer["districts"][0]["deaths"] == 38
    table, provenance = read_need(out)
    assert draws_of(table).shape == (done.answer["areas"], 40)
    assert (provenance.region, provenance.areas) == ("dover", "MSOA 2021")
    codes = {each["properties"]["code"] for each in json.loads(outlines.read_text())["features"]}
    assert codes == set(table["code"])


@needs_data
def test_need_is_written_as_csv_without_draws(shelved: Call, tmp_path: Path) -> None:
    out = tmp_path / "need.csv"
    done = shelved("--region", "Thanet", "--draws", "20", "--out", str(out))
    assert done.returncode == 0, done.err
    assert "Thanet" in done.out
    table = pd.read_csv(out)
    assert "deaths_draws" not in table
    assert table["deaths"].sum() == pytest.approx(14.5, abs=2)


@needs_data
def test_record_of_the_districts_is_printed(shelved: Call) -> None:
    done = shelved("--region", "thanet,dover", "--draws", "20", "--districts")
    assert done.returncode == 0, done.err
    assert "rising" in done.out
    assert "Probability of being among the three highest rates" in done.out


@needs_data
def test_a_folder_that_is_missing_is_named(shelved: Call, tmp_path: Path) -> None:
    done = shelved("--region", "dover", "--draws", "20", "--out", str(tmp_path / "no" / "x.csv"))
    assert done.returncode == 2
    assert "There is no folder" in done.err
