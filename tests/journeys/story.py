"""A whole stay with an overdose, told once for every way to work a tablet."""

import re

from tests.journeys.hands import Hand
from tests.journeys.sites import INJECTABLE
from tests.journeys.tablet import Tablet

ACTIONS = {"stimulation": "Stimulation", "airway": "Airway opened", "oxygen": "Oxygen"}
CHECKS = (
    "alert_and_orientated",
    "breathing_normal",
    "walking_unaided",
    "not_alone_offered",
    "naloxone_kit_offered",
)


def whole_stay(tablet: Tablet, hand: Hand) -> None:
    """Go through a stay from the door to the way out."""
    handle = come_in(tablet, hand)
    use(tablet, hand, handle)
    call_for_help(tablet, hand, handle)
    help_them(tablet, hand)
    end_it(tablet, hand)
    look_after_them(tablet, hand, handle)
    see_it_in_the_journal(tablet, hand)


def come_in(tablet: Tablet, hand: Hand) -> str:
    """Arrive, be told about the place, and wait; returns the two words they go by."""
    tablet.open("reception")
    hand.press(tablet.button("Adult, new: remember them"))
    tablet.is_at(r"visits/v-\w+")
    handle = (tablet.page.locator("h1").text_content() or "").strip()
    hand.press(tablet.button("Orientation given"))
    hand.press(tablet.button("Wait: Injecting"))
    tablet.is_at("")
    tablet.has("#queue-injecting", handle)
    tablet.has("#queue-injecting-heading", "1 waiting")
    return handle


def use(tablet: Tablet, hand: Hand, handle: str) -> None:
    """Get a place and begin with heroin and cocaine."""
    page = tablet.page
    hand.press(tablet.button("Place in Booth 1", page.locator("#queue-injecting")))
    tablet.has("#place-booth-1", handle)
    tablet.has("#place-booth-1", "Not started")
    tablet.has("#capacity", "1 of 7")
    hand.press(page.locator("#place-booth-1 a.sl-who"))
    for substance in ("heroin", "cocaine"):
        hand.tick(page.locator(f"#start input[value={substance}]"))
    hand.press(page.locator("#start button"))
    tablet.has("main", "Cocaine powder, Heroin, for")


def call_for_help(tablet: Tablet, hand: Hand, handle: str) -> None:
    """From the board to a running incident: one tap, and nothing to fill in."""
    page = tablet.page
    hand.press(page.get_by_role("link", name="Board", exact=True).first)
    tablet.is_at("")
    before = hand.taps
    hand.press(page.locator("#help-booth-1 button"))
    assert hand.taps - before == 1, "an emergency takes one tap from the board"
    tablet.is_at(r"incidents/i-\w+")
    tablet.has("h1", f"Booth 1, {handle}")
    tablet.has(".sl-incident__clock", re.compile(r"\d\d:\d\d"))
    tablet.has("#opened", "Emergency opened")
    tablet.has("#summary", "Nothing recorded yet")
    tablet.has("#advice", "Protocol advises")


def help_them(tablet: Tablet, hand: Hand) -> None:
    """Do what is done in an overdose; each tap is a line of the timeline."""
    page = tablet.page
    for what, words in ACTIONS.items():
        hand.press(page.locator(f"#act-{what} button"))
        tablet.has(f"#act-{what}", "✓")
        tablet.has("#timeline li:first-child", words)
    hand.write(page.locator("#obs-rr"), "6")
    hand.write(page.locator("#obs-spo2"), "84")
    hand.choose(page.locator("#obs-avpu"), "pain")
    hand.press(page.locator("#observe button[type=submit]"))
    tablet.has("#summary", "84")
    hand.write(page.locator("#dose"), "400")
    hand.choose(page.locator("#batch"), INJECTABLE)
    hand.press(page.locator("#naloxone button[value=intramuscular]"))
    tablet.has("#summary", "Naloxone 1 dose, 400 micrograms")
    tablet.has("#timeline li:first-child", INJECTABLE)
    for what in ("called", "arrived"):
        hand.press(page.locator(f"#act-ambulance_{what} button"))
        tablet.has("#summary", f"Ambulance {what}")
    hand.press(page.locator("#kind-opioid button"))
    tablet.has(".sl-now__kind", "Opioid overdose")


def end_it(tablet: Tablet, hand: Hand) -> None:
    """Record how it ended, complete the record and hold the debrief."""
    page = tablet.page
    hand.press(page.locator("#end-recovered_on_site button"))
    tablet.has("main", "Recovered here")
    for substance in ("heroin", "cocaine"):
        hand.tick(page.locator(f"input[id^=complete-substance][value={substance}]"))
    hand.tick(page.locator("#flag-naloxone_batches_checked"))
    hand.press(tablet.button("Complete"))
    tablet.has("#complete-heading", "Done")
    hand.tick(page.locator("input[name=learning][value=communication]"))
    hand.press(tablet.button("Debrief held"))
    tablet.has("#debrief-heading", "Held")
    tablet.has("main", "Learning: Communication")


def look_after_them(tablet: Tablet, hand: Hand, handle: str) -> None:
    """Aftercare, an observation, the checks, and the way out."""
    page = tablet.page
    hand.press(page.get_by_role("link", name="Board", exact=True).first)
    tablet.has("#place-booth-1", handle)
    hand.press(page.locator("#place-booth-1 a.sl-who"))
    hand.press(tablet.button("To aftercare"))
    tablet.has("#aftercare", handle)
    tablet.has("#place-booth-1", "Ready")
    hand.press(page.get_by_role("link", name="Aftercare", exact=True).first)
    tablet.has("main", handle)
    for field, value in (("rr", "14"), ("spo2", "97")):
        hand.write(page.locator(f"input[id^=obs-v-][id$={field}]"), value)
    hand.press(tablet.button("Record observation"))
    tablet.has("main", "Last seen")
    for check in CHECKS:
        hand.tick(page.locator(f"input[name=checks][value={check}]"))
    hand.press(tablet.button("Save checks"))
    hand.press(tablet.button("They leave"))
    tablet.has("h1", "Aftercare: 0")


def see_it_in_the_journal(tablet: Tablet, hand: Hand) -> None:
    """Find the stay in the journal, which fits its hashes."""
    hand.press(tablet.page.get_by_role("link", name="Journal", exact=True).first)
    tablet.has("main", "The journal fits its own hashes")
    tablet.has("main tbody tr:first-child", "Left")
