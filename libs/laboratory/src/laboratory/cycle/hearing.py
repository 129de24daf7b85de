"""The service deliberation in this process: its own counting and closing, with its state in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from common.contracts.events.deliberation import (
    AnswerObjection,
    Burst,
    DeliberationClosed,
    DeliberationOpened,
    StandingConsentUsed,
    VoiceCounted,
)
from common.contracts.events.rules import ProposalChecked
from common.contracts.reference import reference_of
from common.federation.country import Federation
from common.rulebook import NATIONAL
from common.rulebook.book import ReleaseBook
from deliberation import course, objections, voices
from deliberation.bursts import bursts
from deliberation.model import Deliberation, Speaker, Tally, Voice
from deliberation.terms import ROLES, asked, consent


@dataclass
class Hearing:
    """One proposal, its speakers by person and its voices by id."""

    about: Deliberation
    speakers: dict[str, Speaker] = field(default_factory=dict)
    voices: dict[str, Voice] = field(default_factory=dict)

    def tallies(self) -> list[Tally]:
        """People by the side that they took last."""
        found = []
        for role in ROLES:
            said = [s for s in self.speakers.values() if s.role == role and s.side is not None]
            against = [s for s in said if s.side == "object"]
            unanswered = sum(not s.answered for s in against)
            if said:
                found.append(Tally(role, len(said), len(said) - len(against), len(against), unanswered))
        return found

    def tallies_without(self, aside: Sequence[Burst]) -> list[Tally]:
        """As `tallies`, with the people whose word lies in one of these bursts left out: nobody speaks twice here."""
        kept = {n: s for n, s in self.speakers.items() if s.voice_id and not within(self.voices[s.voice_id], aside)}
        return Hearing(self.about, kept, self.voices).tallies()

    def minutes(self) -> list[tuple[str, datetime, int]]:
        """Voices of each channel and minute."""
        counts = Counter(
            (v.channel, v.given_at.replace(second=0, microsecond=0)) for v in self.voices.values() if v.channel
        )
        return [(channel or "", minute, count) for (channel, minute), count in counts.items()]

    def sides(self, *, without: DeliberationClosed | None = None) -> Counter[str]:
        """Voices for and against, without those of the bursts that a closing shows."""
        aside = () if without is None else without.bursts
        found = Counter[str]()
        for speaker in self.speakers.values():
            voice = self.voices[speaker.voice_id] if speaker.voice_id is not None else None
            if voice is not None and not within(voice, aside):
                found[voice.stance] += 1
        return found


def within(voice: Voice, aside: Sequence[Burst]) -> bool:
    return any(voice.channel == b.source and b.since <= voice.given_at < b.until for b in aside)


class Hearings:
    """Every proposal that is argued about. Opinion groups are not found: nobody judges the words of others here."""

    def __init__(self, federation: Federation, book: ReleaseBook) -> None:
        self._federation = federation
        self._book = book
        self._hearings: dict[str, Hearing] = {}

    def checked(self, event: ProposalChecked) -> None:
        about = course.checked(event, reference_of(event.proposal_id))
        self._hearings[event.proposal_id] = Hearing(about)

    def of(self, proposal_id: str) -> Hearing:
        return self._hearings[proposal_id]

    def open(self, proposal_id: str, now: datetime) -> DeliberationOpened | StandingConsentUsed | None:
        """A proposal that was backtested passes by a consent, or is argued about; None: nothing is asked."""
        hearing = self._hearings[proposal_id]
        about, nation = hearing.about, self._book.in_force(NATIONAL, now)
        passes = None
        if not about.needs_person:
            passes = consent(self._book.in_force(about.layer, now), about.patch, about.loop, now, frozenset())
        step = course.opening(about, passes, asked(nation, about.patch) if passes is None else None, now)
        hearing.about = step.deliberation
        return step.event

    def say(self, proposal_id: str, said: voices.Said) -> VoiceCounted | None:
        """Count a voice; None where it does not count."""
        hearing = self._hearings[proposal_id]
        counted = voices.hear(hearing.about, hearing.speakers.get(said.person), said)
        if not isinstance(counted, voices.Counted):
            return None
        hearing.about = counted.deliberation
        hearing.speakers[said.person] = counted.speaker
        hearing.voices[said.voice_id] = counted.voice
        return voices.published(counted, said.person)

    def answer(self, command: AnswerObjection, now: datetime) -> None:
        hearing = self._hearings[command.proposal_id]
        voice = hearing.voices.get(command.voice_id)
        speaker = hearing.speakers.get(voice.person) if voice is not None else None
        done = objections.answer(self._federation, hearing.about, voice, speaker, command, now)
        if isinstance(done, objections.Answered):
            hearing.about = done.deliberation
            if done.speaker is not None:
                hearing.speakers[done.speaker.person] = done.speaker

    def close_due(self, now: datetime) -> Iterator[DeliberationClosed]:
        """What the deliberations came to whose term is over."""
        for hearing in self._hearings.values():
            about = hearing.about
            if not course.is_due(about, now):
                continue
            last_chance = about.latest is not None and about.latest < now
            told = bursts(hearing.minutes())
            end = course.ending(
                about, hearing.tallies(), told, now, last_chance=last_chance, group_aware=about.least_support,
                without=hearing.tallies_without(told) if told else None,
            )  # fmt: skip
            hearing.about = end.deliberation
            if end.event is not None:
                yield end.event
