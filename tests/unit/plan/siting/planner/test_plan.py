"""Plans over a made-up county: objectives, proof, draws, frontier, comparison."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from safelight.plan.parameters import shipped_parameters
from safelight.plan.siting.planner import SitePlan, SiteProblem, plan_sites, read_figures
from safelight.plan.siting.planner.check import check_plan
from safelight.plan.siting.planner.report import district_rows, site_rows
from safelight.plan.siting.planner.uptake import behrends
from tests.support.needs import need_table, towns

PARAMETERS = shipped_parameters("planning-siting")
FIGURES = read_figures(PARAMETERS)
COUNTY = towns(120, draws=20)


def asked(changed: dict[str, float] | None = None, **options: Any) -> SiteProblem:  # noqa: ANN401
    figures = read_figures(PARAMETERS, changed)
    return SiteProblem(figures=figures, uptake=behrends(PARAMETERS), **options)


def planned(problem: SiteProblem, need: pd.DataFrame = COUNTY) -> SitePlan:
    plan = plan_sites(need, problem)
    assert check_plan(need, problem, plan) == []
    return plan


def sites(plan: SitePlan) -> set[tuple[str, str]]:
    return {(site.code, site.kind) for site in site_rows(plan)}


@pytest.mark.parametrize(
    "options",
    [
        {"budget": 6e6},
        {"budget": 3e6, "kinds": ("mobile",)},
        {"sites": 6, "spacing": 3000.0},
        {"budget": 6e6, "min_district": {"Dover": 1, "Thanet": 1}},
        {"budget": 6e6, "objective": "within", "within": 800.0},
        {"budget": 6e6, "objective": "backup"},
        {"sites": 6, "objective": "worst-off"},
        {"sites": 5, "objective": "farthest"},
        {"budget": 6e6, "changed": {"usable_share": 0.01}},
    ],
    ids=str,
)
def test_plan_is_proven_best(options: dict[str, Any]) -> None:
    (answer,) = planned(asked(**options)).answers
    assert answer.proven
    assert not answer.stopped


def test_county_pays_for_a_building_first_and_stops_with_the_rest() -> None:
    plan = planned(asked(budget=3e6))
    kinds = [site.kind for site in site_rows(plan)]
    assert kinds.count("building") == 1
    assert kinds.count("mobile") == 5
    assert plan.vehicles == 1


def test_full_site_turns_people_away() -> None:
    need = need_table([(0, 0), (0, 0)], deaths=[3.0, 3.0])
    plan = planned(asked({"building_booths": 0.01}, sites=1, kinds=("building",)), need)
    (site,) = site_rows(plan)
    assert site.episodes == pytest.approx(site.capacity)
    assert plan.answers[0].objective < 6 * 11 * 0.43


def test_second_objective_chooses_among_the_best_for_the_first() -> None:
    alone = planned(asked(sites=5, objective="farthest"))
    both = planned(asked(sites=5, objective="farthest", then="overdoses"))
    assert both.answers[0].objective == alone.answers[0].objective
    best = planned(asked(sites=5)).answers[0].objective
    reached = sum(site.overdoses for site in site_rows(alone))
    assert reached <= both.answers[1].objective <= best


def test_travel_times_replace_straight_lines() -> None:
    need = need_table([(0, 0), (1000, 0), (2000, 0)], deaths=[1.0, 1.1, 1.0])
    codes = need["code"].tolist()
    # A river: the place in the middle takes an hour to reach from everywhere else.
    minutes = [[0, 60, 5], [60, 0, 60], [5, 60, 0]]
    rows = [(a, b, minutes[i][j]) for i, a in enumerate(codes) for j, b in enumerate(codes)]
    travel = pd.DataFrame(rows, columns=["from", "to", "minutes"])
    straight = planned(asked(sites=1), need)
    around = planned(asked(sites=1, travel=travel), need)
    assert [code for code, _ in sites(straight)] == [codes[1]]
    assert [code for code, _ in sites(around)] != [codes[1]]


def test_candidates_listed_by_hand_are_the_only_ones() -> None:
    listed = pd.DataFrame(
        {
            "id": ["hall", "yard"],
            "name": ["Hall", "Yard"],
            "easting": COUNTY["easting"].iloc[:2],
            "northing": COUNTY["northing"].iloc[:2],
            "kinds": ["building", "mobile"],
        }
    )
    plan = planned(asked(sites=2, candidates=listed))
    assert sites(plan) == {("hall", "building"), ("yard", "mobile")}


def test_districts_add_up_to_the_plan() -> None:
    plan = planned(asked(budget=6e6))
    rows = district_rows(plan)
    assert sum(row.reached for row in rows) == pytest.approx(plan.answers[0].objective)
    assert sum(row.need for row in rows) == pytest.approx(plan.model.weight.sum())
    assert sum(row.sites for row in rows) == len(plan.opened)


def test_same_seed_gives_the_same_plan_and_draws() -> None:
    problem = asked(budget=6e6, draws=8)
    one, two = planned(problem), planned(problem)
    assert np.array_equal(one.opened, two.opened)
    assert one.draws is not None
    assert two.draws is not None
    assert np.array_equal(one.draws.chosen, two.draws.chosen)
    assert np.array_equal(one.draws.regret, two.draws.regret)


def test_draws_say_what_the_plan_loses() -> None:
    study = planned(asked(budget=6e6, draws=20)).draws
    assert study is not None
    assert (study.regret >= 0).all()
    assert study.regret.max() > 0
    assert (study.bound >= study.objective).all()
    assert study.worst_gap <= 1e-6
    assert 0 < study.chosen.max() <= 1


def test_draw_equal_to_the_mean_brings_no_regret() -> None:
    same = [[each] * 3 for each in COUNTY["deaths"].to_list()]
    need = COUNTY.assign(deaths_draws=pd.Series(same, index=COUNTY.index))
    plan = planned(asked(budget=6e6, draws=3), need)
    assert plan.draws is not None
    assert plan.draws.regret.max() < 1e-6
    assert (plan.draws.chosen[plan.opened] == 1).all()


def test_frontier_rises_with_a_proof_at_each_point() -> None:
    plan = planned(asked(frontier=(1, 6)))
    answers = [point.answer for point in plan.frontier]
    values = [answer.objective for answer in answers if answer]
    assert [point.name for point in plan.frontier] == list("123456")
    assert values == sorted(values)
    assert all(answer and answer.proven for answer in answers)
    assert values[-1] == pytest.approx(plan.answers[0].objective)


def test_both_kinds_are_never_worse_than_one() -> None:
    plan = planned(asked(budget=3e6, compare=True))
    worth = {each.name: each.answer.objective for each in plan.variants if each.answer}
    assert set(worth) == {"only building", "only mobile", "both"}
    assert worth["both"] >= max(worth.values())
    assert all(each.annual <= 3e6 for each in plan.variants)


def test_comparison_says_why_a_kind_alone_cannot_be() -> None:
    plan = planned(asked(budget=1e6, compare=True))
    building = plan.variants[0]
    assert building.answer is None
    assert "budget" in building.why


def test_search_that_is_stopped_says_so_and_keeps_its_bound() -> None:
    problem = asked(budget=2e7, objective="worst-off", nodes=1)
    (answer,) = planned(problem).answers
    assert answer.stopped
    assert answer.bound >= answer.objective


def test_gap_asked_for_is_kept() -> None:
    best = planned(asked(budget=6e6)).answers[0]
    (answer,) = planned(asked(budget=6e6, gap=0.05)).answers
    assert answer.gap <= 0.05
    assert answer.bound >= best.objective >= answer.objective


def test_progress_rises_to_the_end() -> None:
    told: list[float] = []
    problem = asked(budget=6e6, compare=True, draws=3, frontier=(1, 3))
    plan_sites(COUNTY, problem, progress=lambda fraction, _message: told.append(fraction))
    assert told == sorted(told)
    assert 0 < told[0] < told[-1] <= 1
