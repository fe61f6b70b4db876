"""How the floor's pages speak: times where the site stands, codes as words, nobody's name."""

from datetime import UTC, datetime, timedelta

import pytest

from safelight.run.domain.entities import Naloxone, Reading
from safelight.run.domain.protocol import Codes, Protocol
from safelight.web.chart import Bar, bar_chart, nice_top
from safelight.web.floor.statistics import back, together
from safelight.web.floor.words import Words, natural, spoken_minutes

NOW = datetime(2026, 7, 13, 2, 12, 45, tzinfo=UTC)
ROUTES = Codes("none", "nobody", NOW.date(), {"intramuscular": "Into a muscle"})
PACK = Protocol("p", "1", "Pack", example=True, values={}, codes={"naloxone_routes": ROUTES})
WORDS = Words(PACK, "Europe/London", NOW)


def test_times_are_the_sites_own() -> None:
    assert WORDS.time(NOW) == "03:12"
    assert WORDS.time(NOW - timedelta(days=1)) == "12 Jul 03:12"
    assert WORDS.seconds(NOW) == "03:12:45"
    assert WORDS.clock(NOW - timedelta(minutes=4, seconds=12)) == "04:12"


def test_a_code_that_the_pack_does_not_know_is_still_readable() -> None:
    assert WORDS.of("routes", "up_the_nose") == "Up the nose"
    assert WORDS.of("routes", None) == ""


def test_a_reading_says_only_what_was_measured() -> None:
    reading = Reading(breathing_rate=6, spo2=84, temperature_tenths=374)
    assert WORDS.reading(reading) == "6 breaths a minute, SpO2 84%, 37.4 °C"


def test_a_dose_without_its_batch_says_so() -> None:
    told = WORDS.dose(Naloxone(micrograms=1_800, route="intramuscular"))
    assert told == "1,800 micrograms into a muscle, batch not recorded"


@pytest.mark.parametrize(
    ("staff", "label"),
    [
        ("staff-2daa81c0ffee", "staff 2daa"),
        ("staff-unattributed", "nobody signed in"),
        ("staff-clinical-lead", "clinical lead"),
    ],
)
def test_staff_are_shown_by_short_label(staff: str, label: str) -> None:
    assert WORDS.staff(staff) == label


def test_booth_2_comes_before_booth_10() -> None:
    assert sorted(["Booth 10", "Booth 2"], key=natural) == ["Booth 2", "Booth 10"]


def test_minutes_are_spoken_as_staff_say_them() -> None:
    assert [spoken_minutes(n) for n in (0, 59, 65)] == ["0 min", "59 min", "1 h 5 min"]


def test_substances_declared_together_are_one_group() -> None:
    assert together("heroin_and_cocaine", WORDS) == "Heroin and cocaine"


def test_months_are_counted_back_over_new_year() -> None:
    assert str(back(NOW.date().replace(day=1), 11)) == "2025-08-01"


@pytest.mark.parametrize("highest", [0, 1, 4, 5, 7, 99, 100, 101, 6_147])
def test_an_axis_is_never_lower_than_its_highest_bar(highest: int) -> None:
    assert highest <= nice_top(highest) <= max(4, highest * 2.5)


def test_a_chart_escapes_its_words() -> None:
    drawn = bar_chart("<b>", [Bar("Jan & 26", 3)], "chart-x")
    assert "<b>" not in drawn
    assert "&amp;" in drawn
