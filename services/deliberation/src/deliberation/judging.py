"""One person's judgement of the words of others on one proposal: whether it counts, and of which words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from common.contracts.events.deliberation import VoiceRole, VoicesJudged
from common.contracts.frozen import value

from deliberation.judging_words import Verdicts
from deliberation.model import Deliberation, Judgement
from deliberation.voices import Unheard, unheard


@value
class Judged:
    """The deliberation afterwards, and the judgement; `unknown` are numbers of no words that may be judged."""

    deliberation: Deliberation
    judgement: Judgement
    unknown: tuple[int, ...]


def judge(
    deliberation: Deliberation,
    person: str,
    role: VoiceRole,
    verdicts: Verdicts,
    words: Mapping[int, bool],
    given_at: datetime,
) -> Judged | Unheard | None:
    """None where none of the numbers are of words that may be judged.

    `words` says of the numbers of published voices with words whether they are shown: hidden ones are not judged.
    Whoever may speak may judge. What was judged counts on when the words are hidden later, as the voice itself does.
    """
    refused = unheard(deliberation, role, given_at)
    if refused is not None:
        return refused
    known = Verdicts(
        tuple(n for n in verdicts.agree if words.get(n)), tuple(n for n in verdicts.disagree if words.get(n))
    )
    if not known:
        return None
    number = deliberation.last_number + 1
    after = replace(deliberation, last_number=number, last_opinion=number, judged=True)
    unknown = tuple(sorted(n for n in (*verdicts.agree, *verdicts.disagree) if not words.get(n)))
    judgement = Judgement(deliberation.proposal_id, number, person, role, known.agree, known.disagree, given_at)
    return Judged(after, judgement, unknown)


def published(judgement: Judgement, speaker: str, channel: str | None) -> VoicesJudged:
    """The judgement as everybody may read it; `speaker` is whom it names."""
    return VoicesJudged(
        proposal_id=judgement.proposal_id, number=judgement.number, speaker=speaker, role=judgement.role,
        agree=judgement.agree, disagree=judgement.disagree, channel=channel, given_at=judgement.given_at,
    )  # fmt: skip
