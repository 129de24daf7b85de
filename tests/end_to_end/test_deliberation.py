"""A proposal's way from its check to its adoption, argued about by citizens of an integrator's channel."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from common.contracts.envelope import Headers, derived_id, header_map
from common.contracts.events.channel import Contact, ProposalNoticeIssued, VoiceReceived
from common.contracts.events.deliberation import (
    AnswerObjection,
    DeliberationClosed,
    DeliberationOpened,
    GiveVoice,
    VoiceCounted,
)
from common.contracts.events.rules import DecideProposal, ProposalAdopted, ProposeChange, RulesCommandRefused
from embedded.stack import Stack

from tests.conftest import Ground
from tests.deliberations import DAY, NOON, NORTH, OPERATOR, STEP, patch
from tests.end_to_end.system import command
from tests.integration.deliberation.on_kafka import deliberating, of, running, tick
from tests.kafka import all_of, at_rest, send

SERVICES = ("rules", "intake", "archive", "deliberation")
PROPOSAL = derived_id("proposal", "potholes of area 01")
HOTLINE = "channel.hotline"


class Country:
    """Its time, and what citizens say in it by a plain client that knows topics and nothing of ours."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.now = NOON

    async def ticks(self, until: datetime, step: timedelta = STEP) -> None:
        """Time goes on as in a replay: an interval at a time, each when all is read."""
        while self.now < until:
            since, self.now = self.now, min(self.now + step, until)
            await tick(self.ground, self.now, since)
            await at_rest(self.ground, *SERVICES)

    async def say(self, who: str, text: str, reference: str) -> None:
        event = VoiceReceived(
            conversation=who, contact=Contact(address=f"+1 617 555 {who}", name="Somebody"), proposal=reference,
            text=text, sent_at=self.now,
        )  # fmt: skip
        headers: Headers = [("ce_type", event.type.encode()), ("ce_id", f"{who}-{text}".encode())]
        body = event.model_dump_json().encode()
        await send(self.ground, "world", f"{HOTLINE}.inbound", [(who, headers, body)])

    async def told(self, who: str) -> list[ProposalNoticeIssued]:
        """What a citizen was told on the channel, in order."""
        records = await all_of(self.ground, "world", f"{HOTLINE}.outbound")
        return [notice for notice in of(records, ProposalNoticeIssued) if notice.conversation == who]

    async def order(self, event: GiveVoice | AnswerObjection | DecideProposal | ProposeChange) -> None:
        topic = "rules.commands" if event.type.startswith("rules.") else "deliberation.commands"
        await command(self.ground, topic, PROPOSAL, event, at=self.now)
        await at_rest(self.ground, *SERVICES)


async def test_citizens_of_an_integrators_channel_argue_and_hear_what_became_of_it(
    stack: Stack, tmp_path: Path
) -> None:
    async with (
        deliberating(stack, tmp_path, quorum_region=1) as ground,
        running(ground, *SERVICES),
    ):
        country = Country(ground)
        await country.ticks(NOON + STEP)
        await country.order(
            ProposeChange(
                actor=OPERATOR.actor, proposal_id=PROPOSAL, title="Potholes of area 01 to the lighting", words="nearer",
                patch=patch(),
            )
        )  # fmt: skip
        early = DecideProposal(actor=NORTH.actor, proposal_id=PROPOSAL, accept=True, reason="at once")
        await country.order(early)
        refused = of(await all_of(ground, "operator", "rules.proposals"), RulesCommandRefused)
        assert [r.code for r in refused] == ["not_yet_decidable"]
        await country.ticks(NOON + DAY)
        (opened,) = of(await all_of(ground, "operator", "deliberation.proceedings"), DeliberationOpened)
        begun = opened.opened_at

        await country.say("0101", "За", opened.reference)
        await country.say("0102", f"{opened.reference} против: там темно", "")
        await country.say("0103", "mmm", opened.reference)
        await at_rest(ground, *SERVICES)
        await country.ticks(country.now + STEP)
        voices = of(await all_of(ground, "operator", "deliberation.voices"), VoiceCounted)
        assert {(v.role, v.stance, v.words, v.channel) for v in voices} == {
            ("citizen", "support", "", "hotline"), ("citizen", "object", "там темно", "hotline")
        }  # fmt: skip
        kinds = {who: [n.kind for n in await country.told(who)] for who in ("0101", "0102", "0103")}
        assert kinds == {"0101": ["counted"], "0102": ["counted"], "0103": ["not_understood"]}

        await country.order(GiveVoice(actor=NORTH.actor, proposal_id=PROPOSAL, stance="support"))
        (objection,) = (v for v in voices if v.stance == "object")
        answer = AnswerObjection(
            actor=NORTH.actor, proposal_id=PROPOSAL, voice_id=objection.voice_id, words="a lamp comes first"
        )
        await country.order(answer)
        await country.ticks(begun + 7 * DAY, DAY)
        await country.ticks(begun + 7 * DAY + 2 * STEP)
        (closed,) = of(await all_of(ground, "operator", "deliberation.proceedings"), DeliberationClosed)
        assert (closed.outcome, closed.unanswered) == ("may_be_decided", 0)
        await country.order(early.model_copy(update={"reason": "people want it"}))
        await country.ticks(country.now + 2 * STEP)
        adopted = of(await all_of(ground, "operator", "rules.proposals"), ProposalAdopted)
        assert [a.proposal_id for a in adopted] == [PROPOSAL]
        ways = {who: [n.kind for n in await country.told(who)] for who in ("0101", "0102", "0103")}
        after = ["may_be_decided", "accepted", "adopted"]
        assert ways == {
            "0101": ["counted", *after], "0102": ["counted", "answered", *after], "0103": ["not_understood"]
        }  # fmt: skip
        texts = [n.text for n in await country.told("0102")]
        assert any("a lamp comes first" in text for text in texts)
        assert any("people want it" in text for text in texts)
        public = await all_of(ground, "operator", "deliberation.voices")
        assert not [r for r in public if b"617" in (r.value or b"") or b"Somebody" in (r.value or b"")]
        assert {header_map(r.headers)["ce_source"] for r in public} == {"deliberation"}
