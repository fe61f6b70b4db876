"""An emergency when nobody is signed in: one button to begin it, one page to go on with it."""

from django.http import HttpResponse, HttpResponseRedirect

from safelight.run.domain.advice import advice
from safelight.run.domain.incident import AMBULANCE
from safelight.web.floor.frame import open_frame
from safelight.web.floor.incident import actions, doses
from safelight.web.policy import EVERYONE, address, page
from safelight.web.ports import PageRequest, named_sites
from safelight.web.render import render


@page("emergency", EVERYONE, "emergency")
def emergency(request: PageRequest) -> HttpResponse:
    """Offer to record an overdose now, without signing in."""
    return render(request, "emergency.html", {"named_sites": named_sites(request.node)})


@page("s/<str:site_id>/emergency/<str:incident_id>", EVERYONE, "emergency-incident")
def go_on(request: PageRequest, site_id: str, incident_id: str) -> HttpResponse:
    """Show that it is recorded, and take what is done next.

    Only an incident that nobody has signed for is shown here, while it runs, and nothing about
    whom it concerns; its id is not to be guessed. Everything else wants a sign-in.
    """
    frame = open_frame(request, site_id)
    found = frame.site.incidents.get(incident_id)
    if found is None or found.attributed_to is not None or found.closed_at is not None:
        return HttpResponseRedirect(address("incident", site_id, incident_id))
    words = frame.words
    context = frame.context(
        "emergency",
        running=[],  # other people's emergencies are for those who are signed in
        incident=found,
        advice=advice(found, frame.protocol, words.now),
        actions=actions(found, words),
        doses=doses(found, words),
        ambulance=[(what, words.step(what)) for what in AMBULANCE],
        steps=sorted(found.steps, key=lambda step: (step.at, step.seq), reverse=True),
    )
    return render(request, "emergency_incident.html", context)
