"""Each page in the reader's language: asked for by the browser, chosen at the foot of a page, kept in a cookie."""

from __future__ import annotations

import re

import httpx

from tests.conftest import Ground
from tests.integration.portal.test_pages import PAGES
from tests.kafka import eventually
from tests.portal_rig import portal_rig, stands

RUSSIAN = {"accept-language": "ru-RU, ru;q=0.9, en;q=0.5"}


async def test_pages_speak_the_language_that_the_browser_asks_for_or_the_reader_chose(ground: Ground) -> None:
    async with portal_rig(ground) as rig, httpx.AsyncClient(timeout=60) as http:
        reference = await rig.case(1)
        await rig.waiting("waits")
        await rig.proposal("p1")
        await eventually(lambda: stands(rig, http, f"/cases/{reference}", "Why it went there"))
        await eventually(lambda: stands(rig, http, "/triage", "T-waits"))
        await eventually(lambda: stands(rig, http, "/proposals/p1", "What would change"))
        for path in (*PAGES, f"/cases/{reference}", "/nowhere"):
            page = (await http.get(f"{rig.url}{path}", headers=RUSSIAN)).text
            assert path.startswith("/parts/") or '<html lang="ru">' in page, path
            assert re.search("[а-я]{4}", page), path
            assert "Project-Id-Version" not in page, path
        assert '<html lang="en">' in (await http.get(f"{rig.url}/cases")).text

        case = f"{rig.url}/cases/{reference}?order="
        chosen = await http.get(f"{rig.url}/language?to=ru", headers={"referer": case})
        assert (chosen.status_code, chosen.headers["location"]) == (303, f"/cases/{reference}?order=")
        cookies = {"otklik_language": chosen.cookies["otklik_language"]}
        http.cookies.clear()
        assert "Почему оно направлено туда" in (await http.get(case, cookies=cookies)).text
        assert "Почему оно направлено туда" not in (await http.get(case)).text

        elsewhere = await http.get(f"{rig.url}/language?to=en", headers={"referer": "https://example.org/x"})
        assert elsewhere.headers["location"] == "/"
        assert (await http.get(f"{rig.url}/language?to=xx")).status_code == 400
