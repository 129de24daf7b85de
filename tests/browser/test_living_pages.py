"""Pages that follow what happens, and keep what somebody is writing, in a headless Chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.test_case_actions import registered
from tests.chromium import CHROMIUM, NEEDS_CHROMIUM, PATIENCE_MS
from tests.conftest import Ground
from tests.kafka import eventually
from tests.portal_rig import OPERATOR, Rig, portal_rig, stands

pytestmark = NEEDS_CHROMIUM
HEAD = "head:north"
SERVICES = ("rules", "routing", "regional-north")
expect.set_options(timeout=PATIENCE_MS)
NOT_FOR_PEOPLE = ("in_work", "region.case", ".v1", "T14:", "case_id")
Opens = Callable[..., Awaitable[Page]]


@asynccontextmanager
async def browsing(rig: Rig) -> AsyncIterator[Opens]:
    """Opens the page of a case for a person, each in a browser of their own."""
    async with async_playwright() as play:
        browser: Browser = await play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-quic"])

        async def opened(person: str, path: str, *, scripts: bool = True, locale: str = "en") -> Page:
            context = await browser.new_context(java_script_enabled=scripts, locale=locale)
            page = await context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            await signed_in(page, rig, person)
            await page.goto(f"{rig.url}{path}")
            return page

        try:
            yield opened
        finally:
            await browser.close()


async def signed_in(page: Page, rig: Rig, person: str) -> None:
    await page.goto(rig.link(person))
    await page.locator("main form button").click()
    await expect(page.locator("form[action='/logout']")).to_be_visible()


async def case_of(rig: Rig, name: str) -> str:
    """The page of a new case that its authority has accepted."""
    reference = await registered(rig, name)
    async with httpx.AsyncClient(timeout=60) as http:
        await eventually(lambda: stands(rig, http, f"/cases/{reference}", "accepted the case"))
    return f"/cases/{reference}"


async def end_sessions(ground: Ground) -> None:
    db = await asyncpg.connect(ground.settings("portal").database_url)
    try:
        await db.execute("DELETE FROM session")
    finally:
        await db.close()


async def test_one_acts_and_the_others_page_follows_with_its_buttons_and_keeps_what_is_being_written(
    ground: Ground,
) -> None:
    async with portal_rig(ground, SERVICES) as rig, browsing(rig) as opened:
        path = await case_of(rig, "shared")
        acts, looks = await opened(OPERATOR, path), await opened(HEAD, path)
        await looks.get_by_text("Put it off to a later date", exact=True).click()
        await looks.get_by_label("Reason; the deadline").fill("Frost until")
        await acts.get_by_role("button", name="Start work").click()
        await expect(acts.get_by_role("status").filter(has_text="Done")).to_be_visible()
        await expect(looks.locator(".lead")).to_contain_text("in work")
        await expect(looks.get_by_role("button", name="Start work")).to_have_count(0)
        await expect(looks.get_by_label("Reason; the deadline")).to_have_value("Frost until")
        await expect(looks.get_by_label("Reason; the deadline")).to_be_focused()

        await acts.get_by_text("Answer the citizen", exact=True).click()
        await acts.get_by_label("Answer, as the citizen").fill("The hole is filled.")
        await acts.get_by_role("button", name="Send the answer").click()
        await expect(acts.get_by_role("status").filter(has_text="Done")).to_be_visible()
        await expect(looks.locator(".lead")).to_contain_text("answered")
        await expect(looks.get_by_label("Reason; the deadline")).to_have_value("Frost until")
        button = looks.get_by_role("button", name="Put it off")
        await expect(button).to_have_attribute("aria-disabled", "true")
        await expect(button).to_have_accessible_description("Not possible any more: the state of the case is now"
                                                            " “answered”. What you wrote stays here.")  # fmt: skip
        await expect(looks.locator("#said")).to_contain_text("Not possible any more")
        await expect(looks.get_by_text("Ask the citizen", exact=True)).to_have_count(0)


@pytest.mark.parametrize(
    ("locale", "refused", "while_state", "summary", "label", "send"),
    [
        ("en", "Your order was refused", "Now it is: answered", "Ask the citizen", "Question", "Send the question"),
        ("ru", "отклонено", "Сейчас: дан ответ", "Спросить гражданина", "Вопрос", "Отправить вопрос"),
    ],
)
async def test_a_refused_order_is_told_in_words_without_scripts_and_what_was_written_is_kept(
    ground: Ground, locale: str, refused: str, while_state: str, summary: str, label: str, send: str
) -> None:
    async with portal_rig(ground, SERVICES) as rig, browsing(rig) as opened:
        path = await case_of(rig, "raced")
        slow = await opened(OPERATOR, path, scripts=False, locale=locale)
        fast = await opened(HEAD, path)
        await fast.get_by_text("Answer the citizen", exact=True).click()
        await fast.get_by_label("Answer, as the citizen").fill("The hole is filled.")
        await fast.get_by_role("button", name="Send the answer").click()
        await expect(fast.get_by_role("status").filter(has_text="Done")).to_be_visible()

        await slow.get_by_text(summary, exact=True).click()
        await slow.get_by_label(label).locator("visible=true").fill("Which lane is it?")
        await slow.get_by_role("button", name=send).click()
        told = slow.locator("#order")
        await expect(told).to_contain_text(refused)
        await expect(told).to_contain_text(while_state)
        await expect(slow.locator("main")).to_contain_text("Which lane is it?")
        words = await slow.locator("main").inner_text()
        assert [each for each in NOT_FOR_PEOPLE if each in words.replace(await positions(slow), "")] == []


async def positions(page: Page) -> str:
    """The table that says where each event lies, which is for machines; it is folded."""
    return await page.locator("#history ~ details").inner_text()


async def test_what_was_written_outlives_the_session_with_and_without_a_link_in_the_same_window(
    ground: Ground,
) -> None:
    async with portal_rig(ground, SERVICES) as rig, browsing(rig) as opened:
        path = await case_of(rig, "written")
        page = await opened(OPERATOR, path)
        answer = page.get_by_label("Answer, as the citizen")
        await page.get_by_text("Answer the citizen", exact=True).click()
        await answer.fill("The hole\nis filled.")
        await end_sessions(ground)
        await page.get_by_role("button", name="Send the answer").click()
        await expect(page.get_by_role("alert")).to_contain_text("what you wrote is kept")
        await page.get_by_label("Sign-in link").fill("not a link")
        await page.get_by_role("button", name="Sign in and go on").click()
        await expect(page.get_by_role("alert")).to_contain_text("not of this installation")
        await page.get_by_label("Sign-in link").fill(rig.link(OPERATOR))
        await page.get_by_role("button", name="Sign in and go on").click()
        await expect(answer).to_be_visible()
        await expect(answer).to_have_value("The hole\nis filled.")

        await end_sessions(ground)
        await page.get_by_role("button", name="Send the answer").click()
        other = await page.context.new_page()
        await signed_in(other, rig, OPERATOR)
        await page.get_by_role("button", name="I have signed in in another window").click()
        await expect(answer).to_have_value("The hole\nis filled.")
        await page.get_by_role("button", name="Send the answer").click()
        await expect(page.get_by_role("status").filter(has_text="Done")).to_be_visible()
        await expect(page.locator("#order")).to_be_focused()


async def test_what_is_wrong_stands_beside_its_field_and_the_keyboard_is_there(ground: Ground) -> None:
    async with portal_rig(ground, SERVICES) as rig, browsing(rig) as opened:
        path = await case_of(rig, "wrong")
        for scripts, locale, summary, label, send, wrong in (
            (True, "en", "Join it to another case", "Number", "Join it", "No case R-UNHEARD is known."),
            (
                False,
                "ru",
                "Присоединить к другому обращению",
                "Номер",
                "Присоединить",
                "Обращение R-UNHEARD неизвестно",
            ),
        ):
            page = await opened(OPERATOR, path, scripts=scripts, locale=locale)
            await page.get_by_text(summary, exact=True).click()
            await page.get_by_label(label).locator("visible=true").fill("R-UNHEARD")
            await page.get_by_role("button", name=send, exact=True).click()
            field = page.locator("[name=other]")
            await expect(field).to_have_attribute("aria-invalid", "true")
            await expect(field).to_have_value("R-UNHEARD")
            await expect(field).to_be_focused()
            described = await field.get_attribute("aria-describedby")
            await expect(page.locator(f"[id='{described}']")).to_contain_text(wrong)
