"""ONS: which small area lies in which district, and which code follows which."""

from collections.abc import Collection, Sequence

import pandas as pd

from safelight.kernel.errors import Invalid
from safelight.sources.column import Column, district, lsoa, msoa, text
from safelight.sources.licences import GEOGRAPHY, OGL, ONS
from safelight.sources.table import Table

LSOA21 = Table(
    name="lsoa21-lookup",
    title="LSOA 2021 to MSOA, district, upper tier, region, police force, rural-urban class",
    publisher=ONS,
    licence=OGL,
    attribution=GEOGRAPHY,
    edition="LSOA 2021, districts of 2024, upper tier of 2023",
    file="lsoa21_lookup_ew.csv",
    columns={
        "lsoa21_code": lsoa("lsoa_code", 2021),
        "lsoa21_name": text("lsoa_name"),
        "msoa21_code": msoa("msoa_code"),
        "msoa21_name": text("msoa_name"),
        "msoa_hcl_name": text("msoa_known_as"),  # the name by the House of Commons Library
        "ltla24_code": district("district_code"),
        "ltla24_name": text("district"),
        "utla23_code": text("upper_tier_code"),
        "utla23_name": text("upper_tier"),
        "region24_code": text("region_code", nullable=True),  # Wales has no regions
        "region24_name": text("region", nullable=True),
        "pfa24_code": text("police_force_code"),
        "pfa24_name": text("police_force"),
        "ruc21_code": text("rural_urban_code"),
        "ruc21_name": text("rural_urban"),
    },
    rows=35_672,
)

LSOA11 = Table(
    name="lsoa11-lookup",
    title="LSOA 2011 to MSOA and district",
    publisher=ONS,
    licence=OGL,
    attribution=GEOGRAPHY,
    edition="LSOA 2011, districts of 2021",
    file="lsoa11_lookup_ew.csv",
    columns={
        "lsoa11_code": lsoa("lsoa_code", 2011),
        "lsoa11_name": text("lsoa_name"),
        "msoa11_code": msoa("msoa_code"),
        "msoa11_name": text("msoa_name"),
        "ltla21_code": district("district_code"),
        "ltla21_name": text("district"),
    },
    rows=34_753,
)

LSOA11_TO_LSOA21 = Table(
    name="lsoa11-to-lsoa21",
    title="LSOA 2011 to LSOA 2021: U unchanged, S split, M merged, X neither",
    publisher=ONS,
    licence=OGL,
    attribution=GEOGRAPHY,
    edition="exact-fit lookup, districts of 2022",
    file="lsoa11_to_lsoa21_ew.csv",
    columns={
        "lsoa11_code": lsoa("lsoa11_code", 2011, unique=False),
        "lsoa21_code": lsoa("lsoa21_code", 2021, unique=False),
        "change_code": Column("change", values=("U", "S", "M", "X")),
        "ltla22_code": district("district_code"),
        "ltla22_name": text("district"),
    },
    keys=("lsoa11_code", "lsoa21_code"),
    rows=35_795,
)

AUTHORITY_CODES = Table(
    name="authority-codes",
    title="Every code of a district of the UK since 2011, with the code in force",
    publisher=ONS,
    licence=OGL,
    attribution=GEOGRAPHY,
    edition="codes since 2011",
    file="la_all_codes.csv",
    columns={
        "LADCD": text("code", unique=True, pattern=r"[ENSW]\d{8}"),
        "LADNM": text("name"),
        "LADCD_ACTIVE": text("current_code", pattern=r"[ENSW]\d{8}"),
        "LADNM_ACTIVE": text("current_name"),
        "UTLACD": text("upper_tier_code"),
        "UTLANM": text("upper_tier"),
        "RGNCD": text("region_code", nullable=True),
        "RGNNM": text("region", nullable=True),
        "CTRYCD": text("country_code"),
        "CTRYNM": text("country"),
    },
)

TABLES = (LSOA21, LSOA11, LSOA11_TO_LSOA21, AUTHORITY_CODES)


def to_current(
    codes: Sequence[str], authority_codes: pd.DataFrame, current: Collection[str]
) -> list[str]:
    """Return for each district code, of any year since 2011, the one that ``current`` holds.

    ``authority_codes`` is the table of that name; ``current`` the district codes of one year, for
    example those of ``lsoa21-lookup``. A district that has been merged becomes the one it is part
    of now. Where a code has been replaced since that year, its predecessor is found.

    Raises:
        Invalid: A code that is not known, or has no counterpart in that year.
    """
    active = dict(zip(authority_codes["code"], authority_codes["current_code"], strict=True))
    held = set(current)
    by_active = {active[code]: code for code in sorted(held) if code in active}
    found = {code: code if code in held else by_active.get(active.get(code, "")) for code in codes}
    for code, new in found.items():
        if new is None:
            raise Invalid(
                "district-known",
                f"The district {code} has no counterpart among the {len(held)} asked for.",
                "Check the code; `safelight data list` names the edition of 'authority-codes'.",
                code=code,
            )
    return [str(found[code]) for code in codes]
