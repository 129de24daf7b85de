"""A citizen without an account speaks on a proposal's page, on a phone without JavaScript."""

from __future__ import annotations

import httpx
from common.contracts.events.intake import VoiceGiven
from embedded.processes import free_port
from playwright.async_api import Page, expect

from tests.chromium import NEEDS_CHROMIUM, PATIENCE_MS, phone
from tests.conftest import Ground
from tests.integration.channels.test_edge import edge
from tests.integration.intake.test_voices import told as tell
from tests.integration.portal.test_deliberation_pages import opened
from tests.kafka import eventually, records_of
from tests.portal_rig import portal_rig

pytestmark = NEEDS_CHROMIUM
expect.set_options(timeout=PATIENCE_MS)


async def fits(page: Page) -> bool:
    """Whether nothing is wider than the phone."""
    found: bool = await page.locator("html").evaluate("e => e.scrollWidth <= e.clientWidth")
    return found


async def given(ground: Ground, number: int) -> VoiceGiven:
    records = await records_of(ground, "operator", "intake.voices", number)
    return VoiceGiven.model_validate_json(records[-1].value or b"")


async def test_a_visitor_objects_with_a_reason_then_changes_it_and_sees_it_counted(ground: Ground) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    async with (
        portal_rig(ground, ("rules",), address) as rig,
        edge(ground, http_port=port, form_origins=rig.url),
        httpx.AsyncClient(timeout=60) as http,
        phone() as page,
    ):
        await opened(rig, http)
        await page.goto(f"{rig.url}/proposals/p1")
        assert await fits(page)
        form = page.get_by_role("region", name="Say what you think")
        await form.get_by_label("I am against it, because").check()
        await form.get_by_label("Your e-mail address").fill("ann@example.org")
        await form.get_by_role("button", name="Send").click()
        await expect(page.get_by_role("alert")).to_contain_text("Say why you are against it")
        assert await fits(page)
        assert await page.get_by_label("I am against it, because").is_checked()
        await page.get_by_label("Your words", exact=True).fill("The yard is too far away.")
        await page.get_by_role("button", name="Send").click()
        await expect(page.get_by_role("status")).to_contain_text("P-4F2K")
        assert page.url.startswith(f"{address}/speak/")
        assert await fits(page)
        voice = await given(ground, 1)
        assert (voice.stance, voice.proposal, voice.text) == ("object", "P-4F2K", "The yard is too far away.")
        await tell(ground, voice.citizen, "counted", voice.voice_id, stance="object", title="T")

        async def counted() -> bool:
            await page.reload()
            return "Your voice is counted" in await page.content()

        await eventually(counted)
        await page.goto(f"{rig.url}/proposals/p1")
        await form.get_by_label("I am for it").check()
        await form.get_by_label("Your e-mail address").fill("Ann@example.org")
        await form.get_by_role("button", name="Send").click()
        await expect(page.get_by_role("status")).to_contain_text("P-4F2K")
        changed = await given(ground, 2)
        assert (changed.stance, changed.citizen) == ("support", voice.citizen)


async def test_a_visitor_writes_a_wish_from_the_list_of_proposals(ground: Ground) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    async with (
        portal_rig(ground, (), address) as rig, edge(ground, http_port=port, form_origins=rig.url), phone() as page,
    ):  # fmt: skip
        await page.goto(f"{rig.url}/language?to=ru")
        await page.goto(f"{rig.url}/proposals")
        await page.get_by_role("link", name="Написать пожелание").click()
        assert await fits(page)
        await page.get_by_label("Какое правило").fill("Косите обочины в мае.")
        await page.get_by_label("Ваш адрес").fill("+1 617 555 0100")
        await page.get_by_role("button", name="Отправить").click()
        await expect(page.get_by_role("status")).to_contain_text("Они")
        wish = await given(ground, 1)
        assert (wish.proposal, wish.text, wish.language) == (None, "Косите обочины в мае.", "ru")
