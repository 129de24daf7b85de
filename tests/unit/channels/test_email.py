"""E-mail: whose answer is in which conversation, who is a program, and how a notice looks as a mail."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from uuid import uuid4

import aiosmtplib
import pytest
from channels.adapters.email.addresses import NoAddress, OurAddresses, checked
from channels.adapters.email.authentication import proof_of
from channels.adapters.email.inbound import Answer
from channels.adapters.email.lmtp import reply
from channels.adapters.email.mail_keys import MailKeys
from channels.adapters.email.nature import nature_of
from channels.adapters.email.outbound import Server, _meaning
from channels.adapters.email.reading import read
from channels.adapters.email.thread import MOST_REFERENCES, Thread, continued, heading
from channels.adapters.email.writing import Letter, written
from channels.delivery.deliverer import Never, NotNow
from common.messaging.settings import SettingsError

from tests.mails import OURS, mail, returned

KEYS = MailKeys(b"k" * 32, "city.example")
CONVERSATION = str(uuid4())


def letter(**changes: object) -> Letter:
    given: dict[str, object] = {
        "sender": OURS, "title": "City", "recipient": "ann@example.org", "message_id": "<n@city.example>",
        "heading": heading(Thread(subject="Яма", references=("<1@example.org>",)), "K-1", "City"), "text": "Готово",
        "language": "ru", "at": datetime(2011, 7, 1, tzinfo=UTC),
    }  # fmt: skip
    return Letter(**(given | changes))  # type: ignore[arg-type]


def read_back(data: bytes) -> EmailMessage:
    found = message_from_bytes(data, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def test_an_answer_finds_its_conversation_for_its_own_address_alone() -> None:
    message_id = KEYS.message_id(CONVERSATION, "ann@example.org", "notice")
    assert message_id == KEYS.message_id(CONVERSATION, "Ann@Example.org", "notice")
    assert KEYS.conversation_of(message_id, "ANN@example.org") == CONVERSATION
    assert KEYS.conversation_of(message_id, "bob@example.org") is None
    assert MailKeys(b"x" * 32, "city.example").conversation_of(message_id, "ann@example.org") is None


def test_no_changed_message_id_names_a_conversation() -> None:
    message_id = KEYS.message_id(CONVERSATION, "ann@example.org", "notice")
    whose, notice, check = message_id[1:].partition("@")[0].split(".")
    other = KEYS.message_id(str(uuid4()), "ann@example.org", "notice")[1:27]
    for forged in (
        f"<{other}.{notice}.{check}@city.example>", f"<{whose}.{notice[::-1]}.{check}@city.example>",
        f"<{whose}.{notice}.{check[::-1]}@city.example>", f"<{whose}.{notice}@city.example>", "<>",
        "<K-1@city.example>", message_id.upper(), message_id + "x",
    ):  # fmt: skip
        assert KEYS.conversation_of(forged, "ann@example.org") is None, forged


def test_a_conversation_of_another_channel_is_named_by_no_mail() -> None:
    message_id = KEYS.message_id("chat 42", "ann@example.org", "notice")
    assert KEYS.conversation_of(message_id, "ann@example.org") is None
    assert "42" not in message_id


def test_addresses_of_ours_are_known_with_their_tags() -> None:
    ours = OurAddresses.read("Help@City.example, old@city.example")
    assert ours.tagged("abc") == "help+abc@city.example"
    assert [ours.tag_of(a) for a in ("HELP@city.example", "help+abc@city.example", "old@city.example")] == [
        "", "abc", "",
    ]  # fmt: skip
    assert [ours.tag_of(a) for a in ("bob@city.example", "help@other.example", "helpx@city.example")] == [None] * 3


def test_an_address_is_sent_to_in_ascii_or_not_at_all() -> None:
    assert checked("ann@почта.рф") == "ann@xn--80a1acny.xn--p1ai"
    for wrong in ("", "ann", "ann@", "@x", "a b@x.org", "a@x.org\r\nBcc: b@x.org", "a@x..org", "<a@x.org>", "a,b@x.org",
                  ".a@x.org", "a@[1.2.3.4]/", "x" * 65 + "@x.org"):  # fmt: skip
        with pytest.raises(NoAddress):
            checked(wrong)


@pytest.mark.parametrize(
    ("headers", "sender", "kind"),
    [
        ({}, "ann@example.org", "citizen"),
        ({"Auto-Submitted": "no"}, "ann@example.org", "citizen"),
        ({"X-Auto-Response-Suppress": "All"}, "ann@example.org", "citizen"),
        ({"Auto-Submitted": "auto-replied"}, "ann@example.org", "automatic_answer"),
        ({"Auto-Submitted": "auto-replied; x=y"}, "", "automatic_answer"),
        ({"Auto-Submitted": "auto-generated"}, "ann@example.org", "automatic"),
        ({"X-Autoreply": "yes"}, "ann@example.org", "automatic_answer"),
        ({"Subject": "Автоответ: Re: Яма"}, "", "automatic_answer"),
        ({"Subject": "Out of office", "In-Reply-To": "<a@b>"}, "ann@example.org", "automatic_answer"),
        ({"Precedence": "bulk"}, "ann@example.org", "list"),
        ({"List-Id": "<x.example.org>"}, "ann@example.org", "list"),
        ({"X-Loop": OURS}, "ann@example.org", "own"),
        ({}, "", "notification"),
        ({"From": "MAILER-DAEMON@example.org"}, "x@example.org", "notification"),
        ({"From": "no-reply@example.org"}, "x@example.org", "notification"),
        ({"X-Failed-Recipients": "ann@example.org"}, "", "failed"),
        ({"Subject": "Automatic gates at the crossing do not close"}, "ann@example.org", "citizen"),
    ],
)
def test_programs_are_told_from_citizens(headers: dict[str, str], sender: str, kind: str) -> None:
    data = mail(subject="" if "Subject" in headers else "Hole", sender="" if "From" in headers else "ann@example.org",
                headers=headers)  # fmt: skip
    assert nature_of(read(data), sender, own=False).kind == kind


@pytest.mark.parametrize(
    ("headers", "proof"),
    [
        (["mx.city.example; spf=pass smtp.mailfrom=x; dmarc=pass (p=reject) header.from=example.org"], "pass"),
        (["MX.city.example 1; dmarc=fail"], "fail"),
        (["mx.city.example; dmarc=temperror"], "none"),
        (["mx.city.example; none"], "none"),
        (["other.example; dmarc=pass"], "none"),
        (["mx.city.example.evil; dmarc=pass"], "none"),
        (["mx.city.example; spf=pass (x; dmarc=pass)"], "none"),
        (['mx.city.example; spf=pass reason="x; dmarc=pass"'], "none"),
        (["mx.city.example; x-dmarc=pass"], "none"),
        (["mx.city.example; dmarc=fail", "mx.city.example; dmarc=pass"], "fail"),
        ([], "none"),
    ],
)
def test_what_our_mail_server_found_of_the_sender_cannot_be_written_by_the_sender(
    headers: list[str], proof: str
) -> None:  # fmt: skip
    lines = [f"Authentication-Results: {one}" for one in headers]
    found = read("\r\n".join([*lines, "From: ann@example.org", "", "x"]).encode())
    assert proof_of(found, "mx.city.example") == proof
    assert proof_of(found, "") == "none"


def test_a_report_says_whether_a_mail_came_back() -> None:
    failed = nature_of(read(returned()), "", own=False)
    assert (failed.kind, failed.status) == ("failed", "5.1.1")
    for action in ("delayed", "delivered", "relayed"):
        assert nature_of(read(returned(action, "4.4.1")), "", own=False).kind == "notification"


def test_a_notice_is_a_mail_in_its_thread() -> None:
    found = read_back(written(letter()))
    assert (found["Subject"], found["In-Reply-To"]) == ("[K-1] Re: Яма", "<1@example.org>")
    assert (found["From"], found["To"]) == (f"City <{OURS}>", "ann@example.org")
    assert (found["Auto-Submitted"], found["X-Loop"]) == ("auto-generated", OURS)
    assert (found["Content-Language"], found.get_content().strip()) == ("ru", "Готово")
    assert written(letter()) == written(letter())
    assert all(len(line) < 998 for line in written(letter(text="слово " * 5000)).split(b"\r\n"))


@pytest.mark.parametrize("ending", ["\r\nBcc: all@example.org", "\nX: y", "\r X: y", "\x00", "\u2028X: y", "\x0bX: y"])
def test_no_header_becomes_two(ending: str) -> None:
    clean = set(read_back(written(letter())).keys())
    for changed in (
        letter(title="City" + ending),
        letter(language="ru" + ending),
        letter(heading=heading(Thread(subject="Hole" + ending, references=()), "K-1" + ending, "City")),
        letter(heading=heading(Thread(subject="x", references=("<1@x>" + ending,)), "K-1", "City")),
    ):
        data = written(changed)
        assert set(read_back(data).keys()) <= clean
        assert b"\nBcc:" not in data
        assert b"\nX:" not in data
    with pytest.raises(NoAddress):
        written(letter(recipient="ann@example.org" + ending))


def test_a_thread_keeps_its_first_and_its_last_mails() -> None:
    thread = None
    for number in range(40):
        thread = continued(thread, "c", "Hole" if number == 0 else "Re: Hole", f"<{number}@x>", ())
    assert thread is not None
    assert (thread.subject, len(thread.references)) == ("Hole", MOST_REFERENCES)
    assert (thread.references[0], thread.references[-1]) == ("<0@x>", "<39@x>")


def test_an_answer_stands_under_the_citizens_subject_with_the_number() -> None:
    def subject(given: str) -> str:
        return heading(Thread(subject=given, references=()), "K-1", "City").subject

    assert subject("Hole") == "[K-1] Re: Hole"
    assert subject("RE: Re: [K-1] Re: Hole") == "[K-1] Re: Hole"
    assert subject("") == "[K-1] City"
    assert heading(None, "K-1", "City").subject == "[K-1] City"
    assert heading(None, "", "City").subject == "City"


def test_what_the_mail_server_says_decides_whether_it_is_tried_again() -> None:
    refused = aiosmtplib.SMTPRecipientRefused(550, "no such user", "ann@example.org")
    never = _meaning(aiosmtplib.SMTPRecipientsRefused([refused]))
    assert isinstance(never, Never)
    assert "ann" not in str(never)
    greylisted = _meaning(aiosmtplib.SMTPRecipientsRefused([aiosmtplib.SMTPRecipientRefused(450, "x", "a@x")]))
    assert isinstance(greylisted, NotNow)
    assert not greylisted.everyone
    for error in (
        aiosmtplib.SMTPConnectError("x"), aiosmtplib.SMTPServerDisconnected("x"), ConnectionRefusedError(),
        aiosmtplib.SMTPAuthenticationError(535, "x"), aiosmtplib.SMTPSenderRefused(550, "x", "help@city.example"),
        aiosmtplib.SMTPDataError(421, "x"),
    ):  # fmt: skip
        away = _meaning(error)
        assert isinstance(away, NotNow)
        assert away.everyone
    assert isinstance(_meaning(aiosmtplib.SMTPDataError(554, "spam")), Never)


def test_a_password_goes_over_tls_alone() -> None:
    assert Server.read("smtp://mx.example.org", with_password=True) == Server("smtp", "mx.example.org", 587)
    assert Server.read("smtps://mx.example.org:4465", with_password=True).port == 4465
    assert Server.read("smtp+plain://127.0.0.1:25", with_password=True).host == "127.0.0.1"
    for wrong, password in (
        ("smtp+plain://mx.example.org", True), ("mx.example.org", False), ("smtp://u:p@mx", False), ("smtp://", False),
        ("smtp://x:99999", False),
    ):  # fmt: skip
        with pytest.raises(SettingsError, match="OTKLIK_EMAIL_SMTP"):
            Server.read(wrong, with_password=password)


def test_an_answer_to_the_mail_server_is_one_line() -> None:
    assert reply(Answer("refused", "слова\r\n250 ok")) == "554 5.6.0 ????? 250 ok"
    assert reply(Answer("later", "x")).startswith("451 4.3.0 ")
