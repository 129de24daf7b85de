"""axe-core finds nothing serious on any page, in any language, light at a desk and dark on a phone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import product
from typing import Literal

import httpx
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Page, async_playwright
from portal.language import CATALOGUES

from tests.arrivals import facts_of_arrivals
from tests.chromium import CHROMIUM, NEEDS_CHROMIUM, PATIENCE_MS
from tests.conftest import Ground
from tests.integration.portal.test_pages import check_of
from tests.kafka import eventually
from tests.portal_rig import FEDERAL, OPERATOR, portal_rig, stands

pytestmark = NEEDS_CHROMIUM

DESK, PHONE = 1280, 390
Scheme = Literal["light", "dark"]
LOOKS: tuple[tuple[Scheme, int], ...] = (("light", DESK), ("dark", PHONE))
"""Each colour scheme and each width once: no rule of axe-core depends on both."""
SERIOUS = frozenset({"serious", "critical"})
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]},
         "resultTypes": ["violations"]}  # fmt: skip


@asynccontextmanager
async def reader() -> AsyncIterator[Page]:
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-quic"])
        page = await browser.new_page()
        await page.add_init_script(AXE_SCRIPT)
        page.set_default_timeout(PATIENCE_MS)
        try:
            yield page
        finally:
            await browser.close()


async def read_as(page: Page, url: str, language: str, session: dict[str, str]) -> None:
    """The next pages are those of a session, empty for a visitor's, in a language."""
    cookies = {**session, "otklik_language": language}
    await page.context.clear_cookies()
    await page.context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])


async def serious(page: Page) -> list[str]:
    """What axe-core holds for serious: rule, number of places, the first of them."""
    found = (await page.evaluate("rules => axe.run(document, rules)", RULES))["violations"]
    return [
        f"{v['id']}: {len(v['nodes'])}, {v['nodes'][0]['html'][:200]}: {v['nodes'][0].get('failureSummary', '')}"
        for v in found
        if v["impact"] in SERIOUS
    ]


async def wrong_on(
    page: Page,
    url: str,
    paths: Mapping[str, dict[str, str]],
    languages: Sequence[str] = CATALOGUES.languages,
) -> dict[str, list[str]]:
    """What is serious on these pages, each read in a session: the first language in every look, others on a phone."""
    found: dict[str, list[str]] = {}
    for (path, session), language in product(paths.items(), languages):
        await read_as(page, url, language, session)
        await page.goto(f"{url}{path}")
        assert await page.get_attribute("html", "lang") == language, path
        for scheme, width in LOOKS if language == languages[0] else LOOKS[-1:]:
            await page.emulate_media(color_scheme=scheme)
            await page.set_viewport_size({"width": width, "height": 900})
            wrong = await serious(page)
            if await page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append("wider than the screen")
            if wrong:
                found[f"{path} {language} {scheme} {width}"] = wrong
    return found


async def drafted(http: httpx.AsyncClient, url: str, session: dict[str, str]) -> None:
    """The session's person has a changed row in a draft."""
    editor = f"{url}/rulebook/edit/north/jurisdiction"
    check = check_of((await http.get(editor, cookies=session)).text)
    row = {"layer": "north", "table": "jurisdiction", "row_id": "p1", "place": "1", "cell.category.pothole": "on",
           "cell.authority": "yard-02"}  # fmt: skip
    sent = await http.post(f"{editor}/rows/p1/put", data={"check": check, **row}, cookies=session)
    assert sent.status_code == 303, sent.text


@pytest.mark.timeout(600)
async def test_axe_finds_nothing_serious_on_any_page(ground: Ground) -> None:
    async with portal_rig(ground) as rig, httpx.AsyncClient(timeout=60) as http:
        reference = await rig.case(1)
        await rig.waiting("waits")
        await rig.proposal("p1")
        for event in facts_of_arrivals():
            await rig.fact("reflex", "reflex.observations", "arrivals|north", event)
        await eventually(lambda: stands(rig, http, "/forecast?region=north", "Within the band"))
        await eventually(lambda: stands(rig, http, f"/cases/{reference}", "Why it went there"))
        await eventually(lambda: stands(rig, http, "/triage", "T-waits"))
        await eventually(lambda: stands(rig, http, "/proposals/p1", "What would change"))
        federal, operator = await rig.cookies(FEDERAL), await rig.cookies(OPERATOR)
        paths = {
            "/": federal, "/cases": federal, f"/cases/{reference}": operator, "/regions": federal, "/values": federal,
            "/forecast": {},
            "/rulebook": federal, "/rulebook?layer=north&table=deadline": federal,
            "/rulebook/row?layer=north&table=jurisdiction&row=p1": federal, "/rulebook/history": federal,
            "/rulebook/record": federal, "/proposals": federal, "/proposals/p1": federal, "/triage": operator,
            "/operations": federal, "/login": {}, "/nothing/here": {},
            "/rulebook/edit/north/jurisdiction": operator, "/rulebook/edit/north/jurisdiction/rows/p1": operator,
            "/rulebook/edit/north/jurisdiction/propose": operator, "/rulebook/edit/north/escalation/new": operator,
            "/rulebook/simulate?given=Pothole&area=01&draft=north/jurisdiction": operator,
        }  # fmt: skip
        await drafted(http, rig.url, operator)
        async with reader() as page:
            assert await wrong_on(page, rig.url, paths) == {}
