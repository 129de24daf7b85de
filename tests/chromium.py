"""Debian's Chromium for tests of pages: where it is, the mark that skips without it, a phone without JavaScript."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, async_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NEEDS_CHROMIUM = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: install the package chromium")
PATIENCE_MS = 60_000


@asynccontextmanager
async def phone() -> AsyncIterator[Page]:
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-quic"])
        context = await browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
        context.set_default_timeout(PATIENCE_MS)
        try:
            yield await context.new_page()
        finally:
            await browser.close()
