"""A citizen's wish on a channel of an integrator becomes a rule, and the citizen hears of every step there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from common.contracts.events import deliberation, rules
from common.contracts.events.channel import MessageReceived, VoiceReceived
from embedded.stack import Stack

from tests.deliberations import NORTH, OPERATOR, STEP, patch
from tests.end_to_end.system import NOW, command, everything, received
from tests.end_to_end.test_voice_of_an_integrator import PROPOSAL, loft, rest, ticks
from tests.integration.deliberation.on_kafka import deliberating, of
from tests.kafka import records_of

WISH = "Let the potholes of our street go to yard two, it is so much nearer"


async def test_a_wish_becomes_a_rule_and_its_author_hears_of_every_step_on_the_channel_it_came_by(
    stack: Stack, tmp_path: Path
) -> None:
    terms = {"quorum_citizen": 1, "term_days": 1, "longest_days": 2}
    async with deliberating(stack, tmp_path, **terms) as ground, everything(ground, tmp_path / "traces"):
        async with loft(ground) as citizen:
            await ticks(ground, NOW - STEP, NOW)
            contact = received()["contact"]
            words = {
                "conversation": "loft-1", "contact": contact, "text": WISH,
                "sent_at": (NOW + timedelta(minutes=1)).isoformat(),
            }  # fmt: skip
            await citizen.send(VoiceReceived.type, "wish-1", words)
            await rest(ground)
            await ticks(ground, NOW, NOW + STEP)
            _, noted = await citizen.told("idea_received")
            assert (noted["conversation"], noted["outside_id"]) == ("loft-1", "wish-1")
            (idea,) = of(await records_of(ground, "operator", "deliberation.proceedings", 1), deliberation.IdeaReceived)
            assert (idea.reference, idea.words) == (noted["reference"], WISH)

            order = deliberation.TakeUpIdea(
                actor=OPERATOR.actor, idea_id=idea.idea_id, proposal_id=PROPOSAL, title="Potholes of 01 to yard-02",
                words="The depot in between is closed.", patch=patch(authority="yard-02"), values=("effort",),
            )  # fmt: skip
            at = NOW + STEP + timedelta(hours=1)
            await command(ground, "deliberation.commands", idea.idea_id, order, at=at)
            await rest(ground)
            opened_by = NOW + 6 * STEP
            await ticks(ground, NOW + STEP, opened_by)
            _, taken = await citizen.told("idea_taken_up")
            assert (taken["proposal_id"], taken["conversation"]) == (PROPOSAL, "loft-1")
            assert noted["reference"] in taken["text"]
            _, asked = await citizen.told("opened")
            assert asked["reference"] == taken["reference"]
            reply = {
                **words,
                "text": "I agree, it is nearer",
                "sent_at": (opened_by + timedelta(minutes=1)).isoformat(),
            }
            await citizen.send(MessageReceived.type, "reply-1", reply)
            await rest(ground)
            await ticks(ground, opened_by, opened_by + 6 * STEP)
            await citizen.told("counted")
            await citizen.told("may_be_decided")
            yes = rules.DecideProposal(
                actor=NORTH.actor, proposal_id=PROPOSAL, accept=True, reason="Yes, it is nearer."
            )
            await command(ground, "rules.commands", PROPOSAL, yes, at=opened_by + 6 * STEP + timedelta(hours=1))
            await rest(ground)
            await ticks(ground, opened_by + 6 * STEP, opened_by + 8 * STEP)
            _, accepted = await citizen.told("accepted")
            assert "Yes, it is nearer." in accepted["text"]
            _, adopted = await citizen.told("adopted")
            assert (adopted["conversation"], adopted["reference"]) == ("loft-1", asked["reference"])
        chain = b"".join(r.value or b"" for r in await records_of(ground, "operator", "rules.lifecycle", 1))
        assert b"rules.proposal.adopted" in chain
        assert WISH.encode() not in chain
