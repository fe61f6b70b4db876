"""The need table, version 1: small areas with the need in them, and how sure of it we are.

One row per area. ``people_at_risk``, ``deaths`` and ``nonfatal_overdoses`` are posterior means;
``…_lower`` and ``…_upper`` are the ends of the central 95% interval; the last two are per year.
``deaths_by_…`` are the naive answers beside which the clever one has to stand. ``deaths_draws``
holds joint posterior draws: draw k of all rows is one possible world.
"""

import io
import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
from pyarrow import parquet

from safelight.contracts.areas import surely_of_2011, turned_on_the_grid
from safelight.kernel.errors import Invalid

VERSION = 1
QUANTITIES = ("people_at_risk", "deaths", "nonfatal_overdoses")
BASELINES = ("deaths_by_population", "deaths_by_last_count", "deaths_by_empirical_bayes")
METADATA = b"safelight-need"
LEVELS = {"LSOA": "01", "MSOA": "02"}  # the digits of a code that tell the level
MAKE = "Make one with `safelight need --region … --out need.parquet`."
AGAIN = "Correct the value, or make the table again with `safelight need`."

# Great Britain with room to spare: WGS84 degrees, and metres of the British National Grid.
LON, LAT = (-9.0, 2.5), (49.5, 61.5)
EASTING, NORTHING = (0.0, 700_000.0), (0.0, 1_300_000.0)


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where a need table comes from."""

    region: str
    areas: str  # 'LSOA 2021' or 'MSOA 2021'
    period: str  # the years whose rate is estimated, '2018 to 2020'
    seed: int
    draws: int
    parameters: str  # id and version of the planning parameters
    sources: list[str] = []  # table, publisher and file of everything that went in
    attribution: list[str] = []  # what the licences ask to be said
    version: int = VERSION


def _number(low: float = 0.0, high: float | None = None) -> pandera.Column:
    if high is None:
        return pandera.Column(float, pandera.Check.ge(low, error=f"it is below {low:g}"))
    within = f"it is not between {low:g} and {high:g}"
    return pandera.Column(float, pandera.Check.in_range(low, high, error=within))


CODE = pandera.Check.str_matches(r"^[EWSN]0[12]\d{6}$", error="it is no code of an LSOA or MSOA")


SCHEMA = pandera.DataFrameSchema(
    {
        "code": pandera.Column(str, CODE, unique=True),
        "name": pandera.Column(str),
        "district_code": pandera.Column(str),
        "district": pandera.Column(str),
        "easting": _number(*EASTING),
        "northing": _number(*NORTHING),
        "lon": _number(*LON),
        "lat": _number(*LAT),
        "population": _number(),
        **{
            f"{quantity}{end}": _number()
            for quantity in QUANTITIES
            for end in ("", "_lower", "_upper")
        },
        **{baseline: _number() for baseline in BASELINES},
    },
    strict=False,
)


def check_need(frame: pd.DataFrame, what: str = "the need table") -> pd.DataFrame:
    """Return the table with its types set; raises Invalid that names the first wrong cell."""
    if not len(frame):
        raise Invalid("need-rows", f"{what} has no areas.", "Make it with `safelight need`.")
    _complain_of_swapped_coordinates(frame, what)
    try:
        return SCHEMA.validate(_with_numbers(frame, what))
    except pandera.errors.SchemaError as error:
        raise _explained(error, frame, what) from error


def _with_numbers(frame: pd.DataFrame, what: str) -> pd.DataFrame:
    """Turn every column of figures into floats; raises Invalid for the first cell that is none."""
    figures = [name for name, column in SCHEMA.columns.items() if str(column.dtype) == "float64"]
    changed = {}
    for name in figures:
        if name not in frame:
            continue
        changed[name] = pd.to_numeric(frame[name], errors="coerce").astype(float)
        endless = np.isinf(changed[name])
        wrong = endless | (changed[name].isna() & frame[name].notna())
        if wrong.any():
            row = int(np.argmax(wrong.to_numpy()))
            why = "it is infinite" if endless.iloc[row] else "it is no number"
            raise _wrong_value(what, row + 1, name, frame[name].iloc[row], why)
    return frame.assign(**changed)


def _wrong_value(what: str, row: int, column: str, value: object, why: object) -> Invalid:
    plain = value.item() if isinstance(value, np.generic) else value
    return Invalid(
        "need-value",
        f"{what}, row {row}, column {column}: {plain!r} is refused: {why}.",
        AGAIN,
        row=row,
        column=column,
    )


def _complain_of_swapped_coordinates(frame: pd.DataFrame, what: str) -> None:
    places = {name: frame[name] for name in ("lon", "lat", "easting", "northing") if name in frame}
    for across, up in (("lon", "lat"), ("easting", "northing")):
        if not {across, up} <= set(places):
            continue
        limits = LON if across == "lon" else EASTING
        swapped = places[up].between(*limits) & ~places[across].between(*limits)
        if across == "easting" and {"lon", "lat"} <= set(places):
            swapped |= turned_on_the_grid(**places)
        if swapped.any():
            row = int(np.argmax(swapped.to_numpy()))
            raise Invalid(
                "coordinates-swapped",
                f"{what}, row {row + 1} ({frame['code'].iloc[row]}): {across} "
                f"{frame[across].iloc[row]} and {up} {frame[up].iloc[row]} look swapped.",
                f"Give {across} first, then {up}.",
                row=row + 1,
            )


def _explained(error: pandera.errors.SchemaError, frame: pd.DataFrame, what: str) -> Invalid:
    """Name row, column and value of what a schema refuses."""
    column = str(error.schema.name or "")
    cases, reason = error.failure_cases, pandera.errors.SchemaErrorReason
    if error.reason_code is reason.COLUMN_NOT_IN_DATAFRAME:
        missing = sorted(set(SCHEMA.columns) - set(frame))
        return Invalid(
            "need-columns",
            f"{what} has no column {', '.join(missing)}.",
            "Make it again with `safelight need`; its columns are those of version 1.",
        )
    row = int(cases["index"].iloc[0]) + 1 if isinstance(cases, pd.DataFrame) and len(cases) else 1
    why = {
        reason.SERIES_CONTAINS_NULLS: "it is missing",
        reason.SERIES_CONTAINS_DUPLICATES: "it is there twice",
        reason.WRONG_DATATYPE: "it is no text",
    }.get(error.reason_code)
    return _wrong_value(what, row, column, frame[column].iloc[row - 1], why or error.check.error)


def draws_of(frame: pd.DataFrame) -> npt.NDArray[np.float32]:
    """Return the joint draws of deaths as areas × draws; raises Invalid where there are none."""
    if "deaths_draws" not in frame:
        raise Invalid(
            "need-draws",
            "This need table has no draws, so nothing can be said about its uncertainty.",
            "Make it again with `safelight need --draws 1000`.",
        )
    try:
        draws = np.stack([np.asarray(row, dtype=np.float32) for row in frame["deaths_draws"]])
    except (ValueError, TypeError) as error:
        raise _wrong_draws("are not the same number of figures in every row") from error
    wrong = ~(np.isfinite(draws) & (draws >= 0)).all(axis=tuple(range(1, draws.ndim)))
    if wrong.any() or draws.ndim == 1:
        raise _wrong_draws(f"of row {int(np.argmax(wrong)) + 1} are not all figures of 0 or more")
    return draws


def _wrong_draws(words: str) -> Invalid:
    return Invalid("need-draws", f"The draws (column deaths_draws) {words}.", AGAIN)


def need_parquet(frame: pd.DataFrame, provenance: Provenance) -> bytes:
    """Return a checked need table with its provenance as the bytes of its file."""
    table = pa.Table.from_pandas(check_need(frame), preserve_index=False)
    note = json.dumps({**msgspec.to_builtins(provenance), "rows": len(frame)}).encode()
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), METADATA: note})
    content = io.BytesIO()
    parquet.write_table(table, content, compression="zstd")
    return content.getvalue()


def write_need(frame: pd.DataFrame, provenance: Provenance, path: Path) -> None:
    """Write a need table with its provenance as Parquet."""
    path.write_bytes(need_parquet(frame, provenance))


def read_need(path: Path) -> tuple[pd.DataFrame, Provenance]:
    """Read and check a need table; raises Invalid for what is not one."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Invalid("need-file", f"{path} cannot be read: {error.strerror}.", MAKE) from error
    try:
        table = parquet.read_table(io.BytesIO(content))
    except (OSError, pa.ArrowException) as error:
        raise Invalid("need-file", f"{path} is no Parquet file, or damaged.", MAKE) from error
    note = _note(table, path)
    frame = check_need(table.to_pandas(), str(path))
    rows = note.get("rows", len(frame))
    if rows != len(frame):
        raise Invalid(
            "need-rows", f"{path} has {len(frame):,} areas; it was made with {rows:,}.", MAKE
        )
    provenance = msgspec.convert(note, Provenance)
    _of_their_level_and_year(frame["code"], provenance.areas, str(path))
    return frame, provenance


def _note(table: pa.Table, path: Path) -> dict[str, Any]:
    """Return what a need table says of itself; raises Invalid where that is not version 1."""
    try:
        note = json.loads((table.schema.metadata or {}).get(METADATA, b"{}"))
        if isinstance(note, dict) and note.get("version") == VERSION:
            msgspec.convert(note, Provenance)
            return note
    except (ValueError, msgspec.ValidationError) as error:
        raise Invalid("need-version", f"{path} does not say where it is from.", MAKE) from error
    raise Invalid("need-version", f"{path} is no need table of version {VERSION}.", MAKE)


def _of_their_level_and_year(codes: pd.Series, areas: str, what: str) -> None:
    """Complain of codes that are not those of the areas that the table says it is of."""
    digits = LEVELS.get(areas.partition(" ")[0], "")
    other = codes.str[1:3].ne(digits)
    if digits and other.any():
        row = int(np.argmax(other.to_numpy()))
        why = f"the table is of {areas}"
        raise _wrong_value(what, row + 1, "code", codes.iloc[row], why)
    if areas == "LSOA 2021" and surely_of_2011(codes):
        raise Invalid(
            "codes-of-another-year",
            f"{what}, column code: these are LSOA 2011 codes, none of the {len(codes):,} is a new "
            "one.",
            "Make the table again with `safelight need`, which is of LSOA 2021.",
            column="code",
        )
