"""Changes of rules that people draft and propose on the portal's pages, and the simulator, without a browser."""

from __future__ import annotations

import re

import httpx

from tests.conftest import Ground
from tests.integration.portal.test_pages import check_of
from tests.kafka import eventually
from tests.portal_rig import FEDERAL, OPERATOR, Rig, portal_rig, stands

EDITOR = "/rulebook/edit/north/jurisdiction"
ROW = {"form": "row", "layer": "north", "table": "jurisdiction", "row_id": "p1", "place": "1",
       "cell.category.pothole": "on", "cell.area.01": "on", "cell.authority": "yard-02"}  # fmt: skip
SAID = {"form": "propose", "layer": "north", "table": "jurisdiction", "title": "To yard 02",
        "words": "They end there.", "value.effort": "on", "expected": "12", "low": "4", "high": "20"}  # fmt: skip


async def known(rig: Rig, http: httpx.AsyncClient) -> None:
    """Until the portal knows the first releases."""
    await eventually(lambda: stands(rig, http, "/rulebook?layer=north", "Yard 01"))
    await eventually(lambda: stands(rig, http, "/rulebook?layer=national", "Street light"))


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


async def test_a_draft_is_checked_sent_and_told_and_ends_as_a_release(ground: Ground) -> None:
    async with portal_rig(ground, ("rules",)) as rig, httpx.AsyncClient(timeout=60) as http:
        await known(rig, http)
        operator, federal = await rig.cookies(OPERATOR), await rig.cookies(FEDERAL)

        async def post(path: str, **fields: str) -> httpx.Response:
            return await http.post(f"{rig.url}{path}", data={"check": check, **fields}, cookies=operator)

        page = (await http.get(f"{rig.url}{EDITOR}", cookies=operator)).text
        check = check_of(page)
        assert (await post(f"{EDITOR}/rows/p1/put", **ROW)).status_code == 303
        page = (await http.get(f"{rig.url}{EDITOR}", cookies=operator)).text
        assert "Pothole, area 01: Yard 02 must act." in page
        assert "The check would let it through" in page
        assert "Yard 02 must act." not in (await http.get(f"{rig.url}{EDITOR}", cookies=federal)).text

        page = (await http.get(f"{rig.url}{EDITOR}/propose", cookies=operator)).text
        shown = {"proposal_id": hidden(page, "proposal_id"), "seen": hidden(page, "seen")}
        silent = await post(f"{EDITOR}/propose/send", **{**SAID, **shown, "words": ""})
        assert (silent.status_code, "Say why it shall change" in silent.text) == (400, True)
        other = await post(f"{EDITOR}/propose/send", **{**SAID, **shown, "seen": "another"})
        assert (other.status_code, "another one than this page showed" in other.text) == (400, True)
        assert "They end there." in (await http.get(f"{rig.url}{EDITOR}/propose", cookies=operator)).text

        sent = await post(f"{EDITOR}/propose/send", **SAID, **shown)
        assert sent.status_code == 303
        again = await post(f"{EDITOR}/propose/send", **SAID, **shown)
        assert again.headers["location"] == sent.headers["location"]
        at = sent.headers["location"].partition("#")[0]
        await eventually(lambda: stands(rig, http, at, "Done.", operator))
        proposal = f"/proposals/{shown['proposal_id']}"
        assert f'href="{proposal}"' in (await http.get(f"{rig.url}{at}", cookies=operator)).text
        assert "Nothing yet." in (await http.get(f"{rig.url}{EDITOR}", cookies=operator)).text
        await eventually(lambda: stands(rig, http, "/rulebook?layer=north", "a change is asked for"))

        under = f"/rulebook/simulate?given=Pothole&area=01&proposal={shown['proposal_id']}"
        answer = (await http.get(f"{rig.url}{under}")).text
        assert re.search(r"<b>Yard 02</b>\s*<span[^>]*>otherwise", answer)
        assert "A row as the change has it." in answer

        page = (await http.get(f"{rig.url}{proposal}", cookies=federal)).text
        decision = {
            "check": check_of(page),
            "proposal_id": shown["proposal_id"],
            "decision": "accept",
            "reason": "Yes.",
        }
        await http.post(f"{rig.url}{proposal}/decide", data=decision, cookies=federal)
        await eventually(lambda: stands(rig, http, "/rulebook/changes?layer=north&from=1&to=2", "Yard 02 must act"))
        row = "/rulebook/row?layer=north&table=jurisdiction&row=p1"
        await eventually(lambda: stands(rig, http, row, "Accepted by the federal centre"))
        blamed = (await http.get(f"{rig.url}{row}")).text
        assert "Proposed by an operator of North" in blamed
        assert "They end there." in blamed
        assert "Forecast: Transfers avoided in the 90 days after the change: most likely 12" in blamed
        assert "How it turned out is not known yet" in blamed


async def test_what_a_person_may_not_change_or_what_cannot_be_is_refused_and_stays_on_the_page(ground: Ground) -> None:
    async with portal_rig(ground, ("rules",)) as rig, httpx.AsyncClient(timeout=60) as http:
        await known(rig, http)
        assert "Put it into the draft" not in (await http.get(f"{rig.url}{EDITOR}/rows/p1")).text
        signed_out = await http.post(f"{rig.url}{EDITOR}/rows/p1/put", data=ROW)
        assert (signed_out.status_code, 'name="kept.cell.authority" value="yard-02"' in signed_out.text) == (403, True)

        code = httpx.URL(rig.link(OPERATOR)).params["code"]
        kept = {f"kept.{name}": text for name, text in ROW.items()}
        entered = await http.post(f"{rig.url}/login", data={"code": code, "path": f"{EDITOR}/rows/p1/put", **kept})
        again = (await http.get(f"{rig.url}{entered.headers['location']}")).text
        assert '<option value="yard-02" selected>' in again
        assert '<option value="yard-01" selected>' not in again

        check = check_of((await http.get(f"{rig.url}{EDITOR}")).text)
        for wrong in (
            {"cell.authority": "nobody"}, {"place": "0"}, {"place": "x"}, {"layer": "national"}, {"layer": "south"},
            {"table": "loop_settings"}, {"row_id": "a\r\nb"},
        ):  # fmt: skip
            answer = await http.post(f"{rig.url}{EDITOR}/rows/p1/put", data={"check": check, **ROW, **wrong})
            assert (answer.status_code, 'role="alert"' in answer.text) == (400, True), wrong
        for path in (f"{EDITOR}/rows/never", "/rulebook/edit/north/loop_settings", "/rulebook/edit/nowhere/triage"):
            assert (await http.get(f"{rig.url}{path}")).status_code == 404, path

        deadline = "/rulebook/edit/north/deadline"
        page = (await http.get(f"{rig.url}{deadline}")).text
        found = re.search(r"/deadline/rows/([^\"]+)\"", page)
        assert found is not None
        row_id = found[1]
        form = (await http.get(f"{rig.url}{deadline}/rows/{row_id}")).text
        ticked = dict.fromkeys(re.findall(r'name="(cell\.category\.[^"]+)" checked', form), "on")
        looser = {"layer": "north", "table": "deadline", "row_id": row_id, "place": "1", "check": check, **ticked,
                  "cell.priority": "", "cell.answer_minutes": "96000", "cell.extension_minutes": "0"}  # fmt: skip
        assert (await http.post(f"{rig.url}{deadline}/rows/{row_id}/put", data=looser)).status_code == 303
        page = (await http.get(f"{rig.url}{deadline}/propose")).text
        assert "The check would not let it through." in page
        assert "looser than the nation" in page
        send = {"check": check, **SAID, "table": "deadline", "seen": hidden(page, "seen"),
                "proposal_id": hidden(page, "proposal_id")}  # fmt: skip
        refused = await http.post(f"{rig.url}{deadline}/propose/send", data=send)
        assert (refused.status_code, "They end there." in refused.text) == (400, True)
        assert (await http.post(f"{rig.url}{deadline}/discard", data=send)).status_code == 303
        assert "Nothing yet." in (await http.get(f"{rig.url}{deadline}")).text


async def test_the_simulator_answers_for_any_day_place_and_release_and_says_what_it_cannot(ground: Ground) -> None:
    async with portal_rig(ground, ("rules",)) as rig, httpx.AsyncClient(timeout=60) as http:
        await known(rig, http)

        async def says(question: str, words: str, status: int = 200) -> None:
            answer = await http.get(f"{rig.url}/rulebook/simulate{question}")
            assert answer.status_code == status, question
            assert words in answer.text, question

        await says("?given=Pothole&area=01", "Yard 01")
        await says("?given=Pothole&lat=0.5&lon=0.5", "01, North")
        await says("?given=Pothole&lat=80&lon=0.5", "lies outside every region")
        await says("?given=Pothole", "it names no place")
        await says("?text=The+building+is+on+fire&given=Pothole&area=01", "<dt>Its words show</dt><dd>emergency</dd>")
        await says("?text=" + "%D1%8F" * 1_000, "it names no place")
        await says("?given=Comet&area=01", "no rule knows what it is about")
        await says("?given=Pothole&area=01&on=2011-07-01", "Under the rules in force at the end of 1 Jul 2011")
        await says("?given=Pothole&area=01&on=1960-01-01", "No rules were in force yet.")
        await says("?given=Pothole&area=01&on=9999-12-31", "Yard 01")
        await says("?given=Pothole&area=01&release=north:1", "Under release 1 of the rules of North")
        await says("?given=Pothole&lat=north&lon=1", "A point is two numbers")
        for wrong in ("?given=x&area=99", "?given=x&release=north:9", "?given=x&proposal=none", "?given=x&on=soon",
                      "?given=x&draft=north/jurisdiction"):  # fmt: skip
            await says(wrong, 'role="alert"', 400)
