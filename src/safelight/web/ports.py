"""What the screens need from a node and from the process around them."""

from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from django.http import HttpRequest

from safelight.kernel.clock import Clock
from safelight.run.actions.tap import Receipt, Tap
from safelight.run.domain.base import Actor
from safelight.run.domain.entities import Incident, Visit
from safelight.run.domain.protocol import Protocol as Pack
from safelight.run.domain.site import Site
from safelight.run.register.office import Office
from safelight.web.jobs.desk import Desk
from safelight.web.sessions import SessionCache, Signed
from safelight.web.throttle import Throttle


class EmergencyReceipt(Protocol):
    """Where an emergency is kept that could not be written to the journal."""

    @property
    def where(self) -> str:
        """``spool`` (on this machine's disk) or ``memory`` (gone with the process)."""
        ...


class NodePort(Protocol):
    """The part of a node that screens use; the node itself or a fake in tests."""

    @property
    def health(self) -> str:
        """``ok``, or what is wrong: ``failed``, ``disk-full``, ``clock-behind``."""
        ...

    @property
    def health_detail(self) -> str:
        """What is wrong, in a sentence for the person at the screen."""
        ...

    def sites(self) -> list[str]:
        """Return the ids of the sites that this node holds."""
        ...

    def site(self, site_id: str) -> Site:
        """Return a site as it stands; refuses an unknown one (``site-known``)."""
        ...

    def protocol(self, site_id: str) -> Pack:
        """Return the protocol pack in force at a site."""
        ...

    def past_visit(self, site_id: str, visit_id: str) -> Visit | None:
        """Return a visit that is over."""
        ...

    def past_incident(self, site_id: str, incident_id: str) -> Incident | None:
        """Return an incident that is over and done with."""
        ...

    def knows(self, site_id: str, command: str) -> bool:
        """Tell whether a command is in the journal, so that it can only be a repeat."""
        ...

    def submit(self, tap: Tap) -> Future[Receipt]:
        """Hand a tap to the writer; the future resolves when it is durable."""
        ...

    def on_commit(self, listener: Callable[[frozenset[str]], None]) -> None:
        """Have the writer's thread call back with the sites that changed."""
        ...

    def seal(self, text: str, person: str | None) -> str:
        """Encrypt free text, with the person's own key where the person is known."""
        ...

    def record_emergency(self, tap: Tap) -> EmergencyReceipt:
        """Keep an emergency that the journal could not take."""
        ...


class Proof(NamedTuple):
    """A second factor that was given: when, and under which enrolment."""

    at: datetime
    factor: int


class FactorsPort(Protocol):
    """The second factors of staff; an account is whatever the accounts say it is."""

    def begin(self, staff: Any) -> str:  # noqa: ANN401 - an account
        """Start anew and return the secret for the app."""
        ...

    def confirm(self, staff: Any, code: str) -> Proof:  # noqa: ANN401 - an account
        """Enrol what was begun, by a first right code."""
        ...

    def enrol(self, staff: Any, secret: str) -> None:  # noqa: ANN401 - an account
        """Enrol a known secret at once."""
        ...

    def check(self, staff: Any, code: str, use: str = "") -> Proof:  # noqa: ANN401 - an account
        """Take a code, once; for the same use it may come again."""
        ...

    def reset(self, staff: Any) -> None:  # noqa: ANN401 - an account
        """Throw a second factor away."""
        ...

    def mark(self, what: bytes) -> str:
        """Return what stands for the contents of a tap."""
        ...


def named_sites(node: NodePort) -> list[tuple[str, str]]:
    """Return id and name of each site."""
    found = []
    for site_id in node.sites():
        premises = node.site(site_id).premises
        found.append((site_id, premises.name if premises else site_id))
    return found


class Services(NamedTuple):
    """Everything that a request may use, made once by the wiring."""

    node: NodePort
    clock: Clock
    new_id: Callable[[], str]  # a fresh command id, for a form that is about to be shown
    sessions: SessionCache
    throttle: Throttle  # of passwords
    factors: FactorsPort
    desk: Desk  # where long work is asked for
    office: Office | None = None  # where registers are printed, if they are


class PageRequest(HttpRequest):
    """A Django request as our middleware hands it to a page."""

    services: Services
    signed: Signed
    node: NodePort
    staff: Actor
    display_name: str
    csrf_tap_token: str
