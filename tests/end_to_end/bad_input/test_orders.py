"""Orders that may not be, end to end: each is refused by an event or kept as a dead letter, and the next good order
about the same case is carried out."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
from common.contracts.envelope import Envelope, Headers, header_map, to_headers
from common.contracts.events import clock, region, routing, rules
from common.contracts.events.base import Actor, Command
from common.contracts.patch import Patch, RowChange
from common.contracts.signing import Signer
from common.messaging.kafka import Record

from tests.conftest import Ground
from tests.end_to_end.system import NOW, command, everything, fact, received, url
from tests.kafka import eventually, records_of, send, types_of

DESK = Actor(id="desk:yard-01", role="desk", scope="yard-01")
TOPIC = "region.north.commands"
Written = tuple[str, Headers, bytes]


def written(
    ground: Ground, event: Command, number: str, *, principal: str = "world", at: datetime = NOW,
    key: str | None = None, subject: str | None = None, body: bytes | None = None, topic: str = TOPIC,
    **changes: str | None,
) -> Written:  # fmt: skip
    """A signed order as it lies on a topic, with some of it changed after it was signed."""
    about = getattr(event, event.subject_field)
    signer = Signer.load(ground.keys, principal)
    assert signer is not None
    said = event.model_dump_json().encode()
    envelope = Envelope(number, principal, event.type, at, subject or about, number)
    envelope = signer.sign(topic, about, envelope, said)
    return key or about, to_headers(replace(envelope, **changes)), body or said  # type: ignore[arg-type]


async def open_a_case(ground: Ground, http: httpx.AsyncClient, address: str) -> region.CaseOpened:
    assert (await http.post(address, json=received())).status_code == 202
    cases = await records_of(ground, "world", "region.north.cases", 2)
    return region.CaseOpened.model_validate_json(cases[0].value or b"")


def reasons(cases: list[Record]) -> dict[str, str]:
    refused = [r for r in cases if types_of([r]) == [region.CommandRefused.type]]
    events = [region.CommandRefused.model_validate_json(r.value or b"") for r in refused]
    return {e.command_id.split("~")[0]: e.reason for e in events}


async def test_orders_that_may_not_be_are_refused_and_the_genuine_one_is_carried_out(
    ground: Ground, tmp_path: Path
) -> None:
    async with everything(ground, tmp_path) as running, httpx.AsyncClient(timeout=60) as http:
        opened = await open_a_case(ground, http, url(running["channels"], "/v1/channels/web/messages"))
        case_id = opened.case_id
        answer = region.AnswerCase(actor=DESK, case_id=case_id, text="Filled.")
        genuine = written(ground, answer, "genuine")
        stranger = Actor(id="desk:yard-03", role="desk", scope="yard-03")
        south = Actor(id="operator:south", role="operator", scope="south")
        loop = Actor(id="misrouting", role="loop")
        far = region.DeferCase(actor=DESK, case_id=case_id, until=datetime(9999, 1, 1, tzinfo=UTC), reason="later")
        bad: dict[str, tuple[Written, str]] = {
            "unsigned": (written(ground, answer, "unsigned", signature=None), "not signed"),
            "not base64": (written(ground, answer, "not base64", signature="world:ключ"), "does not fit"),
            "other body": (
                written(ground, answer, "other body", body=genuine[2].replace(b"Filled.", b"Forged.")), "does not fit",
            ),
            "genuine": (("", [], b""), ""),
            "other principal": (written(ground, answer, "other principal", principal="reflex"), "may not write"),
            "other key": (written(ground, answer, "other key", key="another"), "different things"),
            "other subject": (written(ground, answer, "other subject", subject="another"), "different things"),
            "other source": (written(ground, answer, "other source", source="portal"), "must be the same"),
            "other topic": (written(ground, answer, "other topic", topic="region.south.commands"), "does not fit"),
            "no role": (
                written(ground, answer.model_copy(update={"actor": stranger}), "no role"), "acts for",
            ),
            "other region": (written(ground, answer.model_copy(update={"actor": south}), "other region"), "acts for"),
            "loop": (written(ground, answer.model_copy(update={"actor": loop}), "loop"), "may not give"),
            "year 1": (written(ground, answer, "year 1", at=datetime(1, 1, 2, tzinfo=UTC)), "outside"),
            "year 9999": (written(ground, answer, "year 9999", at=datetime(9999, 12, 30, tzinfo=UTC)), "outside"),
            "far date": (written(ground, far, "far date"), "a year away"),
        }  # fmt: skip
        forged_first = written(ground, answer, "genuine", body=genuine[2].replace(b"Filled.", b"Forged."))
        records = [r for name, (r, _) in bad.items() if name != "genuine"]
        unknown = region.AcceptCase(actor=DESK, case_id="no-such-case")
        await send(ground, "world", TOPIC, [*records, written(ground, unknown, "unknown case"), forged_first])
        fact = routing.CaseAssigned.model_construct(case_id=case_id)
        not_ours = Envelope("fact", "world", fact.type, NOW, case_id, "fact")
        garbage = Envelope("garbage", "world", answer.type, NOW, case_id, "garbage")
        timeless = [(n, v) for n, v in to_headers(garbage) if n != "ce_time"]
        await send(
            ground, "world", TOPIC,
            [
                (case_id, to_headers(not_ours), b"{}"),
                (case_id, to_headers(garbage), b"\xff\xfe"),
                (case_id, to_headers(garbage), b'{"case_id": "x", "text": "a\\u0000b"}'),
                (case_id, to_headers(garbage), b'{"text": "\\ud800"}'),
                (case_id, to_headers(garbage), b"[" * 50_000),
                (case_id, to_headers(garbage), b'{"text": "' + b"x" * 300_000 + b'"}'),
                (case_id, [*timeless, ("ce_time", b"0001-01-01T00:00:00+14:00")], genuine[2]),
                (case_id, [*to_headers(garbage), ("ce_type", b"region.case.decline.v1")], genuine[2]),
            ],
        )  # fmt: skip
        await send(ground, "world", TOPIC, [genuine, genuine])
        refused_count = len(records) + 2
        cases = await records_of(ground, "world", "region.north.cases", 2 + refused_count + 1)
        letters = await records_of(ground, "operator", "regional-north.deadletters", 8)
        await command(ground, TOPIC, case_id, answer, at=NOW + timedelta(hours=2))
        cases = await records_of(ground, "world", "region.north.cases", 2 + refused_count + 2)
    found = reasons(cases)
    for name, (_, words) in bad.items():
        if name != "genuine":
            assert words in found[name], f"{name}: {found.get(name)}"
    assert "no such case" in found["unknown case"]
    assert types_of(cases).count(region.CaseAnswered.type) == 1
    answered = next(c for c in cases if types_of([c]) == [region.CaseAnswered.type])
    assert region.CaseAnswered.model_validate_json(answered.value or b"").text == "Filled."
    assert len(letters) == 8
    mine = [c for c in cases if (c.key or b"").decode() == case_id]
    assert "cannot be" in region.CommandRefused.model_validate_json(mine[-1].value or b"").reason
    assert [int(header_map(c.headers)["ce_sequence"]) for c in mine] == list(range(1, len(mine) + 1))
    assert {header_map(c.headers)["ce_time"][:4] for c in mine} == {"2011"}


async def test_orders_to_triage_and_the_rulebook_that_may_not_be_are_refused(ground: Ground, tmp_path: Path) -> None:
    north = Actor(id="operator:north", role="operator", scope="north")
    desk = Actor(id="misrouting", role="loop")
    async with everything(ground, tmp_path) as running, httpx.AsyncClient(timeout=60) as http:
        address = url(running["channels"], "/v1/channels/web/messages")
        for name, place in (("None", {}), ("South", {"lat": 0.5, "lon": 2.5})):
            body = received(name, category="Unicorn") | {"place": place}
            assert (await http.post(address, json=body)).status_code == 202
        asked = await records_of(ground, "world", "routing.triage", 2)
        waiting = [routing.TriageRequested.model_validate_json(a.value or b"") for a in asked]
        by_text = {w.text: w for w in waiting}
        assert {w.text: w.reason for w in waiting} == {"None": "no_place", "South": "unknown_category"}
        bad = {
            "no area": routing.AnswerTriage(actor=north, case_id=by_text["None"].case_id, category="pothole"),
            "unknown area": routing.AnswerTriage(actor=north, case_id=by_text["None"].case_id, area="99"),
            "unknown category": routing.AnswerTriage(
                actor=north, case_id=by_text["None"].case_id, area="01", category="unicorn"
            ),
            "other region": routing.AnswerTriage(actor=north, case_id=by_text["South"].case_id, category="pothole"),
            "pushed away": routing.AnswerTriage(
                actor=north, case_id=by_text["None"].case_id, area="03", category="pothole"
            ),
            "authority of others": routing.AnswerTriage(
                actor=north, case_id=by_text["None"].case_id, area="01", category="pothole", authority="yard-03"
            ),
            "declined by others": routing.DeclineTriage(actor=north, case_id=by_text["South"].case_id, reason="x"),
            "unknown case": routing.AnswerTriage(actor=north, case_id="no-such-case", area="01"),
        }
        await send(
            ground,
            "world",
            "routing.commands",
            [written(ground, c, n, topic="routing.commands") for n, c in bad.items()],
        )
        after = await records_of(ground, "world", "routing.triage", 2 + len(bad))
        assert types_of(after).count(routing.RoutingCommandRefused.type) == len(bad)
        right = routing.AnswerTriage(actor=north, case_id=by_text["None"].case_id, area="01", category="pothole")
        await send(ground, "world", "routing.commands", [written(ground, right, "right", topic="routing.commands")])
        await records_of(ground, "world", "region.north.cases", 2)

        row = RowChange(op="add", row_id="new", after={"category": '"pothole"'}, at=10**9)
        patch = Patch(layer="north", base_number=1, table="jurisdiction", changes=(row,))
        head = Actor(id="head:north", role="regional_head", scope="north")
        proposal = rules.ProposeChange(actor=head, proposal_id="p1", title="t", words="w", patch=patch)
        infinite = proposal.model_dump_json().replace('"evidence":{}', '"evidence":{"x":1e999}').encode()
        rules_order = partial(written, ground, topic="rules.commands")
        orders = {
            "a place beyond the table": rules_order(proposal, "place"),
            "a loop by hand": rules_order(
                proposal.model_copy(update={"actor": desk, "proposal_id": "p2"}), "loop"
            ),
            "national by a region": rules_order(
                proposal.model_copy(
                    update={"proposal_id": "p3", "patch": patch.model_copy(update={"layer": "national"})}
                ),
                "national",
            ),
            "unknown proposal": rules_order(
                rules.DecideProposal(actor=head, proposal_id="p4", accept=True), "unknown"
            ),
            "changed after signing": rules_order(proposal.model_copy(update={"proposal_id": "p5"}), "changed",
                                             body=infinite.replace(b"p1", b"p5")),
        }  # fmt: skip
        await send(ground, "world", "rules.commands", list(orders.values()))
        minutes = itertools.count()

        async def told() -> bool:
            """A proposal in the name of a loop waits for a tick; topics have no common order, so minutes pass."""
            since = NOW + timedelta(minutes=next(minutes))
            until = since + timedelta(minutes=1)
            await fact(ground, "world", "clock.ticks", "clock", clock.TimePassed(since=since, until=until), until)
            return len(await records_of(ground, "world", "rules.proposals", 0)) >= len(orders)

        await eventually(told)
        said = await records_of(ground, "world", "rules.proposals", len(orders))
        kinds = {(s.key or b"").decode(): types_of([s])[0] for s in said}
    assert kinds["p1"] == rules.ProposalRefused.type
    assert {kinds[p] for p in ("p2", "p3", "p4", "p5")} == {rules.RulesCommandRefused.type}
