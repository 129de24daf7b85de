"""MAX: what is read of updates, what is said to its API, and what its errors mean."""

from __future__ import annotations

import re
from typing import Any

import pytest
from channels.adapters.max.max_api import MaxApi
from channels.adapters.max.outbound import Max
from channels.adapters.max.updates import Update, heard, pressed
from channels.bots.buttons import under
from channels.bots.messenger import File, Pressed, Reply
from channels.delivery.deliverer import Never, NotNow

from tests.bot_servers import TOKEN, FakeMax

ANN = {"user_id": 42, "first_name": "Ann", "last_name": "", "is_bot": False, "name": "Ann"}
BOT = {"user_id": 7, "first_name": "Bot", "is_bot": True}
HERE = re.compile(r"http://127\.0\.0\.1:\d+/files/")
ANSWERED = under("answered", "K-1", about_case=True)


def update(kind: str = "message_created", sender: dict[str, Any] = ANN, chat: str = "dialog", **body: Any) -> Update:
    message = {
        "sender": sender, "recipient": {"chat_id": 1, "chat_type": chat, "user_id": 7}, "timestamp": 1309528800000,
        "body": {"mid": "mid.1", "seq": 1, "text": None, "attachments": None, **body},
    }  # fmt: skip
    return Update.model_validate(
        {"update_type": kind, "timestamp": 1309528800500, "message": message, "user_locale": "ru"}
    )


def test_words_are_heard_with_who_said_them_when_and_in_what_language() -> None:
    said = heard(update(text="A hole"))
    assert said is not None
    assert (said.chat, said.message, said.name, said.text, said.language) == ("42", "mid.1", "Ann", "A hole", "ru")
    assert said.sent_at.isoformat() == "2011-07-01T14:00:00.500000+00:00"


def test_a_place_and_files_are_heard() -> None:
    said = heard(
        update(
            attachments=[
                {"type": "image", "payload": {"photo_id": 1, "token": "t", "url": "u"}},
                {"type": "location", "latitude": 0.5, "longitude": 0.25},
                {"type": "sticker", "payload": {"url": "s", "code": "c"}},
            ]
        )
    )
    assert said is not None
    assert (said.files, said.place.lat, said.place.lon) == ((File("u", "photo"),), 0.5, 0.25)


def test_an_edit_and_a_deletion_name_the_message_that_they_are_about() -> None:
    edit = heard(update("message_edited", text="A deep hole"))
    gone = heard(
        Update.model_validate(
            {"update_type": "message_removed", "timestamp": 1, "message_id": "mid.1", "chat_id": 1, "user_id": 42}
        )
    )
    assert edit is not None
    assert gone is not None
    assert (edit.message, edit.edit, edit.text) == ("mid.1", "1309528800500", "A deep hole")
    assert (gone.chat, gone.message, gone.edit, gone.text) == ("42", "mid.1", "removed", "")


def test_groups_channels_and_bots_are_not_heard() -> None:
    assert heard(update(text="A hole", chat="chat")) is None
    assert heard(update(text="A hole", sender=BOT)) is None


def test_a_button_is_known_by_the_message_it_is_under() -> None:
    shown = update("message_callback", sender=BOT, text="The answer").model_dump()
    callback = {"timestamp": 1, "callback_id": "c", "payload": "confirm:K-1", "user": ANN}
    assert pressed(Update.model_validate({**shown, "callback": callback})) == Pressed(
        "42", "mid.1", "Ann", "ru", "confirm:K-1"
    )


async def said(fake: FakeMax, text: str = "Hello", token: str = TOKEN, **more: Any) -> None:
    async with fake.running():
        await Max(MaxApi(fake.url, token), ("en",)).say("42", text, **more)


async def test_a_notice_goes_out_with_buttons_in_the_citizens_language() -> None:
    fake = FakeMax()
    await said(fake, rows=ANSWERED, language="ru")
    ((query, body),) = fake.sent()
    assert (query, body["text"]) == ({"user_id": "42"}, "Hello")
    (keyboard,) = body["attachments"]
    assert keyboard["payload"]["buttons"][0] == [{"type": "callback", "text": "Решено", "payload": "confirm:K-1"}]


async def test_a_long_notice_goes_out_in_parts() -> None:
    fake = FakeMax()
    await said(fake, "word " * 1500)
    assert sum(body["text"].count("word") for _, body in fake.sent()) == 1500


async def test_the_question_for_the_place_has_a_button_that_sends_it() -> None:
    fake = FakeMax()
    await said(fake, ask_place=True, language="en")
    ((_, body),) = fake.sent()
    assert body["attachments"][0]["payload"]["buttons"][0][0]["type"] == "request_geo_location"


@pytest.mark.parametrize("refusal", [(403, "chat.denied"), (404, "not.found"), (400, "proto.payload")])
async def test_whoever_cannot_be_reached_is_not_tried_again(refusal: tuple[int, str]) -> None:
    with pytest.raises(Never):
        await said(FakeMax(refusals=[refusal]))


@pytest.mark.parametrize("refusal", [(429, "too.many.requests"), (503, "service.unavailable"), (500, "internal")])
async def test_what_passes_stops_the_channel_for_a_while(refusal: tuple[int, str]) -> None:
    with pytest.raises(NotNow) as caught:
        await said(FakeMax(refusals=[refusal]))
    assert caught.value.everyone


async def test_a_token_that_is_refused_stops_the_channel_and_is_in_no_words() -> None:
    with pytest.raises(NotNow) as caught:
        await said(FakeMax(), token="other")
    assert caught.value.everyone
    assert "other" not in str(caught.value)


async def test_files_are_fetched_from_the_messengers_own_addresses_alone() -> None:
    fake = FakeMax(files={"a.jpg": b"\xff\xd8"})
    async with fake.running():
        file, api = File(f"{fake.url}/files/a.jpg", "photo"), MaxApi(fake.url, TOKEN)
        assert await Max(api, ("en",), HERE).download(file) == b"\xff\xd8"
        with pytest.raises(Never):
            await Max(api, ("en",)).download(file)


async def test_a_button_is_answered_and_its_keyboard_changed_under_the_same_text() -> None:
    fake = FakeMax()
    async with fake.running():
        await Max(MaxApi(fake.url, TOKEN), ("en",)).answer(
            "c", "The answer", Pressed("42", "m", None, "en", "reopen:K-1"), Reply("Thank you.", asks="Why?")
        )
    ((query, body),) = fake.sent("answers")
    assert query == {"callback_id": "c"}
    assert body == {"message": {"text": "The answer", "attachments": []}, "notification": "Thank you."}
    assert [body["text"] for _, body in fake.sent()] == ["Why?"]
