"""Telegram: what is read of updates, what is said to the Bot API, and what its errors mean."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from channels.adapters.telegram.bot_api import BotApi
from channels.adapters.telegram.outbound import Telegram
from channels.adapters.telegram.updates import Update, heard, pressed
from channels.bots.buttons import under
from channels.bots.messenger import File, Pressed, Reply
from channels.delivery.deliverer import Never, NotNow
from common.contracts.attachments import MOST_BYTES
from common.messaging.telemetry.log_lines import NOISY

from tests.bot_servers import TOKEN, FakeTelegram

CHAT = {"id": 42, "type": "private", "first_name": "Ann"}
ANN = {"id": 42, "is_bot": False, "first_name": "Ann", "last_name": "Lee", "language_code": "ru"}


def update(kind: str = "message", **fields: Any) -> Update:
    message = {"message_id": 7, "date": 1309528800, "chat": CHAT, "from": ANN, **fields}
    return Update.model_validate({"update_id": 1, kind: message})


def test_words_are_heard_with_who_said_them_when_and_in_what_language() -> None:
    said = heard(update(text="A hole"))
    assert said is not None
    assert (said.chat, said.message, said.name, said.language, said.text) == ("42", "7", "Ann Lee", "ru", "A hole")
    assert said.sent_at.isoformat() == "2011-07-01T14:00:00+00:00"


def test_a_photo_is_heard_in_its_largest_size_with_its_caption() -> None:
    said = heard(update(photo=[{"file_id": "s"}, {"file_id": "l"}], caption="Here"))
    assert said is not None
    assert (said.text, said.files) == ("Here", (File("l", "photo"),))


@pytest.mark.parametrize(
    ("field", "kind"),
    [("voice", "voice"), ("audio", "voice"), ("video_note", "video"), ("document", "document")],
)
def test_other_files_are_heard_by_their_kind(field: str, kind: str) -> None:
    said = heard(update(**{field: {"file_id": "f", "file_unique_id": "u"}}))
    assert said is not None
    assert said.files == (File("f", kind),)


def test_a_place_is_heard_and_a_venue_with_its_address() -> None:
    point = {"latitude": 0.5, "longitude": 0.25}
    plain, venue = heard(update(location=point)), heard(update(venue={"location": point, "title": "T", "address": "A"}))
    assert plain is not None
    assert venue is not None
    assert (plain.place.lat, plain.place.lon, plain.place.address) == (0.5, 0.25, None)
    assert (venue.place.lat, venue.place.address) == (0.5, "T, A")


@pytest.mark.parametrize(
    ("text", "opens", "link"),
    [
        ("/start", True, ""),
        ("/start c0de_-1", True, "c0de_-1"),
        ("/start@our_bot c0de", True, "c0de"),
        ("/START", True, ""),
        ("/start the lift, it stands", False, ""),
        ("Please /start it", False, ""),
    ],
)
def test_the_command_that_opens_a_talk_is_no_report_and_holds_what_its_link_held(
    text: str, opens: bool, link: str
) -> None:
    said = heard(update(text=text))
    assert said is not None
    assert (said.opens, said.link) == (opens, link)


def test_an_edit_names_which_one_it_is_and_a_place_that_moves_is_not_heard_again() -> None:
    edit = heard(update("edited_message", text="A deep hole", edit_date=1309528900))
    assert edit is not None
    assert (edit.message, edit.edit, edit.sent_at.timestamp()) == ("7", "1309528900", 1309528900)
    moving = {"latitude": 0.5, "longitude": 0.5, "live_period": 900}
    assert heard(update("edited_message", location=moving, edit_date=1309528900)) is None


def test_groups_channels_and_other_updates_are_not_heard() -> None:
    assert heard(update(text="A hole", chat={"id": -5, "type": "supergroup"})) is None
    assert heard(Update.model_validate({"update_id": 2, "channel_post": {"text": "News"}})) is None


def test_a_button_is_known_by_the_message_it_is_under() -> None:
    query = {"id": "q", "from": ANN, "data": "confirm:K-1", "message": {"message_id": 9, "chat": CHAT, "date": 0}}
    found = Update.model_validate({"update_id": 3, "callback_query": query}).callback_query
    assert found is not None
    assert pressed(found) == Pressed("42", "9", "Ann Lee", "ru", "confirm:K-1")


async def said(fake: FakeTelegram, text: str = "Hello", token: str = TOKEN, **more: Any) -> None:
    async with fake.running():
        await Telegram(BotApi(fake.url, token), ("en",)).say("42", text, **more)


async def test_a_notice_goes_out_with_buttons_in_the_citizens_language() -> None:
    fake = FakeTelegram()
    await said(fake, rows=under("answered", "K-1", about_case=True), language="ru-RU")
    ((_, sent),) = fake.calls
    assert (sent["chat_id"], sent["text"]) == (42, "Hello")
    assert sent["reply_markup"]["inline_keyboard"][0] == [{"text": "Решено", "callback_data": "confirm:K-1"}]


async def test_a_long_notice_goes_out_in_parts_with_buttons_under_the_last() -> None:
    fake = FakeTelegram()
    await said(fake, "word " * 1500, rows=under("answered", "K-1", about_case=True))
    assert ["reply_markup" in sent for sent in fake.sent()] == [False, True]
    assert sum(sent["text"].count("word") for sent in fake.sent()) == 1500


async def test_the_question_for_the_place_has_a_button_that_sends_it() -> None:
    fake = FakeTelegram()
    await said(fake, ask_place=True, language="en")
    (sent,) = fake.sent()
    assert sent["reply_markup"]["keyboard"][0][0]["request_location"] is True


async def test_a_flood_is_waited_out_as_long_as_telegram_says() -> None:
    fake = FakeTelegram()
    fake.refuse(429, "Too Many Requests: retry after 17", retry_after=17)
    with pytest.raises(NotNow) as caught:
        await said(fake)
    assert caught.value.after is not None
    assert (caught.value.after.total_seconds(), caught.value.everyone) == (17, True)


@pytest.mark.parametrize(
    ("code", "description"),
    [
        (403, "Forbidden: bot was blocked by the user"),
        (403, "Forbidden: user is deactivated"),
        (403, "Forbidden: something new"),
        (400, "Bad Request: chat not found"),
        (400, "Bad Request: can't parse entities"),
    ],
)
async def test_whoever_cannot_be_reached_is_not_tried_again(code: int, description: str) -> None:
    fake = FakeTelegram()
    fake.refuse(code, description)
    with pytest.raises(Never):
        await said(fake)


async def test_faults_of_telegram_and_a_token_that_it_refuses_stop_the_channel_not_the_notice() -> None:
    faulty = FakeTelegram()
    faulty.refuse(502, "Bad Gateway")
    with pytest.raises(NotNow) as fault:
        await said(faulty)
    with pytest.raises(NotNow) as refused:
        await said(FakeTelegram(), token="1:other")
    with pytest.raises(NotNow) as away:
        await Telegram(BotApi("http://127.0.0.1:9", TOKEN), ("en",)).say("42", "Hello")
    assert all(error.value.everyone for error in (fault, refused, away))


async def test_the_token_is_in_no_line_of_the_log_and_in_no_words_of_an_error(caplog: pytest.LogCaptureFixture) -> None:
    assert {"httpx", "httpcore"} <= set(NOISY)
    caplog.set_level(logging.DEBUG)
    for name in NOISY:
        caplog.set_level(logging.WARNING, name)
    fake = FakeTelegram()
    await said(fake)
    with pytest.raises(NotNow) as away:
        await Telegram(BotApi("http://127.0.0.1:9", TOKEN), ("en",)).say("42", "Hello")
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(away.value)
    assert away.value.__cause__ is None


async def test_files_are_fetched_up_to_what_may_be_kept() -> None:
    fake = FakeTelegram(files={"photo": b"\xff\xd8", "film": bytes(MOST_BYTES + 1)})
    async with fake.running():
        telegram = Telegram(BotApi(fake.url, TOKEN), ("en",))
        assert await telegram.download(File("photo", "photo")) == b"\xff\xd8"
        with pytest.raises(Never):
            await telegram.download(File("film", "video"))
        with pytest.raises(Never):
            await telegram.download(File("gone", "photo"))


async def test_a_button_is_answered_its_keyboard_changed_and_what_fails_of_it_is_of_no_consequence() -> None:
    fake = FakeTelegram()
    fake.refuse(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
    async with fake.running():
        telegram = Telegram(BotApi(fake.url, TOKEN), ("en",))
        await telegram.answer("q", Pressed("42", "9", None, "en", "reopen:K-1"), Reply("Thank you.", asks="Why?"))
    assert fake.sent("editMessageReplyMarkup") == [
        {"chat_id": 42, "message_id": 9, "reply_markup": {"inline_keyboard": []}}
    ]
    assert [sent["text"] for sent in fake.sent()] == ["Why?"]
