"""Notices about proposed changes of rules, and about citizens' own ideas for one, in words, with the address that each
goes to."""

from __future__ import annotations

from collections.abc import Mapping

from common.contracts.delivery import Emit
from common.contracts.envelope import Envelope
from common.contracts.events.channel import ProposalNoticeIssued
from common.contracts.events.deliberation import CitizenToBeTold, CitizenToBeToldOfIdea
from common.contracts.frozen import value
from common.contracts.notice_ids import notice_id

from intake.phrasing import Phrasing
from intake.proposal_kinds import IDEA, PREFIX
from intake.sealed_records import SealedRecords
from intake.vault import Vault
from intake.voice_store import Addressee, GivenVoice, ToldProposal


@value
class ProposalNews:
    """What a citizen is to be told, by a kind of `proposal_kinds`."""

    kind: str
    citizen: str
    proposal_id: str | None
    reference: str
    """By which the citizen may name the proposal, or the idea as long as no proposal is made of it."""
    facts: Mapping[str, str]
    answers: str | None
    """The voice that this is the answer to."""


def news_of(event: CitizenToBeTold | CitizenToBeToldOfIdea) -> ProposalNews:
    facts = {**event.facts, "reference": event.reference}
    if isinstance(event, CitizenToBeTold):
        return ProposalNews(event.kind, event.citizen, event.proposal_id, event.reference, facts, event.answers)
    if event.proposal_reference is not None:
        facts["proposal"] = event.proposal_reference
    # An idea is known by the voice that it came as.
    return ProposalNews(
        IDEA + event.kind, event.citizen, event.proposal_id, event.proposal_reference or event.reference, facts,
        event.answers or event.idea_id,
    )  # fmt: skip


class ProposalNotices:
    """Makes a notice of what a citizen is to be told of a proposal."""

    def __init__(self, vault: Vault, sealed: SealedRecords, phrasing: Phrasing) -> None:
        self._vault = vault
        self._sealed = sealed
        self._phrasing = phrasing

    def told(self, news: ProposalNews, to: Addressee) -> ToldProposal:
        """What is to be remembered of the notice."""
        named = news.proposal_id is not None
        return ToldProposal(
            to.thread, self._about(to), news.proposal_id, news.reference if named and news.reference else None
        )

    def notice(self, news: ProposalNews, to: Addressee, voice: GivenVoice | None, cause: Envelope) -> Emit:
        """`voice` is what it answers."""
        issued = ProposalNoticeIssued(
            proposal_id=news.proposal_id, reference=news.reference, conversation=self._sealed.conversation(to),
            contact=self._sealed.reader(to), kind=news.kind,
            text=self._phrasing.proposal_text(news.kind, to.language, cause.time, news.facts),
            outside_id=self._sealed.outside_id(voice) if voice is not None else None,
        )  # fmt: skip
        about = self._about(to)
        named = notice_id(to.channel, about, PREFIX + news.kind, cause.identity)
        return Emit(f"channel.{to.channel}.outbound", about, issued, cause, cause.time, id=named)

    def _about(self, to: Addressee) -> str:
        return self._vault.hidden_id("told of proposals", to.thread.hex())
