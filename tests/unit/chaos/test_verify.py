"""Each check of the chaos suite's verifier is quiet on a run that holds and speaks up when one record is doctored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from common.contracts.catalogue import Installation, topic_of
from common.contracts.envelope import derived_id
from common.contracts.events import channel, federal, intake, operations, region, routing
from common.contracts.events.base import Event, Place
from common.contracts.events.rules import ReleasePublished
from common.contracts.parts import part_case_id
from rules.chain import Head, link

from tests.chaos.seen import Seen
from tests.chaos.verify import GARBAGE, Account, Index, balance, complaints

NOW = datetime(2011, 7, 1, 12, tzinfo=UTC)
INSTALLATION = Installation("t", ("web",), ("north", "south"))
CONTACT = channel.Contact(address="a@example.org")


class Log:
    """Topics in memory: numbers sequences and offsets as the outbox and Kafka do."""

    def __init__(self) -> None:
        self.records: list[Seen] = []
        self._sequence: Counter[tuple[str, str]] = Counter()
        self._offset: Counter[str] = Counter()

    def put(self, topic: str, key: str, event: Event, id: str, cause: str = "") -> None:
        headers = {"ce_id": id, "ce_type": event.type, "ce_causationid": cause}
        if not topic_of(topic).multi_writer:
            self._sequence[topic, key] += 1
            headers["ce_sequence"] = str(self._sequence[topic, key])
        self.raw(topic, key, headers, event.model_dump_json(exclude_none=True).encode())

    def raw(self, topic: str, key: str, headers: dict[str, str], body: bytes) -> None:
        self.records.append(Seen(topic, 0, self._offset[topic], key, headers, body))
        self._offset[topic] += 1


def case_of(id: str) -> str:
    return derived_id("case", "world", id)


def register(log: Log, id: str) -> dict[str, object]:
    """A first message through intake; returns what later events repeat."""
    message, case = derived_id("message", "world", id), case_of(id)
    shared: dict[str, object] = {
        "case_id": case, "reference": "R", "message_id": message, "channel": "web", "citizen": "c", "text": "x",
        "received_at": NOW,
    }  # fmt: skip
    log.put("intake.messages", case, intake.MessageRegistered.model_validate(shared), f"reg-{id}", id)
    tell(log, case, "registered", id)
    return shared


def tell(log: Log, case: str, kind: str, cause: str) -> None:
    notice = channel.NoticeIssued.model_validate(
        {"case_id": case, "reference": "R", "conversation": "t", "contact": CONTACT, "notice": kind, "text": "x"}
    )
    log.put("channel.web.outbound", case, notice, f"notice-{kind}-{cause}", cause)


def say(log: Log, kind: type[region.CaseEvent], case: str, id: str, cause: str, **fields: object) -> None:
    common = {"case_id": case, "region": "north", "authority": "yard-01", "actor": "desk", "state": "accepted"}
    log.put("region.north.cases", case, kind.model_validate(common | fields), id, cause)


def open_case(log: Log, id: str, shared: dict[str, object], cause: str) -> None:
    case = case_of(id)
    decided = {
        "region": "north", "area": "01", "authority": "yard-01", "category": "pothole", "priority": 1, "release": "n:1",
    }  # fmt: skip
    minutes = {"answer_minutes": 1, "extension_minutes": 1, "border_set": "2011"}
    assigned = routing.CaseAssigned.model_validate(shared | decided | minutes)
    log.put("region.north.assignments", case, assigned, f"assigned-{id}", cause)
    say(log, region.CaseOpened, case, f"opened-{id}", f"assigned-{id}", **shared, **decided, due_at=NOW)


def story() -> tuple[Log, Account]:
    """One message opened and answered, one later message joined, one in triage, one refused, one verdict, one piece of
    garbage, a refused command, an escalation, a directive, a hand-over, a release."""
    log, account = Log(), Account(garbage=1)
    account.messages = {("world", f"m{n}") for n in range(1, 5)}
    account.verdicts = {("world", "v1")}
    account.commands = {("world", "answer"), ("world", "bad")}
    case, later = case_of("m1"), derived_id("message", "world", "m2")
    open_case(log, "m1", register(log, "m1"), "reg-m1")
    added = intake.MessageAdded(
        message_id=later, case_id=case, channel="web", citizen="c", text="more", received_at=NOW
    )
    log.put("intake.messages", case, added, "added-m2", "m2")
    forwarded = routing.MessageForwarded(case_id=case, message_id=later, citizen="c", text="more", received_at=NOW)
    log.put("region.north.assignments", case, forwarded, "forwarded-m2", "added-m2")
    say(log, region.MessageJoined, case, "joined-m2", "forwarded-m2", message_id=later, text="more")
    asked = register(log, "m3") | {"place": Place(), "reason": "no_place", "missing": ("area",)}
    log.put("routing.triage", case_of("m3"), routing.TriageRequested.model_validate(asked), "asked-m3", "reg-m3")
    refused = intake.MessageRefused(message_id=derived_id("message", "world", "m4"), channel="web", reason="future")
    log.put("intake.messages", refused.message_id, refused, "refused-m4", "m4")
    say(log, region.CaseAnswered, case, "answered", "answer", text="x", on_time=True, worked_minutes=1)
    tell(log, case, "answered", "answered")
    verdict = {"case_id": case, "citizen": "c", "verdict": "confirmed", "given_at": NOW}
    log.put("intake.messages", case, intake.VerdictGiven.model_validate(verdict), "given-v1", "v1")
    log.put("region.north.assignments", case, routing.VerdictForwarded.model_validate(verdict), "fwd-v1", "given-v1")
    say(log, region.CaseConfirmed, case, "confirmed", "fwd-v1")
    no = region.CommandRefused(
        case_id=case, region="north", command="x", command_id="bad", actor="desk", reason="no such case"
    )
    log.put("region.north.cases", case, no, "refused-bad", "bad")
    climbed = federal.CaseEscalated(
        case_id=case, region="north", authority="yard-01", level=1, to="authority_head", due_at=NOW
    )
    log.put("federal.escalations", case, climbed, "climbed", "tick")
    tell(log, case, "escalated", "climbed")
    order = federal.DirectiveIssued(directive_id="d", case_id=case, region="north", demand="x", answer_by=NOW)
    log.put("federal.directives", case, order, "directive", "tick")
    say(log, region.DirectiveReceived, case, "received", "directive", directive_id="d")
    say(log, region.CaseTransferred, case, "left", "answer2", to_region="south", due_at=NOW, held_minutes=1,
        from_authority="yard-01", reason="x")  # fmt: skip
    back = {**register_free(case), "handed_over_from": "north"}
    log.put("region.south.assignments", case, routing.CaseAssigned.model_validate(back), "assigned-south", "left")
    throw_garbage(log)
    publish_release(log)
    return log, account


def register_free(case: str) -> dict[str, object]:
    return {
        "case_id": case, "reference": "R", "message_id": derived_id("message", "world", "m1"), "channel": "web",
        "citizen": "c", "text": "x", "received_at": NOW, "region": "south", "area": "03", "border_set": "2011",
        "authority": "yard-03", "category": "pothole", "priority": 1, "answer_minutes": 1, "extension_minutes": 1,
        "release": "n:1",
    }  # fmt: skip


def throw_garbage(log: Log) -> None:
    log.raw("channel.web.inbound", f"{GARBAGE}-1", {}, b"\xff")
    position = "channel.web.inbound/0/0"
    log.raw("intake.deadletters", "letter", {"dead_letter_position": position}, b"\xff")
    recorded = operations.DeadLetterRecorded(
        dead_letter_id="letter", service="intake", topic="channel.web.inbound", partition=0, offset=0, reason="x",
        sha256="", size=1, parks_key=False, recorded_at=NOW,
    )  # fmt: skip
    log.put("intake.operations", "letter", recorded, "recorded", "letter")


def publish_release(log: Log) -> None:
    release = ReleasePublished(layer="north", number=1, effective_at=NOW, tables={}, previous_hash="", hash="h")
    log.put("rules.releases", "north:1", release, "release", "base")
    log.put("rules.lifecycle", "chain", link(Head(), "rules.release.published", None, NOW, {"n": 1}), "step", "base")


def found(records: list[Seen], account: Account) -> list[str]:
    return complaints(records, account, INSTALLATION)


def test_a_run_that_holds_has_nothing_to_complain_of_and_its_places_add_up() -> None:
    log, account = story()
    assert found(log.records, account) == []
    assert balance(Index(log.records), account) == {"opened": 1, "joined": 2, "waiting": 1, "refused": 1}


def without(type_: str) -> Callable[[list[Seen]], list[Seen]]:
    return lambda records: [r for r in records if r.type != type_]


def doubled(type_: str) -> Callable[[list[Seen]], list[Seen]]:
    """The record a second time at the end of its topic, as a relay that sends twice would leave it."""
    return lambda records: [*records, *(replace(r, offset=r.offset + 1_000) for r in records if r.type == type_)]


def renumbered(type_: str) -> Callable[[list[Seen]], list[Seen]]:
    """A second record of its own: next sequence, own id, same cause."""

    def doctor(records: list[Seen]) -> list[Seen]:
        last = next(r for r in reversed(records) if r.type == type_)
        number = max(
            int(r.headers.get("ce_sequence", 0)) for r in records if (r.topic, r.key) == (last.topic, last.key)
        )
        headers = last.headers | {"ce_id": "another", "ce_sequence": str(number + 1)}
        return [*records, replace(last, offset=last.offset + 1_000, headers=headers)]

    return doctor


def moved(type_: str) -> Callable[[list[Seen]], list[Seen]]:
    return lambda records: [replace(r, partition=1) if r.type == type_ else r for r in records]


def forged(records: list[Seen]) -> list[Seen]:
    """A link of the chain whose body was edited afterwards."""
    return [replace(r, body=r.body.replace(b'"n":1', b'"n":2')) if r.topic == "rules.lifecycle" else r for r in records]


def without_letters(records: list[Seen]) -> list[Seen]:
    return [r for r in records if not r.topic.endswith(".deadletters")]


def strange_letter(records: list[Seen]) -> list[Seen]:
    """A dead letter about a record that is no garbage."""
    return [*records, Seen("routing.deadletters", 0, 0, "l", {"dead_letter_position": "intake.messages/0/0"}, b"{}")]


@pytest.mark.parametrize(
    ("doctor", "words"),
    [
        (without(intake.MessageRegistered.type), "is nowhere"),
        (without(region.CaseOpened.type), "is nowhere"),
        (without(routing.TriageRequested.type), "is nowhere"),
        (without(region.MessageJoined.type), "is nowhere"),
        (without(intake.MessageRefused.type), "is nowhere"),
        (without(region.CaseConfirmed.type), "verdict v1 of world is nowhere"),
        (renumbered(region.CaseOpened.type), "is opened and opened"),
        (renumbered(region.MessageJoined.type), "is joined and joined"),
        (doubled(region.CaseAnswered.type), "ce_sequence repeats or goes back"),
        (doubled(region.CaseAnswered.type), "stands 2 times"),
        (without(region.CaseOpened.type), "ce_sequence has a gap"),
        (moved(region.CaseAnswered.type), "its earlier records lie in partition 0"),
        (renumbered(channel.NoticeIssued.type), "was told 'escalated' 2 times"),
        (without(channel.NoticeIssued.type), "has no receipt"),
        (without(channel.NoticeIssued.type), "nobody told the citizen"),
        (without(region.CommandRefused.type), "command bad of world led to nothing"),
        (without(routing.CaseAssigned.type), "assigned 0 times"),
        (without(region.DirectiveReceived.type), "did not reach region north"),
        (without_letters, "is garbage and has no dead letter"),
        (without(operations.DeadLetterRecorded.type), "has no event about a dead letter"),
        (strange_letter, "is no garbage and has a dead letter"),
        (forged, "was changed"),
        (without(ReleasePublished.type), "1 links for 0 releases"),
    ],
)
def test_a_doctored_log_is_found_out(doctor: Callable[[list[Seen]], list[Seen]], words: str) -> None:
    log, account = story()
    assert any(words in complaint for complaint in found(doctor(log.records), account))


def test_a_command_that_was_refused_and_carried_out_is_found_out() -> None:
    log, account = story()
    say(log, region.WorkStarted, case_of("m1"), "started", "bad")
    assert any("was refused and yet led to" in c for c in found(log.records, account))


def test_a_divided_message_is_in_place_once_each_part_is_and_its_citizen_was_told() -> None:
    log = Log()
    shared = register(log, "m1")
    whole = str(shared["case_id"])
    log.put("routing.triage", whole, routing.TriageRequested.model_validate(
        {**shared, "reason": "no_place", "missing": ("area",)}), "asked", "reg-m1")  # fmt: skip
    parts = ({"text": "a hole"}, {"text": "a lamp"})
    split = routing.MessageSplit.model_validate({**shared, "parts": parts, "actor": "operator:north"})
    log.put("routing.triage", whole, split, "split", "order")
    names = tuple(part_case_id(whole, n) for n in (1, 2))
    of = {"message": shared["message_id"], "case": whole, "parts": names}
    account = Account(messages={("world", "m1")})

    def wrong() -> str:
        return " ".join(complaints(log.records, account, INSTALLATION))

    for number, name in enumerate(names):
        one = {**shared, "case_id": name, "message_id": derived_id("part message", name), "part_of": of}
        log.put("intake.messages", name, intake.MessageRegistered.model_validate(one), f"part-{number}", "split")
        assert "m1 of world is nowhere" in wrong()
        asked = routing.TriageRequested.model_validate({**one, "reason": "no_place", "missing": ("area",)})
        log.put("routing.triage", name, asked, f"asked-{number}", f"part-{number}")
    assert "was not told of part" in wrong()
    tell(log, whole, "extended", "split")
    assert wrong() == ""
    assert balance(Index(log.records), account) == Counter({"divided": 1})
