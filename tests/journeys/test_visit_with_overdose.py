"""A whole stay with an overdose, on the screens, with scripts and without."""

import pytest

from tests.journeys.hands import Mouse
from tests.journeys.story import whole_stay
from tests.journeys.tablet import Kind, NewTablet
from tests.journeys.truth import journal_says


@pytest.mark.parametrize(
    ("hand", "kind"),
    [
        pytest.param(Mouse(finger=True), Kind(touch=True), id="finger"),
        pytest.param(Mouse(), Kind(scripts=False), id="mouse, without scripts"),
    ],
)
def test_a_stay_with_an_overdose_from_the_door_to_the_way_out(
    new_tablet: NewTablet, hand: Mouse, kind: Kind
) -> None:
    tablet = new_tablet(kind)
    whole_stay(tablet, hand)
    journal_says(tablet)
