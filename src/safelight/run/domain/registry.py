"""All commands and facts by name: the whole vocabulary of a journal."""

from itertools import chain
from types import ModuleType

import msgspec

from safelight.kernel.errors import Invalid, Refused
from safelight.run.domain import (
    aftermath,
    authority,
    correction,
    door,
    episode,
    floor,
    incident,
    protocol,
    services,
    sharps,
    shift,
    stock,
    supplies,
    visit,
)
from safelight.run.domain.base import Change, Command, Fact, Given, Rule, When
from safelight.run.domain.clinic import (
    care,
    clock,
    consent,
    contact,
    count,
    destruction,
    discrepancy,
    dose,
    eligibility,
    footnote,
    late,
    leaving,
    licence,
    observation,
    oral,
    outcome,
    patient,
    prescription,
    printing,
    referral,
    register,
    requisition,
    returns,
    session,
)
from safelight.run.domain.site import Site

SUBJECTS: tuple[ModuleType, ...] = (
    authority,
    protocol,
    shift,
    floor,
    visit,
    episode,
    incident,
    aftermath,
    stock,
    supplies,
    sharps,
    door,
    services,
    clock,
    referral,
    eligibility,
    consent,
    care,
    contact,
    outcome,
    leaving,
    licence,
    prescription,
    patient,
    session,
    dose,
    oral,
    late,
    observation,
    register,
    count,
    footnote,
    requisition,
    returns,
    destruction,
    discrepancy,
    printing,
    correction,
)
COMMANDS: dict[str, Rule] = dict(chain.from_iterable(s.COMMANDS.items() for s in SUBJECTS))
FACTS: dict[str, Change] = dict(chain.from_iterable(s.FACTS.items() for s in SUBJECTS))
KIND_OF_FACT: dict[type[Fact], str] = {change.fact: kind for kind, change in FACTS.items()}
DECODERS: dict[str, msgspec.json.Decoder[Fact]] = {
    kind: msgspec.json.Decoder(change.fact) for kind, change in FACTS.items()
}


def rule_for(name: str) -> Rule:
    """Return a command's rule; raises Invalid for a name that no rule has."""
    found = COMMANDS.get(name)
    if found is None:
        raise Invalid("command-known", f"There is no command {name[:60]!r}.", "Reload the page.")
    return found


def decide(site: Site, name: str, command: Command, given: Given) -> list[Fact]:
    """Decide a command; raises Refused where the role may not, or where a rule says no."""
    rule = rule_for(name)
    if given.actor.role not in rule.may:
        raise Refused(
            "role-may",
            f"The role {given.actor.role} may not do this ({name}).",
            f"Ask one of: {', '.join(sorted(rule.may))}.",
            role=given.actor.role,
            command=name,
        )
    return rule.decide(site, command, given)


def evolve(site: Site, fact: Fact, when: When) -> Site:
    """Return the site after a fact."""
    return FACTS[KIND_OF_FACT[type(fact)]].evolve(site, fact, when)


def read_fact(kind: str, version: int, body: bytes) -> Fact:
    """Read a fact from an entry's body; raises Invalid for a kind or version unknown here."""
    change = FACTS.get(kind)
    if change is None or change.version != version:
        raise Invalid(
            "fact-known",
            f"This version of Safelight does not know {kind} version {version}.",
            "Update Safelight; the entry is safe and stays as it is.",
            kind=kind,
            version=version,
        )
    return DECODERS[kind].decode(body)
