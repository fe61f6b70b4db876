"""The command about need: safelight need."""

import re
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from safelight.cli.background import ProgressFile, asked_to_end, in_background
from safelight.cli.evaluation import CASES, show_evaluation
from safelight.cli.output import progress, show
from safelight.cli.record import told_record
from safelight.cli.writing import check_writable, write_out
from safelight.contracts.need import Provenance, need_parquet
from safelight.kernel.errors import Invalid
from safelight.plan.need.estimate import LEVELS, Need, Request, estimate_need
from safelight.plan.need.inputs import NAMES, Tables
from safelight.plan.need.standing import Period
from safelight.plan.parameters import Parameters, shipped_parameters
from safelight.sources.boundaries import shapes
from safelight.sources.catalogue import find_table
from safelight.sources.outlines import gathered, outlines_geojson
from safelight.sources.shelf import Shelf
from safelight.wiring import home_from_environment

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
STEPS = 1000
FINE, COARSE = "kent-lsoa21-boundaries", "lsoa21-boundaries"
CSV = ".csv"
SUFFIXES = (".parquet", CSV)
UNITS = {"lsoa": "LSOA 2021", "msoa": "MSOA 2021"}


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("need")(need)


def need(
    region: Annotated[
        str,
        typer.Option(
            help="kent, england, england-wales, an English region, or authorities and districts "
            "by name or code, joined by commas."
        ),
    ] = "kent",
    out: Annotated[
        Path | None, typer.Option(help="Write the table here: .parquet with draws, or .csv.")
    ] = None,
    draws: Annotated[int, typer.Option(help="Posterior draws.")] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same table.")] = 1,
    level: Annotated[str, typer.Option(help=f"{' or '.join(LEVELS)}.")] = "lsoa",
    period: Annotated[str, typer.Option(help="The years whose rate is estimated.")] = "2018-2020",
    outlines: Annotated[
        Path | None, typer.Option(help="Write the areas' outlines here, as GeoJSON.")
    ] = None,
    by_district: Annotated[
        bool, typer.Option("--districts", help="Print the record of every district.")
    ] = False,
    case: Annotated[
        str, typer.Option("--evaluate", help=f"Forecast what is known: {', '.join(CASES)}.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Estimate how many people are at risk, area by area, and how sure that is."""
    shelf = Shelf(home_from_environment().data)
    if case:
        show_evaluation(case, shelf, seed, as_json=as_json)
        return
    _check_outputs(out, outlines)
    request = Request(region, draws, seed, level, parse_period(period))
    parameters = shipped_parameters("planning-need")
    with progress(f"Need of {region}", STEPS) as told:

        def estimated() -> Need:
            tables = Tables(*(shelf.read(name) for name in NAMES))
            return estimate_need(
                tables, request, parameters, lambda share: told(int(STEPS * share))
            )

        found = in_background(estimated, ProgressFile(None))
    with asked_to_end():
        if out is not None:
            write_out(out, as_file(found, provenance_of(request, parameters), out))
        if outlines is not None:
            write_out(outlines, area_outlines(found, shelf, request))
    if by_district:
        show(told_record(found.record), found.record.to_dict("records"), as_json=as_json)
        return
    show(_told(found, request, out), _as_value(found, request, out), as_json=as_json)


def _check_outputs(out: Path | None, outlines: Path | None) -> None:
    """Complain of outputs that cannot be, before the estimate takes its time."""
    check_writable(out, outlines)
    if out is not None and out.suffix not in SUFFIXES:
        raise Invalid(
            "need-out",
            f"A need table cannot be written as {out.name}.",
            "End the name in .parquet for the whole table, or in .csv for one without draws, "
            "which `safelight site` cannot read.",
        )


def parse_period(text: str) -> Period:
    """Return '2018-2020', or '2020', as years; raises Invalid for anything else."""
    years = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", text.strip())
    if years is None:
        raise Invalid(
            "need-period", f"'{text}' is no period.", "Give years such as --period 2018-2020."
        )
    return Period(int(years[1]), int(years[2] or years[1]))


def provenance_of(request: Request, parameters: Parameters) -> Provenance:
    """Return where the table comes from: sources, parameters, seed and what licences ask for."""
    tables = [find_table(name) for name in NAMES]
    return Provenance(
        region=request.region,
        areas=UNITS[request.level],
        period=str(request.period),
        seed=request.seed,
        draws=request.draws,
        parameters=f"{parameters.id} {parameters.version}",
        sources=[f"{each.title}; {each.publisher}; {each.edition}" for each in tables],
        attribution=list(dict.fromkeys(each.attribution for each in tables)),
    )


def as_file(found: Need, provenance: Provenance, out: Path) -> bytes:
    """Return the need table as Parquet, or where the file's name says so as CSV without draws."""
    if out.suffix == CSV:
        table = found.table.drop(columns="deaths_draws")
        return table.to_csv(index=False, float_format="%.5g").encode()
    return need_parquet(found.table, provenance)


def area_outlines(found: Need, shelf: Shelf, request: Request) -> bytes:
    """Return the outlines of the table's areas, from the finest boundaries that hold them all."""
    lookup = shelf.read("lsoa21-lookup")
    own = lookup["lsoa_code" if request.level == "lsoa" else "msoa_code"]
    inside = own.isin(found.table["code"])
    lsoas, areas = lookup["lsoa_code"][inside].tolist(), own[inside].tolist()
    fine = shapes(shelf.read(FINE)) if shelf.has(FINE) else {}
    whole = fine if all(code in fine for code in lsoas) else shapes(shelf.read(COARSE))
    columns = found.table[["code", "name", "district"]].set_index("code")
    return outlines_geojson(gathered(whole, lsoas, areas), columns.to_dict("index"))


def _told(found: Need, request: Request, out: Path | None) -> str:
    """Put the districts into a table, the most deaths expected first."""
    head = (
        f"Drug-poisoning deaths a year, {request.period}, and rates per 100,000 people; "
        "95% intervals; top 3 = probability of being among the three highest rates.\n"
        f"{'district':<26}{'counted':>8}{'expected':>9}{'by people':>10}{'by last':>9}{'by EB':>7}"
        f"{'rate':>7}{'interval':>14}{'rank':>9}{'top 3':>7}"
    )
    rows = found.districts.sort_values("posterior", ascending=False)
    lines = [head, *(_line(row, request.period.length) for _, row in rows.iterrows())]
    total = found.table[["people_at_risk", "deaths", "nonfatal_overdoses"]].sum()
    lines.append(
        f"{len(found.table):,} areas: {total['deaths']:,.0f} deaths and "
        f"{total['nonfatal_overdoses']:,.0f} overdoses in a hospital bed a year, "
        f"{total['people_at_risk']:,.0f} people who use opiates or crack."
    )
    if out is not None:
        lines.append(f"Written to {out}.")
    return "\n".join(lines)


def _line(row: "pd.Series[Any]", years: int) -> str:
    interval = f"{row['posterior_lower']:.1f} to {row['posterior_upper']:.1f}"
    ranks = f"{row['rank_lower']}-{row['rank_upper']}"
    return (
        f"{row['name'][:25]:<26}{row['deaths'] / years:>8.1f}{row['expected']:>9.1f}"
        f"{row['expected_by_population']:>10.1f}{row['expected_by_last_count']:>9.1f}"
        f"{row['expected_by_empirical_bayes']:>7.1f}{row['posterior']:>7.1f}{interval:>14}"
        f"{ranks:>9}{row['top_three']:>7.2f}"
    )


def _as_value(found: Need, request: Request, out: Path | None) -> dict[str, Any]:
    return {
        "region": request.region,
        "period": str(request.period),
        "areas": len(found.table),
        "draws": request.draws,
        "seed": request.seed,
        "out": None if out is None else str(out),
        "effective_points": found.rates.effective,
        "districts": found.districts.to_dict("records"),
    }
