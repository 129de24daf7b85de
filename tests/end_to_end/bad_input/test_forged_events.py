"""A region that says on its own topic what it may not: nobody believes it, and nobody else is held up."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx
from common.contracts.envelope import Envelope, derived_id, from_headers, header_map, to_headers
from common.contracts.events import region
from common.contracts.events.base import Actor
from common.contracts.mandates import Mandates
from common.messaging.kafka import Record

from tests.conftest import Ground
from tests.end_to_end.system import NOW, command, everything, received, url
from tests.kafka import eventually, records_of, send

NORTH, SOUTH = "region.north.cases", "region.south.cases"
READERS = ("intake", "federal", "portal")
DESK = Actor(id="desk:yard-03", role="desk", scope="yard-03")


def envelope_of(record: Record) -> Envelope:
    return from_headers(record.headers, ("t", 0, 0), "", NOW)


def letters_of(records: list[Record]) -> dict[str, str]:
    """Reasons by the ce_id of the record."""
    headers = [header_map(record.headers) for record in records]
    return {h["ce_id"]: h["dead_letter_reason"] for h in headers if h["dead_letter_position"].startswith(NORTH)}


async def test_what_a_region_may_not_say_is_a_dead_letter_that_names_it_and_holds_up_nothing(
    ground: Ground, tmp_path: Path
) -> None:
    async with everything(ground, tmp_path) as running, httpx.AsyncClient(timeout=60) as http:
        address = url(running["channels"], "/v1/channels/web/messages")
        assert (await http.post(address, json=received("south", lon=2.5))).status_code == 202
        assert (await http.post(address, json=received("north"))).status_code == 202
        assert (await http.post(address, json=received("moved"))).status_code == 202
        opened, _ = await records_of(ground, "world", SOUTH, 2)
        ours = {
            json.loads(record.value or b"").get("text"): (record.key or b"").decode()
            for record in await records_of(ground, "world", NORTH, 4)
        }
        case_id, mine, moved = (opened.key or b"").decode(), ours["north"], ours["moved"]
        mandates = Mandates.load(ground.keys)
        assert mandates is not None
        own_mandate = mandates.of(mine, "north")

        answered = region.CaseAnswered(
            case_id=case_id, region="north", authority="yard-01", actor="forger", state="answered", text="Forged.",
            on_time=True, worked_minutes=1,
        )  # fmt: skip
        about_mine = answered.model_copy(update={"case_id": mine})
        # The id that south's answer to this command will have.
        order = region.AnswerCase(actor=DESK, case_id=case_id, text="Filled.")
        at = NOW + timedelta(hours=1)
        order_id = derived_id(
            "command", "region.south.commands", case_id, order.type, at.isoformat(), order.model_dump_json()
        )
        next_id = derived_id(order_id, "regional-south", SOUTH, case_id, "0")
        base = Envelope("", "regional-north", answered.type, at, case_id, "c", sequence=1, mandate=own_mandate)
        forged = {
            "case": (case_id, base, answered),
            "body": (case_id, base, answered.model_copy(update={"region": "south"})),
            "source": (case_id, replace(base, source="regional-south", mandate=None), answered),
            "no mandate": (case_id, replace(base, mandate=None), answered),
            "south's mandate": (case_id, replace(base, mandate=envelope_of(opened).mandate), answered),
            "year 9000": (mine, replace(base, subject=mine, time=NOW.replace(year=9000)), about_mine),
            "key": (mine, base, answered),
            "subject": (mine, base, about_mine),
            "refusal": (
                case_id, base,
                region.CommandRefused(
                    case_id=case_id, region="north", command=order.type, command_id=order_id, actor="x", reason="No."
                ),
            ),
        }  # fmt: skip
        forged[next_id] = (case_id, replace(base, source="regional-south"), answered)
        await send(
            ground, "regional-north", NORTH,
            [
                (key, to_headers(replace(e, id=name, type=event.type)), event.wire())
                for name, (key, e, event) in forged.items()
            ],
        )  # fmt: skip
        found = {}
        for service in READERS:

            async def all_dead(service: str = service) -> bool:
                found[service] = letters_of(await records_of(ground, "operator", f"{service}.deadletters", 0))
                wanted = forged.keys() - {"refusal"} if service == "federal" else forged.keys()
                return found[service].keys() == wanted

            await eventually(all_dead)
        # The genuine ones, of both regions, with the id that was taken.
        await command(ground, "region.south.commands", case_id, order, at=at)
        desk = Actor(id="desk:yard-01", role="desk", scope="yard-01")
        await command(
            ground, "region.north.commands", mine, region.AnswerCase(actor=desk, case_id=mine, text="Done."), at=at
        )
        genuine = (await records_of(ground, "world", SOUTH, 3))[2]
        assert envelope_of(genuine).id == next_id

        async def both_answered() -> bool:
            db = await asyncpg.connect(ground.urls["portal"])
            try:
                rows = await db.fetch("SELECT state FROM case_view WHERE case_id = ANY($1::text[])", [case_id, mine])
            finally:
                await db.close()
            return [row["state"] for row in rows] == ["answered", "answered"]

        await eventually(both_answered)
        await _routing_refuses_what_its_holder_did_not_hand_over(ground, moved, mandates)
        notices = await records_of(ground, "world", "channel.web.outbound", 7)
        for service in READERS:
            db = await asyncpg.connect(ground.urls[service])
            try:
                assert await db.fetchval("SELECT count(*) FROM blocked_key") == 0
            finally:
                await db.close()
    assert not any(b"Forged" in (notice.value or b"") for notice in notices)
    kinds = Counter(json.loads(notice.value or b"")["kind"] for notice in notices)
    # North held that case, so its second word about handing it on is refused by routing alone.
    assert kinds == {"registered": 3, "answered": 2, "handed_over": 2}
    for service in READERS:
        assert all("regional-north" in reason for reason in found[service].values())
    assert "another region" in found["federal"]["body"]
    assert "may not speak as" in found["federal"][next_id]
    assert "was not given" in found["federal"]["case"]


async def _routing_refuses_what_its_holder_did_not_hand_over(ground: Ground, case_id: str, mandates: Mandates) -> None:
    """North held the case and has handed it to south: it cannot hand it on once more."""
    desk = Actor(id="desk:yard-01", role="desk", scope="yard-01")
    order = region.TransferCase(actor=desk, case_id=case_id, to_authority="yard-03", reason="not ours")
    await command(ground, "region.north.commands", case_id, order, at=NOW + timedelta(hours=2))
    await records_of(ground, "world", SOUTH, 5)
    told = [r for r in await records_of(ground, "world", NORTH, 0) if (r.key or b"").decode() == case_id]
    genuine = region.CaseTransferred.model_validate_json(told[-1].value or b"")
    again = replace(envelope_of(told[-1]), id="again", sequence=9, mandate=mandates.of(case_id, "north"))
    await send(ground, "regional-north", NORTH, [(case_id, to_headers(again), genuine.wire())])

    async def refused() -> bool:
        letters = letters_of(await records_of(ground, "operator", "routing.deadletters", 0))
        return "a case that is with south" in letters.get("again", "")

    await eventually(refused)
    db = await asyncpg.connect(ground.urls["routing"])
    try:
        assert await db.fetchval("SELECT region FROM route WHERE case_id = $1", case_id) == "south"
        assert await db.fetchval("SELECT count(*) FROM blocked_key") == 0
    finally:
        await db.close()
