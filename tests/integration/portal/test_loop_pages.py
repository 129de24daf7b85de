"""A page for every loop, ours or not: what it sees, what became of its proposals, its record and its settings."""

from __future__ import annotations

from datetime import timedelta

import httpx
from common.contracts.events import rules
from common.contracts.events.reflex.observations import (
    FindingMade,
    ForecastsScored,
    LoopDeclared,
    SettingDeclared,
    TrackRecordPublished,
)
from common.contracts.events.reflex.prevention import PreventionOrdered
from common.contracts.patch import Patch, RowChange
from portal.loop_pages.elsewhere import ELSEWHERE

from tests.arrivals import facts_of_arrivals
from tests.conftest import Ground
from tests.kafka import eventually
from tests.portal_rig import HOSTILE, NOW, Rig, portal_rig, stands

ROW = {"category": '"pothole"', "area": '"01"', "authority": '"yard-02"'}
PATCH = Patch(
    layer="south", base_number=1, table="jurisdiction", changes=(RowChange(op="add", row_id="r", after=ROW, at=0),)
)
BACK = Patch(
    layer="south", base_number=2, table="jurisdiction", changes=(RowChange(op="remove", row_id="r", before=ROW),)
)
RECORD = TrackRecordPublished(
    author="misrouting", loop=True, states={"kept": 14, "rolled_back": 2, "checked": 1}, held_back=4, judged=16,
    precision=83.3, precision_low=67.2, precision_high=95.8, days=366, published_at=NOW,
    forecasts=(
        ForecastsScored(
            measure="transfers avoided", scored=15, held=13, below=1, above=1, held_low=66.9, held_high=95.5,
            promised=412, came=446, width=51,
        ),
    ),
)  # fmt: skip


async def told(rig: Rig, http: httpx.AsyncClient) -> None:
    """Misrouting has declared itself, found something, proposed and been judged; another loop is not ours."""
    declared = LoopDeclared(
        loop="misrouting", watches=("region.case.opened.v1",), declared_at=NOW,
        settings=(
            SettingDeclared(name="sr_threshold", default=7_777, least=1),
            SettingDeclared(name="horizon_days", default=60, least=1),
        ),
    )  # fmt: skip
    stopped = FindingMade(
        loop="misrouting", key="loop|misrouting", kind="stopped", words="The loop failed.", numbers={}, found_at=NOW
    )
    await rig.fact("reflex", "reflex.observations", "loop|misrouting", declared)
    await rig.fact("reflex", "reflex.observations", "loop|misrouting", stopped)
    await rig.fact("reflex", "reflex.observations", "record|misrouting", RECORD)
    for name, loop in (("p1", "misrouting"), ("p2", f"theirs {HOSTILE}")):
        checked = rules.ProposalChecked(
            proposal_id=name, title="t", words="", patch=PATCH, reversal=BACK, actor=loop, loop=loop
        )
        await rig.fact("rules", "rules.proposals", name, checked)
    await eventually(lambda: stands(rig, http, "/loops", "theirs"))
    await eventually(lambda: stands(rig, http, "/loops/misrouting", "13 held"))


async def test_a_loop_has_a_page_with_what_it_sees_its_proposals_its_record_and_its_settings(ground: Ground) -> None:
    async with portal_rig(ground, ("rules",)) as rig, httpx.AsyncClient(timeout=60) as http:
        await told(rig, http)
        page = (await http.get(f"{rig.url}/loops/misrouting")).text
        for words in (
            "Loop “misrouting”", "stopped", "The loop failed.", 'href="/proposals/p1"', "kept 14", "had to wait",
            "83.3", "67", "promised in all: 412; came: 446", "7,777", "nobody: as the loop declares it",
            "the first rulebook", "region.case.opened.v1",
        ):  # fmt: skip
            assert words.lower() in page.lower(), words
        assert 'href="/proposals/p2"' not in page
        listed = (await http.get(f"{rig.url}/loops")).text
        assert "from outside" in listed
        assert HOSTILE not in listed
        outside = f"/loops/theirs%20{HOSTILE.replace('<', '%3C').replace('/', '%2F')}"
        assert 'href="/loops"' in (await http.get(f"{rig.url}{outside}")).text
        assert (await http.get(f"{rig.url}/loops/nobody")).status_code == 404
        russian = (await http.get(f"{rig.url}/loops/misrouting", headers={"accept-language": "ru"})).text
        assert "Его настройки и кто их задал" in russian
        assert "Верных: 83,3" in russian


async def test_what_a_loop_says_elsewhere_is_counted_and_linked_on_its_page(ground: Ground) -> None:
    async with portal_rig(ground, ()) as rig, httpx.AsyncClient(timeout=60) as http:
        for loop in ("recurrence", "prediction"):
            said = LoopDeclared(loop=loop, watches=("region.case.opened.v1",), declared_at=NOW, settings=())
            await rig.fact("reflex", "reflex.observations", f"loop|{loop}", said)
        order = PreventionOrdered(
            order_id="o1", region="north", authority="yard-01", category="pothole", area="01", lat=42.36, lon=-71.06,
            radius_m=42.0, days=4, first_day="2011-05-02", score=3.1, cases=("case-1",),
            answer_by=NOW + timedelta(days=30), ordered_at=NOW,
        )  # fmt: skip
        await rig.fact("reflex", "reflex.prevention", "o1", order)
        for event in facts_of_arrivals()[:-1]:
            await rig.fact("reflex", "reflex.observations", "arrivals|north", event)
        await eventually(lambda: stands(rig, http, "/loops/recurrence", "waits for an answer 1"))
        page = (await http.get(f"{rig.url}/loops/recurrence")).text
        assert 'href="/prevention"' in page
        assert "It has proposed nothing yet" not in page
        await eventually(lambda: stands(rig, http, "/loops/prediction", "How the forecasts turned out"))
        listed = (await http.get(f"{rig.url}/loops")).text
        assert 'href="/forecast">Forecast of load against what came' in listed
        for one in ELSEWHERE.values():
            assert (await http.get(f"{rig.url}{one.page}")).status_code == 200, one.page
