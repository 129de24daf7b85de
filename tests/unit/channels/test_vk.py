"""VK: what is read of updates, what is said to its API, and what its errors mean."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from channels.adapters.vk.outbound import Vk
from channels.adapters.vk.updates import Message, MessageEvent, heard, pressed
from channels.adapters.vk.vk_api import VkApi
from channels.bots.buttons import under
from channels.bots.messenger import File, Pressed, Reply
from channels.delivery.deliverer import Never, NotNow

from tests.bot_servers import TOKEN, FakeVk

HERE = re.compile(r"http://127\.0\.0\.1:\d+/files/")
ANSWERED = under("answered", "K-1", about_case=True)


def message(**fields: Any) -> Message:
    return Message.model_validate(
        {"id": 5, "conversation_message_id": 3, "date": 1309528800, "from_id": 42, "peer_id": 42, **fields}
    )


def test_words_are_heard_with_the_talk_the_time_and_the_language() -> None:
    said = heard(message(text="A hole"), 0)
    assert said is not None
    assert (said.chat, said.message, said.text, said.language, said.edit) == ("42", "3", "A hole", "ru", None)
    assert said.sent_at.isoformat() == "2011-07-01T14:00:00+00:00"


def test_a_place_and_files_are_heard_a_photo_in_its_largest_size() -> None:
    sizes = [{"url": "s", "width": 75, "height": 75}, {"url": "l", "width": 800, "height": 600}]
    said = heard(
        message(
            geo={"type": "point", "coordinates": {"latitude": 0.5, "longitude": 0.25}},
            attachments=[
                {"type": "photo", "photo": {"id": 1, "sizes": sizes}},
                {"type": "audio_message", "audio_message": {"link_ogg": "o", "link_mp3": "m"}},
                {"type": "doc", "doc": {"url": "d", "title": "t"}},
                {"type": "video", "video": {"id": 1}},
                {"type": "sticker", "sticker": {"sticker_id": 1}},
            ],
        )
    )
    assert said is not None
    assert (said.place.lat, said.place.lon) == (0.5, 0.25)
    assert said.files == (File("l", "photo"), File("o", "voice"), File("d", "document"), File("", "video"))


@pytest.mark.parametrize("payload", ['{"command":"start"}', {"command": "start"}])
def test_the_button_that_opens_a_talk_is_no_report_whatever_its_language(payload: object) -> None:
    said = heard(message(text="Начать", payload=payload, ref="c0de"))
    assert said is not None
    assert (said.opens, said.link) == (True, "c0de")


@pytest.mark.parametrize("payload", [None, "{", '"start"', '{"button":"start"}', "[" * 10_000])
def test_words_that_come_by_a_link_are_a_report_with_what_the_link_held(payload: object) -> None:
    said = heard(message(text="A hole", payload=payload, ref="c0de"))
    assert said is not None
    assert (said.opens, said.link, said.text) == (False, "c0de", "A hole")
    longer = heard(message(text="A hole", ref="c" * 201))
    assert longer is not None
    assert longer.link == ""


def test_an_edit_names_the_message_and_which_edit_it_is() -> None:
    edit = heard(message(text="A deep hole", update_time=1309528900), edited="e1")
    assert edit is not None
    assert (edit.message, edit.edit, edit.sent_at.timestamp()) == ("3", "1309528900 e1", 1309528900)


@pytest.mark.parametrize("fields", [{"from_id": -7, "peer_id": 42}, {"peer_id": 2_000_000_001}, {"peer_id": 43}])
def test_talks_of_several_and_the_communitys_own_words_are_not_heard(fields: dict[str, int]) -> None:
    assert heard(message(text="A hole", **fields)) is None


@pytest.mark.parametrize("payload", [{"button": "confirm:K-1"}, '{"button": "confirm:K-1"}'])
def test_a_button_is_known_by_the_message_it_is_under(payload: object) -> None:
    event = MessageEvent(user_id=42, peer_id=42, event_id="e", conversation_message_id=9, payload=payload)
    assert pressed(event) == Pressed("42", "9", None, None, "confirm:K-1")


async def said(fake: FakeVk, text: str = "Hello", token: str = TOKEN, times: int = 1, **more: Any) -> None:
    async with fake.running():
        vk = Vk(VkApi(fake.url, token), ("en",))
        for _ in range(times):
            await vk.say("42", text, **more)


async def test_a_notice_goes_out_with_buttons_and_a_repeated_try_says_it_once() -> None:
    fake = FakeVk()
    await said(fake, rows=ANSWERED, language="ru", once="notice-1", times=2)
    ((_, sent),) = fake.calls
    assert (sent["peer_id"], sent["message"]) == ("42", "Hello")
    keyboard = json.loads(sent["keyboard"])
    assert keyboard["inline"] is True
    assert keyboard["buttons"][0][0]["action"] == {
        "type": "callback", "label": "Решено", "payload": '{"button": "confirm:K-1"}',
    }  # fmt: skip
    assert 0 < int(sent["random_id"]) < 2**31


async def test_parts_of_a_long_notice_are_messages_of_their_own_at_each_try() -> None:
    fake = FakeVk()
    await said(fake, "word " * 1500, once="notice-1", times=2)
    assert sum(sent["message"].count("word") for sent in fake.sent()) == 1500


async def test_the_question_for_the_place_has_a_button_that_sends_it() -> None:
    fake = FakeVk()
    await said(fake, ask_place=True)
    assert json.loads(fake.sent()[0]["keyboard"])["buttons"][0][0]["action"]["type"] == "location"


@pytest.mark.parametrize("code", [18, 100, 113, 900, 901, 902, 914])
async def test_whoever_cannot_be_reached_is_not_tried_again(code: int) -> None:
    with pytest.raises(Never):
        await said(FakeVk(refusals=[code]))


@pytest.mark.parametrize(
    ("code", "everyone"), [(1, False), (5, True), (6, True), (9, False), (10, False), (27, True), (29, True)]
)
async def test_what_passes_is_tried_again_and_what_is_everyones_stops_the_channel(code: int, everyone: bool) -> None:
    with pytest.raises(NotNow) as caught:
        await said(FakeVk(refusals=[code]))
    assert caught.value.everyone is everyone


async def test_neither_the_token_nor_the_words_are_in_an_error() -> None:
    with pytest.raises(NotNow) as caught:
        await said(FakeVk(), token="other")
    assert "other" not in str(caught.value)
    assert "Hello" not in str(caught.value)


async def test_files_are_fetched_from_the_messengers_own_addresses_alone() -> None:
    fake = FakeVk(files={"a.jpg": b"\xff\xd8"})
    async with fake.running():
        api = VkApi(fake.url, TOKEN)
        assert await Vk(api, ("en",), HERE).download(File(f"{fake.url}/files/a.jpg", "photo")) == b"\xff\xd8"
        for name in (f"{fake.url}/files/gone.jpg", f"{fake.url}/method/users.get", "https://sun1.userapi.com.evil/a"):
            with pytest.raises(Never):
                await Vk(api, ("en",), HERE).download(File(name, "photo"))
        with pytest.raises(Never):
            await Vk(api, ("en",)).download(File(f"{fake.url}/files/a.jpg", "photo"))


async def test_a_button_is_answered_and_what_is_to_be_asked_is_a_message() -> None:
    fake = FakeVk()
    async with fake.running():
        await Vk(VkApi(fake.url, TOKEN), ("en",)).answer(
            "event", Pressed("42", "9", None, None, "reopen:K-1"), Reply("Thank you.", asks="Why?")
        )
    (answer,) = fake.sent("messages.sendMessageEventAnswer")
    assert (answer["event_id"], json.loads(answer["event_data"])["text"]) == ("event", "Thank you.")
    assert [sent["message"] for sent in fake.sent()] == ["Why?"]
