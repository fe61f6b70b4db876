"""The hazard log has no orphans: a hazard has rules and tests, a rule of safety has a hazard."""

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from safelight.run.domain.clinic.hazards import APART, HAZARDS, INVARIANTS, Hazard
from tests.repository.hazards import PAGE, Shown, complaints, marked, page
from tests.repository.rules import ROOT, Refusal, refusals, sources

EVERY = tuple(INVARIANTS)
ONE = Hazard("H01", "Harm", "A slip", "Pain", "A rule.", ("a-rule",), EVERY)
REFUSED = [Refusal("a-rule", "No.", "Do it.", "gate")]
SHOWN = {"H01": [Shown("tests/test_a.py", "test_it_holds")]}


def test_nothing_is_an_orphan() -> None:
    assert complaints(HAZARDS, marked(), refusals(sources()), APART) == []


def test_hazards_are_numbered_in_order() -> None:
    assert [hazard.id for hazard in HAZARDS] == [f"H{n:02}" for n in range(1, len(HAZARDS) + 1)]


def test_page_of_hazards_is_current() -> None:
    told = "run `python -m tests.repository.hazards`"
    assert PAGE.read_text(encoding="utf-8") == page(HAZARDS, marked()), told


def test_page_leaves_severity_to_who_deploys_it() -> None:
    row = page([ONE], SHOWN).splitlines()
    (line,) = [each for each in row if "**H01**" in each]
    assert "[it holds](../tests/test_a.py)" in line
    assert line.endswith("| for the deploying Clinical Safety Officer |")


def test_gate_is_content_with_a_log_that_is_whole() -> None:
    assert complaints([ONE], SHOWN, REFUSED, {}) == []


@pytest.mark.parametrize(
    ("hazard", "why"),
    [
        (ONE._replace(rules=("a-rule", "no-rule")), "no-rule is no rule"),
        (ONE._replace(rules=()), "a-rule controls no hazard"),
        (ONE._replace(cause=""), "H01 leaves something out"),
        (ONE._replace(invariants=(*EVERY, 11)), "H01: there is no invariant 11"),
        (ONE._replace(invariants=EVERY[1:]), "no hazard is about invariant 1"),
    ],
)
def test_gate_finds_what_a_hazard_lacks(hazard: Hazard, why: str) -> None:
    assert complaints([hazard], SHOWN, REFUSED, {}) == [why]


def test_gate_finds_a_hazard_of_no_invariant() -> None:
    other = ONE._replace(id="H02", invariants=())
    shown = {**SHOWN, "H02": SHOWN["H01"]}
    assert complaints([ONE, other], shown, REFUSED, {}) == ["H02 names no invariant"]


def test_gate_finds_a_hazard_that_no_test_shows() -> None:
    assert complaints([ONE], {}, REFUSED, {}) == ["H01 has no test"]


def test_gate_finds_a_mark_without_a_hazard() -> None:
    shown = {**SHOWN, "H09": SHOWN["H01"]}
    assert complaints([ONE], shown, REFUSED, {}) == ["H09 is marked, and no hazard"]


def test_gate_finds_a_hazard_that_is_there_twice() -> None:
    assert complaints([ONE, ONE], SHOWN, REFUSED, {}) == ["H01 is there twice"]


def test_gate_lets_stand_apart_what_is_said_to_and_nothing_else() -> None:
    more = [*REFUSED, Refusal("b-rule", "No.", "Do it.", "oral")]
    assert complaints([ONE], SHOWN, more, {}) == ["b-rule controls no hazard"]
    assert complaints([ONE], SHOWN, more, {"b-rule": "a reason"}) == []
    assert complaints([ONE], SHOWN, REFUSED, {"a-rule": "why"}) == ["a-rule is apart for nothing"]
    elsewhere = [*REFUSED, Refusal("c-rule", "No.", "Do it.", "door")]
    assert complaints([ONE], SHOWN, elsewhere, {}) == []


def test_marks_are_read_wherever_they_stand(tmp_path: Path) -> None:
    source = """
        import pytest

        CASES = [pytest.param(1, marks=pytest.mark.hazard("H02")), case("H03", "H030")]
        OTHERS = ["H04"]

        @pytest.mark.hazard("H01")
        def test_one(): ...

        @pytest.mark.parametrize("number", CASES)
        def test_two(number): "H05"

        @pytest.mark.hazard("H06")
        def not_a_test(): ...
    """
    (tmp_path / "test_a.py").write_text(dedent(source), encoding="utf-8")
    (tmp_path / "a.py").write_text('@pytest.mark.hazard("H07")\ndef test_no(): ...\n')
    assert marked(tmp_path, tmp_path) == {
        "H01": [Shown("test_a.py", "test_one")],
        "H02": [Shown("test_a.py", "test_two")],
        "H03": [Shown("test_a.py", "test_two")],
    }


# A whole run fails where no test showed that a hazard is controlled.

CONFTEST = """
    from tests.support.executed import Executed

    def pytest_configure(config):
        config.pluginmanager.register(Executed(config, ["H01", "H02"]))
"""
PASSES = """
    import pytest

    @pytest.mark.hazard("H01")
    def test_one(): ...

    @pytest.mark.hazard("H02")
    {more}
    def test_two(): ...

    def test_three(): ...
"""
INI = """
    [pytest]
    testpaths = inner
    addopts = --import-mode=importlib --strict-markers -p no:cacheprovider
    markers = hazard(id): as in the project
"""


def run(folder: Path, more: str, *arguments: str) -> tuple[int, str]:
    """Run a tiny suite in a process of its own; return its exit status and what it said."""
    inner = folder / "inner"
    inner.mkdir()
    for path, text in (
        (folder / "pytest.ini", INI),
        (inner / "conftest.py", CONFTEST),
        (inner / "test_a.py", PASSES.format(more=more)),
    ):
        path.write_text(dedent(text), encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout


def test_whole_run_passes_where_every_hazard_was_shown(tmp_path: Path) -> None:
    status, said = run(tmp_path, "")
    assert (status, "hazards without" in said) == (0, False)


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["one process", "a worker"])
def test_whole_run_fails_where_a_hazards_only_test_was_skipped(
    tmp_path: Path, workers: tuple[str, ...]
) -> None:
    status, said = run(tmp_path, "@pytest.mark.skip", *workers)
    assert status == 1
    assert "hazards without a test that ran and passed" in said
    assert said.splitlines().count("H02") == 1


def test_whole_run_under_workers_passes_where_every_hazard_was_shown(tmp_path: Path) -> None:
    assert run(tmp_path, "", "-n", "2")[0] == 0


@pytest.mark.parametrize("part", [("inner/test_a.py",), ("-k", "one"), ("-m", "not hazard")])
def test_part_of_a_run_is_not_judged(tmp_path: Path, part: tuple[str, ...]) -> None:
    status, said = run(tmp_path, "@pytest.mark.skip", *part)
    assert (status, "hazards without" in said) == (0, False)
