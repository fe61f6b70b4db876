"""What every page of the clinic starts from, besides the frame of its site."""

from collections.abc import Mapping
from typing import Any

import msgspec

from safelight.kernel.errors import Refused, SafelightError
from safelight.run.domain import registry
from safelight.run.domain.base import Fact, Given
from safelight.run.domain.clinic.words import in_figures
from safelight.web.accounts.service import display_names
from safelight.web.floor.frame import Frame, open_frame
from safelight.web.local import Told, handles_in, told_here
from safelight.web.ports import PageRequest

# A rule is asked what it would say; nothing is written, so no command carries this id.
ASKING = "00000000-0000-4000-8000-000000000000"


def open_clinic(request: PageRequest, site_id: str) -> Frame:
    """Return the frame of a page that names staff: they sign for what they do with drugs."""
    frame = open_frame(request, site_id)
    return frame._replace(words=frame.words._replace(names=display_names()))


def clinic_context(frame: Frame, here: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return what a page of the clinic and the layout around it need."""
    return frame.context(here, mg=in_figures, clock_trusted=frame.node.clock_trusted, **more)


def said(frame: Frame, error: SafelightError) -> Told:
    """Return what a rule said as this page says it: its times, its names, its handles."""
    called = {**frame.words.names, **handles_in(error, frame.site)}
    return told_here(error, frame.words.timezone, frame.words.now, called)


def given_now(frame: Frame) -> Given:
    """Return what a decision would be given if this person tapped now."""
    now = frame.words.now
    return Given(
        now=now,
        happened_at=now,
        actor=frame.staff,
        protocol=frame.protocol,
        command=ASKING,
        clock_trusted=frame.node.clock_trusted,
    )


def would(frame: Frame, name: str, fields: Mapping[str, object]) -> list[Fact] | Refused:
    """Return what a command would come to now, or why it would be refused."""
    command = msgspec.convert(fields, registry.rule_for(name).command)
    try:
        return registry.decide(frame.site, name, command, given_now(frame))
    except Refused as refused:
        return refused
