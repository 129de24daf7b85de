"""What becomes of a mail, with the edge behind it replaced: Kafka, the database and the files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from channels.adapters.email import store
from channels.adapters.email.inbound import BURST, Inbound
from channels.adapters.email.mailbox import mailbox_of, whose_address
from channels.bodies import Refused
from channels.edge import Edge
from channels.edge_key import EdgeKey
from common.contracts.events.channel import MessageReceived

from tests.mails import OURS, mail

NOW = datetime(2011, 7, 1, 14, tzinfo=UTC)


class FakeEdge:
    """Keeps what was published; `says` is raised instead."""

    def __init__(self) -> None:
        self.settings = SimpleNamespace(email_addresses=OURS, email_hourly=60.0, email_authserv="", time="wall")
        self.federation = SimpleNamespace(languages=("en",))
        self.key = EdgeKey(b"k" * 32)
        self.pool = None
        self.attachments = SimpleNamespace(kept_here=False)
        self.taken: list[tuple[str, MessageReceived]] = []
        self.says: Exception | None = None

    async def take(self, channel: str, event: MessageReceived, event_id: str, **more: Any) -> None:
        if self.says is not None:
            raise self.says
        self.taken.append((event_id, event))

    async def now(self) -> datetime:
        return NOW

    def check_time(self, moment: datetime) -> None:
        if moment < NOW - timedelta(days=30):
            raise Refused(422, "sent_at: too long ago")


@pytest.fixture
def edge(monkeypatch: pytest.MonkeyPatch) -> FakeEdge:
    async def nothing(*_: object) -> None:
        return None

    monkeypatch.setattr(store, "thread_of", nothing)
    monkeypatch.setattr(store, "keep_thread", nothing)
    return FakeEdge()


async def take(edge: FakeEdge, *mails: bytes, sender: str = "ann@example.org") -> list[str]:
    found = mailbox_of(cast(Edge, edge))
    assert found is not None
    inbound = Inbound(cast(Edge, edge), found)
    return [(await inbound.take(one, sender, OURS)).become for one in mails]


async def test_while_kafka_is_away_the_mail_server_tries_again(edge: FakeEdge) -> None:
    edge.says = Refused(503, "the message may not have been taken")
    assert await take(edge, mail()) == ["later"]
    edge.says = None
    assert await take(edge, mail()) == ["taken"]


async def test_the_same_mail_is_one_message_and_another_under_its_id_is_not(edge: FakeEdge) -> None:
    handed_on = b"Received: from a by b; Fri, 1 Jul 2011 12:00:00 +0000\r\n" + mail()
    await take(edge, mail(), handed_on, mail().replace(b"\r\n", b"\n"), mail("Something else"))
    ids = [event_id for event_id, _ in edge.taken]
    assert ids[0] == ids[1] == ids[2] != ids[3]
    conversations = [event.conversation for _, event in edge.taken]
    assert conversations[0] == conversations[1] == conversations[2] != conversations[3]


async def test_long_words_are_several_messages_and_no_word_is_lost(edge: FakeEdge) -> None:
    words = " ".join(f"word{n}" for n in range(4_000))
    assert await take(edge, mail(words, files=[("application/pdf", b"%PDF")])) == ["taken"]
    events = [event for _, event in edge.taken]
    assert len(events) > 1
    assert " ".join(event.text for event in events).split() == ["Hole", *words.split()]
    assert len({event.conversation for event in events}) == 1
    assert [len(event.attachments) for event in events] == [1] + [0] * (len(events) - 1)
    assert await take(edge, mail("word " * 12_000)) == ["refused"]


async def test_more_files_than_a_message_holds_are_told_of(edge: FakeEdge) -> None:
    assert await take(edge, mail(files=[("application/pdf", b"%PDF")] * 25)) == ["taken"]
    assert len(edge.taken[0][1].attachments) == 20


async def test_one_sender_takes_nobodys_turn(edge: FakeEdge) -> None:
    mails = [mail(str(number)) for number in range(BURST + 1)]
    answers = await take(edge, *mails, mail(sender="bob@example.org"))
    assert answers == ["taken"] * BURST + ["later", "taken"]


async def test_a_mail_is_of_the_time_when_our_server_got_it(edge: FakeEdge) -> None:
    for date, at in (
        ("Fri, 01 Jul 2011 09:00:00 -0400", NOW - timedelta(hours=1)),
        ("Fri, 01 Jul 2033 09:00:00 -0400", NOW),
        ("Fri, 01 Jul 1999 09:00:00 -0400", NOW),
        ("yesterday", NOW),
    ):
        edge.taken.clear()
        await take(edge, mail(headers={"Received": f"from a by b; {date}"}))
        assert edge.taken[0][1].sent_at == at, date


@pytest.mark.parametrize("name", ["Ann\x00Lee", "A" * 500, "=?utf-8?q?Ann=0D=0ABcc:_x?="])
async def test_a_name_is_bounded_and_one_line(edge: FakeEdge, name: str) -> None:
    raw = f"From: {name} <ann@example.org>\r\nSubject: x\r\n\r\nA hole".encode()
    assert await take(edge, raw) == ["taken"]
    found = edge.taken[0][1].contact.name or ""
    assert len(found) <= 200
    assert found.isprintable()


@pytest.mark.parametrize(
    ("data", "sender", "become"),
    [
        (mail("", subject=""), "ann@example.org", "refused"),
        (mail(sender=OURS), "ann@example.org", "noted"),
        (mail(), OURS, "noted"),
        (mail(sender=f"help+x@{OURS.partition('@')[2]}"), "ann@example.org", "noted"),
        (mail(), "", "noted"),
        (mail(headers={"Precedence": "bulk"}), "ann@example.org", "refused"),
        (mail(headers={"Precedence": "bulk"}), "", "noted"),
        (mail(sender="Ann <ann@example.org>, Bob <bob@example.org>"), "ann@example.org", "refused"),
    ],
)
async def test_what_is_no_citizens_mail_publishes_nothing(
    edge: FakeEdge, data: bytes, sender: str, become: str
) -> None:  # fmt: skip
    assert await take(edge, data, sender=sender) == [become]
    assert edge.taken == []


async def test_whoever_answers_stop_to_a_mail_of_ours_gets_no_more_unasked(
    edge: FakeEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[str] = []

    async def opt_out(_: object, whose: str) -> None:
        stopped.append(whose)

    monkeypatch.setattr(store, "opt_out", opt_out)
    found = mailbox_of(cast(Edge, edge))
    assert found is not None
    ours = found.keys.message_id("4b1f6f52-6c0e-5f43-9a53-0a7c52f7f9a1", "ann@example.org", "notice")
    answer = mail("Stop.", headers={"In-Reply-To": ours})
    assert await take(edge, answer) == ["noted"]
    assert stopped == [whose_address(cast(Edge, edge), "Ann@example.org")]
    assert edge.taken == []
    # Words that answer no mail of ours to that address are a message like any other.
    assert await take(edge, mail("Stop.")) == ["taken"]
