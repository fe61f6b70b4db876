"""A clinic in a home of its own, over a real node, with people who were referred to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from safelight.run.actions.node import Node
from safelight.run.actions.tap import Tap, read_command
from safelight.run.domain.base import Actor, Role
from safelight.run.domain.treatment_entities import Treatment
from safelight.run.store.packs import load_pack
from safelight.web.asgi import Front, build_application
from safelight.wiring import (
    PACKS,
    Home,
    WriterLock,
    new_id,
    open_node,
    prepare_home,
    system_clock,
)
from tests.support.web import SECRET, Browser, account, configured, idle_desk

SITE = "north"
MANAGER = Actor("staff-manager", Role.MANAGER)


class Clinic(NamedTuple):
    """One home with its node and screens."""

    home: Path
    node: Node
    front: Front

    def do(self, name: str, by: Actor = MANAGER, /, **fields: Any) -> None:  # noqa: ANN401
        """Give one command at the site, its fields as loose values."""
        self.node.perform(Tap(SITE, new_id(), name, read_command(name, fields), by))

    def refer(self, **fields: Any) -> str:  # noqa: ANN401 - as a form has
        """Refer somebody new, and return their id."""
        known = set(self.node.site(SITE).persons)
        self.do("treatment.refer", **{"source": "self", **fields})
        [new] = set(self.node.site(SITE).persons) - known
        return new

    def treatment_of(self, person: str) -> Treatment:
        """Return the treatment of somebody."""
        treatments = self.node.site(SITE).all_of(Treatment).values()
        return next(each for each in treatments if each.person == person)

    def signed_in(self, role: Role) -> Browser:
        """Return a browser of somebody who has logged in."""
        browser = Browser(self.front)
        browser.log_in(account(role)[0])
        return browser


@contextmanager
def clinic_at(folder: Path) -> Iterator[Clinic]:
    """Open a new clinic under the pack of rehearsals."""
    configured()
    home = Home(folder)
    prepare_home(home)
    lock = WriterLock(home)
    node = open_node(home)
    front = build_application(
        node, clock=system_clock, new_id=new_id, secret=SECRET, desk=idle_desk()
    )
    clinic = Clinic(folder, node, front)
    pack = load_pack(PACKS / "rehearsal-clinic.toml")
    adopted = {"pack": pack.id, "version": pack.version, "digest": pack.digest}
    try:
        clinic.do("site.found", name="North", kind="building", timezone="Europe/London")
        clinic.do("protocol.adopt", approver=MANAGER.staff, **adopted)
        yield clinic
    finally:
        front.close()
        node.close()
        lock.release()
