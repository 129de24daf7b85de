"""What deliberation keeps of a proposal and of each person's word on it. Values only."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from common.contracts.events.deliberation import DeliberationTerms, Stance, VoiceRole
from common.contracts.frozen import value
from common.contracts.patch import Patch

Stage = Literal["checked", "unasked", "passed", "open", "waiting", "may_be_decided", "lapsed", "withdrawn"]
"""`checked`: its backtest is awaited; `unasked`: no row of table `deliberation` asks for one; `passed`: by a standing
consent; `waiting`: the term is over, and objections are unanswered."""
ARGUED: frozenset[Stage] = frozenset({"open", "waiting", "may_be_decided", "lapsed"})
"""Stages of which opinion groups are found: after the end once more, of all that was said until then."""
Side = Literal["support", "object"]
Appeal = Literal["none", "open", "upheld", "granted"]
PEOPLE: dict[str, VoiceRole] = {
    "expert": "expert", "organisation": "organisation", "regional_head": "region", "federal": "federal",
}  # fmt: skip
"""What people of the federation speak as, by their role in its list."""


@value
class AskedGroups:
    """Opinion groups that a tick has asked for: of all that was published up to a number."""

    number: int
    at: datetime
    """The tick's end."""


@value
class Deliberation:
    """A checked proposal, its terms once it is open, and how many numbers its published voices have used."""

    proposal_id: str
    reference: str
    stage: Stage
    title: str
    words: str
    patch: Patch
    values: tuple[str, ...]
    author: str
    loop: str | None
    author_citizen: str | None
    needs_person: bool
    terms: DeliberationTerms | None = None
    opened_at: datetime | None = None
    until: datetime | None = None
    latest: datetime | None = None
    last_number: int = 0
    judged: bool = False
    """Whether anybody has judged the words of others."""
    last_opinion: int = 0
    """The number of the last judgement or voice: answers and moderation change no opinion groups."""
    groups_asked: AskedGroups | None = None
    groups_number: int = 0
    """Up to which the published groups are found."""
    least_support: float | None = None
    """Over these groups; None where there are none."""

    @property
    def layer(self) -> str:
        return self.patch.layer

    @property
    def groups_due(self) -> bool:
        """Whether more is known than the published groups say. Without judgements there are none to find."""
        return self.judged and self.last_opinion > self.groups_number and self.stage in ARGUED


@value
class Speaker:
    """One person in one deliberation: the side taken last, and with which voice."""

    person: str
    role: VoiceRole
    side: Side | None = None
    voice_id: str | None = None
    """That took the side."""
    answered: bool = False
    """Whether that voice, an objection, was answered."""


@value
class Voice:
    """One word as it was counted. Its own words are kept whatever moderation shows."""

    voice_id: str
    proposal_id: str
    number: int
    person: str
    """The citizen's pseudonym at intake, or the id of one of the federation's people."""
    role: VoiceRole
    stance: Stance
    words: str
    channel: str | None
    given_at: datetime
    hidden: bool = False
    moderator: str | None = None
    appeal: Appeal = "none"
    appellant: str | None = None
    """Who appealed last, as the appeal names them."""
    stranger: bool = False
    """Said by a citizen of whom nothing else was known then: no open case, no word on another proposal."""


@value
class Judgement:
    """What one person thinks of the words of others, by their numbers."""

    proposal_id: str
    number: int
    person: str
    role: VoiceRole
    agree: tuple[int, ...]
    disagree: tuple[int, ...]
    given_at: datetime


@value
class Tally:
    """People of one role, by the side that they took last."""

    role: VoiceRole
    voices: int = 0
    support: int = 0
    object: int = 0
    unanswered: int = 0
    """Objections that stand and were not answered."""


@value
class OpenCase:
    """A case that a citizen waits for, as far as rules can touch it."""

    area: str
    category: str
    priority: int
    region: str
