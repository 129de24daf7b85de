"""How residents judge the words of others on a proposal: pure, from a seeded model.

Who is for a change mostly agrees with others who are, and who is against it with those; comments and questions please
most of both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from common.contracts.events.channel import Contact, VoiceReceived
from common.contracts.events.deliberation import VoiceCounted

from world.log_requests import Chance

MOST_JUDGED = 12
"""Words that one resident judges."""
LIKE_OWN_SIDE = 0.9
LIKE_OTHER_SIDE = 0.2
LIKE_NO_SIDE = 0.8


@dataclass(frozen=True, slots=True)
class Resident:
    """Who spoke about a proposal, where, and on which side."""

    conversation: str
    contact: Contact
    channel: str
    supports: bool


@dataclass
class Judging:
    """What is known of the argument about one proposal; the residents judge at `at`."""

    reference: str
    at: datetime
    residents: dict[str, Resident] = field(default_factory=dict)
    """By conversation."""
    words: dict[int, str] = field(default_factory=dict)
    """Stances of published words, by their number."""

    def heard(self, event: VoiceCounted) -> bool:
        """Whether there is one more thing to judge."""
        if not event.words or event.number in self.words or len(self.words) >= MOST_JUDGED:
            return False
        self.words[event.number] = event.stance
        return True

    def verdicts(self, one: Resident, draw: Chance, *, in_words: bool) -> VoiceReceived:
        """What a resident thinks of all that is published so far, by buttons or in words."""
        agree = [n for n, stance in self.words.items() if self._likes(one, n, stance, draw)]
        disagree = [n for n in self.words if n not in agree]
        said = [f"{verb} {', '.join(map(str, of))}" for verb, of in (("agree", agree), ("disagree", disagree)) if of]
        return VoiceReceived(
            conversation=one.conversation, contact=one.contact, proposal=self.reference, sent_at=self.at,
            text="; ".join(said) if in_words else "", agree=() if in_words else tuple(agree),
            disagree=() if in_words else tuple(disagree), synthetic=True,
        )  # fmt: skip

    def _likes(self, one: Resident, number: int, stance: str, draw: Chance) -> bool:
        if stance not in ("support", "object"):
            likely = LIKE_NO_SIDE
        else:
            likely = LIKE_OWN_SIDE if one.supports == (stance == "support") else LIKE_OTHER_SIDE
        return draw(self.reference, one.conversation, "judges", number).random() < likely
