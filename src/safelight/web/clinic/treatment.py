"""Treatments by stage, and everything about one: from the referral to the outcome measures."""

from datetime import date
from typing import Any, NamedTuple

from django.http import Http404, HttpResponse

from safelight.kernel.clock import local_day
from safelight.run.domain.base import FLOOR
from safelight.run.domain.clinic.consent import consents_to
from safelight.run.domain.clinic.due import Due, coming, treatments
from safelight.run.domain.clinic.eligibility import FINDINGS, holding, unmet
from safelight.run.domain.criteria import CriteriaSet
from safelight.run.domain.treatment_entities import (
    ACCEPTED,
    DECLINED,
    ENDED,
    PLANNED,
    REFERRED,
    Treatment,
)
from safelight.web.accounts.service import colleagues_of
from safelight.web.clinic.frame import clinic_context, open_clinic
from safelight.web.clinic.ports import clinic_node
from safelight.web.clinic.profile import SECTIONS, as_csv, charts, most, table
from safelight.web.floor.frame import Frame, premises_of
from safelight.web.floor.words import plain
from safelight.web.policy import page
from safelight.web.ports import PageRequest
from safelight.web.render import render

STAGES = {
    REFERRED: "Referred",
    ACCEPTED: "In treatment",
    DECLINED: "Declined",
    ENDED: "Ended",
}
WHAT = {
    "assessment": "Assess against the criteria",
    "decision": "A prescriber decides",
    "consent": "Ask for consent",
    "care_plan": "Agree a care plan",
    "care_plan_review": "Look at the care plan again",
    "contact": "Contact",
    "psychosocial": "Plan the next psychosocial contact",
    "review": "Review",
    "measures": "Outcome measures",
}
KINDS = {"consent": "consent_purposes", "contact": "contact_kinds", "review": "review_kinds"}
ENDED_SHOWN = 20


class Waiting(NamedTuple):
    """One thing that a treatment waits for, in words."""

    words: str
    day: str
    mark: str  # how far it is: in words, because colour alone tells nobody enough


class Line(NamedTuple):
    """One treatment in the list."""

    treatment: Treatment
    who: str
    waiting: list[Waiting]


@page("s/<str:site_id>/treatments", FLOOR, "treatments")
def every(request: PageRequest, site_id: str) -> HttpResponse:
    """List treatments by stage with what is due, and take a referral."""
    frame = open_clinic(request, site_id)
    today = today_of(frame)
    groups = {
        STAGES[stage]: [
            Line(row.treatment, who(frame, row.treatment), waiting(frame, row.due, today))
            for row in rows
        ]
        for stage, rows in treatments(frame.site, today, frame.protocol).items()
    }
    ended = clinic_node(frame).ended_treatments(site_id, ENDED_SHOWN)
    context = clinic_context(
        frame,
        "treatments",
        groups=groups,
        ended=[Line(each, who(frame, each), []) for each in ended],
        referred=frame.site.persons.get(request.GET.get("person", "")),
    )
    return render(request, "clinic/treatments.html", context)


@page("s/<str:site_id>/treatments/<str:treatment_id>", FLOOR, "treatment")
def one(request: PageRequest, site_id: str, treatment_id: str) -> HttpResponse:
    """Show everything about one treatment, with a form for whatever can be done now."""
    frame = open_clinic(request, site_id)
    found = find(frame, treatment_id)
    chosen = request.GET.get("criteria", "")
    context = clinic_context(frame, "treatments", **about(frame, found, chosen))
    return render(request, "clinic/treatment.html", context)


@page("s/<str:site_id>/treatments/<str:treatment_id>/outcomes.csv", FLOOR, "treatment-outcomes")
def outcomes_csv(request: PageRequest, site_id: str, treatment_id: str) -> HttpResponse:
    """Send the outcome measures as a file."""
    found = find(open_clinic(request, site_id), treatment_id)
    return HttpResponse(
        as_csv(found),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="outcomes-{found.id}.csv"'},
    )


def find(frame: Frame, key: str) -> Treatment:
    """Return a treatment, ended ones included; raises Http404 for one that is not here."""
    found = clinic_node(frame).past_treatment(frame.site.id, key)
    if found is None:
        raise Http404("There is no treatment under this code.")
    return found


def about(frame: Frame, found: Treatment, chosen: str) -> dict[str, Any]:
    """Return what the page of a treatment shows."""
    today, timezone = today_of(frame), premises_of(frame.site).timezone
    sets = holding(frame.protocol, today)
    undecided = found.stage in (REFERRED, DECLINED)
    purposes = frame.words.all("consent_purposes")
    return {
        "treatment": found,
        "person": frame.site.persons.get(found.person),
        "who": who(frame, found),
        "stage": STAGES[found.stage],
        "today": today,
        "waiting": waiting(frame, coming(found, today, frame.protocol, timezone), today),
        "sets": {key: each.title for key, each in sets.items()} if undecided else {},
        "chosen": chosen if undecided and chosen in sets else "",
        "criteria": sets.get(chosen) if undecided else None,
        "findings": {code: plain(code) for code in FINDINGS},
        "assessed": [assessed(frame, found, number) for number in range(len(found.assessments))],
        "can_decide": undecided and is_assessed(found),
        "consented": {code: text for code, text in purposes.items() if consents_to(found, code)},
        "refused": {code: text for code, text in purposes.items() if not consents_to(found, code)},
        "planned": [each for each in found.contacts if each.state == PLANNED],
        "past_contacts": [each for each in found.contacts if each.state != PLANNED],
        "colleagues": colleagues(frame),
        "sections": SECTIONS,
        "most": most,
        "rows": table(found),
        "charts": charts(found),
    }


def is_assessed(found: Treatment) -> bool:
    """Tell whether somebody was assessed since the last decision."""
    decided = found.decisions[-1].seq if found.decisions else 0
    return bool(found.assessments) and found.assessments[-1].seq > decided


def assessed(frame: Frame, found: Treatment, number: int) -> dict[str, Any]:
    """Return one assessment in the words of its criteria, if the pack still has that version."""
    one = found.assessments[number]
    known: CriteriaSet | None = frame.protocol.criteria.get(one.criteria)
    criteria = known.criteria if known and known.version == one.version else {}
    return {
        "one": one,
        "title": known.title if known else one.criteria,
        "unmet": len(unmet(one)),
        "findings": [
            (
                criteria[each.criterion].text
                if each.criterion in criteria
                else plain(each.criterion),
                plain(each.finding),
            )
            for each in one.findings
        ],
        "evidence": any(each.evidence for each in one.findings),
    }


def waiting(frame: Frame, found: list[Due], today: date) -> list[Waiting]:
    """Return what is due in words."""
    return [_waiting(frame, each, today) for each in found]


def _waiting(frame: Frame, due: Due, today: date) -> Waiting:
    kind = frame.words.of(KINDS[due.what], due.kind) if due.what in KINDS and due.kind else ""
    mark = "Overdue" if due.overdue(today) else "Today" if due.on == today else ""
    day = f"{due.on.day} {due.on:%B %Y}"
    return Waiting(f"{WHAT[due.what]}{': ' if kind else ''}{kind.lower()}", day, mark)


def colleagues(frame: Frame) -> dict[str, str]:
    """Return everybody who may be a key worker, by staff id; oneself first."""
    others = colleagues_of(frame.staff.staff)
    return {frame.staff.staff: "Me", **{one.staff: f"{one.name}, {one.role}" for one in others}}


def who(frame: Frame, treatment: Treatment) -> str:
    """Return the handle of a patient, or the id of somebody who was forgotten."""
    person = frame.site.persons.get(treatment.person)
    return person.handle if person else treatment.person


def today_of(frame: Frame) -> date:
    """Return the day at the site."""
    return local_day(frame.words.now, premises_of(frame.site).timezone)
