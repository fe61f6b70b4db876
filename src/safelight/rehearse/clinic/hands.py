"""The hands that work a clinic: one scenario drives the rules in memory, or the real store."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol as Shape

from safelight.kernel.errors import SafelightError
from safelight.run.domain.base import Actor, Command, Fact, Given
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.site import Site

Fields = Mapping[str, object]
Answer = str | SafelightError  # the command's id, or why it was refused
Ids = Callable[[datetime], str]


class Oracle(Shape):
    """Judges what came of each command, without the rules' help."""

    def before(self, site: Site, command: Command, given: Given, /) -> None:
        """Take note of a command that is about to be decided."""
        ...

    def after(self, site: Site, facts: list[Fact], given: Given, /) -> None:
        """Check what came of a command that was not refused; raises Broken."""
        ...


class Hands(Shape):
    """Where a rehearsed clinic's commands go, and what the clinic looks like."""

    checked: int  # commands that the oracle judged

    @property
    def entries(self) -> int:
        """How many entries the journal has, or would have."""
        ...

    def now(self) -> datetime:
        """Return the time there."""
        ...

    @property
    def site(self) -> Site:
        """The site as it stands."""
        ...

    @property
    def protocol(self) -> Protocol:
        """The pack in force."""
        ...

    def do(
        self,
        name: str,
        fields: Fields,
        actor: Actor,
        witness: Actor | None = None,
        at: datetime | None = None,
    ) -> Answer:
        """Do one command; return its id, or the error with which it was refused."""
        ...

    def restart(self) -> None:
        """Have the machine start anew, after which nobody has confirmed its clock."""
        ...


class NoOracle:
    """Judges nothing: for measuring what judging costs."""

    def before(self, site: Site, command: Command, given: Given, /) -> None:
        """Let it pass."""

    def after(self, site: Site, facts: list[Fact], given: Given, /) -> None:
        """Let it pass."""
