"""An operator changes rows of a table, tries them on a message and proposes them, on a phone without JavaScript."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.chromium import NEEDS_CHROMIUM, PATIENCE_MS, phone
from tests.conftest import Ground
from tests.kafka import eventually
from tests.portal_rig import OPERATOR, portal_rig

pytestmark = NEEDS_CHROMIUM
expect.set_options(timeout=PATIENCE_MS)


async def fits(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390, page.url


async def test_an_operator_drafts_tries_and_proposes_a_change_of_rows_without_javascript(ground: Ground) -> None:
    async with portal_rig(ground, ("rules",)) as rig, phone() as page:
        table = f"{rig.url}/rulebook?layer=north&table=jurisdiction"

        async def known() -> bool:
            await page.goto(table)
            return "Yard 01" in await page.locator("main").inner_text()

        await page.goto(rig.link(OPERATOR))
        await page.get_by_role("button", name="Sign in as").click()
        await eventually(known)
        await fits(page)
        await page.get_by_role("link", name="Propose a change of this table").click()
        await fits(page)
        await page.get_by_role("link", name="row 1:").click()
        await fits(page)
        await page.get_by_label("Authority that must act").select_option("yard-02")
        await page.get_by_label("Place among the rows").fill("99")
        await page.get_by_role("button", name="Put it into the draft").click()
        await expect(page.get_by_role("alert")).to_contain_text("whole number from 1 to")
        assert await page.get_by_label("Authority that must act").input_value() == "yard-02"
        await page.get_by_label("Place among the rows").fill("1")
        await page.get_by_role("button", name="Put it into the draft").click()
        draft = page.get_by_role("region", name="Your draft")
        await expect(draft).to_contain_text("After: Pothole, area 01: Yard 02 must act.")
        await expect(draft).to_contain_text("The check would let it through")
        await fits(page)

        await draft.get_by_role("link", name="Try it on a message").click()
        await page.get_by_label("What it is about").fill("Pothole")
        await page.get_by_label("Area").select_option("01")
        await page.get_by_role("button", name="What would become of it?").click()
        await expect(page.get_by_role("region", name="With the changes")).to_contain_text("Yard 02 otherwise")
        await expect(page.get_by_role("region", name="Under the rules in force")).to_contain_text("Yard 01")
        await fits(page)

        await page.goto(f"{rig.url}/rulebook/edit/north/jurisdiction/propose")
        await fits(page)
        await page.get_by_label("What shall change").fill("Potholes of area 01 go to yard 02")
        await page.get_by_label("Why").fill("Yard 01 hands them all over.")
        await page.get_by_role("button", name="Send the proposal").click()
        await expect(page.get_by_role("alert")).to_contain_text("Choose at least one aim")
        assert await page.get_by_label("Why").input_value() == "Yard 01 hands them all over."
        await page.get_by_label("effort").check()
        await page.get_by_role("button", name="Send the proposal").click()

        async def answered() -> bool:
            await page.reload()
            return "Done." in await page.locator("main").inner_text()

        await eventually(answered)
        await expect(page.get_by_role("region", name="Your draft")).to_contain_text("Nothing yet")
        await page.get_by_role("link", name="To the proposal").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Yard 02 instead of Yard 01")
        await expect(page.get_by_role("main")).to_contain_text("Yard 01 hands them all over.")
