"""What forms and the API send, and the values that commands get from it."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.kernel.errors import Invalid
from safelight.run.actions.tap import read_command
from safelight.run.domain.door import Exclude
from safelight.run.domain.episode import Observe, StartEpisode
from safelight.run.domain.incident import RecordStep
from safelight.run.domain.registry import COMMANDS
from safelight.web.forms import SPECIAL, Kind, draft, flatten, read_form, shape_of

LONDON = "Europe/London"


def command(name: str, form: str) -> Any:  # noqa: ANN401
    made = draft(name, read_form(form.encode()), LONDON)
    assert made.notes == []
    return read_command(name, made.data)


def test_dotted_names_nest_and_blank_fields_are_not_given() -> None:
    made = command("visit.observe", "visit=v-1&reading.spo2=97&reading.pulse=&reading.gcs=+")
    assert isinstance(made, Observe)
    assert (made.reading.spo2, made.reading.pulse, made.reading.gcs) == (97, None, None)


def test_repeated_names_are_a_tuple() -> None:
    made = command("episode.start", "visit=v-1&substances=heroin&substances=crack")
    assert made == StartEpisode("v-1", ("heroin", "crack"))


def test_no_box_ticked_is_an_empty_tuple() -> None:
    assert command("episode.start", "visit=v-1") == StartEpisode("v-1", ())


@pytest.mark.parametrize(
    ("name", "field", "rest"),
    [
        ("visit.observe", "reading", {"visit": "v-1"}),
        ("session.assess", "bedside", {"session": "se-1"}),
        ("session.observe", "bedside", {"session": "se-1"}),
        ("outcome.record", "answers", {"treatment": "t-1", "on": "2025-01-13", "stage": "start"}),
    ],
)
def test_readings_none_of_which_was_taken_are_left_to_the_rule(
    name: str, field: str, rest: dict[str, str]
) -> None:
    """So that it is told what is missing, and not the name of a group of fields."""
    made = draft(name, rest.items(), LONDON)
    empty = getattr(read_command(name, made.data), field)
    assert empty == type(empty)()


RECEIPT = {
    "register": "cd-a",
    "units": "3",
    "batch": "B1",
    "expires": "2028-01-01",
    "supplier": "Wholesale",
    "address": "Street",
    "document": "Invoice",
}


@pytest.mark.parametrize(
    ("name", "fields", "said"),
    [
        ("session.withhold", {"session": "se-1"}, "Nothing was given for reason."),
        (
            "eligibility.assess",
            {"treatment": "t-1", "criteria": "riott", "findings": [{"criterion": "age"}]},
            "Nothing was given for findings[0].finding.",
        ),
        (
            "register.receive",
            RECEIPT | {"units": "-3"},
            "The field units has to be 0 or more.",
        ),
        (
            "session.observe",
            {"session": "se-1", "bedside": {"breathing_rate": "99"}},
            "The field breathing rate has to be 80 or less.",
        ),
        (
            "session.observe",
            {"session": "se-1", "bedside": {"spo2": "101"}},
            "The field spo2 has to be 100 or less.",
        ),
        (
            "register.receive",
            RECEIPT | {"units": "3.5"},
            "The field units has to be a whole number.",
        ),
        (
            "register.receive",
            RECEIPT | {"expires": "soon"},
            "The field expires has to be a date like 2026-01-31.",
        ),
        (
            "register.receive",
            RECEIPT | {"batch": "B" * 99},
            "The field batch is too long or has characters that cannot stand there.",
        ),
        (
            "session.observe",
            {"session": "se-1", "bedside": 3},
            "The form cannot be read: Expected `object`, got `int` - at `$.bedside`.",
        ),
    ],
)
def test_what_is_wrong_with_a_field_is_said_in_words(
    name: str, fields: dict[str, Any], said: str
) -> None:
    with pytest.raises(Invalid) as error:
        read_command(name, fields)
    assert error.value.message == said
    assert error.value.remedy == "Check that field; what you typed is still there."


def test_a_ticked_box_is_true() -> None:
    assert command("visit.arrive", "adult_confirmed=on").adult_confirmed


@pytest.mark.parametrize("typed", ["37.4", "37,4", "37.40"])
def test_tenths_may_be_typed_with_a_decimal_point(typed: str) -> None:
    made = command("visit.observe", f"visit=v-1&reading.temperature={typed}")
    assert made.reading.temperature_tenths == 374


@pytest.mark.parametrize("typed", ["37.45", "warm", "nan", "inf", "1e999999"])
def test_tenths_that_are_none_are_refused(typed: str) -> None:
    with pytest.raises(Invalid, match=r"reading\.temperature"):
        command("visit.observe", f"visit=v-1&reading.temperature={typed}")


@pytest.mark.parametrize(
    ("typed", "micrograms"), [("200", 200_000), ("0.5", 500), ("0.125", 125), ("12.3400", 12_340)]
)
def test_quantities_are_typed_in_milligrams_and_kept_exactly(typed: str, micrograms: int) -> None:
    made = command("session.reduce", f"session=se-1&order=rx-1&dose_mg={typed}&reason=other")
    assert made.dose == micrograms


@pytest.mark.parametrize("typed", ["1,000", "1,5", "0.0005", "-1", "1e3", "ten", "1 000"])
def test_quantities_that_could_be_misread_are_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="milligrams like 200"):
        command(
            "session.reduce", f"session=se-1&order=rx-1&dose_mg={quote_plus(typed)}&reason=other"
        )


def test_a_quantity_is_given_in_one_unit_only() -> None:
    with pytest.raises(Invalid, match="sent twice"):
        command("session.reduce", "session=se-1&order=rx-1&dose=100000&dose_mg=200&reason=other")


def test_a_moment_without_a_zone_is_the_sites_own_time() -> None:
    made = command("person.exclude", "person=p-1&reason=x&reviewer=s-1&ends_at=2025-07-01T09:00")
    assert isinstance(made, Exclude)
    assert made.ends_at == datetime(2025, 7, 1, 8, tzinfo=UTC)


def test_free_text_comes_out_apart_with_its_new_lines() -> None:
    pairs = read_form(b"incident=i-1&what=note&note=one%0D%0Atwo+%C3%A9")
    made = draft("incident.record", pairs, LONDON)
    assert made.notes == [("note", "one\ntwo é")]
    assert made.data == {"incident": "i-1", "what": "note"}


def test_free_text_that_looks_sealed_is_sealed_all_the_same() -> None:
    made = draft("incident.record", [("note", "sealed:abc")], LONDON)
    assert made.notes == [("note", "sealed:abc")]


@pytest.mark.parametrize(
    "form",
    [
        "visit=v%001",  # a control character
        "visit=v%0A1",  # a new line outside a note
        "visit=%E2%80%AEv1",  # text that turns its direction
        "visit=%FF",  # no UTF-8
        "visit=v-1&visit=v-2",  # one field, two values
        "visit=v-1&reading=1&reading.spo2=97",  # a value and a group under one name
        "&".join(["a=1"] * 501),
    ],
)
def test_what_no_page_sends_is_refused(form: str) -> None:
    with pytest.raises(Invalid):
        command("visit.observe", form)


def test_a_field_that_the_command_does_not_have_is_refused() -> None:
    with pytest.raises(Invalid, match="stage"):
        command("visit.leave", "visit=v-1&stage=left")


def test_a_note_has_to_fit() -> None:
    with pytest.raises(Invalid, match="too long"):
        draft("incident.record", [("note", "é" * 4001)], LONDON)


ASSESSED = [
    {"criterion": "age", "finding": "met"},
    {"criterion": "dependence", "finding": "not_met", "evidence": "a note"},
]


def test_groups_of_a_list_are_numbered_and_their_notes_come_out_apart() -> None:
    body = "&".join(
        f"findings.{number}.{name}={value}"
        for number, group in enumerate(ASSESSED)
        for name, value in group.items()
    )
    made = draft("eligibility.assess", read_form(body.encode()), LONDON)
    assert made.notes == [("findings.1.evidence", "a note")]
    made.put("findings.1.evidence", "sealed:abc")
    assert made.data == {"findings": [ASSESSED[0], {**ASSESSED[1], "evidence": "sealed:abc"}]}


def test_the_api_sends_groups_as_objects() -> None:
    pairs = flatten({"treatment": "tr-1", "findings": ASSESSED})
    made = draft("eligibility.assess", pairs, LONDON)
    assert made.notes == [("findings.1.evidence", "a note")]
    assert made.data["findings"][0] == ASSESSED[0]


@pytest.mark.parametrize(
    "body",
    [
        "findings.1.criterion=age",  # the first group is missing
        "findings.one.criterion=age",
        "findings.0=age",  # a value for a group
        "findings.01.criterion=age",
        "findings.0.criterion=age&findings.0.criterion=age",
    ],
)
def test_groups_that_no_page_sends_are_refused(body: str) -> None:
    with pytest.raises(Invalid):
        draft("eligibility.assess", read_form(body.encode()), LONDON)


def test_the_api_sends_the_same_values_nested() -> None:
    pairs = list(flatten({"incident": "i-1", "what": "naloxone", "naloxone": {"route": "nasal"}}))
    made = draft("incident.record", [*pairs, ("naloxone.micrograms", 400)], LONDON)
    step = read_command("incident.record", made.data)
    assert isinstance(step, RecordStep)
    assert step.naloxone is not None
    assert (step.naloxone.micrograms, step.naloxone.route) == (400, "nasal")


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_has_a_field_that_forms_use_for_themselves(name: str) -> None:
    assert not SPECIAL & shape_of(name).kinds.keys()


def test_every_sealed_field_is_found() -> None:
    found = {
        f"{name}.{field}"
        for name in COMMANDS
        for field, kind in shape_of(name).kinds.items()
        if kind is Kind.SEALED
    }
    assert found >= {
        "incident.record.note",
        "incident.complete.note",
        "incident.debrief.note",
        "alert.add.note",
        "shift.check.note",
        "shift.hand_over.note",
    }


@given(st.sampled_from(sorted(COMMANDS)), st.binary(max_size=200))
def test_whatever_is_sent_is_read_or_refused(name: str, body: bytes) -> None:
    try:
        read_command(name, draft(name, read_form(body), LONDON).data)
    except Invalid:
        return


@given(st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=5))
def test_a_form_is_read_as_the_standard_library_wrote_it(fields: dict[str, str]) -> None:
    wanted = [(k, v.replace("\r\n", "\n").strip()) for k, v in fields.items()]
    assert read_form(urlencode(fields).encode()) == [(k, v) for k, v in wanted if v]
