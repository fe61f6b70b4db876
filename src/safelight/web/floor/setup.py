"""Setting a site up: the protocol pack in force and the places on the floor plan."""

from django.http import HttpResponse

from safelight.run.domain.base import MANAGEMENT
from safelight.web.floor.frame import open_frame
from safelight.web.floor.ports import node_of
from safelight.web.policy import page
from safelight.web.ports import PageRequest
from safelight.web.render import render


@page("s/<str:site_id>/setup", MANAGEMENT, "setup")
def setup(request: PageRequest, site_id: str) -> HttpResponse:
    """Show which packs are installed, and a form for one more place."""
    frame = open_frame(request, site_id)
    packs = sorted(node_of(request).packs(), key=lambda pack: (pack.id, pack.version))
    adopted = frame.site.adopted
    context = frame.context(
        "shift",
        packs=packs,
        in_force=adopted.digest if adopted else "",
        live=frame.site.premises is not None and frame.site.premises.live,
        me=request.staff.staff,
    )
    return render(request, "floor/setup.html", context)
