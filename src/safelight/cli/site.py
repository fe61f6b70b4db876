"""The command about sites: safelight site."""

import hashlib
import json
from typing import Any

import msgspec
import pandas as pd
import typer

from safelight.cli.background import ProgressFile, asked_to_end, in_background
from safelight.cli.output import progress, show
from safelight.cli.signature import command_of
from safelight.cli.site_options import SiteOptions, read_problem
from safelight.cli.site_report import told_plan
from safelight.cli.writing import check_writable, write_out
from safelight.contracts.need import read_need
from safelight.contracts.plan import Plan, PlannedSite, plan_json
from safelight.plan.siting.planner import plan_sites
from safelight.plan.siting.planner.report import plan_document
from safelight.sources.example import need_path

STEPS = 1000
HELP = (  # one line a paragraph: the terminal breaks them where it ends
    "Choose where to put buildings and mobile stops, together and with a proven bound.\n\n"
    "What is reached is a share of need: people come with a probability that falls with distance, "
    "while a site is open and has room. docs/siting.md says how and what it leaves out."
)


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("site", help=HELP)(command_of(SiteOptions, site))


def site(options: SiteOptions) -> None:
    """Choose where to put buildings and mobile stops, and print or write the plan."""
    check_writable(options.out, options.csv, options.geojson, options.progress_file)
    told = ProgressFile(options.progress_file)
    told.tell(0.0, "Reading the need table")
    with progress("Planning sites", STEPS) as bar:

        def hear(fraction: float, message: str) -> None:
            bar(int(STEPS * fraction))
            told.tell(min(fraction, 0.99), message)

        plan = in_background(lambda: _planned(options, hear), told)
    with asked_to_end():
        _write(plan, options)
    told.tell(1.0, "Done")
    show(told_plan(plan), msgspec.to_builtins(plan), as_json=options.as_json)


def _planned(options: SiteOptions, hear: Any) -> Plan:  # noqa: ANN401 - a progress callback
    path = need_path(options.need)
    need, provenance = read_need(path)
    plan = plan_sites(need, read_problem(options), seed=options.seed, progress=hear)
    return plan_document(
        plan,
        provenance,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        seed=options.seed,
        options=options.given(),
    )


def _write(plan: Plan, options: SiteOptions) -> None:
    if options.out:
        write_out(options.out, plan_json(plan))
    if options.csv:
        columns = PlannedSite.__struct_fields__  # the head is due even where nothing is opened
        rows = pd.DataFrame([msgspec.to_builtins(each) for each in plan.sites], columns=columns)
        write_out(options.csv, rows.to_csv(index=False).encode())
    if options.geojson:
        write_out(options.geojson, json.dumps(geojson(plan), indent=1).encode() + b"\n")


def geojson(plan: Plan) -> dict[str, Any]:
    """Return the sites as points in WGS84, with all that is known of each as properties."""
    features = []
    for each in plan.sites:
        properties = msgspec.to_builtins(each)
        point = [round(properties.pop("lon"), 6), round(properties.pop("lat"), 6)]
        features.append(
            {
                "type": "Feature",
                "id": f"{each.code}:{each.kind}",
                "geometry": {"type": "Point", "coordinates": point},
                "properties": properties,
            }
        )
    return {"type": "FeatureCollection", "features": features}
