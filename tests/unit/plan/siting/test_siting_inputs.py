"""What is no array of numbers is refused in words, whichever model is asked."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from safelight.kernel.errors import Invalid
from safelight.plan.siting import (
    Siting,
    decay,
    maximal_covering,
    over_draws,
    p_center,
    p_median,
)

COVERS = np.array([[1, 0, 1], [0, 1, 1]])
FAR = np.array([[1.0, 2, 3], [3, 2, 1]])
HUGE = 10**400  # no float holds it


def asked(model: Callable[..., Siting], **changed: Any) -> Siting:  # noqa: ANN401
    """Ask a model about two demands and three candidates, with something changed."""
    table = FAR if model in {p_median, p_center} else COVERS
    given: dict[str, Any] = {"table": table, "weight": [1.0, 2.0], "p": 1, **changed}
    table, weight, p = (given.pop(name) for name in ("table", "weight", "p"))
    return model(table, p, **given) if model is p_center else model(table, weight, p, **given)


WEIGHTS: dict[str, tuple[Any, str]] = {
    "text": (["a", "b"], "The weight holds 'a', which is no number."),
    "figures as text": (["1", "2"], "The weight holds '1', which is no number."),
    "ragged": ([[1.0], [1.0, 2.0]], "The rows of the weight differ in length."),
    "nothing": (None, "The weight holds None, which is no number."),
    "nothing in part": ([1.0, None], "The weight holds None, which is no number."),
    "dates": (np.array(["2020-01-01"] * 2, dtype="M8[D]"), "which is no number."),
    "imaginary": ([1j, 1.0], "The weight holds 1j, which is no number."),
    "decimals": ([Decimal(1), Decimal(2)], "The weight holds Decimal('1'), which is no number."),
    "sparse": (sparse.csr_array([[1.0, 2.0]]), "which is no number."),
    "beyond floats": ([HUGE, 1], "which is no number."),
    "beyond floats together": ([1e308, 1e308], "The weights are too large to be added up."),
    "not a number": ([np.nan, 1.0], "Weight 0 is nan."),
    "infinite": ([1.0, np.inf], "Weight 1 is inf."),
    "negative": ([1.0, -1.0], "Weight 1 is -1.0."),
    "a column": ([[1.0], [2.0]], "There are 2 demands, but the weights have shape (2, 1)."),
}


@pytest.mark.parametrize("model", [maximal_covering, decay, p_median])
@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_that_cannot_be_meant_are_refused(model: Callable[..., Siting], name: str) -> None:
    weight, message = WEIGHTS[name]
    with pytest.raises(Invalid) as refused:
        asked(model, weight=weight)
    assert refused.value.message.endswith(message)
    assert refused.value.remedy


@pytest.mark.parametrize(
    "weight", [np.array([1, 2], object), (1, 2.0), np.array([1, 2], np.float32)]
)
def test_numbers_are_numbers_however_they_are_held(weight: Any) -> None:  # noqa: ANN401
    assert asked(decay, weight=weight).objective == asked(decay).objective


@pytest.mark.parametrize(
    ("reach", "message"),
    [
        ([["a", "b"], ["c", "d"]], "The reach holds 'a', which is no number."),
        ([[1.0, 0.5], [1.0]], "The rows of the reach differ in length."),
        ([[True, None], [True, True]], "The reach holds None, which is no number."),
        (np.full((2, 3), 1j), "The reach holds 1j, which is no number."),
        (sparse.csr_array(np.full((2, 3), 1j)), "The reach holds 1j, which is no number."),
        ("reach", "The reach holds 'reach', which is no number."),
        (1.0, "The reach is not a table of demand × candidate."),
        ([[np.nan, 1.0], [1.0, 1.0]], "some of it is below 0, above 1 or not a number."),
    ],
)
def test_reach_that_cannot_be_meant_is_refused(reach: Any, message: str) -> None:  # noqa: ANN401
    with pytest.raises(Invalid) as refused:
        asked(decay, table=reach)
    assert refused.value.message.endswith(message)
    assert refused.value.remedy


@pytest.mark.parametrize("model", [maximal_covering, decay, p_median, p_center])
@pytest.mark.parametrize("p", [0, -1, 4, 1.5, np.nan, np.inf, "1", None, True, [1], HUGE, 1j])
def test_number_of_sites_is_a_whole_number_that_can_be_had(
    model: Callable[..., Siting],
    p: Any,  # noqa: ANN401
) -> None:
    with pytest.raises(Invalid) as refused:
        asked(model, p=p)
    assert (refused.value.code, refused.value.remedy) == ("siting-count", "Ask for 1 to 3 sites.")


@pytest.mark.parametrize("model", [maximal_covering, decay, p_median, p_center])
@pytest.mark.parametrize("which", ["forced", "forbidden"])
@pytest.mark.parametrize("some", [["a"], [[0, 1], [2]], [np.nan], [0.5], [None], None, "ab", [3]])
def test_places_are_numbers_of_candidates(
    model: Callable[..., Siting],
    which: str,
    some: Any,  # noqa: ANN401
) -> None:
    with pytest.raises(Invalid) as refused:
        asked(model, **{which: some})
    assert which in refused.value.message
    assert refused.value.remedy == "Candidates are numbered from 0 to 2."


def test_places_may_be_a_set_or_whole_floats() -> None:
    assert asked(decay, forced={1}).opened.tolist() == [1]
    assert asked(decay, forced=np.array([1.0])).opened.tolist() == [1]


@pytest.mark.parametrize("model", [maximal_covering, decay, p_median])
@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"gap": -1}, "siting-gap"),
        ({"gap": np.nan}, "siting-gap"),
        ({"gap": "a"}, "siting-gap"),
        ({"seed": -1}, "siting-seed"),
        ({"seed": 0.5}, "siting-seed"),
        ({"seed": np.inf}, "siting-seed"),
        ({"seed": "a"}, "siting-seed"),
        ({"time_limit": "a"}, "siting-time"),
        ({"time_limit": -1.0}, "siting-time"),
    ],
)
def test_searches_that_cannot_be_meant_are_refused(
    model: Callable[..., Siting], changed: dict[str, Any], rule: str
) -> None:
    with pytest.raises(Invalid) as refused:
        asked(model, **changed)
    assert refused.value.code == rule


@pytest.mark.parametrize("model", [p_median, p_center, maximal_covering])
@pytest.mark.parametrize("table", [[[1.0], [1.0, 2.0]], [["a"], ["b"]], None])
def test_tables_that_hold_no_numbers_are_refused(
    model: Callable[..., Siting],
    table: Any,  # noqa: ANN401
) -> None:
    with pytest.raises(Invalid) as refused:
        asked(model, table=table)
    assert refused.value.code == "siting-numbers"


def test_a_cover_that_is_not_known_is_no_cover() -> None:
    with pytest.raises(Invalid, match="nan"):
        asked(maximal_covering, table=[[1.0, np.nan], [0.0, 1.0]])


def test_draws_of_unequal_length_are_refused() -> None:
    with pytest.raises(Invalid, match="differ in length"):
        over_draws(COVERS, [[1.0], [1.0, 2.0]], 1)
