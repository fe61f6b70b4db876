"""Treatments on their way, on which the examples of the clinic's rules take place."""

from typing import Any

from safelight.run.domain.base import Entity, Fact, Given, Role
from safelight.run.domain.clinic.eligibility import EligibilityAssessed, EligibilityDecided
from safelight.run.domain.clinic.referral import TreatmentReferred
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import (
    ACCEPTED,
    DECLINED,
    MET,
    NOT_MET,
    Finding,
    Treatment,
)
from tests.support.sites import NOW, given, person, site_with

KEY = "tr-1"
SEQ = 4  # of the first assessment below, in a site that ``clinic`` returns
NOTE = "sealed:abc"

REFERRED = TreatmentReferred(KEY, "p-1", "gp")
ALL_MET = (Finding("age", MET), Finding("treatment_failed", MET))
ONE_NOT_MET = (Finding("age", MET), Finding("treatment_failed", NOT_MET, NOTE))
ASSESSED = EligibilityAssessed(KEY, "criteria-here", "v1", ALL_MET)
DOUBTED = EligibilityAssessed(KEY, "criteria-here", "v1", ONE_NOT_MET)
TAKEN_ON = EligibilityDecided(KEY, ACCEPTED, "criteria_met", SEQ)
TURNED_DOWN = EligibilityDecided(KEY, DECLINED, "not_wanted", SEQ)


def prescriber(**other: Any) -> Given:  # noqa: ANN401 - handed on as it is
    """Return what a prescriber's decision is given, who proved it just now."""
    return given(**{"role": Role.PRESCRIBER, "proved_at": NOW, **other})


def clinic(*parts: Fact | Entity) -> Site:
    """Return a site with somebody who was referred an hour ago, and what else came to pass."""
    return site_with(REFERRED, person(), *parts)


def in_treatment(*parts: Fact | Entity) -> Site:
    """Return a site with somebody who was accepted an hour ago, and what else came to pass."""
    return clinic(ASSESSED, TAKEN_ON, *parts)


def the_treatment(site: Site, key: str = KEY) -> Treatment:
    """Return a treatment as it stands, or as it was when it left memory."""
    found = site.all_of(Treatment).get(key) or site.changes["treatment", key]
    assert isinstance(found, Treatment)
    return found
