"""What came of a plan, on screen: sites that appear, whom they reach, and what that rests on."""

import re
from pathlib import Path

import pytest

from safelight.run.domain.base import Role
from safelight.web.jobs.desk import Desk
from safelight.web.plan.commands import PDF, SITES_CSV
from safelight.web.plan.draw import Pin, areas_map
from safelight.web.plan.reading import OUTCOME
from safelight.web.plan.sketch import read_sketch
from tests.support.jobs import FakeRunner, Hours, request
from tests.support.outcomes import MOST, PLAN, lay_out_plan
from tests.support.shores import AREA_COUNT, SHORE, shore
from tests.support.web import Browser, browser_as

HERE = f"/plan/result/{request(PLAN).id}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return lay_out_plan(tmp_path, read_sketch(shore(tmp_path)))


@pytest.fixture
def browser(folder: Path) -> Browser:
    desk = Desk(folder.parents[1], FakeRunner(), Hours())
    return browser_as(Role.MANAGER, desk=desk)


def pins(text: str, table: str) -> list[str]:
    """Return the numbers of the sites in one of the tables."""
    own = text.partition(f'id="{table}"')[2].partition("</table>")[0]
    return re.findall(r'data-number="(\d+)"', own)


def test_sites_have_objective_bound_gap_cost_and_seconds(browser: Browser) -> None:
    text = browser.get(HERE).main
    for words in ("Overdoses a year expected", "No plan can do better", "gap 0.2%", "1.5 s"):
        assert words in text
    assert "£1,000,000" in text
    assert "Regret over 200 draws" in text
    assert "2.1%" in text
    assert pins(text, "sites") == ["1", "2", "3", "4"]
    assert "97%" in text


@pytest.mark.parametrize("count", range(1, MOST + 1))
def test_sites_appear_one_by_one(browser: Browser, count: int) -> None:
    text = browser.get(f"{HERE}?step={count}").main
    assert len(pins(text, "sites")) == count
    assert f'value="{count}"' in text


@pytest.mark.parametrize("step", ["0", "99", "-1", "x", "٣", ""])
def test_a_number_of_sites_that_there_is_not_shows_the_plan(browser: Browser, step: str) -> None:
    assert len(pins(browser.get(f"{HERE}?step={step}").main, "sites")) == MOST


def test_every_area_has_its_share_in_the_table_and_its_colour(browser: Browser) -> None:
    text = browser.get(HERE).main
    own = text.partition('id="areas"')[2].partition("</table>")[0]
    rows = re.findall(r'data-colour="(\d)".*?(\d+(?:\.\d+)?)%', own, re.DOTALL)
    assert len(rows) == AREA_COUNT
    shares = [float(share) for _, share in rows]
    assert shares == sorted(shares, reverse=True)
    assert [int(colour) for colour, _ in rows] == sorted((int(c) for c, _ in rows), reverse=True)


def test_buildings_and_mobile_stops_stand_side_by_side(browser: Browser) -> None:
    text = browser.get(HERE).main
    assert pins(text, "sites-building") == ["1", "2"]
    assert "No stop can be paid for." in text
    assert text.count("data-outlines=") == 2


def test_districts_have_need_share_and_the_nearest_site(browser: Browser) -> None:
    text = browser.get(HERE).main
    own = text.partition('id="districts-caption"')[2].partition("</table>")[0]
    assert {"Northshore", "Southshore"} <= set(re.findall(r">(\w+)</th>", own))
    assert own.count("1.2 km") == 2


def test_figures_have_their_sources(browser: Browser) -> None:
    text = browser.get(HERE).main
    for words in ("Behrends et al. 2019", "Assumption: fitting out premises", "whole area"):
        assert words in text


def test_without_scripts_there_is_a_drawing_with_the_sites(browser: Browser) -> None:
    drawing = browser.get(HERE).main.partition("<noscript>")[2].partition("</noscript>")[0]
    assert len(re.findall(r'class="sl-pin sl-pin--(?:building|mobile)"', drawing)) == MOST


def test_no_site_covers_the_name_of_a_district(folder: Path) -> None:
    sketch = read_sketch(folder.parent / SHORE)
    lon, lat = sketch.districts[0].label or (0, 0)
    above = Pin(1, "building", lon, lat, "On the name")
    names = [
        float(re.findall(r'class="sl-place-name"[^>]* y="([\d.]+)"', drawing)[0])
        for drawing in (areas_map(sketch, {}), areas_map(sketch, {}, pins=[above]))
    ]
    assert names[1] - names[0] > 30


def test_the_page_needs_nothing_inline(browser: Browser) -> None:
    text = browser.get(HERE).text
    assert not re.search(r"<script(?![^>]*\bsrc=)|\bstyle=|<style|\bon[a-z]+=", text)


def test_files_are_sent_as_the_job_left_them(browser: Browser, folder: Path) -> None:
    (folder / PDF).write_bytes(b"%PDF-1.7")
    (folder / SITES_CSV).write_bytes(b"site\n")
    answer = browser.get(f"{HERE}/report.pdf")
    assert (answer.body, answer.headers["content-type"]) == (b"%PDF-1.7", "application/pdf")
    assert browser.get(f"{HERE}/sites.csv").body == b"site\n"


@pytest.mark.parametrize("name", ["sites.geojson", "request.json", "..", "%2e%2e%2frequest.json"])
def test_no_other_file_is_sent(browser: Browser, name: str) -> None:
    assert browser.get(f"{HERE}/{name}").status == 404


def test_a_job_that_made_no_plan_has_no_result(browser: Browser) -> None:
    assert browser.get(f"/plan/result/{SHORE}").status == 404
    assert browser.get("/plan/result/job-ffffff").status == 404


def test_a_damaged_outcome_says_what_to_do(browser: Browser, folder: Path) -> None:
    (folder / OUTCOME).write_text("{}", encoding="utf-8")
    answer = browser.get(HERE)
    assert (answer.status, "Ask for the plan again" in answer.text) == (404, True)


def test_a_plan_over_a_table_that_is_gone_says_so(browser: Browser, folder: Path) -> None:
    (folder.parent / SHORE / "state.json").unlink()
    assert "not here any more" in browser.get(HERE).text
