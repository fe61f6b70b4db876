"""A folder of published files, small enough for a test, with made-up figures that agree."""

from pathlib import Path

from tests.support.published import publish

CODES = (
    "LADCD,LADNM,LADCD_ACTIVE,LADNM_ACTIVE,UTLACD,UTLANM,RGNCD,RGNNM,CTRYCD,CTRYNM\n"
    "E07000108,Dover,E07000108,Dover,E10000016,Kent,E12000008,South East,E92000001,England\n"
)
FIGURES = (
    "area,measure,period,value,comparison,note,source_url\n"
    "Kent,ocu_number,2024 report,5000.0,,as quoted,somewhere\n"
)
PMED1 = "3 2 1\n1 2 5\n2 3 4\n"
OPTIMA = "Data file   Optimal solution value\n" + "".join(f"pmed{n} {n}\n" for n in range(1, 21))
FILES = {
    "geography/la_all_codes.csv": CODES,
    "prevalence/published_reference_figures.csv": FIGURES,
    "siting/pmed1.txt.gz": PMED1,
    "siting/pmed2.txt.gz": PMED1,
    "siting/pmedopt.txt": OPTIMA,
    "README.md": "# Not a table\n",
}


def publish_all(folder: Path) -> Path:
    """Write four tables, one of them in two files, and a file that is no table."""
    for file, text in FILES.items():
        publish(folder, text, file)
    return folder
