"""The same stay with the keyboard alone."""

from tests.journeys.hands import Keyboard
from tests.journeys.story import whole_stay
from tests.journeys.tablet import Kind, NewTablet
from tests.journeys.truth import journal_says


def test_a_stay_with_an_overdose_needs_no_mouse(new_tablet: NewTablet) -> None:
    tablet, hand = new_tablet(Kind()), Keyboard()
    whole_stay(tablet, hand)
    journal_says(tablet)
    assert hand.invisible == [], "these controls look the same with the focus on them"
