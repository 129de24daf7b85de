"""Files of citizens on the real broker and storage: sent, named by a message, opened, erased."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest
from channels.attachments import room_store
from channels.attachments.keeping import Attachments
from channels.attachments.rooms import ROOMS, Bounds, Room, Way
from common.contracts.attachments import MOST_BYTES, Attachment, link_to
from common.contracts.events import channel
from common.contracts.events.base import Actor
from common.contracts.events.intake import AttachmentGiven, EraseCitizen
from common.contracts.signing import Signer
from common.runtime.service import Service
from PIL import Image

from tests.conftest import Ground
from tests.end_to_end.system import NOW, command, received
from tests.integration.channels.test_edge import MESSAGES, edge
from tests.kafka import eventually, records_of, types_of

UPLOAD = "/v1/attachments/web"
PDF = b"%PDF-1.4 a paper"


def photo(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(out, "JPEG")
    return out.getvalue()


@asynccontextmanager
async def keeping(ground: Ground, folder: Path) -> AsyncIterator[tuple[httpx.AsyncClient, Service]]:
    async with edge(ground, attachments=folder.as_uri()) as found:
        yield found


def files_in(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file()]


async def test_a_photo_is_kept_cleaned_and_sealed_shown_to_whoever_may_see_it_and_erased_with_its_citizen(
    ground: Ground, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    async with keeping(ground, folder) as (http, _):
        kept = await http.post(UPLOAD, content=photo())
        assert kept.status_code == 201, kept.text
        told = kept.json()
        assert (told["media_type"], told["picture"]) == ("image/jpeg", True)
        unnamed = await http.post(UPLOAD, content=photo("blue"))
        assert unnamed.status_code == 201

        message = {**received("See the photo"), "attachments": [told["name"], "holiday.jpg"]}
        posted = await http.post(MESSAGES, json=message)
        assert posted.status_code == 202
        secret = {"authorization": f"Bearer {posted.json()['secret']}"}
        said = await records_of(ground, "portal", "intake.messages", 2)
        (given,) = [
            AttachmentGiven.model_validate_json(r.value or b"") for r in said if AttachmentGiven.type in types_of([r])
        ]
        assert (given.media_type, given.picture, given.channel) == ("image/jpeg", True, "web")
        notices = await records_of(ground, "world", "channel.web.outbound", 2)
        kinds = [channel.NoticeIssued.model_validate_json(r.value or b"").kind for r in notices]
        assert kinds == ["registered", "attachments"], "a name that is no file of ours is told of"

        own = f"/v1/attachments/{given.attachment_id}"

        async def citizen_sees_it() -> bool:
            return (await http.get(own, headers=secret)).status_code == 200

        await eventually(citizen_sees_it)
        whole, small = await http.get(own, headers=secret), await http.get(f"{own}?small", headers=secret)
        with Image.open(io.BytesIO(whole.content)) as image, Image.open(io.BytesIO(small.content)) as thumbnail:
            assert (image.size, thumbnail.size) == ((640, 480), (320, 240))
        assert whole.headers["x-content-type-options"] == "nosniff"
        assert (await http.get(own)).status_code == 401
        assert (await http.get(own, headers={"authorization": "Bearer stranger"})).status_code == 404
        assert (await http.get(f"{own}%00", headers=secret)).status_code == 404
        assert all(whole.content not in path.read_bytes() for path in files_in(folder)), "it lies sealed"

        signer = Signer.load(ground.keys, "portal")
        assert signer is not None
        soon = datetime.now(UTC) + timedelta(hours=1)
        opened = await http.get(link_to(given.attachment_id, "desk:yard-01", soon, signer))
        assert (opened.status_code, opened.content) == (200, whole.content)
        stolen = link_to(given.attachment_id, "desk:yard-01", soon, signer).replace("person=", "person=x")
        assert (await http.get(stolen)).status_code == 403
        db = await asyncpg.connect(ground.urls["channels"])
        try:
            assert await db.fetchval("SELECT person FROM attachment_opening") == "desk:yard-01"
            at = NOW + timedelta(minutes=5)
            order = EraseCitizen(
                actor=Actor(id="federal:centre", role="federal", scope="*"), citizen=given.citizen, reason="asked for"
            )
            await command(ground, "intake.commands", given.citizen, order, principal="portal", at=at)

            async def gone() -> bool:
                return (await http.get(own, headers=secret)).status_code == 404

            await eventually(gone)
            assert (await http.get(link_to(given.attachment_id, "desk:yard-01", soon, signer))).status_code == 404
            keys = await db.fetch("SELECT key FROM attachment WHERE id = $1", given.attachment_id)
            assert all(row["key"] is None for row in keys)
            assert await db.fetchval("SELECT count(*) FROM attachment WHERE key IS NOT NULL") == 1
        finally:
            await db.close()


async def test_bytes_of_erased_files_leave_the_storage_when_the_service_looks(ground: Ground, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    async with keeping(ground, folder) as (http, _):
        assert (await http.post(UPLOAD, content=photo())).status_code == 201
    assert len(files_in(folder)) == 2
    db = await asyncpg.connect(ground.urls["channels"])
    try:
        await db.execute("UPDATE attachment SET unnamed_until = now() - interval '1 second'")
        async with keeping(ground, folder):

            async def deleted() -> bool:
                return not files_in(folder) and await db.fetchval("SELECT count(*) FROM attachment") == 0

            await eventually(deleted)
    finally:
        await db.close()


async def test_whoever_fills_one_room_leaves_the_others_theirs_and_a_message_under_way_makes_room(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = timedelta(days=1)
    monkeypatch.setitem(ROOMS, "upload", Room(Bounds(1_000, 4), Bounds(1_000, 2), day))
    talk = Room(Bounds(1_000, 3), Bounds(1_000, 3), day)
    monkeypatch.setitem(ROOMS, "talk", talk)
    url = (tmp_path / "files").as_uri()
    async with edge(ground, attachments=url) as (http, _), asyncpg.create_pool(ground.urls["channels"]) as pool:
        first = await http.post(UPLOAD, content=b"%PDF-1.4 first")
        assert (first.status_code, (await http.post(UPLOAD, content=PDF)).status_code) == (201, 201)
        refused = await http.post(UPLOAD, content=PDF)
        assert (refused.status_code, "send those first" in refused.json()["error"]) == (429, True)
        bots = Attachments(pool, Signer.load(ground.keys, "channels"), url)
        assert (await bots.keep("telegram", PDF, "telegram 42", "talk")).name

        message = {**received("See the paper"), "attachments": [first.json()["name"]]}
        assert (await http.post(MESSAGES, json=message)).status_code == 202
        assert (await http.post(UPLOAD, content=PDF)).status_code == 201

        async def add(number: int, way: Way = "talk", source: bytes = b"chat") -> None:
            kept = Attachment(id=f"{way}{number}", media_type="application/pdf", size=10, picture=False)
            await room_store.add(pool, kept, "web", b"key", source=source, way=way, room=ROOMS[way])

        together = await asyncio.gather(*(add(number) for number in range(6)), return_exceptions=True)
        assert [type(one) for one in together].count(room_store.NoRoom) == 4, "one place of three was taken before"
        with pytest.raises(room_store.NoRoom):
            await room_store.add(
                pool, Attachment(id="large", media_type="application/pdf", size=1_001, picture=False), "web", b"key",
                source=b"other", way="form", room=Room(Bounds(1_000, 9), Bounds(1_000, 9), day),
            )  # fmt: skip

        await add(1, "upload", b"others")
        await add(2, "upload", b"others")
        assert (await http.post(UPLOAD, content=PDF)).status_code in (429, 503)
        await pool.execute("UPDATE attachment SET kept_at = now() - interval '2 hours' WHERE room = 'upload'")
        assert (await http.post(UPLOAD, content=PDF)).status_code == 201, "the oldest go"
        assert await pool.fetchval("SELECT count(*) FROM attachment WHERE key IS NULL AND under_way") == 0

        counted = await pool.fetch("SELECT room, bytes, files FROM attachment_room WHERE source = '' ORDER BY room")
        there = await pool.fetch(
            "SELECT room, sum(size) AS bytes, count(*) AS files FROM attachment WHERE room IS NOT NULL"
            " GROUP BY room ORDER BY room"
        )
        assert [tuple(row) for row in counted] == [tuple(row) for row in there]


async def test_a_message_that_names_a_file_which_is_gone_is_taken_and_its_citizen_told(
    ground: Ground, tmp_path: Path
) -> None:
    async with keeping(ground, tmp_path / "files") as (http, _):
        names = [(await http.post(UPLOAD, content=PDF)).json()["name"] for _ in range(2)]
        db = await asyncpg.connect(ground.urls["channels"])
        try:
            await db.execute("UPDATE attachment SET key = NULL WHERE id IN (SELECT id FROM attachment LIMIT 1)")
        finally:
            await db.close()
        message = {**received("See the papers"), "attachments": names}
        assert (await http.post(MESSAGES, json=message)).status_code == 202
        notices = await records_of(ground, "world", "channel.web.outbound", 2)
        kinds = [channel.NoticeIssued.model_validate_json(r.value or b"").kind for r in notices]
        assert kinds == ["registered", "attachments"]


async def test_what_is_no_file_that_is_kept_is_refused_in_words(ground: Ground, tmp_path: Path) -> None:
    async with keeping(ground, tmp_path / "files") as (http, _):
        for what, path, body, status in (
            ("text", UPLOAD, b"hello", 415),
            ("empty", UPLOAD, b"", 415),
            ("too large", UPLOAD, bytes(MOST_BYTES + 1), 413),
            ("no such channel", "/v1/attachments/No.One", photo(), 404),
        ):
            answer = await http.post(path, content=body)
            assert (what, answer.status_code) == (what, status)
            assert answer.json()["error"]
        assert (await http.post(MESSAGES, content=bytes(300_000))).status_code == 413, "other paths stay small"
    async with edge(ground) as (http, _):
        answer = await http.post(UPLOAD, content=photo())
        assert (answer.status_code, "OTKLIK_ATTACHMENTS" in answer.json()["error"]) == (404, True)
