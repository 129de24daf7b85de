"""Notices about proposed changes of rules in words, with the address that each goes to."""

from __future__ import annotations

from common.contracts.delivery import Emit
from common.contracts.envelope import Envelope
from common.contracts.events.channel import ProposalNoticeIssued
from common.contracts.events.deliberation import CitizenToBeTold

from intake.notice_ids import notice_id
from intake.phrasing import Phrasing
from intake.proposal_kinds import PREFIX
from intake.sealed_records import SealedRecords
from intake.vault import Vault
from intake.voice_store import Addressee, GivenVoice, ToldProposal


class ProposalNotices:
    """Makes a notice of what a citizen is to be told of a proposal."""

    def __init__(self, vault: Vault, sealed: SealedRecords, phrasing: Phrasing) -> None:
        self._vault = vault
        self._sealed = sealed
        self._phrasing = phrasing

    def told(self, event: CitizenToBeTold, to: Addressee) -> ToldProposal:
        """What is to be remembered of the notice."""
        named = event.proposal_id is not None
        return ToldProposal(
            to.thread, self._about(to), event.proposal_id, event.reference if named and event.reference else None
        )

    def notice(self, event: CitizenToBeTold, to: Addressee, voice: GivenVoice | None, cause: Envelope) -> Emit:
        """`voice` is what it answers."""
        facts = {**event.facts, "reference": event.reference}
        issued = ProposalNoticeIssued(
            proposal_id=event.proposal_id, reference=event.reference, conversation=self._sealed.conversation(to),
            contact=self._sealed.contact(to), kind=event.kind,
            text=self._phrasing.proposal_text(event.kind, to.language, cause.time, facts),
            outside_id=self._sealed.outside_id(voice) if voice is not None else None,
        )  # fmt: skip
        about = self._about(to)
        named = notice_id(to.channel, about, PREFIX + event.kind, cause.identity)
        return Emit(f"channel.{to.channel}.outbound", about, issued, cause, cause.time, id=named)

    def _about(self, to: Addressee) -> str:
        return self._vault.hidden_id("told of proposals", to.thread.hex())
