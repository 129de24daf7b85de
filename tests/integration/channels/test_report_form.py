"""Reports by the form: taken once, kept on a page that its link alone opens, refused in words, forgotten with the
citizen."""

from __future__ import annotations

import asyncio
import re

import asyncpg
from common.contracts.events.intake import MessageAdded, MessageRefused, MessageRegistered

from tests.conftest import Ground
from tests.end_to_end.system import NOW, fact
from tests.integration.channels.test_edge import edge
from tests.integration.channels.test_voice_form import shows
from tests.kafka import all_of, at_rest, eventually, types_of

FORM = "/report"
PORTAL = "https://portal.example.org"


def fields(**changes: str) -> dict[str, str]:
    given = {"words": "A hole", "category": "pothole", "address": "1 Main St", "lat": "0.5", "lon": "0.5",
             "contact": "Ann@Example.org"}  # fmt: skip
    return {**given, "once": "a" * 16, "language": "en", **changes}


async def test_a_form_is_one_report_however_often_it_is_sent_and_its_page_belongs_to_its_link(ground: Ground) -> None:
    async with edge(ground, form_origins=PORTAL) as (http, _):
        wrong = await http.post(FORM, data=fields(words="..."))
        assert (wrong.status_code, "Say in words what is wrong" in wrong.text) == (422, True)
        assert 'value="1 Main St"' in wrong.text
        foreign = await http.post(FORM, data=fields(), headers={"origin": "https://evil.example"})
        assert (foreign.status_code, "a" * 16 in foreign.text) == (403, True)
        no_form = await http.post(FORM, content=b"\xff", headers={"content-type": "multipart/form-data; boundary=x"})
        assert no_form.status_code == 400
        unkept = {"file": ("a.png", b"GIF89a", "image/png")}
        untaken = await http.post(FORM, data=fields(), files=unkept)
        assert (untaken.status_code, "No files are kept here" in untaken.text) == (422, True)

        answers = await asyncio.gather(*[http.post(FORM, data=fields()) for _ in range(4)])
        assert [a.status_code for a in answers] == [303] * 4, answers[0].text
        (where,) = {a.headers["location"] for a in answers}
        changed = await http.post(FORM, data=fields(words="A deeper hole"))
        assert changed.headers["location"].partition("?")[0] == where.partition("?")[0]
        assert "had been sent before" in (await http.get(changed.headers["location"])).text
        await eventually(lambda: shows(http, where, "You reported it"))
        page = await http.get(where)
        assert "ann@example.org" not in page.text.lower()
        assert page.headers["cache-control"] == "no-store"
        assert (await http.get(f"/c/{'x' * 43}")).status_code == 404

        mine = where.partition("?")[0]
        added = {"act": "add", "words": "It is by the school", "once": "b" * 16, "contact": "ann.lee@example.org"}
        twice = await asyncio.gather(*[http.post(mine, data=added) for _ in range(2)])
        assert [a.status_code for a in twice] == [303] * 2, twice[0].text
        await eventually(lambda: shows(http, mine, "It is by the school"))
        stranger = await http.post(
            mine, data={**added, "words": "Nonsense"}, headers={"origin": "https://evil.example"}
        )
        assert (stranger.status_code, "Nonsense" in stranger.text) == (403, True)
        assert (await http.post(mine, data={**added, "act": "steal"})).status_code == 422

        # Where intake asks which case it is, the page has buttons: here as if it had.
        assert "which report is it about" not in (await http.get(mine)).text
        db = await asyncpg.connect(ground.urls["channels"])
        try:
            await db.execute("UPDATE posted_message SET state = 'which_case' WHERE state = 'registered'")
            asked = (await http.get(mine)).text
            await db.execute("UPDATE posted_message SET state = 'registered' WHERE state = 'which_case'")
        finally:
            await db.close()
        assert "which report is it about" in asked
        assert re.search(r'<button name="words" value="([^"]+)" class="second">Report \1<', asked)
        assert '<button name="words" value="Another matter"' in asked

        unsure = await http.post(mine, data={"act": "erase", "once": "c" * 16})
        assert (unsure.status_code, "Tick the box" in unsure.text) == (422, True)
        sure = await http.post(mine, data={"act": "erase", "once": "c" * 16, "sure": "yes"})
        assert sure.status_code == 303

        async def gone() -> bool:
            return (await http.get(mine)).status_code == 404

        await eventually(gone)
        await at_rest(ground, "channels", "intake")
        records = await all_of(ground, "portal", "intake.messages")
        kinds = types_of(records)
        assert (kinds.count(MessageRegistered.type), kinds.count(MessageAdded.type)) == (1, 1)
        first = MessageRegistered.model_validate_json(records[kinds.index(MessageRegistered.type)].value or b"")
        second = MessageAdded.model_validate_json(records[kinds.index(MessageAdded.type)].value or b"")
        assert (first.text, first.category, second.text) == ("A hole", "pothole", "It is by the school")
        assert first.citizen == second.citizen
    db = await asyncpg.connect(ground.urls["channels"])
    try:
        assert await db.fetch("SELECT words FROM case_step WHERE citizen IS NOT NULL AND words <> ''") == []
        assert await db.fetchval("SELECT count(*) FROM case_step WHERE citizen = $1", first.citizen) == 2
        assert await db.fetchval("SELECT count(*) FROM citizen_page") == 0
    finally:
        await db.close()


async def test_a_page_shows_the_newest_of_a_long_history_and_links_lead_to_all_of_it(ground: Ground) -> None:
    async with edge(ground, http_rate=0) as (http, _):
        mine = (await http.post(FORM, data=fields())).headers["location"].partition("?")[0]
        await eventually(lambda: shows(http, mine, "You reported it"))
        db = await asyncpg.connect(ground.urls["channels"])
        try:
            row = await db.fetchrow("SELECT fingerprint, case_id FROM posted_message")
            assert row is not None
            await db.execute(
                "UPDATE case_state SET state = 'in_work', region = 'north' WHERE case_id = $1", row["case_id"]
            )
            # Ten steps of each moment: the citizen's own, a stranger's, the region's.
            await db.execute(
                "INSERT INTO case_step (case_id, event_id, at, sequence, kind, words, due_at, place, whose)"
                " SELECT $1, 'e' || n, '2030-01-01'::timestamptz + interval '1 minute' * (n / 10), n,"
                " CASE n % 5 WHEN 0 THEN 'intake.message.added.v1' WHEN 1 THEN 'intake.message.added.v1'"
                " ELSE 'region.case.accepted.v1' END, CASE WHEN n % 5 < 2 THEN 'word ' || n || '.' ELSE '' END, NULL,"
                " CASE WHEN n % 5 < 2 THEN 1 ELSE 9 END, CASE n % 5 WHEN 0 THEN $2 WHEN 1 THEN ''::bytea END"
                " FROM generate_series(1, 300) AS n",
                row["case_id"],
                row["fingerprint"],
            )
            await db.execute(
                "INSERT INTO case_step (case_id, event_id, at, sequence, kind, words, due_at) VALUES"
                " ($1, 'opened', '2029-12-31', 0, 'region.case.opened.v1', '', '2030-02-01')",
                row["case_id"],
            )
            await db.execute(
                "INSERT INTO case_state (case_id, reference, begun_at, state)"
                " SELECT 'other-' || n, 'OTHER-' || lpad(n::text, 2, '0'),"
                " '2009-01-01'::timestamptz + interval '1 h' * n, 'registered' FROM generate_series(1, 25) AS n"
            )
            await db.execute(
                "INSERT INTO posted_message (id, fingerprint, case_id, state, about_at)"
                " SELECT c.case_id || '-' || twice, $1, c.case_id, 'registered', c.begun_at FROM case_state AS c,"
                " generate_series(1, 3) AS twice WHERE c.case_id LIKE 'other-%'",
                row["fingerprint"],
            )
        finally:
            await db.close()

        first = await http.get(mine)
        assert "By the standard an answer" in first.text, "its deadline is known, though its beginning is not shown"
        walked, link, seen = [], f"{mine}/steps/{row['case_id']}", re.findall(r"word (\d+)\.", first.text)
        older = re.search(r'href="([^"]*/steps/[^"]*)"', first.text)
        while older is not None:
            walked.append(older[1])
            text = (await http.get(older[1].replace("&amp;", "&"))).text
            seen = re.findall(r"word (\d+)\.", text) + seen
            older = re.search(r'href="([^"]*/steps/[^"]*)"', text)
        own = [n for n in range(1, 301) if n % 5 == 0]
        assert [int(n) for n in seen] == own, "each of the citizen's own words once, in order, and nobody else's"
        assert len(walked) > 2
        for wrong in (f"{link}?before=nothing", f"{link}", f"{mine}/steps/nothing?before=e5", f"{link}?before=e1"):
            assert (await http.get(wrong)).status_code == 404

        day_full = MessageRefused(
            message_id="late", channel="web", reason="enough", until="2090-01-02T00:00:00Z", call="112"
        )
        db = await asyncpg.connect(ground.urls["channels"])
        try:
            await db.execute("INSERT INTO posted_message (id, fingerprint) VALUES ('late', $1)", row["fingerprint"])
        finally:
            await db.close()
        await fact(ground, "intake", "intake.messages", "late", day_full, NOW)
        await eventually(lambda: shows(http, mine, "call 112 at once"))
        assert "Please send it again" not in (await http.get(mine)).text

        numbers: list[str] = []
        where: str | None = mine
        while where is not None:
            text = (await http.get(where.replace("&amp;", "&"))).text
            numbers += re.findall(r"<h[12]>Report ([^<]+)</h[12]>", text)
            found = re.search(r'href="([^"]*)">Show earlier reports', text)
            where = found[1] if found is not None else None
        assert numbers[1:] == [f"OTHER-{n:02}" for n in range(25, 0, -1)]
        assert first.text.count("<h2>Report OTHER") == 9
