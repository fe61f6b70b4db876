"""The plan file: what is written is read again, and nothing else is."""

from pathlib import Path

import msgspec
import pytest

from safelight.contracts.plan import Plan, plan_json, read_plan
from safelight.kernel.errors import Invalid
from safelight.plan.parameters import shipped_parameters
from safelight.plan.siting.planner import SiteProblem, plan_sites, read_figures
from safelight.plan.siting.planner.report import plan_document
from safelight.plan.siting.planner.uptake import behrends
from tests.support.needs import PROVENANCE, towns

PARAMETERS = shipped_parameters("planning-siting")


@pytest.fixture(scope="module")
def plan() -> Plan:
    problem = SiteProblem(
        figures=read_figures(PARAMETERS, {"building_booths": 4}),
        uptake=behrends(PARAMETERS),
        budget=5e6,
        compare=True,
        frontier=(1, 3),
        draws=3,
    )
    found = plan_sites(towns(40, draws=5), problem, seed=7)
    options = {"budget": 5e6, "frontier": "1..3"}
    return plan_document(found, PROVENANCE, sha256="0" * 64, seed=7, options=options)


def test_what_is_written_is_read_again(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(plan_json(plan))
    assert read_plan(path) == plan


def test_plan_says_what_it_was_made_from(plan: Plan) -> None:
    assert plan.need == PROVENANCE
    assert (plan.need_sha256, plan.seed, plan.version) == ("0" * 64, 7, 1)
    assert plan.parameters == "planning-siting 2026.1"
    assert plan.changed == {"building_booths": 4}
    assert plan.options == {"budget": 5e6, "frontier": "1..3"}
    assert {each.name for each in plan.figures} == set(PARAMETERS.values)


def test_totals_are_those_of_the_sites(plan: Plan) -> None:
    assert plan.reached_total == pytest.approx(sum(site.overdoses for site in plan.sites))
    assert plan.reached_total == pytest.approx(plan.objectives[0].value)
    assert plan.buildings + plan.mobile_stops == len(plan.sites)
    assert plan.annual_cost <= 5e6
    assert [point.name for point in plan.frontier] == ["1", "2", "3"]
    assert plan.draws is not None
    assert plan.draws.draws == 3


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"{", "plan-file"),
        (b"[]", "plan-version"),
        (b'{"version": 2}', "plan-version"),
        (b'{"version": 1}', "plan-file"),
    ],
)
def test_other_files_are_refused(content: bytes, rule: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(Invalid) as refused:
        read_plan(path)
    assert refused.value.code == rule
    assert "safelight site" in refused.value.remedy


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        read_plan(tmp_path / "none.json")
    assert refused.value.code == "plan-file"


def test_damaged_plan_is_refused(plan: Plan, tmp_path: Path) -> None:
    raw = msgspec.to_builtins(plan)
    raw["sites"][0]["easting"] = "far"
    path = tmp_path / "plan.json"
    path.write_bytes(msgspec.json.encode(raw))
    with pytest.raises(Invalid) as refused:
        read_plan(path)
    assert refused.value.code == "plan-file"
