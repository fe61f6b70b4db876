"""Dice draw the same numbers from the same key, and the numbers have the shape they claim."""

from statistics import mean, variance

import pytest

from safelight.rehearse.dice import Dice

DRAWS = 20_000


def test_equal_keys_draw_equal_numbers() -> None:
    one, other = Dice(1, "thistle", 17), Dice(1, "thistle", 17)
    assert [one.roll() for _ in range(50)] == [other.roll() for _ in range(50)]


def test_another_seed_draws_other_numbers() -> None:
    assert [Dice(1, "x").roll() for _ in range(3)] != [Dice(2, "x").roll() for _ in range(3)]


def test_first_draws_never_change() -> None:
    """A rehearsal with a seed stays what it was: a change here is a change of every result."""
    dice = Dice(1, "golden")
    assert [dice.whole(0, 999) for _ in range(6)] == GOLDEN


GOLDEN = [33, 871, 287, 646, 149, 851]


def test_roll_is_uniform() -> None:
    dice = Dice("uniform")
    rolls = [dice.roll() for _ in range(DRAWS)]
    assert 0 <= min(rolls) < max(rolls) < 1
    assert mean(rolls) == pytest.approx(0.5, abs=0.01)
    assert variance(rolls) == pytest.approx(1 / 12, rel=0.03)


@pytest.mark.parametrize("expected", [0.0, 0.3, 5.0, 56.0])
def test_poisson_has_mean_and_variance_of_its_number(expected: float) -> None:
    draws = [Dice("poisson", n).poisson(expected) for n in range(DRAWS)]
    assert mean(draws) == pytest.approx(expected, rel=0.03, abs=0.001)
    assert variance(draws) == pytest.approx(expected, rel=0.05, abs=0.001)


def test_exponential_has_its_mean() -> None:
    dice = Dice("exponential")
    assert mean(dice.exponential(90) for _ in range(DRAWS)) == pytest.approx(90, rel=0.03)


def test_half_of_lognormal_numbers_lie_below_the_median() -> None:
    dice = Dice("lognormal")
    below = mean(dice.lognormal(13, 0.5) < 13 for _ in range(DRAWS))
    assert below == pytest.approx(0.5, abs=0.015)


def test_pareto_stays_between_one_and_the_most() -> None:
    dice = Dice("pareto")
    numbers = [dice.pareto(1.2, 60) for _ in range(DRAWS)]
    assert (min(numbers) >= 1, max(numbers)) == (True, 60)


def test_weighted_follows_the_weights() -> None:
    dice = Dice("weighted")
    picked = [dice.weighted({"a": 3, "b": 1, "never": 0}) for _ in range(DRAWS)]
    assert picked.count("a") / DRAWS == pytest.approx(0.75, abs=0.015)
    assert "never" not in picked


def test_shuffled_keeps_every_item() -> None:
    mixed = Dice("shuffled").shuffled(range(100))
    assert (sorted(mixed), mixed != list(range(100))) == (list(range(100)), True)


def test_between_pick_and_chance_stay_within_their_limits() -> None:
    dice = Dice("limits")
    assert all(2 <= dice.between(2, 3) < 3 for _ in range(1000))
    assert {dice.pick("abc") for _ in range(1000)} == {"a", "b", "c"}
    assert {dice.whole(1, 3) for _ in range(1000)} == {1, 2, 3}
    assert not any(dice.chance(0) for _ in range(1000))
    assert all(dice.chance(1) for _ in range(1000))
