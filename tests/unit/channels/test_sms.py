"""SMS: how posts are signed and read, which words are about SMS themselves, what is said and what errors mean."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from channels.adapters.sms import store
from channels.adapters.sms.numbers import sender_of, takes_answers
from channels.adapters.sms.outbound import Sms
from channels.adapters.sms.twilio import Twilio, answered_by_twilio, heard, id_of, signature_of, status_of
from channels.bodies import Refused
from channels.bots.buttons import ERASURE, Rows, under
from channels.bots.messenger import File
from channels.bots.orders import order_in
from channels.delivery.deliverer import Awaited, Never, NotNow
from channels.edge import Edge
from channels.edge_key import EdgeKey

from tests.end_to_end.system import NOW
from tests.sms_server import ACCOUNT, SENDER, SMS_TOKEN, STATUS, WEBHOOK, FakeTwilio, signed

ANN = "+16175550101"


def provider(fake: FakeTwilio | None = None, token: str = SMS_TOKEN, sender: str = SENDER) -> Twilio:
    return Twilio(fake.url if fake else "https://api.twilio.com", ACCOUNT, token, sender, WEBHOOK, STATUS)


def test_a_signature_is_made_as_twilio_publishes_it() -> None:
    fields = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309",
              "To": "+18005551212"}  # fmt: skip
    address = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signature_of("12345", address, fields.items()) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_a_post_is_read_when_address_body_and_token_fit_its_signature() -> None:
    fields = {"From": ANN, "Body": "A hole & a dog", "FromCity": ""}
    body = b"From=%2B16175550101&Body=A+hole+%26+a+dog&FromCity="
    plain = WEBHOOK.partition("#")[0]
    for address in (plain, WEBHOOK):
        given = signed(address, fields)["X-Twilio-Signature"]
        assert provider().read(body, given) == fields
    status = signed(f"{STATUS}?notice=n&last=1", fields)["X-Twilio-Signature"]
    assert provider().read(body, status, query="notice=n&last=1") == fields
    good = signed(plain, fields)["X-Twilio-Signature"]
    for wrong_body, wrong in (
        (body, ""), (body, "é"), (body + b"s", good), (body, signed(plain, fields, "other")["X-Twilio-Signature"]),
        (body, signed("https://other.example.org/sms/webhook", fields)["X-Twilio-Signature"]), (body, status),
    ):  # fmt: skip
        with pytest.raises(Refused) as caught:
            provider().read(wrong_body, wrong)
        assert caught.value.status == 403
    with pytest.raises(Refused):
        provider().read(body, good, query="notice=n&last=1")
    with pytest.raises(Refused) as caught:
        provider().read(b"\xff=1", good)
    assert caught.value.status == 400


def test_words_and_files_are_heard() -> None:
    fields = {"MessageSid": "SM1", "Body": "A hole", "NumMedia": "2", "MediaUrl0": "u0",
              "MediaContentType0": "image/jpeg", "MediaUrl1": "u1", "MediaContentType1": "application/pdf"}  # fmt: skip
    said = heard(fields, ANN, NOW, "en")
    assert (said.chat, said.message, said.text, said.sent_at) == (ANN, "SM1", "A hole", NOW)
    assert said.files == (File("u0", "photo"), File("u1", "document"))
    assert heard(fields | {"Body": "A\x00 hole"}, ANN, NOW, "en").text == "A hole", "intake takes no NUL"
    assert heard({"MessageSid": "SM1", "NumMedia": "many"}, ANN, NOW, None).files == ()
    with pytest.raises(Refused):
        id_of({"Body": "A hole"})


@pytest.mark.parametrize(
    ("given", "country", "number"),
    [
        ("+16175550101", None, ANN),
        ("(617) 555-0101", "US", ANN),
        ("8 912 345-67-89", "RU", "+79123456789"),
        ("12345", "US", "12345"),
        ("MYBANK", "US", "MYBANK"),
    ],
)
def test_a_sender_is_the_same_in_any_spelling(given: str, country: str | None, number: str) -> None:
    assert sender_of(given, country) == number


def test_what_sends_no_sms_is_no_sender_and_a_name_takes_no_answer() -> None:
    assert [sender_of(given, "US") for given in ("", " ", "whatsapp:+16175550101", "x" * 41, "a\nb")] == [None] * 5
    assert [takes_answers(one) for one in (ANN, "12345", "MYBANK")] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("STOP", "stop"), ("Stop.", "stop"), ("СТОП!", "stop"), ("start", "start"), ("/start", "start"),
        ("Помощь", "help"), ("erase", "erase"), ("Удалить всё", "erase_all"), ("ERASE ALL", "erase_all"),
        ("Stop the noise at night", None), ("The end of Main Street", None), ("5", None), ("", None),
        ("не решено", None), ("cancel " * 20, None),
    ],
)  # fmt: skip
def test_only_a_whole_message_is_about_the_sms_themselves(text: str, order: str | None) -> None:
    assert order_in(text) == order


def test_what_twilio_answers_itself_is_not_answered_twice() -> None:
    assert answered_by_twilio({}, "STOP")
    assert answered_by_twilio({"OptOutType": "STOP"}, "стоп")
    assert not answered_by_twilio({}, "стоп")


def test_a_status_says_whether_it_arrived_and_why_not() -> None:
    said = ("queued", "sent", "delivered", "read", "new word")
    meant = ["on_its_way", "sent", "reached", "reached", "on_its_way"]
    assert [status_of({"MessageStatus": word}).word for word in said] == meant
    lost = status_of({"MessageStatus": "undelivered", "ErrorCode": "30003"})
    assert (lost.word, lost.reason) == ("lost", "the telephone cannot be reached (30003)")
    assert status_of({"MessageStatus": "failed", "ErrorCode": "9" * 50}).reason == "Twilio: failed"


async def say(
    fake: FakeTwilio, text: str = "It is filled", rows: Rows = (), *, to: str = ANN, once: str = "n 1",
    language: str | None = "en", **changes: Any,
) -> Awaited | None:  # fmt: skip
    edge = SimpleNamespace(pool=None, key=EdgeKey(b"k" * 32), federation=SimpleNamespace(languages=("en", "ru")))
    async with fake.running():
        sms = Sms(provider(fake, **changes), cast("Edge", edge))
        return await sms.say(to, text, rows, language=language, once=once)


@pytest.fixture
def wants(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who wants no SMS."""
    none: list[str] = []

    async def wants_none(_: object, whose: str) -> bool:
        return whose in none

    monkeypatch.setattr(store, "wants_none", wants_none)
    return none


async def test_a_notice_is_sent_with_the_address_for_its_fate_and_that_is_awaited(wants: list[str]) -> None:
    fake = FakeTwilio()
    assert await say(fake) == Awaited(timedelta(hours=48))
    assert fake.sent == [
        {"To": ANN, "From": SENDER, "Body": "It is filled", "StatusCallback": f"{STATUS}?notice=n+1&last=1"}
    ]
    assert await say(fake, once="", sender="MG7") is None
    assert fake.sent[1] == {"To": ANN, "MessagingServiceSid": "MG7", "Body": "It is filled"}


async def test_a_long_text_goes_in_numbered_messages_and_only_the_last_says_that_it_arrived(wants: list[str]) -> None:
    fake = FakeTwilio()
    text = " ".join(str(n) for n in range(800))
    await say(fake, text)
    first, second = fake.sent
    assert (first["Body"][:6], second["Body"][:6]) == ("(1/2) ", "(2/2) ")
    assert first["Body"][6:] + " " + second["Body"][6:] == text
    assert [one["StatusCallback"][-1] for one in fake.sent] == ["0", "1"]


async def test_in_place_of_buttons_it_says_what_to_write(wants: list[str]) -> None:
    fake = FakeTwilio()
    await say(fake, "Text", under("answered", "K-1", about_case=True), language="ru")
    await say(fake, "Text", under("opened", "P-1", about_case=False))
    await say(fake, "Text", ERASURE)
    assert [one["Body"].partition("\n")[2] for one in fake.sent] == [
        "Ответьте: РЕШЕНО или НЕ РЕШЕНО.", "Reply P-1: for, or P-1: against, because ...",
        "To erase it, reply ERASE ALL.",
    ]  # fmt: skip


async def test_who_wants_no_sms_or_is_a_name_is_sent_none(wants: list[str]) -> None:
    fake = FakeTwilio()
    wants.append(EdgeKey(b"k" * 32).event_id("sms opt-out", ANN))
    for to in (ANN, "MYBANK"):
        with pytest.raises(Never):
            await say(fake, to=to)
    assert not fake.sent


@pytest.mark.parametrize(
    ("status", "code", "kind", "everyone"),
    [
        (429, 20429, NotNow, True), (500, None, NotNow, True), (401, 20003, NotNow, True), (404, 20404, NotNow, True),
        (400, 21211, Never, None), (400, 21610, Never, None), (400, 12345, Never, None),
    ],
)  # fmt: skip
async def test_errors_say_whether_to_try_again(
    wants: list[str], status: int, code: int | None, kind: type[Exception], everyone: bool | None
) -> None:
    with pytest.raises(kind) as caught:
        await say(FakeTwilio(refusals=[(status, code)]))
    if everyone is not None:
        assert cast("NotNow", caught.value).everyone is everyone


async def test_a_token_that_is_refused_is_in_no_words(wants: list[str]) -> None:
    with pytest.raises(NotNow) as caught:
        await say(FakeTwilio(), token="other")
    assert "other" not in str(caught.value)


async def test_files_are_fetched_with_the_accounts_credentials_from_the_providers_addresses_alone() -> None:
    fake = FakeTwilio(files={"a.jpg": b"\xff\xd8"})
    async with fake.running():
        assert await provider(fake).download(File(f"{fake.url}/files/a.jpg", "photo")) == b"\xff\xd8"
        for wrong in (f"{fake.url}0/files/a.jpg", f"http://localhost{fake.url[16:]}/files/a.jpg", "file:///etc/passwd"):
            with pytest.raises(Never):
                await provider(fake).download(File(wrong, "photo"))
        with pytest.raises(Never):
            await provider().download(File(f"{fake.url}/files/a.jpg", "photo"))
