"""Whatever happens to a published file, it is read, or refused in words; never a traceback."""

import gzip
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from safelight.kernel.errors import Invalid
from safelight.sources import boundaries, deprivation, lookups, pmed
from safelight.sources.table import Table
from tests.support.bookcase import CODES, OPTIMA, PMED1

HOMELESS = (
    '"ltla23_code","Households assessed as homeless per (000s)",'
    '"Households in temporary accommodation per 1,000"\n"E07000108",1.5,2.5\n"E07000114",,\n'
)
SHAPES = (
    '{"features": [{"properties": {"lad_code": "E07000108", "lad_name": "Dover"}, "geometry":'
    ' {"type": "Polygon", "coordinates": [[[1, 51], [1, 52], [2, 52], [1, 51]]]}}]}'
)
SAMPLES: list[tuple[Table, str, bytes]] = [
    (lookups.AUTHORITY_CODES, "la_all_codes.csv", CODES.encode()),
    (deprivation.HOMELESSNESS, "england_homelessness.csv", HOMELESS.encode()),
    (deprivation.HOMELESSNESS, "england_homelessness.csv.gz", gzip.compress(HOMELESS.encode())),
    (boundaries.KENT_DISTRICTS, "kent_medway_lad.geojson", SHAPES.encode()),
    (pmed.INSTANCES, "pmed1.txt", PMED1.encode()),
    (pmed.OPTIMA, "pmedopt.txt", OPTIMA.encode()),
]


def read_or_refused(table: Table, path: Path) -> Invalid | int:
    """Return the number of rows read, or the refusal."""
    try:
        return len(table.read(path))
    except Invalid as error:
        return error


@given(
    sample=st.sampled_from(SAMPLES),
    at=st.floats(0, 1),
    cut=st.integers(0, 30),
    put=st.one_of(
        st.binary(max_size=20),
        st.sampled_from([b"\n", b'"', b",", b"-1", b"nan", b"inf", b"1e400", b"\x00", b"null"]),
    ),
)
def test_garbled_file_is_read_or_refused(
    sample: tuple[Table, str, bytes], at: float, cut: int, put: bytes
) -> None:
    table, name, data = sample
    place = int(at * len(data))
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data[:place] + put + data[place + cut :])
        outcome = read_or_refused(replace(table, rows=None), path)
    if isinstance(outcome, Invalid):
        assert name in outcome.message
        assert outcome.remedy
    else:
        assert outcome > 0
