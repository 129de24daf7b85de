"""Public posts and comments, line by line, and the replies that go back."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from common.contracts.envelope import Envelope, header_map, to_headers
from common.contracts.events.channel import Contact, MessageReceived, NoticeIssued
from common.contracts.events.intake import CitizenErased, MessageRegistered
from embedded.stack import Stack

from tests.conftest import new_ground
from tests.end_to_end.system import NOW
from tests.integration.channels.test_delivery import issue, receipts
from tests.integration.channels.test_edge import edge
from tests.integration.channels.test_messengers import federation_with, inbound
from tests.kafka import all_of, eventually, records_of, send

KEY = "k" * 16
MAY = {"Authorization": f"Bearer {KEY}"}


def line(name: str, author: str = "Ann", **changes: Any) -> bytes:
    fields = {"network": "vk", "id": name, "author": {"handle": author}, "text": f"words of {name}"}
    return json.dumps(fields | {"posted_at": (NOW - timedelta(hours=1 / int(name))).isoformat()} | changes).encode()


async def posted(http: httpx.AsyncClient, *lines: bytes, path: str = "/posts/posts") -> list[dict[str, Any]]:
    headers = MAY | {"content-type": "application/x-ndjson"}
    answer = await http.post(path, content=b"\n".join(lines), headers=headers)
    assert answer.status_code == 200, answer.text
    return [json.loads(one) for one in answer.text.splitlines()]


async def fetched(http: httpx.AsyncClient, after: int = 0, wait: int = 0) -> list[dict[str, Any]]:
    answer = await http.get("/posts/posts/replies", params={"after": after, "wait": wait}, headers=MAY)
    assert answer.status_code == 200, answer.text
    return [json.loads(one) for one in answer.text.splitlines()]


async def test_posts_come_in_line_by_line_and_replies_are_fetched_and_receipted(stack: Stack, tmp_path: Path) -> None:
    async with (
        new_ground(stack, tmp_path, federation_with(tmp_path, "posts")) as ground,
        edge(ground, posts_keys=f"posts={KEY}") as (http, _),
    ):
        # Who has no key neither posts, reads nor vouches; nor does anybody by the other door.
        for headers in ({}, {"Authorization": "Bearer guess"}):
            assert (await http.post("/posts/posts", content=line("1"), headers=headers)).status_code == 401
            assert (await http.post("/posts/web", content=line("1"), headers=MAY)).status_code == 401
            assert (await http.get("/posts/posts/replies", headers=headers)).status_code == 401
        forged = {"conversation": "a", "contact": {"address": "vk:ann"}, "text": "I am Ann"}
        assert (await http.post("/v1/channels/posts/messages", json=forged)).status_code == 401

        # A bad line disturbs no other, and each is answered; the same again changes nothing.
        lines = (
            line("1", url="https://vk.com/wall1"), b"{", b"", line("2", text=None), line("3", parent="1"),
            line("4", "Bob", parent="1"), line("5", "@ANN", parent="4"), line("6"), b"\xff", line("7", "x" * 70_000),
        )  # fmt: skip
        told = await posted(http, *lines)
        states = [(one["line"], one.get("id"), one["state"]) for one in told]
        assert states == [
            (1, "1", "taken"), (2, None, "refused"), (4, None, "refused"), (5, "3", "taken"), (6, "4", "taken"),
            (7, "5", "taken"), (8, "6", "taken"), (9, None, "refused"), (10, None, "refused"),
        ]  # fmt: skip
        assert all(one["reason"] for one in told if one["state"] == "refused")
        assert [one["state"] for one in await posted(http, *lines)].count("repeated") == 5
        changed, edited = line("1", text="other"), line("1", text="other", edited_at=NOW.isoformat())
        assert [one["state"] for one in await posted(http, changed, edited)] == ["refused", "taken"]

        # The words of an author in one thread are one conversation, those of another are that one's own.
        said = {e.text: e for e in await inbound(ground, 11, "posts") if isinstance(e, MessageReceived)}
        names = {name: said[f"words of {name}"].conversation for name in "13456"}
        assert names["1"] == names["3"] == names["5"] == said["other"].conversation
        assert len({names["1"], names["4"], names["6"]}) == 3
        assert {one.contact.address for one in said.values()} == {"vk:ann", "vk:bob"}
        assert said["words of 1"].links == ("https://vk.com/wall1",)
        records = await all_of(ground, "intake", "channel.posts.inbound")
        first = {header_map(r.headers)["ce_id"] for r in records if b"words of 1" in (r.value or b"")}
        assert {said["other"].replaces} == first

        # Of Ann's two threads and Bob's comment each is told its number, where its author spoke last.
        replies: list[dict[str, Any]] = []

        async def all_told() -> bool:
            replies[:] = await fetched(http, wait=1)
            return {(one["author"], one["in_reply_to"]) for one in replies} == {
                ("@ANN", "5"),
                ("Bob", "4"),
                ("Ann", "6"),
            }

        await eventually(all_told)
        assert all(one["kind"] == "registered" and one["reference"] in one["text"] for one in replies)
        assert [one["number"] for one in replies] == sorted(one["number"] for one in replies)
        assert await fetched(http, after=replies[-1]["number"]) == []

        # A receipt is the last word; of what nobody fetched, or has its receipt, there is none.
        ids = [one["reply_id"] for one in replies]
        lines = [json.dumps({"reply_id": one, "delivered": True}).encode() for one in ids[:2]]
        lines += [json.dumps({"reply_id": ids[2], "delivered": False, "reason": "comments are closed"}).encode()]
        noted = await posted(http, *lines, lines[0], b'{"reply_id": 5}', path="/posts/posts/receipts")
        assert [one["state"] for one in noted] == ["noted"] * 3 + ["unknown", "refused"]
        assert await receipts(ground, "posts", 3) == {
            ids[0]: (True, None), ids[1]: (True, None), ids[2]: (False, "comments are closed"),
        }  # fmt: skip
        assert await fetched(http) == []

        # A code is no word for the public, and an author who was not heard here is known by the address.
        for name, kind, conversation in (("code", "link_code", names["1"]), ("new", "answered", "elsewhere")):
            notice = NoticeIssued(
                case_id=name, reference="K-1", conversation=conversation, contact=Contact(address="vk:ann"),
                notice="extended", kind=kind, text=f"notice {name}",
            )  # fmt: skip
            await issue(ground, "posts", (name, notice))
        assert (await receipts(ground, "posts", 4) if await _until(http, "notice new") else {})["code"] == (
            False, "it is not for the public",
        )  # fmt: skip
        (reply,) = await fetched(http)
        assert (reply["author"], reply["in_reply_to"], reply["text"]) == ("ann", None, "notice new")

        # What replies are put under goes with its citizen.
        registered = [
            MessageRegistered.model_validate_json(r.value or b"")
            for r in await records_of(ground, "portal", "intake.messages", 3)
            if header_map(r.headers)["ce_type"] == MessageRegistered.type
        ]
        bob = next(one.citizen for one in registered if one.text == "words of 4")
        gone = CitizenErased(citizen=bob, actor="installation", erased_at=NOW + timedelta(hours=1))
        headers = to_headers(Envelope("gone", "intake", gone.type, gone.erased_at, bob, "gone"))
        db = await asyncpg.connect(ground.urls["channels"])
        try:
            conversations = [names["1"], names["4"], names["6"]]
            sql = "SELECT conversation FROM public_talk WHERE conversation = ANY($1::text[])"
            assert len(await db.fetch(sql, conversations)) == 3
            await send(ground, "intake", "intake.erasures", [(bob, headers, gone.wire())])

            async def forgotten() -> bool:
                rows = await db.fetch(sql, conversations)
                return {row["conversation"] for row in rows} == {names["1"], names["6"]}

            await eventually(forgotten)
        finally:
            await db.close()


async def _until(http: httpx.AsyncClient, words: str) -> bool:
    async def told() -> bool:
        return any(words in one["text"] for one in await fetched(http))

    await eventually(told)
    return True
