"""Milligrams in figures and in words, by example."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.run.domain.clinic.words import in_figures, in_words, says

QUANTITIES = st.integers(0, 10**12)


@pytest.mark.parametrize(
    ("micrograms", "figures", "words"),
    [
        (0, "0", "zero"),
        (1, "0.001", "zero point zero zero one"),
        (500, "0.5", "zero point five"),
        (1_000, "1", "one"),
        (1_250, "1.25", "one point two five"),
        (21_000, "21", "twenty-one"),
        (90_000, "90", "ninety"),
        (100_000, "100", "one hundred"),
        (115_000, "115", "one hundred and fifteen"),
        (1_001_000, "1001", "one thousand and one"),
        (14_200_000, "14200", "fourteen thousand two hundred"),
        (
            12_345_678_000,
            "12345678",
            "twelve million three hundred and forty-five thousand six hundred and seventy-eight",
        ),
    ],
)
def test_quantity_in_figures_and_in_words(micrograms: int, figures: str, words: str) -> None:
    assert (in_figures(micrograms), in_words(micrograms)) == (figures, words)


@pytest.mark.parametrize(
    "words",
    [
        "one hundred and fifteen",
        "One Hundred Fifteen",
        "ONE HUNDRED AND FIFTEEN MILLIGRAMS",
        "one hundred and fifteen mg",
    ],
)
def test_words_may_be_written_in_several_ways(words: str) -> None:
    assert says(words, 115_000)


@pytest.mark.parametrize("words", ["", "mg", "fifteen", "one hundred and fifty", "115"])
def test_other_words_say_something_else(words: str) -> None:
    assert not says(words, 115_000)


@given(QUANTITIES, QUANTITIES)
def test_words_say_one_quantity_only(one: int, other: int) -> None:
    assert says(in_words(one), one)
    assert says(in_words(one), other) == (one == other)
