"""A citizen is asked whether their case is a known one, and their answer is told on, once."""

from __future__ import annotations

from datetime import timedelta

from common.contracts.envelope import Envelope, header_map, to_headers
from common.contracts.events.base import Place
from common.contracts.events.channel import SupportReceived
from common.contracts.events.intake import MessageRegistered, SupportGiven
from common.contracts.events.region import CommandRefused
from common.contracts.events.routing import DuplicateSuggested, JoinForwarded

from tests.conftest import Ground
from tests.end_to_end.system import NOW
from tests.integration.intake.test_conversations import BOB, happened, heard, later, told
from tests.integration.intake.test_voices import ANN, OUTBOUND, running, said
from tests.kafka import all_of, at_rest, send


async def suggest(ground: Ground, case_id: str, other: str, minutes: int) -> None:
    event = DuplicateSuggested(
        case_id=case_id, region="north", other_case=other, other_reference="D9P4R-6TWZE", category="street-light",
        distance_metres=35, apart_minutes=90, ask_citizen=True,
    )  # fmt: skip
    at = NOW + timedelta(minutes=minutes)
    envelope = Envelope(f"{case_id}-{minutes}", "routing", event.type, at, case_id, case_id)
    await send(ground, "routing", "routing.triage", [(case_id, to_headers(envelope), event.wire())])
    await at_rest(ground, "intake")


async def supports(ground: Ground) -> list[SupportGiven]:
    records = await all_of(ground, "routing", "intake.messages")
    ours = [r for r in records if header_map(r.headers)["ce_type"] == SupportGiven.type]
    return [SupportGiven.model_validate_json(r.value or b"") for r in ours]


async def kinds(ground: Ground, conversation: str) -> list[str | None]:
    return [kind for kind, _ in await told(ground, conversation)]


async def test_the_citizens_word_on_a_known_case_is_told_on_once_and_nothing_of_anothers_words_is_shown(
    ground: Ground,
) -> None:
    async with running(ground):
        await said(ground, later("Our lamp at the gate is dark", 0, "bob", contact=BOB), "1")
        await said(ground, later("No light", 1, category="Street light", place=Place(lat=0.5, lon=0.5)), "2")
        bob, ann = await heard(ground)
        assert isinstance(bob, MessageRegistered)
        assert isinstance(ann, MessageRegistered)
        await suggest(ground, ann.case_id, bob.case_id, 10)
        assert await kinds(ground, "ann") == ["registered", "may_be_known"]
        outbound = [r.value or b"" for r in await all_of(ground, "world", OUTBOUND)]
        (question,) = [value.decode() for value in outbound if b"may_be_known" in value]
        assert "35" in question
        assert not any(word in question for word in ("gate", "D9P4R", bob.reference, bob.case_id))

        await said(ground, later("yes", 20), "3")
        (support,) = await supports(ground)
        assert (support.case_id, support.other_case, support.supports) == (ann.case_id, bob.case_id, True)
        assert support.citizen == ann.citizen

        press = SupportReceived(
            conversation="ann", contact=ANN, case_reference=ann.reference, supports=True,
            sent_at=NOW + timedelta(minutes=21),
        )  # fmt: skip
        await said(ground, press, "4")
        assert len(await supports(ground)) == 1, "what is said already is refused"
        assert "refused" in await kinds(ground, "ann")

        refusal: dict[str, object] = {
            "state": "accepted", "actor": ann.citizen, "command": JoinForwarded.type, "command_id": "j",
            "reason": "closed",
        }  # fmt: skip
        await happened(ground, CommandRefused, ann.case_id, 30, refusal)
        assert "join_refused" in await kinds(ground, "ann")

        await suggest(ground, ann.case_id, "third", 40)
        await said(ground, press.model_copy(update={"supports": False, "sent_at": NOW + timedelta(minutes=50)}), "5")
        *_, apart = await supports(ground)
        assert (apart.other_case, apart.supports) == ("third", False)
        assert "kept_apart" in await kinds(ground, "ann")
