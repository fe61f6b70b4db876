"""What the protocol in force advises in an incident now. It only advises."""

from datetime import datetime, timedelta

import msgspec

from safelight.run.domain.entities import Incident, Reading
from safelight.run.domain.protocol import Prompt, Protocol, Timer


class Advice(msgspec.Struct, frozen=True):
    """One line of advice with its source; timers carry the time at which they are due."""

    text: str
    citation: str
    due_at: datetime | None = None
    due: bool = True


def advice(incident: Incident, protocol: Protocol, now: datetime) -> list[Advice]:
    """Return what the pack advises for this incident now.

    What is due stands first, longest due at the top; then what the last reading calls for; then
    what holds from the start, in the pack's own order; then what will be due.
    """
    if incident.closed_at is not None:
        return []
    reading = last_reading(incident)
    prompts = [
        prompt
        for prompt in protocol.prompts
        if _concerns(prompt.kinds, incident) and _speaks(prompt, reading)
    ]
    timers = [
        line
        for timer in protocol.timers
        if _concerns(timer.kinds, incident) and (line := _timer(timer, incident, now))
    ]
    timers.sort(key=lambda line: line.due_at or now)
    standing = [
        Advice(prompt.text, prompt.citation)
        for prompt in sorted(prompts, key=lambda prompt: not prompt.measure)
    ]
    due = [line for line in timers if line.due]
    return [*due, *standing, *(line for line in timers if not line.due)]


def last_reading(incident: Incident) -> Reading:
    """Return the newest value of each measure; a corrected line counts no more."""
    newest: dict[str, object] = {}
    for step in sorted(incident.steps, key=lambda s: (s.at, s.seq)):
        if step.reading is not None and step.corrected_by is None:
            measured = msgspec.structs.asdict(step.reading)
            newest |= {name: value for name, value in measured.items() if value is not None}
    return Reading(**newest)  # type: ignore[arg-type]


def _concerns(kinds: tuple[str, ...], incident: Incident) -> bool:
    """A line for some kinds concerns an incident of those, and one whose kind is still open."""
    return not kinds or incident.kind in kinds or incident.kind == "collapse_unknown"


def _speaks(prompt: Prompt, reading: Reading) -> bool:
    if not prompt.measure:
        return True
    value = getattr(reading, prompt.measure, None)
    if value is None:
        return False
    return (
        (prompt.below is not None and value < prompt.below)
        or (prompt.above is not None and value > prompt.above)
        or value in prompt.among
    )


def _timer(timer: Timer, incident: Incident, now: datetime) -> Advice | None:
    since = _last(timer.after, incident)
    if since is None:
        return None
    due_at = since + timedelta(minutes=timer.minutes)
    return Advice(timer.text, timer.citation, due_at, due=now >= due_at)


def _last(what: str, incident: Incident) -> datetime | None:
    if what == "opened":
        return incident.opened_at
    times = [s.at for s in incident.steps if s.what == what and s.corrected_by is None]
    return max(times, default=None)
