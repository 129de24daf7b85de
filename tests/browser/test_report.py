"""From the first message to the answer on a phone without JavaScript: the report form and the citizen's own page."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from common.contracts.events import region
from common.contracts.events.base import Actor
from common.runtime.service import Service
from PIL import Image
from playwright.async_api import Page, expect

from tests.browser.test_accessibility import LOOKS, reader, serious
from tests.browser.test_voice_form import fits
from tests.chromium import NEEDS_CHROMIUM, PATIENCE_MS, phone
from tests.conftest import Ground
from tests.contract.wiring import APPS
from tests.end_to_end.system import command
from tests.kafka import eventually, records_of

pytestmark = NEEDS_CHROMIUM
expect.set_options(timeout=PATIENCE_MS)
DESK = Actor(id="desk:yard-01", role="desk", scope="yard-01")
ON_THE_PATH = ("channels", "intake", "routing", "regional-north")


@asynccontextmanager
async def path_of_a_message(ground: Ground) -> AsyncIterator[str]:
    """Every service that a citizen's case goes through; gives the address of the edges."""
    kept = {"channels": {"attachments": f"file://{ground.keys.parent / 'files'}"}}
    running = {
        name: Service(ground.settings(name, **kept.get(name, {})), APPS[name]) for name in ("rules", *ON_THE_PATH)
    }
    try:
        await running["rules"].start()
        await asyncio.gather(*(running[name].start() for name in ON_THE_PATH))
        yield f"http://127.0.0.1:{running['channels'].http_port}"
    finally:
        await asyncio.gather(*(service.stop() for service in running.values()))


def picture() -> bytes:
    """A small PNG."""
    made = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(made, "PNG")
    return made.getvalue()


async def shows(page: Page, words: str) -> None:
    """Wait until the citizen's page, looked at again and again, says it."""

    async def said() -> bool:
        await page.reload()
        return words in await page.locator("main").inner_text()

    await eventually(said)


async def wrong_on_any_look(page: Page, url: str, language: str) -> list[str]:
    """What axe holds for serious on a page, light and dark, at a desk and on a phone."""
    found = []
    await page.goto(f"{url}?language={language}")
    assert await page.get_attribute("html", "lang") == language
    for scheme, width in LOOKS:
        await page.emulate_media(color_scheme=scheme)
        await page.set_viewport_size({"width": width, "height": 900})
        found += [f"{language} {scheme} {width}: {one}" for one in await serious(page)]
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, (language, width)
    return found


async def test_a_citizen_reports_on_a_phone_replies_reads_the_answer_and_confirms_it(ground: Ground) -> None:
    async with path_of_a_message(ground) as address, phone() as page, reader() as desk:
        await page.goto(f"{address}/report")
        assert await fits(page)
        await page.get_by_label("What is wrong?").fill("A hole as deep as a boot. Call +1 617 555 0100")
        await page.get_by_label("What is it about?").select_option("Pothole")
        await page.get_by_label("Photos or other files").set_input_files(
            {"name": "IMG_1.png", "mimeType": "image/png", "buffer": picture()}
        )
        await page.get_by_role("button", name="Map of the areas").click(position={"x": 60, "y": 60})
        await expect(page.get_by_text("A point in North is chosen")).to_be_visible()
        await expect(page.get_by_text("Attached: 1")).to_be_visible()
        assert await fits(page)
        assert "deep as a boot" in await page.get_by_label("What is wrong?").input_value()
        assert await wrong_on_any_look(desk, f"{address}/report", "ru") == []
        await page.get_by_role("button", name="Send").last.click()
        await expect(page.get_by_role("status")).to_contain_text("This page is yours")
        mine = page.url.partition("?")[0]
        await shows(page, "It is not late")
        await expect(page.locator("main")).not_to_contain_text("555")
        await shows(page, "No official has opened it")
        shown = await page.get_by_role("img", name="Your picture 1").evaluate("e => e.complete && e.naturalWidth")
        assert shown == 4

        opened = (await records_of(ground, "world", "region.north.cases", 2))[0]
        case_id, now = (opened.key or b"").decode(), datetime.now(UTC)
        ask = region.AskCitizen(actor=DESK, case_id=case_id, question="On which side of the road?")
        await command(ground, "region.north.commands", case_id, ask, at=now)
        await shows(page, "On which side of the road?")
        # That the page showed it is the receipt by which the clock stops.
        await shows(page, "The clock stands still")
        assert await fits(page)
        assert await wrong_on_any_look(desk, mine, "ru") == []
        await page.get_by_label("Your reply").fill("On the left.")
        await page.get_by_role("button", name="Reply").click()
        await shows(page, "Your reply arrived and work goes on")

        answer = region.AnswerCase(actor=DESK, case_id=case_id, text="Filled this morning.")
        await command(ground, "region.north.commands", case_id, answer, at=now + timedelta(hours=1))
        await shows(page, "Filled this morning.")
        await expect(page.locator("main")).to_contain_text("The answer came in time")
        assert await fits(page)
        assert await wrong_on_any_look(desk, mine, "en") == []
        await page.get_by_label("How well was it done?").select_option("4")
        await page.get_by_role("button", name="Yes, it is done").click()
        await shows(page, "Answered and confirmed")
        await expect(page.locator("main")).to_contain_text("Your rating: 4 of 5")
        assert await fits(page)

        await page.get_by_text("Erase everything about me").click()
        await page.get_by_label("Yes, I want it").check()
        await page.get_by_role("button", name="Erase", exact=True).click()
        await shows(page, "it was erased")
