"""Corrections of episodes: a later entry that refers to the one it puts right."""

from msgspec.structs import replace

from safelight.kernel.privacy import Code, HealthCode, Seq, VisitId
from safelight.run.domain.base import FLOOR, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.entities import Episode, Visit
from safelight.run.domain.site import Site


class CorrectEpisode(Command, frozen=True):
    """Put right what was declared, while the person is here or long after."""

    visit: VisitId
    refers_to: Seq
    reason: Code
    substances: tuple[HealthCode, ...]
    route: HealthCode
    body_site: HealthCode | None = None


class EpisodeCorrected(Fact, frozen=True):
    """An episode was put right; the entry it refers to stays as it was."""

    visit: VisitId
    episode: VisitId
    refers_to: Seq
    reason: Code
    substances: tuple[HealthCode, ...]
    route: HealthCode
    body_site: HealthCode | None = None


def correct_episode(site: Site, command: CorrectEpisode, given: Given) -> list[Fact]:
    """Correct an episode of a visit, present or past, that the entry number names."""
    visit = site.visit(command.visit)
    episode = _episode(visit, command.refers_to)
    given.protocol.require("correction_reasons", command.reason)
    given.protocol.require("substances", *command.substances)
    given.protocol.require("routes", command.route)
    if command.body_site is not None:
        given.protocol.require("body_sites", command.body_site)
    if not command.substances:
        raise refuse(
            "substance-declared",
            "No substance was chosen.",
            "Choose what the person says; 'unknown' is an answer.",
        )
    substances = tuple(sorted(set(command.substances)))
    now = (episode.substances, episode.route, episode.body_site)
    if now == (substances, command.route, command.body_site):
        raise refuse(
            "correction-changes",
            "The correction says what the record says already.",
            "Change what is wrong, or leave the record as it is.",
            refers_to=command.refers_to,
        )
    return [
        EpisodeCorrected(
            visit=visit.id,
            episode=episode.id,
            refers_to=command.refers_to,
            reason=command.reason,
            substances=substances,
            route=command.route,
            body_site=command.body_site,
        )
    ]


def _episode(visit: Visit, seq: int) -> Episode:
    found = next((episode for episode in visit.episodes if episode.seq == seq), None)
    if found is None:
        raise refuse(
            "episode-known",
            f"Entry {seq} did not start an episode of this visit.",
            "Choose the episode on the visit's page and correct it there.",
            refers_to=seq,
        )
    return found


def on_corrected(site: Site, fact: EpisodeCorrected, _: When) -> Site:
    """The episode says what the correction says; both stay in the journal."""
    visit = site.visit(fact.visit)
    episodes = tuple(
        replace(
            episode,
            substances=fact.substances,
            route=fact.route,
            body_site=fact.body_site,
        )
        if episode.id == fact.episode
        else episode
        for episode in visit.episodes
    )
    return site.put(replace(visit, episodes=episodes))


COMMANDS = {"episode.correct": Rule(CorrectEpisode, correct_episode, FLOOR)}
FACTS = {"episode.corrected": Change(EpisodeCorrected, on_corrected)}
