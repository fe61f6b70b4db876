"""Somebody sets up a second factor on a tablet without scripts, and taps with its codes."""

import http.client
import json
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from safelight.run.domain.base import Role
from safelight.web.accounts.codes import code_at
from safelight.wiring import new_id
from tests.journeys.sites import PASSWORD
from tests.journeys.tablet import Kind, NewTablet


def test_a_code_from_a_phone_is_taken_once(new_tablet: NewTablet) -> None:
    tablet = new_tablet(Kind(role=Role.NURSE, scripts=False))
    page = tablet.open("/second-factor")
    page.get_by_label("Your password", exact=True).fill(PASSWORD)
    tablet.button("Set it up").click()
    expect(page.locator("main svg[width]")).to_be_visible()
    key = page.locator(".sl-key").inner_text().replace(" ", "")
    now = datetime.now(UTC)
    page.get_by_label("Code").fill(code_at(key, now))
    tablet.button("Confirm").click()
    tablet.has("main", "Your second factor is set up")

    def tap(code: str) -> tuple[int, str]:
        fields = {"command": new_id(), "item": "filter", "quantity": 1, "proof": code}
        status, said = tablet.session.post(tablet.site, "supplies.give", **fields)
        return status, json.loads(said).get("error", "")

    # The app shows the next code a little early, as a phone does whose clock is fast.
    code = code_at(key, now + timedelta(seconds=30))
    assert tap(code) == (http.client.OK, "")
    assert tap(code) == (http.client.UNPROCESSABLE_ENTITY, "second-factor-new")
