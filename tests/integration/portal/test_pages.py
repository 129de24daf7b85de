"""Pages and forms of the running portal, without a browser."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime

import httpx
from common.contracts.events import region, routing
from common.contracts.hotline_pass import read_pass
from common.contracts.signing import Verifier

from tests.conftest import Ground
from tests.kafka import eventually
from tests.portal_rig import FEDERAL, HOSTILE, NOW, OPERATOR, portal_rig, stands

PAGES = (
    "/", "/cases", "/regions", "/forecast", "/values", "/rulebook", "/rulebook?table=deadline", "/rulebook/history",
    "/rulebook/record",
    "/proposals", "/triage", "/operations",
    "/login", "/proposals/p1", "/parts/now", "/cases?reference=%3Cscript%3E", "/rulebook?q=%22%3E%3Cscript%3E",
    "/cases/%3Cscript%3E",
)  # fmt: skip


def check_of(page: str) -> str:
    """The anti-forgery word of a page."""
    found = re.search(r'name="check" value="([0-9a-f]+)"', page)
    assert found is not None
    return found[1]


async def test_what_citizens_write_is_shown_as_text_never_run(ground: Ground) -> None:
    async with portal_rig(ground) as rig, httpx.AsyncClient(timeout=60) as http:
        reference = await rig.case(1)
        await rig.waiting("waits")
        await rig.proposal("p1")
        await eventually(lambda: stands(rig, http, f"/cases/{reference}", "Why it went there"))
        await eventually(lambda: stands(rig, http, "/triage", "T-waits"))
        await eventually(lambda: stands(rig, http, "/proposals/p1", "What would change"))
        for path in (*PAGES, f"/cases/{reference}"):
            answer = await http.get(f"{rig.url}{path}", headers=rig.machine)
            assert answer.status_code in (200, 404), f"{path}: {answer.status_code}"
            assert "<script>document" not in answer.text, path
            assert "<img src=x" not in answer.text, path
            policy = answer.headers["content-security-policy"]
            assert "script-src 'self'" in policy
            assert "unsafe" not in policy
        page = (await http.get(f"{rig.url}/cases/{reference}", headers=rig.machine)).text
        assert "&lt;script&gt;" in page
        assert HOSTILE not in page


async def test_orders_need_a_person_their_own_form_and_the_right_role(ground: Ground) -> None:
    async with portal_rig(ground) as rig, httpx.AsyncClient(timeout=60) as http:
        await rig.proposal("p1", layer="south")
        await eventually(lambda: stands(rig, http, "/proposals/p1", "What would change"))
        form = {"proposal_id": "p1", "decision": "accept", "reason": "They end there."}
        order = f"{rig.url}/proposals/p1/decide"
        assert (await http.post(order, data=form)).status_code == 403

        federal, operator = await rig.cookies(FEDERAL), await rig.cookies(OPERATOR)
        forged = await http.post(order, data={**form, "check": "0" * 32}, cookies=federal)
        assert forged.status_code == 400
        assert "not from a page of yours" in forged.text

        seen = (await http.get(f"{rig.url}/proposals/p1", cookies=operator)).text
        assert ">Accept<" not in seen
        given = await http.post(order, data={**form, "check": check_of(seen)}, cookies=operator)
        assert given.status_code == 303
        await eventually(lambda: stands(rig, http, given.headers["location"], "Your order was refused", operator))
        told = (await http.get(f"{rig.url}{given.headers['location']}", cookies=operator)).text
        assert "may not give" in told

        page = (await http.get(f"{rig.url}/proposals/p1", cookies=federal)).text
        assert ">Accept<" in page
        silent = {**form, "reason": "", "check": check_of(page)}
        assert (await http.post(order, data=silent, cookies=federal)).status_code == 400
        done = await http.post(order, data={**form, "check": check_of(page)}, cookies=federal)
        await eventually(lambda: stands(rig, http, done.headers["location"], "Done.", federal))
        await eventually(lambda: stands(rig, http, "/proposals/p1", "Not tried in a part first"))
        await eventually(lambda: stands(rig, http, "/rulebook/changes?layer=south&from=1&to=2", "Yard 02 must act"))

        row = "/rulebook/row?layer=south&table=jurisdiction&row=row-p1"
        await eventually(lambda: stands(rig, http, row, 'href="/proposals/p1"'))
        await eventually(lambda: stands(rig, http, row, "Accepted by the federal centre"))
        await eventually(lambda: stands(rig, http, "/proposals/p1", "row=row-p1"))
        await eventually(lambda: stands(rig, http, "/rulebook/history?layer=south", "from=1&amp;to=2"))
        assert (await http.get(f"{rig.url}/rulebook/row?layer=south&table=jurisdiction&row=never")).status_code == 404


async def test_a_link_signs_in_once_and_signing_out_ends_the_session_for_whoever_kept_the_cookie(
    ground: Ground,
) -> None:
    edge = "https://channels.example.org"
    async with portal_rig(ground, (), edge) as rig, httpx.AsyncClient(timeout=60) as http:
        link = rig.link(FEDERAL)
        code = httpx.URL(link).params["code"]
        asked = await http.get(link)
        assert (asked.status_code, f"Sign in as {FEDERAL}" in asked.text, len(http.cookies)) == (200, True, 0)
        entered = await http.post(f"{rig.url}/login", data={"code": code})
        cookie = entered.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
        assert code not in cookie
        kept = dict(http.cookies)
        page = (await http.get(f"{rig.url}/cases")).text
        assert f"{FEDERAL} (federal centre)" in page
        value = next(iter(kept.values()))
        assert check_of(page) not in {value, hashlib.sha256(f"form:{value}".encode()).hexdigest()[:32]}

        async with httpx.AsyncClient(timeout=60) as other:
            again = await other.post(f"{rig.url}/login", data={"code": code})
            assert (again.status_code, "was used before" in again.text) == (403, True)
            for wrong in ("", "x", code[:-1], code + "x", "federal"):
                assert (await other.post(f"{rig.url}/login", data={"code": wrong})).status_code == 403

        assert (await http.post(f"{rig.url}/logout", data={"check": "0" * 32})).status_code == 400
        assert (await http.post(f"{rig.url}/logout", data={"check": check_of(page)})).status_code == 303
        assert FEDERAL not in (await httpx.AsyncClient(cookies=kept, timeout=60).get(f"{rig.url}/cases")).text
        assert len(http.cookies) == 0

        assert f'href="{edge}/report?language=en"' in (await http.get(f"{rig.url}/cases")).text
        assert (await http.get(f"{rig.url}/hotline")).headers["location"] == "/login"
        operator, federal = await rig.cookies(OPERATOR), await rig.cookies(FEDERAL)
        to_hotline = await http.get(f"{rig.url}/hotline", cookies=operator)
        assert f"form-action 'self' {edge};" in to_hotline.headers["content-security-policy"]
        (given,) = re.findall(
            rf'action="{edge}/hotline/enter".*?name="pass" value="([^"]+)"', to_hotline.text, re.DOTALL
        )
        found = read_pass(given, datetime.now(UTC), Verifier.load(ground.keys))
        assert found is not None
        assert found.person == OPERATOR
        assert (await http.get(f"{rig.url}/hotline", cookies=federal)).status_code == 403

        secured = {"x-forwarded-proto": "https"}
        fresh = httpx.URL(rig.link(FEDERAL)).params["code"]
        behind_tls = await http.post(f"{rig.url}/login", data={"code": fresh}, headers=secured)
        assert behind_tls.headers["set-cookie"].startswith("__Host-")
        assert "Secure" in behind_tls.headers["set-cookie"]


NO_QUESTIONS = (
    "/cases/%00", "/cases?reference=%00", "/cases?category=a%00b", "/cases?region=nowhere", "/cases?state=lost",
    "/cases?authority=nobody", "/cases?after=x", "/cases?after=0001-01-01T00:00:00%2B14:00~x",
    "/cases?after=9999-12-31T23:59:59-12:00~x", "/cases?after=2011-07-01T14:00:00Z~%00", "/cases?after=2011-07-01~x",
    "/proposals/%00", "/proposals?state=%00", "/proposals?state=unheard", "/rulebook?layer=%00",
    "/rulebook?layer=../keys", "/rulebook/changes?layer=x",
    "/rulebook/row?table=x&row=y", "/rulebook/row?layer=x", "/rulebook/history?layer=x",
    "/rulebook?q=%1b", "/api/cases/%00",
    f"/cases?reference={'x' * 8_000}", f"/cases/{'x' * 3_000}", "/parts/order?order=%00&about=case&name=x",
    "/?order=x&about=case&name=%00",
)  # fmt: skip


async def test_questions_that_no_page_could_put_are_refused_in_words(ground: Ground) -> None:
    async with portal_rig(ground, ()) as rig, httpx.AsyncClient(timeout=60) as http:
        for path in NO_QUESTIONS:
            answer = await http.get(f"{rig.url}{path}")
            assert answer.status_code == 400, f"{path}: {answer.status_code}"
            if path.startswith("/api/"):
                assert answer.json()["error"]
            else:
                assert 'role="alert"' in answer.text, path
        assert (await http.get(f"{rig.url}/nothing/here")).status_code == 404
        assert (await http.delete(f"{rig.url}/cases")).status_code == 405


async def test_a_form_can_only_say_what_the_page_offers(ground: Ground) -> None:
    async with portal_rig(ground, ()) as rig, httpx.AsyncClient(timeout=60) as http:
        http.cookies.update(await rig.cookies(FEDERAL))
        check = check_of((await http.get(f"{rig.url}/cases")).text)
        case = {"check": check, "case_id": "case-1", "region": "north", "action": "accept", "words": ""}
        letter = {"check": check, "service": "intake", "dead_letter_id": "x", "decision": "skip"}
        proposal = {"check": check, "proposal_id": "p1", "decision": "accept", "reason": "They end there."}
        triage = {"check": check, "case_id": "case-1", "decision": "answer"}
        wrong = [
            ("/cases/case-1/act", {**case, "region": "nowhere"}),
            ("/cases/case-1/act", {**case, "region": "north.cases.v1"}),
            ("/cases/case-1/act", {**case, "action": "erase"}), ("/cases/case-1/act", {**case, "case_id": "../x"}),
            ("/cases/case-1/act", {**case, "case_id": "a\r\nb"}), ("/cases/case-1/act", {**case, "words": "\x00"}),
            ("/cases/case-1/act", {**case, "action": "transfer", "authority": "nobody"}),
            ("/operations/settle", {**letter, "service": "kafka"}), ("/operations/settle", {**letter, "decision": ""}),
            ("/operations/settle", {**letter, "dead_letter_id": "{check}"}),
            ("/proposals/p1/decide", {**proposal, "decision": "perhaps"}),
            ("/triage/answer", {**triage, "area": "99"}), ("/triage/answer", {**triage, "authority": "nobody"}),
            ("/triage/divide", {**triage, "text_1": "a hole"}),
            ("/triage/divide", {**triage, "text_1": "a hole", "text_2": "a lamp", "category_2": "unheard of"}),
            ("/triage/answer", {**triage, "category": "unheard of"}), ("/triage/answer", {**triage, "decision": "x"}),
            ("/triage/answer", {**triage, "decision": "decline", "reason": "x" * 60_000 + "y" * 10_000}),
        ]  # fmt: skip
        for path, form in wrong:
            answer = await http.post(f"{rig.url}{path}", data=form)
            assert (answer.status_code, 'role="alert"' in answer.text) == (400, True), (path, form, answer.status_code)
        many = "&".join(f"f{n}=1" for n in range(2_000))
        urlencoded = {"content-type": "application/x-www-form-urlencoded"}
        assert (await http.post(f"{rig.url}/triage/answer", content=many, headers=urlencoded)).status_code == 400
        picture = {"file": ("a.png", b"x" * 200_000)}
        assert (await http.post(f"{rig.url}/triage/answer", data=triage, files=picture)).status_code == 400
        elsewhere = await http.post(f"{rig.url}/triage/answer", data=triage, headers={"origin": "http://evil.example"})
        assert (elsewhere.status_code, "another site" in elsewhere.text) == (400, True)


async def test_a_decision_that_is_not_taken_keeps_its_reason_beside_what_is_wrong(ground: Ground) -> None:
    async with portal_rig(ground) as rig, httpx.AsyncClient(timeout=60) as http:
        await rig.proposal("p1", layer="south")
        await eventually(lambda: stands(rig, http, "/proposals/p1", "What would change"))
        federal = await rig.cookies(FEDERAL)
        page, order = f"{rig.url}/proposals/p1", f"{rig.url}/proposals/p1/decide"
        check = check_of((await http.get(page, cookies=federal)).text)
        form = {"form": "decide-p1", "check": check, "proposal_id": "p1", "decision": "reject"}

        missing = await http.post(order, data={**form, "reason": " "}, cookies=federal)
        assert missing.status_code == 400
        assert 'aria-invalid="true" aria-describedby="decide-p1-reason-wrong"' in missing.text
        assert "A decision needs an answer in words" in missing.text

        for reason in ("The yard is full.", "The yard is still full."):
            sent = await http.post(order, data={**form, "reason": reason}, cookies=federal)
            assert sent.status_code == 303
            outcome = sent.headers["location"].partition("#")[0]
            words = "is rejected" if reason == "The yard is full." else "Your order was refused"
            await eventually(lambda at=outcome, said=words: stands(rig, http, at, said, federal))
        refused = (await http.get(f"{rig.url}{outcome}", cookies=federal)).text
        assert "What you wrote:" in refused
        assert "The yard is still full." in refused


async def test_pages_of_cases_follow_each_other_without_gap_or_repeat_while_new_ones_arrive(ground: Ground) -> None:
    async with portal_rig(ground, ()) as rig, httpx.AsyncClient(timeout=60) as http:
        for number in range(60):
            await rig.case(number, "A hole")
        await eventually(lambda: stands(rig, http, "/api/status", '"cases":60'))
        first = (await http.get(f"{rig.url}/cases?region=north")).text
        older = re.search(r'href="(/cases\?[^"]*after=[^"]*)"', first)
        assert older is not None
        await rig.case(60, "A newer hole")
        await eventually(lambda: stands(rig, http, "/api/status", '"cases":61'))
        second = (await http.get(f"{rig.url}{older[1].replace('&amp;', '&')}")).text
        shown = [re.findall(r'href="/cases/(REF-\d+)"', page) for page in (first, second)]
        assert [len(page) for page in shown] == [50, 10]
        assert len({*shown[0], *shown[1]}) == 60
        assert "REF-0007" in (await http.get(f"{rig.url}/cases?reference=ref-0007")).text


async def test_counters_say_what_a_count_over_all_cases_would(ground: Ground) -> None:
    async with portal_rig(ground, ()) as rig, httpx.AsyncClient(timeout=60) as http:
        for number in range(5):
            await rig.case(number)
        await eventually(lambda: stands(rig, http, "/api/status", '"cases":5'))
        found = (await http.get(f"{rig.url}/api/status")).json()
        assert found["totals"]["open"] == 5
        assert found["regions"][0] | {"rating": None} == found["regions"][0]
        assert [r["region"] for r in found["regions"]] == ["north"]


async def test_who_places_a_message_sees_where_the_last_like_it_ended(ground: Ground) -> None:
    async with portal_rig(ground, services=("rules",)) as rig, httpx.AsyncClient(timeout=60) as http:
        for number in (1, 2, 3):
            reference = await rig.case(number)
            about = {"case_id": f"case-{number}", "region": "north", "actor": "clerk"}
            steps: list[region.CaseEvent] = [
                region.CaseAnswered(
                    authority="yard-02" if number > 1 else "yard-01",
                    state="answered",
                    text="Filled.",
                    on_time=True,
                    worked_minutes=60,
                    **about,
                )
            ]
            if number > 1:
                moved = region.CaseTransferred(authority="yard-02", from_authority="yard-01", state="assigned", **about)
                steps.insert(0, moved)
            for step in steps:
                await rig.fact("regional-north", "region.north.cases", f"case-{number}", step)
            await eventually(lambda r=reference: stands(rig, http, f"/cases/{r}", "Filled.", headers=rig.machine))
        for name, area in (("here", "01"), ("elsewhere", "02")):
            asked = routing.TriageRequested(
                case_id=name, reference=f"T-{name}", message_id=name, channel="web", citizen="pseudonym", text="A hole",
                category="Pothole", received_at=NOW, reason="confirm", missing=(), authority_by_rules="yard-01",
                category_by_rules="pothole", area=area,
            )  # fmt: skip
            await rig.fact("routing", "routing.triage", name, asked)
        await eventually(lambda: stands(rig, http, "/triage", "T-elsewhere"))
        await eventually(lambda: stands(rig, http, "/triage", "T-here"))
        page = " ".join(re.sub(r"<[^>]+>", "", (await http.get(f"{rig.url}/triage")).text).split())
        told = re.findall(r"in area (\d+), where the last such cases ended: ([^.]+)\.", page)
        assert [area for area, _ in told] == ["01"]
        assert re.fullmatch(r".+ \(2\), .+ \(1\)", told[0][1])
