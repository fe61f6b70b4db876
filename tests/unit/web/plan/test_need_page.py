"""The map of need: every number in a table, the evidence behind each, and files to take away."""

import csv
import io
import re
from pathlib import Path

import pytest

from safelight.run.domain.base import Role
from safelight.web.jobs.desk import Desk
from tests.support.jobs import FakeRunner, Hours
from tests.support.shores import AREA_COUNT, desk_by_the_shore, shore
from tests.support.web import Browser, browser_as


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    return browser_as(Role.ANALYST, desk=desk_by_the_shore(tmp_path)[0])


def test_every_area_of_the_map_is_in_the_table_with_its_interval(browser: Browser) -> None:
    text = browser.get("/plan?measure=people_at_risk&scale=count").main
    rows = re.findall(r'<tr[^>]* data-code="(E02\d+)" data-colour="(\d|none)">(.*?)</tr>', text)
    assert len(rows) == AREA_COUNT
    for code, _, cells in rows:
        assert f"/plan/area/{code}" in cells
        assert re.search(r"[\d.,]+ to [\d.,]+", cells)


@pytest.mark.parametrize("path", ["/plan", "/plan/areas.geojson", "/plan/need.geojson"])
def test_what_is_heavy_is_packed_for_the_way(browser: Browser, path: str) -> None:
    plain = browser.get(path)
    packed = browser.get(path, **{"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert len(packed.body) < len(plain.body) / 2


def test_colours_follow_the_estimates(browser: Browser) -> None:
    text = browser.get("/plan").main
    colours = [int(each) for each in re.findall(r'data-colour="(\d)"', text)]
    assert colours == sorted(colours, reverse=True)
    assert set(colours) == set(range(max(colours) + 1))
    assert max(colours) >= 4


def test_without_scripts_there_is_a_drawing_that_leads_to_each_area(browser: Browser) -> None:
    text = browser.get("/plan").main
    drawing = text.partition("<noscript>")[2].partition("</noscript>")[0]
    assert drawing.count('<path class="sl-area sl-area--') == AREA_COUNT
    assert drawing.count('<a href="/plan/area/E02') == AREA_COUNT
    assert "Northshore" in drawing


def test_the_page_needs_nothing_inline_and_nothing_from_elsewhere(browser: Browser) -> None:
    for path in ("/plan", "/plan/area/E02000001", "/plan/sites", "/plan/jobs"):
        text = browser.get(path).text
        assert not re.search(r'(src|href|action)="(https?:)?//', text)
        assert not re.search(r"<script(?![^>]*\bsrc=)|\bstyle=|<style|\bon[a-z]+=", text)


def test_the_evidence_has_intervals_and_what_simpler_methods_say(browser: Browser) -> None:
    text = browser.get("/plan/area/E02000001").main
    for words in ("Shore 001A", "Southshore", "By population alone", "The last count"):
        assert words in text
    assert len(re.findall(r"[\d.,]+ to [\d.,]+", text)) >= 6
    assert "Empirical Bayes" in text
    assert "made up 1" in text


def test_an_area_that_is_not_there_says_so(browser: Browser) -> None:
    answer = browser.get("/plan/area/E02999999")
    assert answer.status == 404
    assert "There is no area" in answer.text


def test_an_area_is_found_from_the_list_without_scripts(browser: Browser) -> None:
    answer = browser.get("/plan/area?code=E02000003&table=x")
    assert (answer.status, answer.location) == (302, "/plan/area/E02000003?table=x")
    assert (
        browser.get("/plan/area?code=../../staff").location == "/plan/area/..%2F..%2Fstaff?table="
    )


def test_the_csv_has_every_area_and_no_draws(browser: Browser) -> None:
    answer = browser.get("/plan/need.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == AREA_COUNT
    assert "deaths_draws" not in rows[0]
    assert {"code", "deaths", "deaths_lower", "chance_of_highest_fifth"} <= set(rows[0])
    assert answer.headers["content-disposition"].endswith('safelight-need-nowhere.csv"')


def test_the_geojson_has_every_area_with_its_numbers(browser: Browser) -> None:
    answer = browser.get("/plan/need.geojson")
    assert answer.headers["content-type"] == "application/geo+json"
    features = answer.json["features"]
    assert len(features) == AREA_COUNT
    assert {each["geometry"]["type"] for each in features} == {"Polygon"}
    assert all(each["properties"]["deaths_upper"] > 0 for each in features)


def test_the_outlines_have_areas_borders_and_names_and_may_be_kept(browser: Browser) -> None:
    answer = browser.get("/plan/areas.geojson")
    kinds = [each["properties"]["kind"] for each in answer.json["features"]]
    assert [kinds.count(kind) for kind in ("area", "district", "label")] == [AREA_COUNT, 2, 2]
    assert "immutable" in answer.headers["cache-control"]


def test_the_evidence_has_the_districts_record_or_says_how_to_get_it(browser: Browser) -> None:
    assert "safelight data add" in browser.get("/plan/area/E02000001").main


def test_a_table_without_outlines_is_drawn_as_dots(tmp_path: Path) -> None:
    shore(tmp_path, outlines=False)
    browser = browser_as(Role.ANALYST, desk=Desk(tmp_path / "plan", FakeRunner(), Hours()))
    features = browser.get("/plan/areas.geojson").json["features"]
    assert {each["geometry"]["type"] for each in features} == {"Point"}
    assert len(features) == AREA_COUNT
    assert browser.get("/plan").status == 200


def test_the_home_page_leads_to_planning_for_those_who_plan() -> None:
    for role in (Role.ANALYST, Role.MANAGER):
        assert 'href="/plan"' in browser_as(role).get("/").text
    for role in (Role.WORKER, Role.NURSE):
        assert 'href="/plan"' not in browser_as(role).get("/").text
