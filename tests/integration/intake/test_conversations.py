"""One conversation about case after case: no word is lost, and its citizen is told which case it went to."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

from common.contracts.envelope import Envelope, header_map, to_headers
from common.contracts.events import channel, region
from common.contracts.events.base import Event, Place
from common.contracts.events.intake import MessageAdded, MessageRegistered, VerdictGiven
from common.contracts.mandates import Mandates
from embedded.stack import Stack

from tests.conftest import FEDERATION, Ground, new_ground
from tests.end_to_end.system import NOW
from tests.integration.intake.test_voices import ANN, OUTBOUND, message, running, said
from tests.kafka import all_of, at_rest, send

BOB = ANN.model_copy(update={"address": "+1 617 555 0199", "name": "Bob Example"})
COMMON = {"region": "north", "authority": "yard-01", "actor": "desk:yard-01"}
KINDS: dict[str, type[Event]] = {kind.type: kind for kind in (MessageRegistered, MessageAdded, VerdictGiven)}


async def happened(ground: Ground, kind: type[Event], case_id: str, minutes: int, fields: dict[str, object]) -> None:
    """Word of the region."""
    event, at = kind.model_validate({**COMMON, "case_id": case_id, **fields}), NOW + timedelta(minutes=minutes)
    mandates = Mandates.load(ground.keys)
    assert mandates is not None
    name = f"{case_id}-{minutes}"
    envelope = Envelope(name, "regional-north", kind.type, at, case_id, name, mandate=mandates.of(case_id, "north"))
    record = (case_id, to_headers(envelope), event.wire())
    await send(ground, "regional-north", "region.north.cases", [record])
    await at_rest(ground, "intake")


async def answer(ground: Ground, case_id: str, minutes: int) -> None:
    fields = {"state": "answered", "text": "Done", "on_time": True, "worked_minutes": 5}
    await happened(ground, region.CaseAnswered, case_id, minutes, fields)


def later(text: str, minutes: int, conversation: str = "ann", **fields: Any) -> channel.MessageReceived:
    return message(text, conversation, sent_at=NOW + timedelta(minutes=minutes), **fields)


async def heard(ground: Ground) -> list[Event]:
    """What others hear of messages and verdicts, in the order of their time."""
    records = [(header_map(r.headers), r) for r in await all_of(ground, "routing", "intake.messages")]
    ours = [(h["ce_time"], KINDS[h["ce_type"]].model_validate_json(r.value or b"")) for h, r in records
            if h["ce_type"] in KINDS]  # fmt: skip
    return [event for _, event in sorted(ours, key=lambda one: one[0])]


async def told(ground: Ground, conversation: str) -> list[tuple[str | None, str]]:
    """Kind and number of each notice that went into a conversation, in the order of their time."""
    found = []
    for record in await all_of(ground, "world", OUTBOUND):
        issued = channel.NoticeIssued.model_validate_json(record.value or b"")
        if issued.conversation == conversation:
            found.append((header_map(record.headers)["ce_time"], issued.kind, issued.reference))
    return [(kind, reference) for _, kind, reference in sorted(found, key=lambda one: one[0])]


async def test_a_later_matter_is_a_case_of_its_own_and_words_go_to_the_case_they_are_about(ground: Ground) -> None:
    async with running(ground):
        await said(
            ground, later("The lamp at no. 5 is out", 0, category="Street light", place=Place(lat=0.5, lon=0.5)), "1"
        )
        (lamp,) = await heard(ground)
        assert isinstance(lamp, MessageRegistered)
        await answer(ground, lamp.case_id, 10)

        await said(ground, later("Thank you!", 20), "2")
        await said(
            ground,
            later("The lamp at no. 7 is out too", 30, category="Street light", place=Place(lat=0.6, lon=0.6)),
            "3",
        )
        _, thanks, second = await heard(ground)
        assert isinstance(thanks, MessageAdded)
        assert thanks.case_id == lamp.case_id
        assert isinstance(second, MessageRegistered)
        assert (second.case_id != lamp.case_id, second.place.lat) == (True, 0.6)

        await said(ground, later("It hums as well", 40), "4")
        await said(ground, later(f"{lamp.reference}: not solved, it went out again", 50), "5")
        await said(ground, later("Не решено", 60), "6")
        *_, hums, named, verdict = await heard(ground)
        assert isinstance(hums, MessageAdded)
        assert hums.case_id == second.case_id
        assert isinstance(named, MessageAdded)
        assert named.case_id == lamp.case_id
        assert isinstance(verdict, MessageAdded), "the newest case is open: there is no answer to judge"

        await answer(ground, second.case_id, 70)
        await said(ground, later("Не решено", 80), "7")
        *_, verdict = await heard(ground)
        assert isinstance(verdict, VerdictGiven)
        assert (verdict.case_id, verdict.verdict) == (second.case_id, "reopened")
        kinds = await told(ground, "ann")
        assert kinds[0] == ("registered", lamp.reference)
        assert set(kinds[2:4]) == {("registered", second.reference), ("beside", second.reference)}


async def test_a_message_to_a_closed_case_opens_another(ground: Ground) -> None:
    async with running(ground):
        await said(ground, later("A hole", 0), "1")
        (first,) = await heard(ground)
        assert isinstance(first, MessageRegistered)
        await happened(ground, region.CaseDeclined, first.case_id, 10, {"state": "declined", "ground": "private land"})
        await said(ground, later("It is a public road", 20), "2")
        *_, second = await heard(ground)
        assert isinstance(second, MessageRegistered)
        assert second.case_id != first.case_id
        assert [kind for kind, _ in await told(ground, "ann")] == ["registered", "declined", "registered", "beside"]


async def test_whoever_joined_speaks_in_the_living_case_and_hears_what_becomes_of_their_word(ground: Ground) -> None:
    async with running(ground):
        await said(ground, later("A hole", 0), "1")
        await said(ground, later("That hole", 1, "bob", contact=BOB), "2")
        ann, bob = await heard(ground)
        assert isinstance(ann, MessageRegistered)
        assert isinstance(bob, MessageRegistered)
        await happened(ground, region.CaseJoined, bob.case_id, 10, {"state": "joined", "into_case": ann.case_id})
        await said(ground, later("It is deep", 20, "bob", contact=BOB), "3")
        *_, added = await heard(ground)
        assert isinstance(added, MessageAdded)
        assert (added.case_id, added.citizen) == (ann.case_id, bob.citizen)
        joined = {"state": "accepted", "actor": bob.citizen, "message_id": added.message_id, "text": added.text}
        await happened(ground, region.MessageJoined, ann.case_id, 30, joined)
        await answer(ground, ann.case_id, 40)
        await said(ground, later("5", 50, "bob", contact=BOB), "4")
        *_, verdict = await heard(ground)
        assert isinstance(verdict, VerdictGiven)
        assert (verdict.case_id, verdict.citizen, verdict.verdict, verdict.rating) == (
            ann.case_id, bob.citizen, "confirmed", 5,
        )  # fmt: skip
        confirmed = {"state": "confirmed", "actor": bob.citizen, "rating": 5}
        await happened(ground, region.CaseConfirmed, ann.case_id, 60, confirmed)
        again = {"state": "accepted", "actor": ann.citizen, "times": 1, "due_at": NOW + timedelta(days=9)}
        await happened(ground, region.CaseReopened, ann.case_id, 70, again)
        for_bob = ["registered", "joined", "added", "answered", "confirmed", "reopened_by_other"]
        assert [kind for kind, _ in await told(ground, "bob")] == for_bob
        for_ann = ["registered", "answered", "confirmed_by_other", "reopened"]
        assert [kind for kind, _ in await told(ground, "ann")] == for_ann


async def test_an_edit_and_a_word_taken_back_reach_the_case_of_the_message_that_they_replace(ground: Ground) -> None:
    async with running(ground):
        await said(ground, later("A hole at no. 7", 0), "first")
        await said(ground, later("A hole at no. 9", 10, replaces="first"), "second")
        await said(ground, later("", 20, replaces="second"), "third")
        await said(ground, later("", 30, "bob", contact=BOB, replaces="first"), "fourth")
        first, second, third = await heard(ground)
        assert isinstance(first, MessageRegistered)
        assert isinstance(second, MessageAdded)
        assert isinstance(third, MessageAdded)
        assert (second.case_id, second.replaces, second.text) == (first.case_id, first.message_id, "A hole at no. 9")
        assert (third.case_id, third.replaces, third.text) == (first.case_id, second.message_id, "")
        fields = {"state": "accepted", "actor": first.citizen, "message_id": third.message_id, "text": ""}
        await happened(ground, region.MessageJoined, first.case_id, 40, {**fields, "replaces": second.message_id})
        assert [kind for kind, _ in await told(ground, "ann")] == ["registered", "taken_back"]
        assert [kind for kind, _ in await told(ground, "bob")] == ["refused"]


async def test_where_a_channel_names_no_language_their_own_words_tell_it_and_russian_names_go_by_the_model(
    stack: Stack, tmp_path: Path
) -> None:
    shutil.copytree(FEDERATION, tmp_path / "federation")
    written = tmp_path / "federation" / "federation.yaml"
    written.write_text(written.read_text().replace("languages: [en]", "languages: [en, ru, es]"))
    unnamed = channel.Contact(address="+1 617 555 0177")

    async def languages(ground: Ground, name: str) -> list[tuple[str | None, str | None]]:
        """Kind of each notice, and the language that it names to its channel."""
        issued = [
            (header_map(r.headers)["ce_time"], channel.NoticeIssued.model_validate_json(r.value or b""))
            for r in await all_of(ground, "world", f"channel.{name}.outbound")
        ]
        return [(one.kind, one.contact.language) for _, one in sorted(issued, key=lambda found: found[0])]

    async with new_ground(stack, tmp_path, tmp_path / "federation") as ground, running(ground, names_model="natasha"):
        named = later("Дворник Рашид бросил лопату на улице Гагарина", 0, "names", place=Place(lat=0.5, lon=0.5))
        await said(ground, named, "names")
        (heard_of,) = await heard(ground)
        assert isinstance(heard_of, MessageRegistered)
        assert heard_of.text == "Дворник [name] бросил лопату на улице Гагарина", "whoever asks for the model has it"
        for name in ("hotline", "email"):
            inbound = f"channel.{name}.inbound"
            for nth, text in enumerate(("Во дворе третий день не горит фонарь", "12?", "Ahora escribo en español, por"
                                        " favor, contesten así")):  # fmt: skip
                await said(ground, later(text, nth, contact=unnamed), f"{name}-{nth}", inbound)
        _, first, second = (one for one in await heard(ground) if isinstance(one, MessageRegistered))
        assert (first.language, second.language) == ("ru", "ru")
        for case in (first, second):
            await happened(ground, region.CaseDeclined, case.case_id, 10, {"state": "declined", "ground": "private"})
            assert (await languages(ground, case.channel))[-2:] == [("registered", "ru"), ("declined", "es")]
        records = await all_of(ground, "world", "channel.email.outbound")
        assert "Ваше" in records[0].value.decode()
