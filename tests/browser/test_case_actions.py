"""An operator takes a case through its life on a phone, in a headless Chromium without JavaScript."""

from __future__ import annotations

import httpx
from common.contracts.events import intake
from common.contracts.events.base import Place
from playwright.async_api import Page

from tests.chromium import NEEDS_CHROMIUM, phone
from tests.conftest import Ground
from tests.kafka import eventually
from tests.portal_rig import NOW, OPERATOR, Rig, portal_rig, stands

pytestmark = NEEDS_CHROMIUM


async def registered(rig: Rig, case_id: str) -> str:
    """A message that the rules give to yard 01, which takes it at once; returns its reference."""
    said = intake.MessageRegistered(
        message_id=case_id, case_id=case_id, reference=f"R-{case_id.upper()}", channel="web", citizen="pseudonym",
        text="A hole in the road.", category="Pothole", place=Place(lat=0.5, lon=0.5), received_at=NOW,
    )  # fmt: skip
    await rig.fact("intake", "intake.messages", case_id, said)
    return said.reference


async def shown(page: Page, words: str) -> None:
    """Load the page again until it says so."""

    async def says() -> bool:
        await page.reload()
        return words in await page.locator("main").inner_text()

    await eventually(says)


async def test_an_operator_defers_asks_goes_on_and_answers_without_javascript(ground: Ground) -> None:
    services = ("rules", "routing", "regional-north")
    async with portal_rig(ground, services) as rig, httpx.AsyncClient(timeout=60) as http, phone() as page:
        first, second = await registered(rig, "first"), await registered(rig, "second")
        for reference in (first, second):
            await eventually(lambda at=reference: stands(rig, http, f"/cases/{at}", "accepted the case"))
        await page.goto(rig.link(OPERATOR))
        await page.get_by_role("button", name="Sign in as").click()
        await page.goto(f"{rig.url}/cases/{first}")
        act = page.get_by_role("region", name="Act on it")

        async def order(summary: str, button: str, **fields: str) -> None:
            """Unfold a form, fill the fields whose labels begin so, and send it."""
            await act.get_by_text(summary, exact=True).click()
            for label, text in fields.items():
                await act.get_by_label(label).locator("visible=true").fill(text)
            await press(button)

        async def press(button: str) -> None:
            async with page.expect_navigation():
                await act.get_by_role("button", name=button, exact=True).click()

        last_day = await act.get_by_label("Until").get_attribute("max")
        await order("Put it off to a later date", "Put it off", Until=last_day or "", Reason="Frost.")
        await shown(page, "Deferred until")
        await press("Go on with the work")
        await shown(page, "started work")
        await order("Ask the citizen", "Send the question", Question="Which lane?")
        await shown(page, "Which lane?")
        await press("Go on without the citizen's reply")
        await shown(page, "went on without the citizen's reply")
        await order("Answer the citizen", "Send the answer", Answer="The hole is filled.")
        await shown(page, "The hole is filled.")
        assert await act.count() == 0
        await page.goto(f"{rig.url}/cases/{second}")
        await order("Join it to another case", "Join it", Number=first)
        await shown(page, "Joined to another case")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
