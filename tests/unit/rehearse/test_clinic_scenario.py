"""Clinic scenarios: every number has a source, and a file that cannot be read says where."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from safelight.kernel.errors import Invalid
from safelight.rehearse.clinic.scenario import (
    COMMON,
    SCENARIOS,
    clinic_scenarios,
    find_clinic,
    load_clinic,
)
from safelight.rehearse.scenario import MADE_UP

PUBLISHED = ("PMC6791495", "EMCDDA", "drinkanddrugsnews", "Durham repository", "CMAJ 2019")


def sources(value: object) -> Iterator[str]:
    """Yield every source in a scenario."""
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            found = getattr(value, name)
            if name == "source" or name.endswith("_source"):
                yield found
            else:
                yield from sources(found)
    elif isinstance(value, tuple):
        for item in value:
            yield from sources(item)


@pytest.mark.parametrize("name", clinic_scenarios())
def test_every_number_names_a_publisher_or_says_that_it_is_made_up(name: str) -> None:
    found = list(sources(find_clinic(name)))
    assert len(found) > 30
    assert [s for s in found if not any(word in s for word in (MADE_UP, *PUBLISHED))] == []


@pytest.mark.parametrize("name", clinic_scenarios())
def test_groups_share_out_all_patients(name: str) -> None:
    assert sum(group.share for group in find_clinic(name).groups) == pytest.approx(1)


def test_overdoses_come_at_the_published_rate() -> None:
    rate = find_clinic("clinic-2-sessions").behaviour.overdoses_per_injection.value
    assert round(1 / rate) == 4022


def test_sizes_are_those_of_the_issue() -> None:
    sizes = {
        name: (found.patients, max(len(group.slots) for group in found.groups), found.days)
        for name, found in ((name, find_clinic(name)) for name in clinic_scenarios())
    }
    assert sizes == {"clinic-2-sessions": (15, 2, 365), "clinic-3-sessions": (60, 3, 365)}


def test_unknown_scenario_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(Invalid) as caught:
        find_clinic("clinic-9-sessions")
    assert caught.value.code == "scenario-known"
    assert "clinic-2-sessions" in caught.value.remedy


def test_file_with_a_wrong_field_says_which(tmp_path: Path) -> None:
    text = (SCENARIOS / "clinic-2-sessions.toml").read_text(encoding="utf-8")
    path = tmp_path / "wrong.toml"
    path.write_text(text.replace("patients = 15", "patients = 'many'"), encoding="utf-8")
    with pytest.raises(Invalid) as caught:
        load_clinic(path)
    assert caught.value.code == "scenario-file"
    assert "patients" in caught.value.message


def test_common_behaviour_is_no_scenario() -> None:
    assert Path(COMMON).stem not in clinic_scenarios()
