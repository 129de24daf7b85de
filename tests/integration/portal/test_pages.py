"""Pages and forms of the running portal, without a browser."""

from __future__ import annotations

import re

import httpx

from tests.conftest import Ground
from tests.kafka import eventually
from tests.portal_rig import HOSTILE, portal_rig, stands

PAGES = (
    "/", "/cases", "/regions", "/rulebook", "/rulebook?table=deadline", "/proposals", "/triage", "/operations",
    "/login", "/proposals/p1", "/parts/now", "/cases?reference=%3Cscript%3E", "/rulebook?q=%22%3E%3Cscript%3E",
    "/cases/%3Cscript%3E",
)  # fmt: skip


def check_of(page: str) -> str:
    """The anti-forgery word of a page."""
    found = re.search(r'name="check" value="([0-9a-f]+)"', page)
    assert found is not None
    return found[1]


async def test_what_citizens_write_is_shown_as_text_never_run(ground: Ground) -> None:
    async with portal_rig(ground) as rig, httpx.AsyncClient() as http:
        reference = await rig.case(1)
        await rig.waiting("waits")
        await rig.proposal("p1")
        await eventually(lambda: stands(rig, http, f"/cases/{reference}", "Why it went there"))
        await eventually(lambda: stands(rig, http, "/triage", "T-waits"))
        await eventually(lambda: stands(rig, http, "/proposals/p1", "What would change"))
        for path in (*PAGES, f"/cases/{reference}"):
            answer = await http.get(f"{rig.url}{path}")
            assert answer.status_code in (200, 404), f"{path}: {answer.status_code}"
            assert "<script>document" not in answer.text, path
            assert "<img src=x" not in answer.text, path
            policy = answer.headers["content-security-policy"]
            assert "script-src 'self'" in policy
            assert "unsafe" not in policy
        page = (await http.get(f"{rig.url}/cases/{reference}")).text
        assert "&lt;script&gt;" in page
        assert HOSTILE not in page


async def test_orders_need_a_person_their_own_form_and_the_right_role(ground: Ground) -> None:
    async with portal_rig(ground) as rig, httpx.AsyncClient() as http:
        await rig.proposal("p1", layer="south")
        await eventually(lambda: stands(rig, http, "/proposals/p1", "What would change"))
        form = {"proposal_id": "p1", "decision": "accept", "reason": ""}
        order = f"{rig.url}/proposals/p1/decide"
        assert (await http.post(order, data=form)).status_code == 403

        federal, operator = {"otklik_token": "federal"}, {"otklik_token": "operator"}
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
        silent = {**form, "decision": "reject", "check": check_of(page)}
        assert (await http.post(order, data=silent, cookies=federal)).status_code == 400
        done = await http.post(order, data={**form, "check": check_of(page)}, cookies=federal)
        await eventually(lambda: stands(rig, http, done.headers["location"], "Done.", federal))
        assert await stands(rig, http, "/proposals/p1", "canary skipped")
        await eventually(lambda: stands(rig, http, "/rulebook/changes?layer=south&from=1&to=2", "row-p1"))


async def test_pages_of_cases_follow_each_other_without_gap_or_repeat_while_new_ones_arrive(ground: Ground) -> None:
    async with portal_rig(ground, ()) as rig, httpx.AsyncClient() as http:
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
    async with portal_rig(ground, ()) as rig, httpx.AsyncClient() as http:
        for number in range(5):
            await rig.case(number)
        await eventually(lambda: stands(rig, http, "/api/status", '"cases":5'))
        found = (await http.get(f"{rig.url}/api/status")).json()
        assert found["totals"]["open"] == 5
        assert found["regions"][0] | {"rating": None} == found["regions"][0]
        assert [r["region"] for r in found["regions"]] == ["north"]
