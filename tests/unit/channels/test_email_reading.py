"""What is read of a mail: its words in whatever form, its files, and what is too much."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from channels.adapters.email.quoting import own_words
from channels.adapters.email.reading import Unreadable, read

from tests.mails import mail


def raw(*lines: str, body: str | bytes = "") -> bytes:
    words = body.encode() if isinstance(body, str) else body
    return "\r\n".join(("From: ann@example.org", "Message-ID: <1@x>", *lines, "", "")).encode() + words


def test_headers_words_and_sender_are_read() -> None:
    found = read(
        mail("Яма на дороге", sender="=?utf-8?B?0JDQvdC90LA=?= <Ann@Example.org>", subject="Яма",
             headers={"In-Reply-To": "<c@x>", "References": "<a@x> <b@x> <c@x>", "Content-Language": "ru-RU",
                      "Date": "Fri, 01 Jul 2011 10:00:00 -0400"})
    )  # fmt: skip
    assert (found.senders, found.name, found.subject) == (("Ann@Example.org",), "Анна", "Яма")
    assert (found.message_id, found.references) == ("<1@example.org>", ("<c@x>", "<b@x>", "<a@x>"))
    assert (found.language, found.text) == ("ru", "Яма на дороге")
    assert found.received_at == datetime(2011, 7, 1, 14, tzinfo=UTC)


def test_our_own_servers_time_goes_before_the_senders() -> None:
    received = "Received: from a by b; Fri, 1 Jul 2011 12:00:00 +0000"
    found = read(raw(received, "Received: from x by a; Thu, 30 Jun 2011 12:00:00 +0000", "Date: Fri, 1 Jan 2027 00:00"))
    assert found.received_at == datetime(2011, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lines", "body", "text"),
    [
        (("Content-Type: text/plain; charset=koi8-r",), "Яма".encode("koi8-r"), "Яма"),
        (("Content-Type: text/plain",), "Яма".encode(), "Яма"),
        (("Content-Type: text/plain",), "Яма".encode("windows-1251"), "Яма"),
        (("Content-Type: text/plain; charset=klingon",), "Яма".encode(), "Яма"),
        (("Content-Type: text/plain; charset=utf-8",), b"A h\xf6le\x00", "A hцle"),
        (("Content-Type: text/plain; format=flowed",), "A hole in \r\nthe road.\r\n\r\nDeep.\r\n",
         "A hole in the road.\n\nDeep."),
        (("Content-Type: text/plain", "Content-Transfer-Encoding: base64"), "QSBob2xl!!", "A hole"),
        (("Content-Type: text/html",), "<p>A <b>hole</b></p><script>x()</script><p>on 5th", "A hole\n\non 5th"),
        (("Content-Type: text/html",), "<div>" * 3000 + "A hole", "A hole"),
        (("Content-Type: broken",), "A hole", "A hole"),
    ],
)  # fmt: skip
def test_words_are_read_in_any_form(lines: tuple[str, ...], body: str | bytes, text: str) -> None:
    assert read(raw(*lines, body=body), cyrillic=True).text.strip() == text


def test_of_the_same_words_in_two_forms_the_plain_ones_are_taken() -> None:
    both = raw(
        "MIME-Version: 1.0", "Content-Type: multipart/alternative; boundary=b",
        body="--b\r\nContent-Type: text/plain\r\n\r\nplain\r\n"
        "--b\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n--b--",
    )  # fmt: skip
    assert read(both).text == "plain"
    empty = both.replace(b"plain\r\n--b", b"\r\n--b", 1)
    assert read(empty).text == "html"


def test_files_are_taken_by_kind_and_logos_are_not() -> None:
    found = read(mail(files=[("image/jpeg", b"photo"), ("application/pdf", b"%PDF"), ("audio/ogg", b"OggS")]))
    assert [(f.kind, f.data) for f in found.files] == [
        ("photo", b"photo"), ("document", b"%PDF"), ("voice", b"OggS"),
    ]  # fmt: skip
    logo = raw(
        "MIME-Version: 1.0", "Content-Type: multipart/related; boundary=b",
        body="--b\r\nContent-Type: text/html\r\n\r\n<p>A hole</p>\r\n"
        "--b\r\nContent-Type: image/png\r\nContent-ID: <1>\r\n\r\nlogo\r\n--b--",
    )  # fmt: skip
    assert (read(logo).text.strip(), read(logo).files) == ("A hole", ())


def test_a_forwarded_mail_keeps_its_words() -> None:
    forwarded = raw(
        "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b",
        body="--b\r\n\r\nSee below\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        "From: office@example.org\r\nSubject: x\r\n\r\nWe will not mend it\r\n--b--",
    )  # fmt: skip
    assert read(forwarded).text == "See below\n\nWe will not mend it"


@pytest.mark.parametrize(
    "data",
    [
        raw("X: " + "y" * 70_000),
        raw(*[f"X-{n}: y" for n in range(600)]),
        raw(body="Content-Type: multipart/mixed; boundary=b\r\n" * 100),
        raw("Content-Type: multipart/mixed; boundary=b", body="--b\r\n\r\nx\r\n" * 300 + "--b--"),
    ],
)
def test_a_mail_without_measure_is_refused_with_the_reason(data: bytes) -> None:
    with pytest.raises(Unreadable, match=r"more than|larger than"):
        read(data)


@pytest.mark.parametrize(
    "sender", ["", "no address", "a@b@c", "Ann <>", "<a@b", "ann@exa mple.org", "ann@-example.org", "(" * 1500]
)
def test_a_mail_without_a_sender_to_answer_has_none(sender: str) -> None:
    data = "\r\n".join((f"From: {sender}", "", "A hole")).encode()
    assert read(data).senders == ()


def test_two_from_headers_prove_nobody() -> None:
    assert read(b"From: ann@example.org\r\nFrom: bob@example.org\r\n\r\nA hole").senders == ()


def test_hostile_mails_are_read_without_a_crash() -> None:
    for data in (
        b"", b"\r\n", b"\x00" * 1000, b"From", b": x\r\n\r\n", b"From: \xff\xfe\r\n\r\nx",
        b"Content-Type: ;;;=\r\n\r\nx",
        raw("Subject: =?utf-8?B?" + "A" * 5000 + "?="), raw("Subject: =?x?y?z?="),
        raw("Content-Disposition: attachment; filename*0*=%%%; filename*1=\"", body="x"),
        raw('Content-Type: multipart/mixed; boundary=""', body="x"),
        raw("Content-Type: multipart/mixed", body="--\r\nx"),
        raw("References: " + "<a@b> " * 9000),
    ):  # fmt: skip
        try:
            read(data)
        except Unreadable:
            continue


def test_a_reply_is_read_without_what_it_quotes() -> None:
    said = "It is not mended.\nCome again."
    for quoted in (
        "\n\nOn Fri, Jul 1, 2011 at 10:00 AM City <help@city.example> wrote:\n> Your report\n> is answered",
        "\n\nпт, 1 июл. 2011 г. в 10:00, City <help@city.example>:\n\n> Ваше обращение\n",
        '\n\n01.07.2011, 10:00, "City" <help@city.example>:\n> Your report\n>\n> is answered\n',
        "\n\nOn Fri, Jul 1, 2011 at 10:00 AM City <\nhelp@city.example> wrote:\n> Your report\n",
        "\n\n-----Original Message-----\nFrom: City\nSent: Friday\n\nYour report is answered",
        "\n\n-------- Пересылаемое сообщение --------\nОт: City\n\nВаше обращение",
        "\n\nОт: City <help@city.example>\nОтправлено: 1 июля 2011 г.\nКому: Ann\nТема: Яма\n\nВаше обращение",
        "\n\n-- \nAnn Lee\n+1 617 555 0100\n\n> Your report",
        "\n\nSent from my iPhone",
        "\n\nОтправлено с iPhone\n\n> Ваше обращение\n",
    ):
        assert own_words(said + quoted, reply=True) == said, quoted


def test_words_between_and_below_quotations_stay() -> None:
    text = "On Friday 1.7. City wrote:\n> Which street?\nMain street\n> Which house?\nThe third\n"
    assert own_words(text, reply=True) == "Main street\nThe third"


def test_nothing_of_the_citizens_own_is_cut() -> None:
    for text in (
        "Three things are broken:\n- the lamp\n- the bench\n- the bin",
        "From: the corner of Main street\nTo: the bridge\nit is dark",
        "They wrote to me:\nwe will not mend it, at 10:00",
        "Thanks,\nand one more thing: the lamp is dark too",
        "> only quoted words",
    ):
        assert own_words(text, reply=True) == text
    forwarded = "See:\n\n-----Original Message-----\nFrom: office\n\n> We will not mend it"
    assert own_words(forwarded, reply=False) == forwarded


def test_html_replies_lose_the_quotation_alone() -> None:
    for quoted in (
        '<div class="gmail_quote"><div class="gmail_attr">On Fri, Jul 1, City &lt;help@city.example&gt; wrote:</div>'
        '<blockquote class="gmail_quote">Your report<br>is answered</blockquote></div>',
        '<div class="moz-cite-prefix">On 7/1/11 10:00, City wrote:<br></div>'
        '<blockquote type="cite">Your report</blockquote>',
    ):
        found = read(raw("Content-Type: text/html", body=f"<p>Not mended</p>{quoted}<p>Come again</p>"))
        assert own_words(found.text, reply=True) == "Not mended\n\nCome again"


def test_words_without_end_are_cut_before_anybody_tires() -> None:
    """Where the work grew with the square of the lines this would take hours, and the test would be ended."""
    for piece in (
        "> a\n",
        "wrote:\n",
        "From: \n",
        "From: x\nTo: x\n",
        "-- \n",
        " " * 80 + "\n",
        "a1:\n> b\n",
        "-" * 80,
    ):
        own_words(piece * 20_000, reply=True)
