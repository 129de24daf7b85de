"""Two speakers on a proposal who are one person: their later word counts, once. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from common.contracts.events.deliberation import SpeakersJoined
from common.contracts.frozen import value

from deliberation.model import Deliberation, Speaker


@value
class Joined:
    """The deliberation afterwards, the one speaker (None where neither spoke: both judged alone), and what is said."""

    deliberation: Deliberation
    speaker: Speaker | None
    event: SpeakersJoined


def join(
    about: Deliberation, one: Speaker | None, other: Speaker | None, numbers: Mapping[str, int], person: str,
    names: tuple[str, str], now: datetime,
) -> Joined:  # fmt: skip
    """`one` becomes `other`, who is `person`; `names` are their published ones. `numbers`: of both their voices. What
    was said before holds of them together, so opinion groups are found anew."""
    spoke = [speaker for speaker in (one, other) if speaker is not None]
    sided = sorted((s for s in spoke if s.voice_id is not None), key=lambda s: numbers.get(s.voice_id or "", 0))
    last = sided[-1] if sided else (spoke[-1] if spoke else None)
    number = about.last_number + 1
    asked = replace(about.groups_asked, number=number) if about.groups_asked is not None else None
    event = SpeakersJoined(
        proposal_id=about.proposal_id, number=number, speaker=names[0], into_speaker=names[1],
        replaces=sided[0].voice_id if len(sided) == 2 else None, joined_at=now,
    )  # fmt: skip
    return Joined(
        replace(about, last_number=number, last_opinion=number, groups_asked=asked),
        replace(last, person=person) if last is not None else None,
        event,
    )
