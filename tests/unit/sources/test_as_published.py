"""The published files themselves, held to the totals that their publishers and README name."""

import pytest

from safelight.sources import deaths, lookups, pmed, population, reference
from safelight.sources.agreement import RULES, Rule, disagreements, kent
from safelight.sources.catalogue import TABLES
from safelight.sources.shelf import Shelf
from safelight.sources.table import Table
from tests.support.shared import DATA, needs_data

pytestmark = needs_data
KENT_AND_MEDWAY = [
    "Ashford",
    "Canterbury",
    "Dartford",
    "Dover",
    "Folkestone and Hythe",
    "Gravesham",
    "Maidstone",
    "Medway",
    "Sevenoaks",
    "Swale",
    "Thanet",
    "Tonbridge and Malling",
    "Tunbridge Wells",
]


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf(DATA)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_table_is_read_whole(shelf: Shelf, table: Table) -> None:
    frame = shelf.read(table.name)
    assert len(frame)
    assert list(frame.index) == list(range(len(frame)))
    assert not frame.columns.duplicated().any()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.words)
def test_tables_fit_each_other(shelf: Shelf, rule: Rule) -> None:
    assert disagreements(shelf, [rule]) == {}


def test_deaths_of_2020_are_the_published_ones(shelf: Shelf) -> None:
    table = shelf.read("deaths-by-authority").query("year == 2020")
    whole = table.set_index("code")["deaths"]
    districts = deaths.districts(table)
    assert (len(districts), districts["deaths"].sum()) == (331, 4_536)
    assert whole["K04000001"] == 4_561
    totals = shelf.read("deaths-england-wales").set_index("year")["drug_poisoning"]
    assert (totals[2010], totals[2019], totals[2020], totals[2021]) == (2_747, 4_393, 4_561, 4_859)
    outside = shelf.read("deaths-by-region").query("code == 'J99000001' and year == 2020")
    assert outside["any_drug"].to_list() == [25]


def test_dover_had_38_deaths_in_2018_to_2020(shelf: Shelf) -> None:
    table = shelf.read("deaths-by-authority")
    assert table.query("name == 'Dover' and year >= 2018")["deaths"].sum() == 38


def test_populations_are_the_published_ones(shelf: Shelf) -> None:
    assert shelf.read("lsoa11-population")["population"].sum() == 59_719_724
    assert shelf.read("lsoa21-population")["population"].sum() == 59_597_114
    by_age = shelf.read("lsoa11-population")
    assert population.ages(by_age, 0, population.OLDEST).sum() == 59_719_724


def test_kent_and_medway_have_1107_areas_in_13_districts(shelf: Shelf) -> None:
    table = kent(shelf.read("lsoa21-lookup"))
    assert len(table) == 1_107
    assert sorted(table["district"].unique()) == KENT_AND_MEDWAY
    assert len(shelf.read("kent-lsoa21-boundaries")) == 1_107
    assert sorted(shelf.read("kent-district-boundaries")["name"]) == KENT_AND_MEDWAY


def test_districts_of_2020_become_those_of_2024(shelf: Shelf) -> None:
    held = deaths.districts(shelf.read("deaths-by-authority"))["code"].unique()
    current = shelf.read("lsoa21-lookup")["district_code"].unique()
    found = lookups.to_current(list(held), shelf.read("authority-codes"), current)
    assert (len(held), len(set(found))) == (331, 318)
    assert set(found) == set(current)


def test_most_deprived_tenth_of_2025_is_where_the_readme_says(shelf: Shelf) -> None:
    lookup = shelf.read("lsoa21-lookup").rename(columns={"lsoa_code": "code"})
    table = shelf.read("imd2025-england").merge(lookup, on="code")
    worst = table.set_index("imd_rank").loc[1]
    assert worst["lsoa_name"] == "Tendring 018A"
    counts = table.query("imd_decile == 1")["district"].value_counts()
    assert (counts["Thanet"], counts["Dover"], counts["Folkestone and Hythe"]) == (16, 8, 5)


def test_admissions_of_kent_double_in_2013_and_stop_at_2019(shelf: Shelf) -> None:
    table = shelf.read("hospital-admissions").set_index(["area", "year"])["admissions"]
    assert (table["Kent", 2012], table["Kent", 2013]) == (159, 337)
    assert (table["Kent", 2019], table["Medway", 2019]) == (410, 75)
    years = [year for area, year in table.index if area == "Kent"]
    assert years == list(range(2009, 2020))


def test_seizures_of_kent_are_the_published_ones(shelf: Shelf) -> None:
    table = shelf.read("police-seizures").query("force == 'Kent'").set_index("year")
    assert len(table) == 10
    assert [table[name][2018] for name in ("all_drugs", "heroin", "crack")] == [3_678, 188, 129]
    assert len(shelf.read("police-seizures")["force"].unique()) == 41


def test_recorded_crime_of_kent_is_the_published_one(shelf: Shelf) -> None:
    table = shelf.read("recorded-crime").query("force == 'Kent'")
    counts = table.groupby("offence_group")["offences"].sum()
    assert counts["Drug offences"] == 2_701


def test_cohort_has_the_published_deaths_and_person_years(shelf: Shelf) -> None:
    table = shelf.read("opioid-cohort-deaths").query("uses_opioids")
    assert table["deaths"].sum() == 13_209
    assert round(table["person_years"].sum()) == 960_711


def test_numbers_of_people_who_use_opiates_and_crack_are_found(shelf: Shelf) -> None:
    table = shelf.read("reference-figures")
    assert reference.figure(table, "England", "ocu_prevalence_number", "2019/20") == 341_032
    assert reference.figure(table, "Kent", "ocu_number_modelled", "2024 report") == 5_647


@pytest.mark.parametrize(("name", "nodes", "p"), [("pmed1", 100, 5), ("pmed20", 400, 133)])
def test_instances_have_their_size(shelf: Shelf, name: str, nodes: int, p: int) -> None:
    found = pmed.instance(shelf.read("pmed"), name)
    assert (found.p, found.distances.shape) == (p, (nodes, nodes))


def test_events_have_the_published_rows(shelf: Shelf) -> None:
    connecticut = shelf.read("connecticut-deaths")
    assert len(connecticut) == 10_654
    counts = connecticut["date"].dt.year.value_counts()
    assert (counts[2012], counts[2022]) == (355, 1_452)
    assert len(shelf.read("tempe-calls")) == 3_379
