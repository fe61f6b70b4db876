"""Corrections of episodes, by example."""

import pytest

from safelight.run.domain import correction
from safelight.run.domain.base import FLOOR
from safelight.run.domain.correction import EpisodeCorrected
from safelight.run.domain.entities import LEFT, Episode, Visit
from tests.support.floors import Fields, open_site
from tests.support.sites import NOW, after, decide, done, refusal, stored, visit

FIRST = Episode("e-1", "injecting", "booth-1", ("heroin",), NOW, 9, "arm", ended_at=NOW)
SECOND = Episode("e-2", "smoking", "seat-1", ("cocaine",), NOW, 12)
HERE = visit(episodes=(FIRST, SECOND))
CORRECT: Fields = {
    "visit": "v-1",
    "refers_to": 9,
    "reason": "told_later",
    "substances": ["heroin", "cocaine", "heroin"],
    "route": "injecting",
    "body_site": "groin",
}
CORRECTED = EpisodeCorrected(
    "v-1", "e-1", 9, "told_later", ("cocaine", "heroin"), "injecting", "groin"
)


@pytest.mark.parametrize(
    "who",
    [
        pytest.param(HERE, id="somebody who is here"),
        pytest.param(visit(stage=LEFT, episodes=(FIRST, SECOND)), id="somebody who left"),
    ],
)
def test_correct_puts_right_what_was_declared(who: Visit) -> None:
    """An episode is put right, the others stay, and the entry it refers to stays in the journal."""
    site = after(open_site(), who)
    assert decide(site, "episode.correct", CORRECT) == [CORRECTED]
    assert stored(CORRECTED) == CORRECTED
    found = done(site, "episode.correct", CORRECT).changes["visit", "v-1"]
    assert isinstance(found, Visit)
    expected = Episode(
        "e-1", "injecting", "booth-1", ("cocaine", "heroin"), NOW, 9, "groin", ended_at=NOW
    )
    assert found.episodes == (expected, SECOND)


def test_correct_may_take_a_body_site_away() -> None:
    """What should never have been written is taken out."""
    fields = {**CORRECT, "substances": ["heroin"], "route": "smoking", "body_site": None}
    (fact,) = decide(open_site(HERE), "episode.correct", fields)
    assert fact == EpisodeCorrected("v-1", "e-1", 9, "told_later", ("heroin",), "smoking")


REFUSED: dict[str, tuple[Fields, str]] = {
    "a visit that nobody made": ({"visit": "v-9"}, "visit-known"),
    "an entry that started no episode": ({"refers_to": 10}, "episode-known"),
    "a reason unknown here": ({"reason": "moonlight"}, "known-correction_reasons"),
    "a substance unknown here": ({"substances": ["tea"]}, "known-substances"),
    "no substance": ({"substances": []}, "substance-declared"),
    "a route unknown here": ({"route": "moonlight"}, "known-routes"),
    "a body site unknown here": ({"body_site": "hat"}, "known-body_sites"),
    "nothing that is new": ({"substances": ["heroin"], "body_site": "arm"}, "correction-changes"),
}


@pytest.mark.parametrize(("fields", "rule"), REFUSED.values(), ids=REFUSED)
def test_correct_refuses(fields: Fields, rule: str) -> None:
    """A correction that corrects nothing is refused by the rule of that name."""
    assert refusal(open_site(HERE), "episode.correct", {**CORRECT, **fields}).code == rule


def test_everybody_on_the_floor_corrects() -> None:
    """A slip is put right by whoever sees it."""
    assert {rule.may for rule in correction.COMMANDS.values()} == {FLOOR}
