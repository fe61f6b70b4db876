"""From a plan's file to its pages: the same sites, the same numbers, for every plan in the file."""

from pathlib import Path

import msgspec
import pytest

from safelight.contracts.plan import Plan, plan_json, read_plan
from safelight.kernel.errors import Invalid
from safelight.plan.parameters import shipped_parameters
from safelight.plan.siting.planner.figures import read_figures
from safelight.plan.siting.planner.plan import plan_sites
from safelight.plan.siting.planner.problem import SiteProblem
from safelight.plan.siting.planner.report import plan_document
from safelight.plan.siting.planner.uptake import behrends
from safelight.web.plan.making.gathering import gather
from safelight.web.plan.outcome import Outcome
from tests.support.shores import PROVENANCE, SHORE, shore, shore_table


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a need table, and a plan over it as the command writes it."""
    folder = tmp_path_factory.mktemp("shore")
    shore(folder)
    parameters = shipped_parameters("planning-siting")
    problem = SiteProblem(
        figures=read_figures(parameters, {"building_hours_a_week": 100}),
        uptake=behrends(parameters),
        sites=3,
        draws=6,
        frontier=(1, 3),
        compare=True,
    )
    need = shore_table()
    made = plan_sites(need, problem)
    document = plan_document(made, PROVENANCE, sha256="0" * 64, seed=1, options={})
    (folder / "plan.json").write_bytes(plan_json(document))
    infeasible = replace_comparison(document)
    (folder / "without.json").write_bytes(plan_json(infeasible))
    return folder


def replace_comparison(document: Plan) -> Plan:
    """Return a plan that no building could have made."""
    changed = [
        msgspec.structs.replace(each, objective=None, sites=[], why="The budget is too small.")
        if each.name == "only building"
        else each
        for each in document.comparison
    ]
    return msgspec.structs.replace(document, comparison=changed, frontier=[], draws=None)


def gathered(folder: Path, name: str = "plan.json") -> tuple[Outcome, Plan]:
    table = folder / "plan" / "jobs" / SHORE / "need.parquet"
    return gather(folder / name, table, "3 sites"), read_plan(folder / name)


def test_the_plan_is_shown_with_the_numbers_of_its_file(folder: Path) -> None:
    outcome, plan = gathered(folder)
    step = outcome.step(outcome.chosen)
    objective = plan.objectives[0]
    assert (step.objective, step.bound, step.gap) == (
        objective.value,
        objective.bound,
        objective.gap,
    )
    assert [(row.place, row.kind) for row in step.sites] == [(s.code, s.kind) for s in plan.sites]
    assert [row.reached for row in step.sites] == pytest.approx([s.overdoses for s in plan.sites])
    assert [row.chosen for row in step.sites] == [site.chosen for site in plan.sites]
    assert [row.reached for row in step.districts] == pytest.approx(
        [district.reached for district in plan.districts]
    )
    assert (step.annual, step.capital) == pytest.approx((plan.annual_cost, plan.capital_cost))


def test_areas_reached_add_up_to_what_is_reached(folder: Path) -> None:
    outcome, plan = gathered(folder)
    step, frame = outcome.step(outcome.chosen), shore_table()
    need = frame["deaths"] + frame["nonfatal_overdoses"]
    reached = sum(
        step.reach.get(code, 0.0) * n for code, n in zip(frame["code"], need, strict=True)
    )
    assert reached == pytest.approx(plan.reached_total, rel=1e-3)


def test_every_number_of_sites_has_a_plan_and_none_is_worth_less_than_the_one_before(
    folder: Path,
) -> None:
    outcome, plan = gathered(folder)
    assert sorted(outcome.steps) == [int(point.name) for point in plan.frontier] == [1, 2, 3]
    values = [outcome.steps[count].objective for count in (1, 2, 3)]
    assert values == sorted(values)
    for count in (1, 2, 3):
        step = outcome.steps[count]
        assert sum(row.reached for row in step.districts) == pytest.approx(step.objective, rel=1e-6)


def test_each_kind_alone_is_shown_or_why_it_cannot_be(folder: Path) -> None:
    outcome, _ = gathered(folder)
    assert [one.kind for one in outcome.alternatives] == ["building", "mobile"]
    for one in outcome.alternatives:
        assert one.step is not None
        assert {site.kind for site in one.step.sites} == {one.kind}
    without, _ = gathered(folder, "without.json")
    assert without.alternatives[0].step is None
    assert without.alternatives[0].trouble == "The budget is too small."
    assert (without.robustness, sorted(without.steps)) == (None, [3])


def test_figures_keep_their_sources_and_what_was_changed_is_said(folder: Path) -> None:
    outcome, plan = gathered(folder)
    assert len(outcome.assumptions) == len(plan.figures)
    assert any("The Thistle" in one.citation for one in outcome.assumptions)
    assert "2,300,000" in {one.value for one in outcome.assumptions}
    assert not any("e+" in one.value for one in outcome.assumptions)
    assert any("building_hours_a_week 100" in note for note in outcome.notes)
    assert any("New York" in note for note in outcome.notes)


def test_a_file_that_is_no_plan_is_refused(folder: Path) -> None:
    (folder / "rubbish.json").write_text('{"version": 1}', encoding="utf-8")
    with pytest.raises(Invalid):
        gathered(folder, "rubbish.json")
