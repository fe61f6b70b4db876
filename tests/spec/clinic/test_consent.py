"""Consent, purpose by purpose, by example."""

import pytest

from safelight.run.domain.base import Role
from safelight.run.domain.clinic.consent import ConsentGiven, ConsentWithdrawn, consents_to
from safelight.run.domain.clinic.leaving import TreatmentEnded
from safelight.run.domain.site import Site
from tests.support.floors import Fields
from tests.support.sites import ADA, NOW, after, decide, done, given, protocol, refusal, stored
from tests.support.treatments import KEY, clinic, in_treatment, the_treatment

GIVE: Fields = {"treatment": KEY, "purpose": "treatment"}
GIVEN = ConsentGiven(KEY, "treatment")
WITHDRAWN = ConsentWithdrawn(KEY, "treatment")
ENDED = TreatmentEnded(KEY, "completed")


def recalled(*parts: ConsentGiven) -> Site:
    """Return a site in whose reach an ended treatment was brought back."""
    site = in_treatment(*parts, ENDED)
    past = in_treatment(*parts)
    return site.recalled(the_treatment(after(past, ENDED)))


def test_nothing_is_consented_to_unless_it_was_given() -> None:
    site = done(clinic(), "consent.give", GIVE)
    assert decide(clinic(), "consent.give", GIVE) == [stored(GIVEN)]
    treatment = the_treatment(site)
    assert not consents_to(the_treatment(clinic()), "treatment")
    assert (consents_to(treatment, "treatment"), consents_to(treatment, "contact")) == (True, False)
    (consent,) = treatment.consents
    assert (consent.given_at, consent.staff, consent.withdrawn_at) == (NOW, ADA, None)


def test_withdrawn_consent_stays_on_record_and_stands_no_more() -> None:
    site = clinic(GIVEN, ConsentGiven(KEY, "contact"))
    assert decide(site, "consent.withdraw", GIVE) == [stored(WITHDRAWN)]
    treatment = the_treatment(done(site, "consent.withdraw", GIVE))
    assert (consents_to(treatment, "treatment"), consents_to(treatment, "contact")) == (False, True)
    assert [each.withdrawn_at for each in treatment.consents] == [NOW, None]


def test_consent_can_be_given_again_and_withdrawn_again() -> None:
    site = done(clinic(GIVEN, WITHDRAWN), "consent.give", GIVE)
    assert consents_to(the_treatment(site), "treatment")
    treatment = the_treatment(done(site, "consent.withdraw", GIVE))
    assert [each.withdrawn_at is None for each in treatment.consents] == [False, False]
    assert treatment.consents[0].withdrawn_at != treatment.consents[1].withdrawn_at


@pytest.mark.parametrize("name", ["consent.give", "consent.withdraw"])
def test_consent_changes_after_leaving_as_well(name: str) -> None:
    """Somebody may be asked how they are years later, and may say no then."""
    site = recalled(GIVEN) if name == "consent.withdraw" else recalled()
    treatment = the_treatment(done(site, name, GIVE))
    assert consents_to(treatment, "treatment") == (name == "consent.give")


@pytest.mark.parametrize(
    ("site", "name", "purpose", "rule"),
    [
        (clinic(), "consent.give", "everything", "known-consent_purposes"),
        (clinic(GIVEN), "consent.give", "treatment", "consent-new"),
        (clinic(), "consent.withdraw", "treatment", "consent-stands"),
        (clinic(GIVEN, WITHDRAWN), "consent.withdraw", "treatment", "consent-stands"),
    ],
)
def test_consent_that_changes_nothing_is_refused(
    site: Site, name: str, purpose: str, rule: str
) -> None:
    assert refusal(site, name, {**GIVE, "purpose": purpose}).code == rule


def test_consent_to_a_purpose_that_a_pack_dropped_can_be_withdrawn() -> None:
    by = given(role=Role.WORKER, pack=protocol(words={"consent_purposes": ()}))
    assert decide(clinic(GIVEN), "consent.withdraw", GIVE, by) == [WITHDRAWN]
