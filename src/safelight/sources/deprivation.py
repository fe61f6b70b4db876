"""MHCLG and the Welsh Government: indices of deprivation by small area.

England's and Wales's indices cannot be compared with each other. England's of 2019 has ranks and
deciles here (1 = most deprived), that of 2025 scores as well.
"""

from safelight.sources.column import Column, count, district, lsoa, number
from safelight.sources.crime import CRIME_RATES
from safelight.sources.licences import MHCLG, OGL, crown
from safelight.sources.table import Table

ENGLAND_2019, ENGLAND_2025, WALES_2019 = 32_844, 33_755, 1_909  # LSOAs
DOMAINS = ("IMD", "Income", "Employment", "Education", "Health", "Crime")
WELSH = ("Housing", "Access", "Environment")
INDICATORS = {
    "income_domain_numerator": count("income_deprived_people", nullable=True),
    "employment_domain_numerator": count("employment_deprived_people", nullable=True),
    "acute_morbidity_indicator": number("acute_morbidity", 0),
    "comparative_illness_and_disability_ratio_indicator": number("illness_and_disability", 0),
    "mental_health_indicator": number("mental_health"),
    "years_of_potential_life_lost_indicator": number("years_of_life_lost", 0),
    **CRIME_RATES,
    "core_homelessness_rate_percent_of_households": number("core_homelessness_percent", 0, 100),
    "homelessness_indicator_rate_per_1_000_households": number("homelessness_per_1000", 0),
    "household_overcrowding_indicator_rooms": number("overcrowding_rooms"),
    "household_overcrowding_indicator_bedrooms": number("overcrowding_bedrooms"),
    "patient_to_gp_ratio": number("patients_per_gp", 0),
}


def _ranks(domains: tuple[str, ...], areas: int) -> dict[str, Column]:
    """Return the columns of ranks and deciles, 1 = most deprived."""
    return {
        **{f"{name}_rank": count(f"{name.lower()}_rank", low=1, high=areas) for name in domains},
        **{f"{name}_decile": count(f"{name.lower()}_decile", low=1, high=10) for name in domains},
    }


def _scores(domains: tuple[str, ...]) -> dict[str, Column]:
    return {f"{name}_score": number(f"{name.lower()}_score") for name in domains}


IMD2019_ENGLAND = Table(
    name="imd2019-england",
    title="Indices of Deprivation 2019, England, by LSOA 2011: ranks and deciles",
    publisher=MHCLG,
    licence=OGL,
    attribution=crown(MHCLG),
    edition="2019",
    file="imd2019_england_lsoa11.csv",
    columns={
        "lsoa11_code": lsoa("code", 2011),
        **_ranks((*DOMAINS, "Housing_and_Access", "Environment"), ENGLAND_2019),
    },
    rows=ENGLAND_2019,
)

IMD2019_WALES = Table(
    name="imd2019-wales",
    title="Welsh Index of Multiple Deprivation 2019, by LSOA 2011: scores, ranks, deciles",
    publisher="Welsh Government",
    licence=OGL,
    attribution=crown("Welsh Government"),
    edition="2019",
    file="imd2019_wales_lsoa11.csv",
    columns={
        "lsoa11_code": lsoa("code", 2011),
        **_scores((*DOMAINS, *WELSH)),
        **_ranks((*DOMAINS, *WELSH), WALES_2019),
    },
    rows=WALES_2019,
)

IMD2025_ENGLAND = Table(
    name="imd2025-england",
    title="Indices of Deprivation 2025, England, by LSOA 2021: scores, ranks, deciles",
    publisher=MHCLG,
    licence=OGL,
    attribution=crown(MHCLG),
    edition="2025",
    file="imd2025_england_lsoa21.csv",
    columns={
        "lsoa21_code": lsoa("code", 2021),
        **_scores((*DOMAINS, "Housing_and_Services", "Environment")),
        **_ranks((*DOMAINS, "Housing_and_Services", "Environment"), ENGLAND_2025),
    },
    rows=ENGLAND_2025,
)

IMD2025_INDICATORS = Table(
    name="imd2025-indicators",
    title="Indices of Deprivation 2025, England, by LSOA 2021: the indicators beneath",
    publisher=MHCLG,
    licence=OGL,
    attribution=crown(MHCLG),
    edition="2025",
    file="imd2025_england_lsoa21_indicators.csv",
    columns={"lsoa21_code": lsoa("code", 2021), **INDICATORS},
    rows=ENGLAND_2025,
)

HOMELESSNESS = Table(
    name="homelessness",
    title="Households assessed as homeless and in temporary accommodation, per 1,000, by district",
    publisher=MHCLG,
    licence=OGL,
    attribution=crown(MHCLG),
    edition="districts of 2023",
    file="england_homelessness.csv",
    columns={
        "ltla23_code": district("code", unique=True),
        "Households assessed as homeless per (000s)": number("homeless", 0, nullable=True),
        "Households in temporary accommodation per 1,000": number("temporary", 0, nullable=True),
    },
    rows=296,
)

TABLES = (IMD2019_ENGLAND, IMD2019_WALES, IMD2025_ENGLAND, IMD2025_INDICATORS, HOMELESSNESS)
