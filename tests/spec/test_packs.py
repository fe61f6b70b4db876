"""The shipped packs and authorities: cited throughout, examples all, and no value slipped in."""

import copy
import re
import tomllib
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import fields

from safelight.kernel.errors import Invalid, Refused
from safelight.run.domain.entities import Reading
from safelight.run.domain.protocol import Codes, Prompt, Protocol, Timer, Value, parse_protocol
from safelight.run.store.packs import installed_packs, load_authorities, load_pack

FOLDER = Path(str(files("safelight.packs")))
EXAMPLE, REHEARSAL = "example-uk-2026.toml", "rehearsal.toml"
CLINIC, CLINIC_REHEARSAL = "example-clinic-2026.toml", "rehearsal-clinic.toml"
MADE_UP = "None: made up for rehearsal, so that every screen can be seen working"
CODE = re.compile(r"[a-z][a-z0-9_]{0,47}")
STEPS = {"opened", "observation", "naloxone", "ambulance_called"}
NEEDED = (
    "aftercare_minutes",
    "booth_time_limit_minutes",
    "exclusion_max_days",
    "late_entry_minutes",
    "minimum_staff",
    "observation_minutes_after_naloxone",
    "people_per_worker",
    "stale_alert_days",
)
NEEDED_AT_A_CLINIC = (
    "clinic_day_turn_minutes",
    "dose_window_hours",
    "hydromorphone_daily_maximum_mg",
    "missed_sessions_review",
    "pre_assessment_minutes",
    "second_factor_minutes",
)
# Every code of the first list is a code of the second, with the same words.
PARTS = (
    ("equipment_with_batch", "equipment"),
    ("equipment_needing_authority", "equipment"),
    ("floor_duties", "duties"),
)

Tables = dict[str, Any]


@pytest.fixture(params=[EXAMPLE, REHEARSAL, CLINIC])
def pack(request: pytest.FixtureRequest) -> Protocol:
    return load_pack(FOLDER / request.param)


def cited(pack: Protocol) -> Iterator[tuple[str, Value | Codes | Timer | Prompt]]:
    yield from ((f"values.{name}", value) for name, value in pack.values.items())
    yield from ((f"codes.{name}", codes) for name, codes in pack.codes.items())
    yield from ((f"timers[{i}]", timer) for i, timer in enumerate(pack.timers))
    yield from ((f"prompts[{i}]", prompt) for i, prompt in enumerate(pack.prompts))


def every(pack: Protocol) -> list[Timer | Prompt]:
    return [*pack.timers, *pack.prompts]


def uncited(pack: Protocol) -> list[str]:
    """Name the places that lack a citation, an approver or a date of 2026."""
    return [
        place
        for place, item in cited(pack)
        if not (item.citation.strip() and item.approver.strip() and item.holds_from.year == 2026)
    ]


def bad_words(pack: Protocol) -> list[str]:
    """Name the codes that could not stand in a journal and the words that do not fit a button."""
    return [
        f"{name}.{code}"
        for name, codes in pack.codes.items()
        for code, words in codes.words.items()
        if not (CODE.fullmatch(name) and CODE.fullmatch(code) and 0 < len(words) <= 40)
    ]


def strangers(pack: Protocol) -> list[str]:
    """Name the kinds, steps, measures and codes in advice that nothing would ever match."""
    kinds, codes = set(pack.words("incident_kinds")), set(pack.words("consciousness"))
    steps = STEPS | set(pack.words("interventions"))
    measures = {field.name for field in fields(Reading)}
    found = [kind for advice in every(pack) for kind in set(advice.kinds) - kinds]
    found += [timer.after for timer in pack.timers if timer.after not in steps]
    for prompt in pack.prompts:
        limits = (prompt.below is not None) + (prompt.above is not None) + bool(prompt.among)
        if prompt.measure:
            found += [prompt.measure] if prompt.measure not in measures or not limits else []
        elif limits:
            found.append(f"no measure: {prompt.text}")
        found += set(prompt.among) - codes
    return found


def test_the_packs_that_are_shipped() -> None:
    packs = installed_packs(FOLDER)
    assert sorted(pack.id for pack in packs.values()) == [
        "example-clinic",
        "example-uk",
        "rehearsal",
        "rehearsal-clinic",
    ]
    assert all(digest == pack.digest for digest, pack in packs.items())


def test_every_pack_is_an_example(pack: Protocol) -> None:
    assert pack.example
    assert all(item.approver == "nobody: example" for _, item in cited(pack))


def test_everything_has_a_citation_an_approver_and_a_date(pack: Protocol) -> None:
    assert uncited(pack) == []


def test_codes_and_words_are_fit_for_journal_and_screen(pack: Protocol) -> None:
    assert bad_words(pack) == []


def test_advice_refers_to_what_exists(pack: Protocol) -> None:
    assert strangers(pack) == []
    assert pack.timers
    assert pack.prompts


def test_prompts_name_no_dose(pack: Protocol) -> None:
    dose = re.compile(r"\d\s*(mg|µg|mcg|micrograms?|milligrams?|ml)\b", re.IGNORECASE)
    assert [advice.text for advice in every(pack) if dose.search(advice.text)] == []
    assert dose.search("Give 400 micrograms")


@pytest.mark.parametrize(("part", "whole"), PARTS)
def test_a_list_that_is_part_of_another_is_so(pack: Protocol, part: str, whole: str) -> None:
    assert pack.words(part)
    assert pack.words(part).items() <= pack.words(whole).items()


def test_nothing_made_up_is_in_the_example_pack() -> None:
    for name in (EXAMPLE, "vocabulary.toml", CLINIC, "clinic-vocabulary.toml"):
        assert "made up" not in (FOLDER / name).read_text(encoding="utf-8")
    pack = load_pack(FOLDER / REHEARSAL)
    assert any(item.citation == MADE_UP for _, item in cited(pack))
    assert all(item.citation == MADE_UP for _, item in cited(pack) if "made up" in item.citation)


@pytest.mark.parametrize("name", NEEDED)
def test_what_no_source_says_only_the_rehearsal_pack_says(name: str) -> None:
    assert load_pack(FOLDER / REHEARSAL).number(name) > 0
    with pytest.raises(Refused, match=name):
        load_pack(FOLDER / EXAMPLE).number(name)


def test_the_clinic_pack_adds_to_the_example_and_changes_nothing() -> None:
    example, clinic = load_pack(FOLDER / EXAMPLE), load_pack(FOLDER / CLINIC)
    assert example.values.items() <= clinic.values.items()
    assert example.codes.items() <= clinic.codes.items()
    assert (clinic.timers, clinic.prompts) == (example.timers, example.prompts)


def test_no_clinic_pack_says_what_no_source_was_verified_for() -> None:
    clinic = load_pack(FOLDER / CLINIC)
    assert clinic.number("diamorphine_daily_maximum_mg") == 1000
    for name in ("second_factor_minutes", "hydromorphone_daily_maximum_mg"):
        with pytest.raises(Refused, match=name):
            clinic.number(name)


@pytest.mark.parametrize("name", NEEDED_AT_A_CLINIC)
def test_what_no_source_says_of_doses_only_the_rehearsal_of_a_clinic_says(name: str) -> None:
    assert load_pack(FOLDER / CLINIC_REHEARSAL).number(name) > 0
    with pytest.raises(Refused, match=name):
        load_pack(FOLDER / CLINIC).number(name)


def test_the_rehearsal_of_a_clinic_adds_to_its_example_and_changes_nothing() -> None:
    clinic, rehearsal = load_pack(FOLDER / CLINIC), load_pack(FOLDER / CLINIC_REHEARSAL)
    booths = load_pack(FOLDER / REHEARSAL)
    assert rehearsal.example
    assert clinic.values.items() <= rehearsal.values.items()
    assert rehearsal.holds[: len(clinic.holds)] == clinic.holds
    assert clinic.slots == ()
    assert rehearsal.slots
    added = rehearsal.values.keys() - clinic.values.keys() - booths.values.keys()
    told = [rehearsal.values[name] for name in added] + list(rehearsal.slots)
    assert all(each.citation.startswith("Made up for rehearsals") for each in told)
    assert {each.approver for each in told} == {"nobody: rehearsal"}


def test_holds_of_the_clinic_pack_are_cited_and_can_be_met() -> None:
    clinic = load_pack(FOLDER / CLINIC)
    assert [hold.code for hold in clinic.holds] == [
        "sedated",
        "slow_breathing",
        "low_oxygen",
        "intoxicated",
    ]
    assert all(hold.citation and hold.approver == "nobody: example" for hold in clinic.holds)
    assert not any(hold.measure == "breath_alcohol" for hold in clinic.holds)


def test_both_packs_have_the_same_vocabularies() -> None:
    example, rehearsal = load_pack(FOLDER / EXAMPLE), load_pack(FOLDER / REHEARSAL)
    assert example.codes == rehearsal.codes


def test_the_rehearsal_pack_adds_to_the_example_and_changes_nothing() -> None:
    example, rehearsal = load_pack(FOLDER / EXAMPLE), load_pack(FOLDER / REHEARSAL)
    assert example.values.items() <= rehearsal.values.items()
    assert rehearsal.timers[: len(example.timers)] == example.timers
    assert rehearsal.prompts == example.prompts


# The checks above can fail.


def whole() -> Tables:
    """Return the two files of the example pack as one dict that parses."""
    tables = tomllib.loads((FOLDER / EXAMPLE).read_text(encoding="utf-8"))
    del tables["pack"]["extends"]
    return tables | tomllib.loads((FOLDER / "vocabulary.toml").read_text(encoding="utf-8"))


BROKEN: list[tuple[str, Callable[[Tables], object]]] = [
    ("`citation`.*values", lambda t: t["values"]["minimum_age"].pop("citation")),
    ("`approver`.*codes", lambda t: t["codes"]["routes"].pop("approver")),
    ("`holds_from`.*timers.0", lambda t: t["timers"][0].pop("holds_from")),
    ("`citation`.*prompts.1", lambda t: t["prompts"][1].pop("citation")),
    ("`int`.*values", lambda t: t["values"]["minimum_age"].update(value="eighteen")),
    ("`dose`.*prompts.2", lambda t: t["prompts"][2].update(dose=1)),
    ("`colour`", lambda t: t["pack"].update(colour="red")),
    ("`example`", lambda t: t["pack"].pop("example")),
    ("`codes`", lambda t: t.pop("codes")),
]


@pytest.mark.parametrize(("place", "spoil"), BROKEN)
def test_a_broken_pack_is_refused_by_place(place: str, spoil: Callable[[Tables], object]) -> None:
    tables = whole()
    parse_protocol(copy.deepcopy(tables), "0" * 64)
    spoil(tables)
    with pytest.raises(Invalid, match=place):
        parse_protocol(tables, "0" * 64)


SPOILT: list[tuple[Callable[[Protocol], list[str]], str, Callable[[Tables], object]]] = [
    (uncited, "codes.routes", lambda t: t["codes"]["routes"].update(citation=" ")),
    (uncited, "timers[0]", lambda t: t["timers"][0].update(approver="")),
    (bad_words, "routes.By Air", lambda t: t["codes"]["routes"]["words"].update({"By Air": "x"})),
    (bad_words, "sexes.male", lambda t: t["codes"]["sexes"]["words"].update(male="m" * 41)),
    (strangers, "spo3", lambda t: t["prompts"][1].update(measure="spo3")),
    (strangers, "gcs", lambda t: t["prompts"][2].pop("below")),
    (strangers, "lunch", lambda t: t["timers"][0].update(after="lunch")),
    (strangers, "opiate", lambda t: t["timers"][0].update(kinds=["opiate"])),
]


@pytest.mark.parametrize(("check", "place", "spoil"), SPOILT)
def test_each_check_can_fail(
    check: Callable[[Protocol], list[str]], place: str, spoil: Callable[[Tables], object]
) -> None:
    tables = whole()
    spoil(tables)
    assert place in check(parse_protocol(tables, "0" * 64))


# Reading the files.


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in FOLDER.glob("*.toml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_a_byte_in_any_file_of_a_pack_changes_its_digest(folder: Path) -> None:
    before = load_pack(folder / REHEARSAL).digest
    assert re.fullmatch(r"[0-9a-f]{64}", before)
    for name in (REHEARSAL, EXAMPLE, "vocabulary.toml"):
        path = folder / name
        path.write_bytes(path.read_bytes() + b"# a remark\n")
        after = load_pack(folder / REHEARSAL).digest
        assert after != before
        before = after


def test_a_later_file_wins_table_by_table(folder: Path) -> None:
    (folder / "ours.toml").write_text(
        '[pack]\nid = "ours"\nversion = "1"\ntitle = "Ours"\nexample = false\n'
        f'extends = ["{EXAMPLE}"]\n'
        '[codes.routes]\ncitation = "c"\napprover = "a"\nholds_from = 2026-02-01\n'
        'words = { oral = "By mouth" }\n',
        encoding="utf-8",
    )
    ours, example = load_pack(folder / "ours.toml"), load_pack(folder / EXAMPLE)
    assert ours.words("routes") == {"oral": "By mouth"}
    assert ours.words("sexes") == example.words("sexes")
    assert (ours.id, ours.example) == ("ours", False)
    assert len(installed_packs(folder)) == 5


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[pack", "end of a table declaration"),
        ("pack = 3", "must be a table"),
        ('[pack]\nextends = "vocabulary.toml"', "list of file names"),
        ('[pack]\nextends = ["../vocabulary.toml"]', "list of file names"),
        ('[pack]\nextends = ["nowhere.toml"]', "nowhere.toml"),
        ('[pack]\nextends = ["ours.toml"]', "missing required field"),
        ("[pack]\n[vales.minimum_age]\nvalue = 18", "vales"),
    ],
)
def test_a_pack_that_cannot_be_read_names_its_file(folder: Path, text: str, problem: str) -> None:
    path = folder / "ours.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Invalid, match=re.escape(problem)) as caught:
        load_pack(path)
    assert ".toml" in str(caught.value.values["file"])


def test_a_file_that_is_missing_or_no_text_is_invalid(folder: Path) -> None:
    with pytest.raises(Invalid, match=r"ours\.toml"):
        load_pack(folder / "ours.toml")
    (folder / "ours.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(Invalid, match=r"ours\.toml"):
        load_pack(folder / "ours.toml")


# Authorities.


def test_every_authority_is_an_example_that_says_where_it_is_from() -> None:
    grants = load_authorities(FOLDER / "authorities.toml")
    assert len(grants) == 5
    assert all(grant.example and grant.activities and grant.premises for grant in grants)
    assert all(re.match(r"[A-Z].*\. .* Source: .", grant.document) for grant in grants)


def test_only_the_made_up_authority_covers_more_than_supervised_use() -> None:
    grants = {g.authority: g for g in load_authorities(FOLDER / "authorities.toml")}
    rehearsal = grants.pop("rehearsal")
    assert rehearsal.document.endswith(MADE_UP)
    assert set(rehearsal.activities) == {
        "supervised_use",
        *(f"supply_{item}" for item in load_pack(FOLDER / REHEARSAL).words(PARTS[1][0])),
    }
    assert all(grant.activities == ("supervised_use",) for grant in grants.values())
    assert all("made up" not in grant.document for grant in grants.values())


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('jurisdiction = "Canada"\n', "", r"`jurisdiction`.*authority\[3\]"),
        ('jurisdiction = "Canada"', 'jurisdiction = "Canada"\nfee = 1', r"`fee`.*authority\[3\]"),
        ('id = "example-canada"', 'id = "Canada"', "authority Canada"),
        ('id = "example-canada"', 'id = "rehearsal"', "rehearsal is there twice"),
        ("[[authority]]", "[[authorities]]", "authorities"),
    ],
)
def test_broken_authorities_are_refused_by_place(
    folder: Path, old: str, new: str, problem: str
) -> None:
    path = folder / "authorities.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(Invalid, match=problem) as caught:
        load_authorities(path)
    assert caught.value.values["file"] == "authorities.toml"
