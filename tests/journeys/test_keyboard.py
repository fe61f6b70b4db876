"""The same stay with the keyboard alone."""

import pytest

from tests.journeys.hands import Keyboard
from tests.journeys.story import whole_stay
from tests.journeys.tablet import Kind, NewTablet
from tests.journeys.truth import journal_says


def test_a_stay_with_an_overdose_needs_no_mouse(new_tablet: NewTablet) -> None:
    tablet, hand = new_tablet(Kind()), Keyboard()
    whole_stay(tablet, hand)
    journal_says(tablet)
    assert hand.invisible == [], "these controls look the same with the focus on them"


@pytest.mark.parametrize(("outline", "noticed"), [("none", True), ("3px solid black", False)])
def test_a_focus_that_nobody_can_see_is_noticed(
    new_tablet: NewTablet, outline: str, *, noticed: bool
) -> None:
    page, hand = new_tablet(Kind()).page, Keyboard()
    style = f"<style>button {{ outline: none }} button:focus {{ outline: {outline} }}</style>"
    page.set_content(f"{style}<button>One</button><button>Two</button>")
    hand._go_to(page.get_by_text("Two"))
    assert bool(hand.invisible) == noticed
