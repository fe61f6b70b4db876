"""A made-up plan over the made-up shore, as its job lays it out."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from safelight.web.jobs.records import REQUEST, STATE, State, Status, write_record
from safelight.web.plan.outcome import (
    Alternative,
    Assumption,
    DistrictRow,
    Outcome,
    Robustness,
    SiteRow,
    Step,
)
from safelight.web.plan.reading import OUTCOME
from safelight.web.plan.shelf import SITE
from safelight.web.plan.sketch import Area, Sketch
from tests.support.jobs import request
from tests.support.shores import SHORE

PLAN = 0xB0  # the number of the job
MOST = 4


def outcome_of(sketch: Sketch) -> Outcome:
    """Make up a plan: buildings first, where the need is highest."""
    ranked = sorted(sketch.areas, key=lambda area: -area.deaths.mean)
    both = {count: _step(sketch, ranked[:count], "both") for count in range(1, MOST + 1)}
    return Outcome(
        title=f"{MOST} sites for £2,500,000 a year, {sketch.place}",
        objective="Overdoses supervised",
        goal_unit="overdoses a year expected to be supervised",
        unit="overdoses a year",
        steps=both,
        chosen=MOST,
        alternatives=[
            Alternative("building", "Buildings alone", _step(sketch, ranked[:2], "building")),
            Alternative("mobile", "Mobile stops alone", None, "No stop can be paid for."),
        ],
        robustness=Robustness(200, 0.021, 0.09),
        assumptions=[
            Assumption("willingness", "0.86", "share", "Behrends et al. 2019"),
            Assumption("building capital", "1000000", "£", "Assumption: fitting out premises"),
        ],
        notes=["A site stands for a whole area, not for an address."],
        attribution=["Contains made-up data."],
    )


def _step(sketch: Sketch, opened: Sequence[Area], kind: str) -> Step:
    codes = {area.code for area in opened}
    found = [area for area in sketch.areas if area.code in codes]
    sites = [
        SiteRow(
            number,
            area.code,
            area.name,
            area.district,
            "mobile" if kind == "mobile" or (kind == "both" and number > 1) else "building",
            area.lon,
            area.lat,
            2_300_000.0 / number,
            area.deaths.mean * 3,
            0.97 if number == 1 else 0.4,
        )
        for number, area in enumerate(found, start=1)
    ]
    reach = {
        area.code: max(max(0.0, 0.43 - 15 * abs(area.lon - one.lon)) for one in found)
        for area in sketch.areas
    }
    districts = [
        DistrictRow(
            one.name,
            one.deaths.mean * 4,
            sum(
                area.deaths.mean * 4 * reach[area.code]
                for area in sketch.areas
                if area.district == one.name
            ),
            1234.0,
        )
        for one in sketch.districts
    ]
    reached = sum(one.reached for one in districts)
    annual = sum(site.annual or 0.0 for site in sites)
    bound = reached * 1.002
    return Step(
        sites=sites,
        objective=reached,
        bound=bound,
        gap=0.002,
        proven=False,
        seconds=1.5,
        annual=annual,
        capital=1e6,
        vehicles=1,
        reach=reach,
        districts=districts,
    )


def lay_out_plan(folder: Path, sketch: Sketch) -> Path:
    """Lay out a job that has made such a plan; returns its folder."""
    made = folder / "plan" / "jobs" / request(PLAN).id
    made.mkdir(parents=True)
    asked = request(PLAN, kind=SITE, title=f"{MOST} sites", inputs={"table": [SHORE]})
    write_record(made, REQUEST, asked)
    write_record(made, STATE, State(status=Status.DONE, attempts=1))
    (made / OUTCOME).write_bytes(msgspec.json.encode(outcome_of(sketch)))
    return made
