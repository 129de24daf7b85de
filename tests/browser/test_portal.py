"""The portal as people use it, in a headless Chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import httpx
from playwright.async_api import Page, async_playwright, expect

from tests.chromium import CHROMIUM, NEEDS_CHROMIUM, PATIENCE_MS
from tests.conftest import Ground
from tests.kafka import eventually
from tests.portal_rig import FEDERAL, OPERATOR, Rig, portal_rig, stands

pytestmark = NEEDS_CHROMIUM

UNNAMED = """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea, button, a[href]')]
  .filter(e => !(e.labels && e.labels.length) && !e.getAttribute('aria-label') && !e.textContent.trim())
  .map(e => e.outerHTML)"""
"""Fields, buttons and links that a screen reader could not name."""
expect.set_options(timeout=PATIENCE_MS)


@asynccontextmanager
async def visitor(rig: Rig, width: int = 1280) -> AsyncIterator[tuple[Page, list[str]]]:
    """A page, and every address outside the portal that it asked for."""
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-quic"])
        page = await browser.new_page(viewport={"width": width, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        outside: list[str] = []
        page.on("request", lambda r: None if r.url.startswith((rig.url, "data:")) else outside.append(r.url))
        try:
            yield page, outside
        finally:
            await browser.close()


async def sign_in(rig: Rig, page: Page, person: str) -> None:
    await page.goto(rig.link(person))
    await page.get_by_role("button", name="Sign in as").click()
    await expect(page.get_by_role("button", name="Sign out")).to_be_visible()


async def test_a_person_signs_in_reads_a_case_and_why_and_decides_a_proposal(ground: Ground) -> None:
    async with portal_rig(ground) as rig, httpx.AsyncClient(timeout=60) as http, visitor(rig) as (page, outside):
        reference = await rig.case(1)
        await rig.proposal("p1")
        await rig.proposal("p2", layer="south")
        await eventually(lambda: stands(rig, http, f"/cases/{reference}", "Why it went there"))
        for proposal in ("p1", "p2"):
            await eventually(partial(stands, rig, http, f"/proposals/{proposal}", "What would change"))
        await page.goto(f"{rig.url}/cases")
        await page.get_by_role("link", name=reference).click()
        await expect(page.get_by_role("region", name="Why it went there")).to_contain_text("Jurisdiction")
        assert await page.title() != "owned"
        await page.goto(f"{rig.url}/proposals/p1")
        assert await page.get_by_role("button", name="Accept").count() == 0

        await sign_in(rig, page, FEDERAL)
        await page.goto(f"{rig.url}/proposals/p1")
        await page.get_by_role("button", name="Reject").click()
        await expect(page.get_by_role("alert")).to_contain_text("needs an answer")
        await page.get_by_label("Your answer in words").fill("They end there.")
        await page.get_by_role("button", name="Accept").click()
        await expect(page.get_by_role("status")).to_contain_text("Done")
        await page.goto(f"{rig.url}/proposals/p2")
        await page.get_by_label("Your answer in words").fill("The yard is closed in winter.")
        await page.get_by_role("button", name="Reject").click()
        await expect(page.get_by_role("status")).to_contain_text("closed in winter")
        assert outside == []


async def test_an_operator_places_a_message_and_sees_why_an_order_is_refused(ground: Ground) -> None:
    async with portal_rig(ground) as rig, httpx.AsyncClient(timeout=60) as http, visitor(rig, 390) as (page, outside):
        await rig.waiting("waits")
        await eventually(lambda: stands(rig, http, "/triage", "T-waits"))
        await sign_in(rig, page, OPERATOR)
        await page.goto(f"{rig.url}/triage")
        await page.get_by_role("button", name="Place").click()
        await expect(page.get_by_role("status")).to_contain_text("refused")
        await page.get_by_label("Area").first.select_option("01")
        await page.get_by_role("button", name="Place").click()
        await expect(page.get_by_role("status")).to_contain_text("Done")
        assert outside == []


async def test_every_page_has_landmarks_named_fields_and_fits_a_phone(ground: Ground) -> None:
    async with portal_rig(ground) as rig, httpx.AsyncClient(timeout=60) as http, visitor(rig, 390) as (page, outside):
        reference = await rig.case(1)
        await rig.waiting("waits")
        await rig.proposal("p1")
        await eventually(lambda: stands(rig, http, "/triage", "T-waits"))
        await eventually(lambda: stands(rig, http, f"/cases/{reference}", "Why it went there"))
        await eventually(lambda: stands(rig, http, "/proposals/p1", "What would change"))
        await sign_in(rig, page, FEDERAL)
        for path in ("/", "/cases", f"/cases/{reference}", "/regions", "/rulebook", "/proposals", "/proposals/p1",
                     "/triage", "/operations", "/login"):  # fmt: skip
            await page.goto(f"{rig.url}{path}")
            for landmark in ("main", "banner", "contentinfo"):
                assert await page.get_by_role(landmark).count() == 1, f"{path}: {landmark}"  # type: ignore[arg-type]
            assert await page.get_by_role("heading", level=1).count() == 1, path
            assert await page.evaluate(UNNAMED) == [], path
            assert await page.evaluate("document.querySelectorAll('th:not([scope])').length") == 0, path
            assert await page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert outside == []
