"""Exclusions, alerts and what people say of themselves, by example."""

from datetime import datetime, timedelta

import pytest

from safelight.kernel.ids import derive_id
from safelight.run.domain import door
from safelight.run.domain.base import CLINICAL, FLOOR, Fact, Given, Role
from safelight.run.domain.door import (
    AlertAdded,
    AlertWithdrawn,
    ExclusionAppealed,
    ExclusionReviewed,
    PersonDescribed,
    PersonExcluded,
    exclusion_in_force,
)
from safelight.run.domain.entities import Alert, Exclusion
from tests.support.sites import (
    ADA,
    BEN,
    COMMAND,
    NOW,
    decide,
    done,
    given,
    person,
    protocol,
    refusal,
    site_with,
    stored,
)

Fields = dict[str, object]

SINCE = NOW - timedelta(hours=1)  # when site_with lets facts happen
WEEK = NOW + timedelta(days=7)
EXCLUDED = PersonExcluded("p-1", "x-1", "dealing", WEEK, BEN)
APPEALED = ExclusionAppealed("p-1", "x-1")
UPHELD = ExclusionReviewed("p-1", "x-1", "upheld")
LIFTED = ExclusionReviewed("p-1", "x-1", "lifted")
ALERT = AlertAdded("p-1", "a-1", "allergy")
NURSE = given(role=Role.NURSE)
REVIEWER = given(staff=BEN)


def exclude(**fields: object) -> Fields:
    """Return the fields of a week's exclusion, unless said otherwise."""
    return {"person": "p-1", "reason": "dealing", "ends_at": WEEK, "reviewer": BEN, **fields}


def test_exclude_ends_and_names_its_reviewer() -> None:
    """A nurse excludes somebody for a week, and a colleague is to review it."""
    site = site_with(person())
    fact = PersonExcluded("p-1", derive_id("x", COMMAND), "dealing", WEEK, BEN)
    assert decide(site, "person.exclude", exclude(), NURSE) == [fact]
    assert stored(fact) == fact
    site = done(site, "person.exclude", exclude(), NURSE)
    expected = Exclusion(derive_id("x", COMMAND), "dealing", NOW, WEEK, BEN)
    assert site.person("p-1").exclusions == (expected,)


@pytest.mark.parametrize(
    ("fields", "by", "rule"),
    [
        pytest.param(exclude(person="p-9"), NURSE, "person-known", id="nobody we know"),
        pytest.param(
            exclude(reason="moonlight"), NURSE, "known-exclusion_reasons", id="no such reason"
        ),
        pytest.param(exclude(ends_at=NOW), NURSE, "exclusion-ends-later", id="over already"),
        pytest.param(
            exclude(),
            given(role=Role.NURSE, pack=protocol(values={"exclusion_max_days": 6})),
            "exclusion-max-days",
            id="a day longer than the pack allows",
        ),
        pytest.param(
            exclude(reviewer=ADA), NURSE, "exclusion-other-reviewer", id="reviewing oneself"
        ),
        pytest.param(exclude(), given(), "role-may", id="a worker alone"),
    ],
)
def test_exclude_refuses(fields: Fields, by: Given, rule: str) -> None:
    """An exclusion without end, reason or second pair of eyes is refused by that rule."""
    assert refusal(site_with(person()), "person.exclude", fields, by).code == rule


def test_exclude_may_last_as_long_as_the_pack_allows() -> None:
    """Exactly the longest time of the pack is allowed."""
    by = given(role=Role.NURSE, pack=protocol(values={"exclusion_max_days": 7}))
    assert len(decide(site_with(person()), "person.exclude", exclude(), by)) == 1


@pytest.mark.parametrize(
    ("facts", "at", "expected"),
    [
        pytest.param([], NOW, None, id="never excluded"),
        pytest.param([EXCLUDED], SINCE - timedelta(seconds=1), None, id="before it began"),
        pytest.param([EXCLUDED], SINCE, "x-1", id="from its first moment"),
        pytest.param([EXCLUDED], WEEK - timedelta(seconds=1), "x-1", id="to its last second"),
        pytest.param([EXCLUDED], WEEK, None, id="no longer at its end"),
        pytest.param([EXCLUDED, APPEALED], NOW, "x-1", id="while an appeal waits"),
        pytest.param([EXCLUDED, UPHELD], NOW, "x-1", id="upheld"),
        pytest.param([EXCLUDED, LIFTED], NOW, None, id="lifted"),
        pytest.param(
            [
                EXCLUDED,
                ExclusionReviewed("p-1", "x-1", "shortened", NOW + timedelta(days=1)),
            ],
            NOW + timedelta(days=2),
            None,
            id="shortened",
        ),
        pytest.param(
            [EXCLUDED, PersonExcluded("p-1", "x-2", "violence", WEEK + timedelta(days=1), BEN)],
            NOW,
            "x-2",
            id="the longest of two",
        ),
    ],
)
def test_exclusion_in_force(facts: list[Fact], at: datetime, expected: str | None) -> None:
    """An exclusion holds from its start to before its end, unless it was lifted."""
    found = exclusion_in_force(site_with(person(), *facts).person("p-1"), at)
    assert (found.id if found else None) == expected


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param([EXCLUDED], id="for the first time"),
        pytest.param([EXCLUDED, APPEALED, UPHELD], id="again, after it was upheld"),
    ],
)
def test_appeal_waits_for_a_decision(facts: list[Fact]) -> None:
    """Anybody on the floor takes an appeal down."""
    site = site_with(person(), *facts)
    fields = {"person": "p-1", "exclusion": "x-1"}
    assert decide(site, "person.appeal", fields) == [APPEALED]
    assert done(site, "person.appeal", fields).person("p-1").exclusions[0].appealed_at == NOW


@pytest.mark.parametrize(
    ("facts", "exclusion", "rule"),
    [
        pytest.param([EXCLUDED], "x-9", "exclusion-known", id="no such exclusion"),
        pytest.param([EXCLUDED, APPEALED], "x-1", "appeal-once", id="an appeal waits already"),
        pytest.param([EXCLUDED, LIFTED], "x-1", "exclusion-in-force", id="lifted already"),
        pytest.param(
            [PersonExcluded("p-1", "x-1", "dealing", NOW, BEN)],
            "x-1",
            "exclusion-in-force",
            id="over already",
        ),
    ],
)
def test_appeal_refuses(facts: list[Fact], exclusion: str, rule: str) -> None:
    """An appeal against nothing, or a second one, is refused by the rule of that name."""
    site = site_with(person(), *facts)
    assert refusal(site, "person.appeal", {"person": "p-1", "exclusion": exclusion}).code == rule


@pytest.mark.parametrize(
    "by",
    [
        pytest.param(REVIEWER, id="the reviewer named"),
        pytest.param(given(role=Role.MANAGER), id="a manager"),
    ],
)
@pytest.mark.parametrize(
    ("decision", "ends_at"),
    [
        pytest.param("upheld", None, id="stands"),
        pytest.param("lifted", None, id="is lifted"),
        pytest.param("shortened", NOW + timedelta(days=1), id="is shortened"),
    ],
)
def test_review_decides(by: Given, decision: str, ends_at: datetime | None) -> None:
    """The reviewer or a manager decides, and the decision holds at once."""
    site = site_with(person(), EXCLUDED, APPEALED)
    fields = {"person": "p-1", "exclusion": "x-1", "decision": decision, "ends_at": ends_at}
    fact = ExclusionReviewed("p-1", "x-1", decision, ends_at)
    assert decide(site, "person.review", fields, by) == [fact]
    assert stored(fact) == fact
    reviewed = done(site, "person.review", fields, by).person("p-1").exclusions[0]
    assert reviewed == Exclusion(
        "x-1", "dealing", SINCE, ends_at or WEEK, BEN, SINCE, NOW, decision
    )


@pytest.mark.parametrize(
    ("fields", "by", "rule"),
    [
        pytest.param({}, NURSE, "exclusion-reviewer", id="a nurse whom nobody named"),
        pytest.param({"exclusion": "x-9"}, REVIEWER, "exclusion-known", id="no such exclusion"),
        pytest.param(
            {"decision": "forgotten"}, REVIEWER, "exclusion-decision", id="no such decision"
        ),
        pytest.param({"ends_at": NOW}, REVIEWER, "review-end", id="upheld with a new end"),
        pytest.param(
            {"decision": "shortened"}, REVIEWER, "review-end", id="shortened without an end"
        ),
        pytest.param(
            {"decision": "shortened", "ends_at": WEEK},
            REVIEWER,
            "review-end",
            id="shortened to the same end",
        ),
        pytest.param(
            {"decision": "shortened", "ends_at": NOW},
            REVIEWER,
            "review-end",
            id="shortened to now",
        ),
        pytest.param({}, given(now=WEEK, staff=BEN), "exclusion-in-force", id="over already"),
    ],
)
def test_review_refuses(fields: Fields, by: Given, rule: str) -> None:
    """A decision by the wrong person or without sense is refused by the rule of that name."""
    site = site_with(person(), EXCLUDED)
    standard = {"person": "p-1", "exclusion": "x-1", "decision": "upheld"}
    assert refusal(site, "person.review", {**standard, **fields}, by).code == rule


def test_review_leaves_other_exclusions_alone() -> None:
    """Of two exclusions, only the one that was reviewed changes."""
    second = PersonExcluded("p-1", "x-2", "violence", WEEK, BEN)
    kept = site_with(person(), EXCLUDED, second, LIFTED).person("p-1").exclusions
    assert [(e.id, e.decision) for e in kept] == [("x-1", "lifted"), ("x-2", None)]


@pytest.mark.parametrize(
    "note",
    [pytest.param(None, id="without a note"), pytest.param("sealed:abc", id="with a sealed note")],
)
def test_alert_is_added(note: str | None) -> None:
    """An alert stands on the person's page from now on."""
    site = site_with(person())
    fields = {"person": "p-1", "kind": "allergy", "note": note}
    key = derive_id("a", COMMAND)
    fact = AlertAdded("p-1", key, "allergy", note)
    assert decide(site, "alert.add", fields) == [fact]
    assert stored(fact) == fact
    added = done(site, "alert.add", fields).person("p-1").alerts
    assert added == (Alert(key, "allergy", NOW, note),)


def test_alert_is_withdrawn() -> None:
    """A withdrawn alert stays on file with its end, and the others stand."""
    site = site_with(person(), ALERT, AlertAdded("p-1", "a-2", "recent_overdose"))
    fields = {"person": "p-1", "alert": "a-1", "reason": "expired"}
    assert decide(site, "alert.withdraw", fields) == [AlertWithdrawn("p-1", "a-1", "expired")]
    alerts = done(site, "alert.withdraw", fields).person("p-1").alerts
    assert [(a.id, a.withdrawn_at) for a in alerts] == [("a-1", NOW), ("a-2", None)]


@pytest.mark.parametrize(
    ("name", "fields", "rule"),
    [
        pytest.param(
            "alert.add", {"person": "p-9", "kind": "allergy"}, "person-known", id="nobody we know"
        ),
        pytest.param(
            "alert.add", {"person": "p-1", "kind": "mood"}, "known-alert_kinds", id="no such kind"
        ),
        pytest.param(
            "alert.withdraw",
            {"person": "p-1", "alert": "a-9", "reason": "expired"},
            "alert-known",
            id="no such alert",
        ),
        pytest.param(
            "alert.withdraw",
            {"person": "p-1", "alert": "a-1", "reason": "expired"},
            "alert-stands",
            id="withdrawn before",
        ),
        pytest.param(
            "alert.withdraw",
            {"person": "p-1", "alert": "a-1", "reason": "moonlight"},
            "known-withdraw_reasons",
            id="no such reason",
        ),
        pytest.param(
            "person.describe", {"person": "p-1", "sex": "tall"}, "known-sexes", id="no such word"
        ),
    ],
)
def test_alert_and_description_refuse(name: str, fields: Fields, rule: str) -> None:
    """What the pack or the page does not know is refused by the rule of that name."""
    site = site_with(person(), ALERT, AlertWithdrawn("p-1", "a-1", "other"))
    assert refusal(site, name, fields).code == rule


def test_describe_keeps_what_was_said_last() -> None:
    """A person may say their sex, and may say otherwise later."""
    site = site_with(person(sex="not_said"))
    fields = {"person": "p-1", "sex": "female"}
    assert decide(site, "person.describe", fields) == [PersonDescribed("p-1", "female")]
    assert done(site, "person.describe", fields).person("p-1").sex == "female"


def test_only_clinical_staff_exclude() -> None:
    """Excluding is for nurses and managers; all the rest is for everybody on the floor."""
    may = {name: rule.may for name, rule in door.COMMANDS.items()}
    assert may.pop("person.exclude") == CLINICAL
    assert set(may.values()) == {FLOOR}


def test_refusals_name_values_and_remedy() -> None:
    """A refusal says in plain words what is wrong, with the numbers, and what to do now."""
    by = given(role=Role.NURSE, pack=protocol(values={"exclusion_max_days": 3}))
    refused = refusal(site_with(person()), "person.exclude", exclude(), by)
    assert refused.message == (
        "The protocol pack allows exclusions of at most 3 days; "
        "this one would last until 20 January 2025 09:00 UTC."
    )
    assert refused.remedy == "Give an earlier end; it can be reviewed before then."
    assert refused.values == {"ends_at": WEEK, "exclusion_max_days": 3}
