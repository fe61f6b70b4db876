"""Scenarios: every number has a source, and a file that cannot be read says where."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from safelight.kernel.errors import Invalid
from safelight.rehearse.scenario import (
    MADE_UP,
    SCENARIOS,
    find_scenario,
    load_scenario,
    shipped_scenarios,
)
from safelight.wiring import Home, packs_of

WORDS_OF = {
    "routes": "routes",
    "body_sites": "body_sites",
    "minor_kinds": "incident_kinds",
    "services": "services",
    "referrals": "referrals",
    "exclusion_reasons": "exclusion_reasons",
    "alerts": "alert_kinds",
    "refusal_reasons": "refusal_reasons",
    "learning": "learning",
}
PUBLISHED_BY = (
    "https://",
    "Glasgow City HSCP",
    "Health Canada",
    "Shorter 2022",
    "glasgowcity.hscp.scot",
    "healthcare-management.uk",
)
DERIVED = "Follows from the anchors below"


def sources(value: object) -> Iterator[str]:
    """Yield every source in a scenario."""
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            found = getattr(value, name)
            if name == "source" or name.endswith("_source"):
                yield found
            else:
                yield from sources(found)
    elif isinstance(value, dict):
        for item in value.values():
            yield from sources(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from sources(item)


@pytest.mark.parametrize("name", shipped_scenarios())
def test_every_number_names_a_publisher_or_says_that_it_is_made_up(name: str) -> None:
    unsourced = [
        source
        for source in sources(find_scenario(name))
        if not any(word in source for word in (MADE_UP, DERIVED, *PUBLISHED_BY))
    ]
    assert unsourced == []


@pytest.mark.parametrize("name", shipped_scenarios())
def test_scenario_uses_words_of_the_rehearsal_pack(name: str, tmp_path: Path) -> None:
    pack = next(pack for pack in packs_of(Home(tmp_path)).values() if pack.id == "rehearsal")
    behaviour = find_scenario(name).behaviour
    for field, vocabulary in WORDS_OF.items():
        assert set(getattr(behaviour, field).weights) <= set(pack.words(vocabulary))
    for mix in behaviour.substances.values():
        assert {s for key in mix.weights for s in key.split("+")} <= set(pack.words("substances"))
    for mix in behaviour.supplies.values():
        assert set(mix.weights) <= set(pack.words("equipment"))
    for mix in behaviour.emergency_kinds.values():
        assert set(mix.weights) <= set(pack.words("incident_kinds"))


def test_thistle_carries_the_published_totals() -> None:
    published = find_scenario("thistle-2025").published
    assert published is not None
    assert sum(month.visits for month in published.months) == 6147
    assert sum(month.injecting_episodes for month in published.months) == 4068
    assert sum(month.medical_emergencies for month in published.months) == 56


def test_scenario_has_days_and_months() -> None:
    scenario = find_scenario("thistle-2025")
    january, december = scenario.month("2025-01"), scenario.month("2025-12")
    assert scenario.days == 231
    assert january is not None
    assert (january.visits, december) == (336, None)
    assert find_scenario("mobile-unit").month("2026-03") is None


def test_unknown_scenario_is_refused_with_the_shipped_ones() -> None:
    with pytest.raises(Invalid, match="harbour, mobile-unit, thistle-2025"):
        find_scenario("nowhere")


def test_scenario_can_be_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes((SCENARIOS / "mobile-unit.toml").read_bytes())
    assert find_scenario(str(path)) == find_scenario("mobile-unit")


@pytest.mark.parametrize(
    ("text", "problem"),
    [("no toml", "own.toml cannot be read"), ('id = "x"', "missing required field")],
)
def test_unreadable_scenario_names_file_and_place(text: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(Invalid, match=problem):
        load_scenario(path)


def test_number_without_a_source_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    text = (SCENARIOS / "mobile-unit.toml").read_text()
    path.write_text(
        text.replace('{ value = 24, source = "made up for rehearsal" }', "{ value = 24 }")
    )
    with pytest.raises(Invalid, match="source"):
        load_scenario(path)
