"""What the check says of a channel's records, and what it keeps to itself."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from aiokafka.structs import ConsumerRecord
from common.contracts.catalogue import Installation
from common.contracts.events.channel import NoticeIssued, RecordRejected
from common.contracts.notice_ids import notice_id
from common.federation.country import load_federation
from otklik.channel_check.findings import Finding, Remembered
from otklik.channel_check.judge import Judge
from otklik.channel_check.meaning import Meaning
from otklik.channel_check.report import result_json, result_text

from tests.conftest import FEDERATION

MESSAGE, VERDICT, RECEIPT = (
    f"channel.{kind}.v1" for kind in ("message.received", "verdict.received", "notice.delivered")
)
CASE = "0b6c1f0e-3a1d-5d0a-9a53-6a1f8b7a0c11"
ANSWERED = notice_id("post", CASE, "answered", ("regional-north", "e1"))
SECRETS = ("+1 617 555 0100", "Ann Example", "Flat 7", "talk of Ann")


def said(**changes: object) -> dict[str, object]:
    return {
        "conversation": "talk of Ann", "contact": {"address": "+1 617 555 0100", "name": "Ann Example"},
        "text": "Flat 7 is dark", "category": "Pothole", "place": {"lat": 0.5, "lon": 0.5},
        "sent_at": "2026-07-01T12:00:00Z",
    } | changes  # fmt: skip


class Channel:
    """A channel whose records a judge hears as they come."""

    def __init__(self, meaning: Meaning | None = None) -> None:
        self.judge = Judge(Installation("otklik"), meaning)
        self.found: list[Finding] = []
        self._offset = 0

    def send(
        self, body: object, ce_id: str | None = "id", kind: str = MESSAGE, key: str | None = None, partition: int = 0,
        stream: str = "inbound", at_ms: int = 0, headers: Sequence[tuple[str, bytes]] = (),
    ) -> list[str]:  # fmt: skip
        """The rules of what is found."""
        value = body if isinstance(body, bytes) else json.dumps(body).encode()
        own = [("ce_type", kind.encode()), *([("ce_id", ce_id.encode())] if ce_id else []), *headers]
        name = key if key is not None else body.get("conversation", "") if isinstance(body, dict) else ""
        record = ConsumerRecord(f"otklik.channel.post.{stream}.v1", partition, self._offset, at_ms, 1,
                                name.encode() or None, value, None, 0, 0, tuple(own))  # fmt: skip
        self._offset += 1
        new = list(self.judge.hear(record))
        self.found += new
        return [one.rule for one in new]

    def receive(self, given: str, delivered: bool, *, ce_id: str, at_ms: int = 0, **more: object) -> list[str]:
        body = {"notice_id": given, "delivered": delivered, **more}
        return self.send(body, ce_id, RECEIPT, given, stream="receipts", at_ms=at_ms)

    def tell(self, given: str = ANSWERED, at_ms: int = 0, replaces: tuple[str, ...] = ()) -> None:
        issued = NoticeIssued(
            case_id=CASE, reference="W4NFE-6K5XU", conversation="talk of Ann", contact={"address": "+1 617 555 0100"},
            notice="answered", text="Done, Ann Example", replaces=replaces,
        )  # fmt: skip
        self.send(issued.wire(), given, NoticeIssued.type, CASE, stream="outbound", at_ms=at_ms)

    def end(self) -> list[str]:
        self.found += (rest := list(self.judge.rest()))
        return [one.rule for one in rest]


@pytest.fixture
def channel() -> Channel:
    return Channel()


def test_nothing_is_said_of_a_message_as_it_should_be(channel: Channel) -> None:
    assert channel.send(said()) == []
    assert channel.judge.conforms


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (said(text=None), MESSAGE, "text: Input should be a valid string"),
        (said(sent_at="yesterday"), MESSAGE, "sent_at"),
        ({k: v for k, v in said().items() if k != "contact"}, MESSAGE, "contact: Field required"),
        (said(verdict="perhaps"), VERDICT, "verdict"),
        (said(), "channel.message.recieved.v1", "its ce_type is none that this topic takes"),
        (b'"{}"', MESSAGE, "body"),
        (b"{", MESSAGE, "Invalid JSON"),
    ],
)  # fmt: skip
def test_what_is_not_taken_is_said_with_the_field_and_a_fix_when_no_rejection_says_it(
    channel: Channel, body: object, kind: str, words: str
) -> None:
    assert channel.send(body, kind=kind) == []
    channel.end()
    (finding,) = channel.found
    assert words in finding.words
    assert (finding.severity, bool(finding.fix)) == ("fault", True)
    assert not channel.judge.conforms


@pytest.mark.parametrize("rejection_first", [True, False])
def test_a_rejection_says_it_alone_whichever_topic_is_read_first(channel: Channel, rejection_first: bool) -> None:
    rejection = RecordRejected(
        topic="otklik.channel.post.inbound.v1", partition=0, offset=int(rejection_first), fault="invalid",
        outside_id="id", reason="text: Input should be a valid string", rejected_at="2026-07-01T12:00:00Z",
        allowed={"limits": {"text": "at most 10000 characters", "category": "at most 200 characters"}},
    )  # fmt: skip

    def reject() -> None:
        channel.send(rejection.wire(), "r1", RecordRejected.type, stream="rejections")

    for step in (reject, lambda: channel.send(said(text=None)))[:: 1 if rejection_first else -1]:
        step()
    assert channel.end() == []
    (finding,) = channel.found
    assert finding.rule == "rejected: invalid"
    assert finding.fix.endswith("text: at most 10000 characters")


@pytest.mark.parametrize(
    ("changes", "words", "fix"),
    [
        ({"categorie": "Pothole"}, "categorie", "category"),
        ({"sentAt": "now"}, "sentAt", "sent_at"),
        ({"place": {"lat": 0.5, "lon": 0.5, "adress": "x"}}, "place.adress", "address"),
        ({"contact": {"address": "a", "Name": "Ann"}}, "contact.Name", "name"),
        ({"Flat 7, Ann Example": 1}, "(a name that is not shown)", ""),
    ],
)  # fmt: skip
def test_a_field_that_nobody_reads_is_named_with_the_one_that_may_be_meant(
    channel: Channel, changes: dict[str, object], words: str, fix: str
) -> None:
    assert channel.send(said(**changes)) == ["field"]
    assert channel.found[0].words.endswith(words)
    assert fix in channel.found[0].fix


@pytest.mark.parametrize("key", ["", "another"])
def test_a_record_without_its_conversation_as_the_key_is_a_fault(channel: Channel, key: str) -> None:
    assert channel.send(said(), key=key) == ["key"]


def test_a_conversation_on_two_partitions_has_lost_its_order(channel: Channel) -> None:
    channel.send(said(), "1", partition=0)
    assert channel.send(said(text="more", sent_at="2026-07-01T12:01:00Z"), "2", partition=1) == ["order"]
    assert "murmur2_random" in channel.found[0].fix


def test_times_that_go_back_in_a_conversation_are_a_warning(channel: Channel) -> None:
    channel.send(said(), "1")
    assert channel.send(said(text="earlier", sent_at="2026-07-01T11:00:00Z"), "2") == ["order"]
    assert channel.judge.conforms


def test_the_same_record_again_is_a_note_and_another_body_under_its_id_a_fault(channel: Channel) -> None:
    channel.send(said(), "1")
    assert channel.send(said(), "1") == ["repeat"]
    assert channel.judge.conforms
    channel.send(said(text="another"), "1")
    assert channel.end() == ["other body"]


def test_a_retry_under_a_new_id_and_a_record_without_one_count_twice(channel: Channel) -> None:
    channel.send(said(), "1")
    assert channel.send(said(), "2") == ["two ids"]
    assert channel.send(said(text="x"), None) == ["id"]


def test_two_senders_may_use_the_same_ids(channel: Channel) -> None:
    channel.send(said(), "1", headers=[("ce_source", b"a")])
    assert channel.send(said(conversation="other"), "1", headers=[("ce_source", b"b")]) == []


def test_attachments_that_the_edges_never_gave_are_a_fault(channel: Channel) -> None:
    assert channel.send(said(attachments=["photo.jpg", "attachment:abc.def"])) == ["attachment"]
    assert channel.found[0].words.startswith("1 of")


@pytest.mark.parametrize(
    ("changes", "rules", "fix"),
    [
        ({}, [], ""),
        ({"category": "pothole"}, [], ""),
        ({"category": None}, ["category"], "Pothole"),
        ({"category": "Unicorn"}, ["category"], "Pothole"),
        ({"place": {}}, ["place"], "place.lat"),
        ({"place": {"address": "Main Street 1"}}, [], ""),
        ({"place": {"lat": 80, "lon": 80}}, ["place"], "WGS 84"),
        ({"place": {"lat": 2.5, "lon": 0.5}}, ["place"], "lat and lon are exchanged"),
    ],
)  # fmt: skip
def test_what_a_person_would_have_to_place_is_a_warning(
    changes: dict[str, object], rules: list[str], fix: str
) -> None:  # fmt: skip
    channel = Channel(Meaning(load_federation(FEDERATION)))
    assert channel.send(said(**changes)) == rules
    assert fix in "".join(one.fix for one in channel.found)


def test_a_notice_without_a_receipt_is_a_fault_once_it_is_late(channel: Channel) -> None:
    channel.tell(at_ms=1_000)
    assert list(channel.judge.unanswered(1_000)) == []
    assert [one.rule for one in channel.judge.unanswered(1_001)] == ["unanswered"]
    assert list(channel.judge.unanswered(2_000)) == [], "told once"
    assert channel.judge.counts["notices without a receipt"] == 1


@pytest.mark.parametrize("receipt_first", [True, False])
def test_a_receipt_answers_its_notice_whichever_is_read_first(channel: Channel, receipt_first: bool) -> None:
    steps = (lambda: channel.receive(ANSWERED, True, ce_id="r", at_ms=3_500), lambda: channel.tell(at_ms=1_000))
    for step in steps[:: 1 if receipt_first else -1]:
        step()
    assert list(channel.judge.unanswered(9_000)) == []
    assert channel.judge.times["notice to receipt, median s"] == 2.5


def test_a_notice_that_a_correction_replaces_needs_no_receipt(channel: Channel) -> None:
    correction = notice_id("post", CASE, "answered", ("regional-north", "e2"))
    channel.tell(at_ms=1_000)
    channel.tell(correction, at_ms=2_000, replaces=(ANSWERED,))
    channel.receive(correction, True, ce_id="r")
    assert list(channel.judge.unanswered(9_000)) == []


def test_receipts_that_say_nothing_of_a_notice_of_this_channel_are_faults(channel: Channel) -> None:
    other = notice_id("another", CASE, "answered", ("regional-north", "e1"))
    for number, given in enumerate((other, "n1")):
        channel.receive(given, True, ce_id=str(number))
    assert channel.end() == ["receipt", "receipt"]


def test_a_failure_after_a_success_or_without_a_reason_is_a_warning(channel: Channel) -> None:
    channel.tell()
    assert channel.receive(ANSWERED, False, ce_id="1") == ["receipt"]
    assert channel.receive(ANSWERED, True, ce_id="2") == []
    assert channel.receive(ANSWERED, False, ce_id="3", reason="gone") == ["receipt"]
    assert channel.judge.conforms


def test_what_was_not_tried_yet_is_said(channel: Channel) -> None:
    assert "a message" in channel.judge.not_tried
    channel.send(said(), "1")
    channel.send(said(text="more", replaces="1", attachments=["attachment:a.b"]), "2")
    channel.send(said(), "1")
    channel.send({**said(), "verdict": "confirmed"}, "3", VERDICT)
    channel.tell()
    channel.receive(ANSWERED, True, ce_id="4")
    assert channel.judge.not_tried == ["a receipt of failure", "a rejection"]


def test_nothing_is_concluded_from_what_may_not_be_read(channel: Channel) -> None:
    channel.judge.unread = frozenset({"inbound", "receipts"})
    channel.tell(at_ms=1_000)
    assert list(channel.judge.unanswered(9_000)) == []
    assert channel.judge.counts == {"notices": 1}
    assert channel.judge.not_tried == ["a rejection"]


def test_nothing_personal_is_in_the_result(channel: Channel) -> None:
    channel.send(said(**{"Ann Example": 1}), "Ann Example", key="Flat 7")
    channel.send(said(text=None), "+1 617 555 0100")
    channel.send(said(), "talk of Ann", headers=[("ce_source", b"Ann Example")])
    channel.tell()
    channel.receive(ANSWERED, False, ce_id="x", reason="Ann Example is gone")
    channel.end()
    whole = result_json("post", channel.judge, []) + result_text("post", channel.judge, [], "me", 80, groups=True)
    assert not [secret for secret in SECRETS if secret in whole]
    assert json.loads(result_json("post", channel.judge, []))["conforms"] is False


def test_alike_findings_are_one_with_a_count_and_the_first_places(channel: Channel) -> None:
    for number in range(5):
        channel.send(said(conversation=str(number)), str(number), key="x")
    text = result_text("post", channel.judge, ["otklik.channel.post.receipts.v1"], "me", 200, groups=True)
    assert "(5 times)" in text
    assert "and 2 more" in text
    assert "otklik.channel.post.receipts.v1: not there, or not to be read as me" in text
    assert text.endswith("post: 5 faults")


def test_what_is_remembered_is_bounded() -> None:
    held: Remembered[int, int] = Remembered(2)
    for number in range(3):
        held.put(number, number)
    assert (held.get(0), held.get(2), held.forgotten) == (None, 2, 1)
