"""The need table, version 1: small areas with the need in them, and how sure of it we are.

One row per area. ``people_at_risk``, ``deaths`` and ``nonfatal_overdoses`` are posterior means;
``…_lower`` and ``…_upper`` are the ends of the central 95% interval; the last two are per year.
``deaths_by_…`` are the naive answers beside which the clever one has to stand. ``deaths_draws``
holds joint posterior draws: draw k of all rows is one possible world.
"""

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

from safelight.kernel.errors import Invalid

VERSION = 1
QUANTITIES = ("people_at_risk", "deaths", "nonfatal_overdoses")
BASELINES = ("deaths_by_population", "deaths_by_last_count", "deaths_by_empirical_bayes")
METADATA = b"safelight-need"

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
    checks = [pandera.Check.ge(low)] if high is None else [pandera.Check.in_range(low, high)]
    return pandera.Column(float, checks)


SCHEMA = pandera.DataFrameSchema(
    {
        "code": pandera.Column(str, pandera.Check.str_matches(r"^[EWSN]0[12]\d{6}$"), unique=True),
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
        wrong = changed[name].isna() & frame[name].notna()
        if wrong.any():
            row = int(np.argmax(wrong.to_numpy()))
            raise _wrong_value(what, row + 1, name, frame[name].iloc[row], "a number is due")
    return frame.assign(**changed)


def _wrong_value(what: str, row: int, column: str, value: object, why: object) -> Invalid:
    return Invalid(
        "need-value",
        f"{what}, row {row}, column {column}: {value!r} is refused ({why}).",
        "Correct the value, or make the table again with `safelight need`.",
        row=row,
        column=column,
    )


def _complain_of_swapped_coordinates(frame: pd.DataFrame, what: str) -> None:
    for across, up in (("lon", "lat"), ("easting", "northing")):
        if not {across, up} <= set(frame):
            continue
        limits = LON if across == "lon" else EASTING
        swapped = frame[up].between(*limits) & ~frame[across].between(*limits)
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
    cases = error.failure_cases
    if error.reason_code is pandera.errors.SchemaErrorReason.COLUMN_NOT_IN_DATAFRAME:
        missing = sorted(set(SCHEMA.columns) - set(frame))
        return Invalid(
            "need-columns",
            f"{what} has no column {', '.join(missing)}.",
            "Make it again with `safelight need`; its columns are those of version 1.",
        )
    row = int(cases["index"].iloc[0]) + 1 if isinstance(cases, pd.DataFrame) and len(cases) else 0
    value = cases["failure_case"].iloc[0] if row else "?"
    return _wrong_value(what, row, column, value, error.check)


def draws_of(frame: pd.DataFrame) -> npt.NDArray[np.float32]:
    """Return the joint draws of deaths as areas × draws; raises Invalid where there are none."""
    if "deaths_draws" not in frame:
        raise Invalid(
            "need-draws",
            "This need table has no draws, so nothing can be said about its uncertainty.",
            "Make it again with `safelight need --draws 1000`.",
        )
    return np.stack([np.asarray(row, dtype=np.float32) for row in frame["deaths_draws"]])


def write_need(frame: pd.DataFrame, provenance: Provenance, path: Path) -> None:
    """Write a checked need table with its provenance as Parquet."""
    table = pa.Table.from_pandas(check_need(frame), preserve_index=False)
    note = json.dumps(msgspec.to_builtins(provenance)).encode()
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), METADATA: note})
    parquet.write_table(table, path, compression="zstd")


def read_need(path: Path) -> tuple[pd.DataFrame, Provenance]:
    """Read and check a need table; raises Invalid for what is not one."""
    remedy = "Make one with `safelight need --region … --out FILE`."
    try:
        table = parquet.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise Invalid("need-file", f"{path} cannot be read: {error}.", remedy) from error
    note: dict[str, Any] = json.loads((table.schema.metadata or {}).get(METADATA, b"{}"))
    if note.get("version") != VERSION:
        raise Invalid("need-version", f"{path} is no need table of version {VERSION}.", remedy)
    return check_need(table.to_pandas(), str(path)), msgspec.convert(note, Provenance)
