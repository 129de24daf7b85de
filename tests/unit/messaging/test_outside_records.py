"""What outsiders put into records: headers, times, signatures and rights."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope, EnvelopeError, from_headers, record_type
from common.contracts.events import deliberation, intake, operations, region, routing, rules
from common.contracts.events.base import Actor, Command
from common.contracts.events.clock import TimePassed
from common.contracts.events.reflex.prevention import AnswerPrevention
from common.contracts.rights import INSTALLATION, denial
from common.contracts.signing import SignatureRefused, Signer, Verifier, generate_key, proven
from common.federation.country import load_federation
from common.messaging.consume.time_bounds import MESSAGE_AGE, Timeliness
from pydantic import ValidationError

NOW = datetime(2026, 7, 1, tzinfo=UTC)
DAY = timedelta(days=1)
GOOD = {"ce_type": b"a.b.v1", "ce_id": b"1", "ce_time": b"2026-07-01T00:00:00Z"}
FEDERATION = load_federation(Path(__file__).parents[2] / "federation")


@pytest.mark.parametrize(
    "bad",
    [
        {"ce_time": b"0001-01-01T00:00:00+14:00"},
        {"ce_time": b"9999-12-31T23:59:59-14:00"},
        {"ce_time": b"2026-07-01T00:00:00"},
        {"ce_time": b"soon"},
        {"ce_sequence": "²".encode()},
        {"ce_sequence": b"9" * 5000},
        {"ce_id": b"a\x00b"},
        {"ce_id": b"a\nb"},
        {"ce_id": b"x" * 301},
        {"correlation_id": b"x" * 1_000_000},
        {"ce_source": b"\xff"},
    ],
)
def test_a_header_that_is_not_as_it_should_be_is_named(bad: dict[str, bytes]) -> None:
    with pytest.raises(EnvelopeError, match=next(iter(bad))):
        from_headers(list((GOOD | bad).items()), ("t", 0, 0), "k", NOW, outside=True)


TRACE = b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01"


@pytest.mark.parametrize("name", ["ce_type", "CE_TYPE", "Ce_Id", "correlation_id", "Correlation_Id"])
def test_a_header_of_ours_with_two_values_is_refused_since_readers_would_differ(name: str) -> None:
    headers = [*GOOD.items(), ("correlation_id", b"c1"), (name, b"another")]
    with pytest.raises(EnvelopeError, match=f"{name.lower()} is given twice"):
        from_headers(headers, ("t", 0, 0), "k", NOW, outside=True)


@pytest.mark.parametrize("outside", [True, False])
@pytest.mark.parametrize(
    "more",
    [
        [("traceparent", TRACE), ("traceparent", TRACE)],
        [("traceparent", b"00-me@example.org-01")],
        [("traceparent", b"\xff" * 400)],
        [("kafka_correlationId", bytes(range(256)))],
        [("x-name", "Müller".encode("latin-1")), ("x-name", None)],
        [(f"baggage-{n}", b"x" * 1000) for n in range(500)],
        [("content-type", b"application/json"), ("Content-Type", b"text/plain; charset=\xff")],
        [("ce_dataschema", b"\xff"), ("ce_partitionkey", b"a"), ("ce_partitionkey", b"b"), ("", b"")],
        [("ce_id", b"1"), ("CE_TYPE", b"a.b.v1")],
    ],
    ids=["two traces", "no trace", "bytes for a trace", "binary", "latin-1", "baggage", "content types", "extensions",
         "the same twice"],
)  # fmt: skip
def test_what_is_not_ours_is_never_a_reason_to_refuse(more: list[tuple[str, bytes | None]], outside: bool) -> None:
    plain = from_headers(list(GOOD.items()), ("t", 0, 0), "k", NOW, outside=outside)
    assert from_headers([*more, *GOOD.items()], ("t", 0, 0), "k", NOW, outside=outside) == plain
    assert record_type([*more, *GOOD.items()]) == "a.b.v1"


def test_names_of_ours_are_read_in_any_letter_case() -> None:
    headers = [(name.upper(), value) for name, value in GOOD.items()]
    assert record_type(headers) == "a.b.v1"
    assert from_headers(headers, ("t", 0, 0), "k", NOW, outside=True).id == "1"


def test_a_single_readable_trace_is_kept() -> None:
    found = from_headers([*GOOD.items(), ("traceparent", TRACE)], ("t", 0, 0), "k", NOW, outside=True)
    assert found.traceparent == TRACE.decode()
    headers = [*GOOD.items(), ("traceparent", TRACE), ("TraceParent", TRACE)]
    assert from_headers(headers, ("t", 0, 0), "k", NOW, outside=True).traceparent is None


def test_times_are_judged_by_the_broker_or_by_ticks() -> None:
    wall, ticks = Timeliness("wall"), Timeliness("ticks")
    ticks.hear(TimePassed(since=NOW - DAY / 4, until=NOW))
    for judge in (wall, ticks):
        assert judge.untimely(NOW + timedelta(minutes=5), NOW, MESSAGE_AGE, timedelta()) is None
        assert judge.untimely(NOW - MESSAGE_AGE, NOW, MESSAGE_AGE, timedelta()) is None
        assert "long ago" in (judge.untimely(NOW - MESSAGE_AGE - DAY, NOW, MESSAGE_AGE, timedelta()) or "")
        assert "future" in (judge.untimely(NOW + 2 * DAY, NOW, MESSAGE_AGE, timedelta()) or "")
    assert (wall.said_at(NOW, NOW + DAY), ticks.said_at(NOW + DAY, NOW + DAY)) == (NOW + DAY, NOW)
    assert Timeliness("ticks").said_at(NOW, NOW + DAY) == NOW
    assert Timeliness("ticks").said_at(datetime(9999, 1, 1, tzinfo=UTC), NOW).year == 2006
    assert Timeliness("ticks").untimely(NOW, NOW - 900 * DAY, MESSAGE_AGE, timedelta()) is None
    for year in (1, 1970, 2035, 9999):
        moment = datetime(year, 6, 1, tzinfo=UTC)
        assert "outside" in (Timeliness("ticks").untimely(moment, NOW, MESSAGE_AGE, timedelta()) or "")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    for principal in ("portal", "world", "reflex"):
        generate_key(tmp_path, principal)
    return tmp_path


def signed(keys: Path, event: Command, principal: str = "portal", topic: str = "region.north.commands") -> Delivery:
    signer = Signer.load(keys, principal)
    assert signer is not None
    body, about = event.model_dump_json().encode(), getattr(event, event.subject_field)
    envelope = signer.sign(topic, about, Envelope("c1", principal, event.type, NOW, about, "c1"), body)
    return Delivery(envelope, event, topic, 0, 0, about, body)


DESK = Actor(id="desk:yard-01", role="desk", scope="yard-01")
ACCEPT = region.AcceptCase(actor=DESK, case_id="case-1")


def test_a_command_is_proven_once_and_knows_its_principal(keys: Path) -> None:
    found = proven(signed(keys, ACCEPT), Verifier.load(keys))
    assert (found.principal, found.refused, found.envelope.id) == ("portal", None, "c1")
    assert Verifier({}).check(found) == "portal"


def forged(keys: Path, what: str) -> Delivery:
    good = signed(keys, ACCEPT)
    envelope = good.envelope
    other = ACCEPT.model_copy(update={"case_id": "case-2"})
    return {
        "unsigned": replace(good, envelope=replace(envelope, signature=None)),
        "no such principal": replace(good, envelope=replace(envelope, signature="nobody:AAAA")),
        "not base64": replace(good, envelope=replace(envelope, signature="portal:ключ")),
        "another's signature": replace(
            good, envelope=replace(envelope, signature=(envelope.signature or "").replace("portal", "world"))
        ),
        "another body": replace(good, raw=good.raw + b" "),
        "another id": replace(good, envelope=replace(envelope, id="c2")),
        "another type": replace(good, envelope=replace(envelope, type=region.StartWork.type)),
        "another time": replace(good, envelope=replace(envelope, time=NOW + DAY)),
        "another source": replace(good, envelope=replace(envelope, source="world")),
        "no source": replace(good, envelope=replace(envelope, source="unknown")),
        "another topic": replace(good, topic="region.south.commands"),
        "parts shifted": replace(good, envelope=replace(envelope, id="c1:", type=envelope.type[1:])),
        "another key": replace(good, key="case-2"),
        "another subject": replace(good, envelope=replace(envelope, subject="case-2"), key="case-2"),
        "another case in the body": replace(signed(keys, other), key="case-1"),
        "a principal that may not write there": signed(keys, ACCEPT, "reflex"),
    }[what]


@pytest.mark.parametrize(
    "what",
    ["unsigned", "no such principal", "not base64", "another's signature", "another body", "another id",
     "another type", "another time", "another source", "no source", "another topic", "parts shifted", "another key",
     "another subject", "another case in the body", "a principal that may not write there"],
)  # fmt: skip
def test_a_command_that_is_not_proven_is_refused_and_cannot_stand_for_the_genuine_one(keys: Path, what: str) -> None:
    delivery = forged(keys, what)
    found = proven(delivery, Verifier.load(keys))
    assert found.principal is None
    assert found.refused
    assert found.envelope.id.startswith(f"{delivery.envelope.id}~")
    with pytest.raises(SignatureRefused):
        Verifier.load(keys).check(found)


ANYBODY = [("desk", "yard-01"), ("operator", "north"), ("operator", "south"), ("regional_head", "north"),
           ("regional_head", "south"), ("federal", "*")]  # fmt: skip
OWN = {("desk", "yard-01"), ("operator", "north"), ("regional_head", "north")}
PLACERS = {("operator", "north"), ("regional_head", "north"), ("federal", "*")}
HEADS = {("regional_head", "north"), ("federal", "*")}
ALLOWED: dict[type[Command], set[tuple[str, str]]] = {
    region.AcceptCase: OWN,
    region.StartWork: OWN,
    region.TransferCase: OWN,
    region.ExtendCase: OWN,
    region.DeferCase: OWN,
    region.AskCitizen: OWN,
    region.JoinCase: OWN,
    region.AnswerCase: OWN,
    region.DeclineCase: OWN,
    region.RaiseDispute: OWN,
    region.SettleDispute: {("operator", "north"), ("regional_head", "north"), ("federal", "*")},
    region.AnswerDirective: {("operator", "north"), ("regional_head", "north")},
    routing.AnswerTriage: PLACERS,
    routing.DeclineTriage: PLACERS,
    routing.SplitTriage: PLACERS,
    routing.RefuseDuplicate: PLACERS,
    rules.ProposeChange: PLACERS | {("loop", "*")},
    rules.DecideProposal: HEADS,
    rules.WithdrawProposal: PLACERS | {("loop", "*")},
    rules.StepTrial: HEADS | {("loop", "*")},
    rules.PauseTrial: HEADS | {("loop", "*")},
    rules.ResumeTrial: HEADS,
    rules.AdoptTrial: HEADS | {("loop", "*")},
    rules.RollBackTrial: HEADS | {("loop", "*")},
    rules.EndTrial: HEADS | {("loop", "*")},
    rules.ReviewChange: HEADS,
    deliberation.GiveVoice: HEADS,
    deliberation.JudgeVoices: HEADS,
    deliberation.AnswerObjection: PLACERS,
    deliberation.ModerateVoice: PLACERS,
    deliberation.AppealModeration: PLACERS,
    deliberation.SettleAppeal: HEADS,
    deliberation.RevokeStandingConsent: HEADS,
    deliberation.TakeUpIdea: PLACERS,
    deliberation.DeclineIdea: PLACERS,
    intake.EraseCitizen: {("federal", "*")},
    intake.OpenOriginal: {("federal", "*")},
    AnswerPrevention: OWN,
    operations.ReplayDeadLetter: {("operator", "north"), ("federal", "*")},
    operations.SkipDeadLetter: {("operator", "north"), ("federal", "*")},
    operations.RecordDisclosure: {("operator", "north"), ("federal", "*")},
}
NAMES = {"desk": "desk", "operator": "operator", "regional_head": "head", "federal": "federal"}


def person(role: str, scope: str) -> Actor:
    return Actor(id="federal:centre" if role == "federal" else f"{NAMES.get(role, role)}:{scope}", role=role,
                 scope=scope)  # fmt: skip


@pytest.mark.parametrize("command", list(ALLOWED), ids=lambda c: c.type)
def test_who_may_give_which_command_about_a_case_of_the_north(command: type[Command]) -> None:
    people = [*ANYBODY, ("desk", "yard-02"), ("loop", "*"), ("citizen", "*"), ("system", "*")]
    found = {
        (role, scope)
        for role, scope in people
        if denial(FEDERATION, person(role, scope), command, region="north", authority="yard-01") is None
    }
    assert found == ALLOWED[command]


def test_the_table_of_rights_knows_every_command() -> None:
    def subclasses(kind: type[Command]) -> set[type[Command]]:
        found = set(kind.__subclasses__())
        return found | {deeper for each in found for deeper in subclasses(each)}

    assert {c for c in subclasses(Command) if "type" in vars(c) and c.__module__.startswith("common.")} == set(ALLOWED)


@pytest.mark.parametrize(
    "actor",
    [
        Actor(id="stranger", role="operator", scope="north"),
        Actor(id="operator:north", role="operator", scope="*"),
        Actor(id="operator:north", role="regional_head", scope="north"),
        Actor(id="desk:yard-01", role="desk", scope="yard-02"),
    ],
)
def test_a_role_that_the_federation_did_not_give_is_refused(actor: Actor) -> None:
    assert "does not hold" in (denial(FEDERATION, actor, region.AcceptCase, region="north", authority="yard-01") or "")


@pytest.mark.parametrize("command", list(ALLOWED), ids=lambda c: c.type)
def test_the_installation_settles_dead_letters_proposes_and_erases_alone_and_only_the_operators_key_speaks_for_it(
    command: type[Command],
) -> None:
    allowed = {
        operations.ReplayDeadLetter, operations.SkipDeadLetter, operations.RecordDisclosure, rules.ProposeChange,
        deliberation.TakeUpIdea, intake.EraseCitizen, intake.OpenOriginal,
    }  # fmt: skip
    found = denial(FEDERATION, INSTALLATION, command, region="north", principal="operator")
    assert (found is None) == (command in allowed)
    for principal in ("portal", "world", None):
        assert denial(FEDERATION, INSTALLATION, command, region="north", principal=principal) is not None


@pytest.mark.parametrize("number", ["NaN", "1e999", "-Infinity"])
def test_a_forecast_is_made_of_numbers(number: str) -> None:
    fields = f'"measure": "m", "expected": {number}, "low": 0, "high": 1, "horizon_days": 1'
    body = "{" + fields + ', "review_at": "2026-07-01T00:00:00Z"}'
    with pytest.raises(ValidationError):
        rules.Forecast.model_validate_json(body)
