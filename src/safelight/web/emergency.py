"""The page for an emergency when nobody is logged in: one button for each site."""

from django.http import HttpResponse

from safelight.web.policy import EVERYONE, page
from safelight.web.ports import NodePort, PageRequest
from safelight.web.render import render


@page("emergency", EVERYONE, "emergency")
def emergency(request: PageRequest) -> HttpResponse:
    """Offer to record an overdose now, without logging in."""
    return render(request, "emergency.html", {"named_sites": named_sites(request.node)})


def named_sites(node: NodePort) -> list[tuple[str, str]]:
    """Return id and name of each site."""
    found = []
    for site_id in node.sites():
        premises = node.site(site_id).premises
        found.append((site_id, premises.name if premises else site_id))
    return found
