"""Prevention orders and early warnings on their pages, as the loops publish them; and an answer as a signed command."""

from __future__ import annotations

from datetime import timedelta

import httpx
from common.contracts.events.reflex.observations import FindingMade
from common.contracts.events.reflex.prevention import PreventionAnswered, PreventionOrdered, PreventionReviewed
from common.contracts.events.reflex.warnings import WarningEnded, WarningGrown, WarningRaised

from tests.conftest import Ground
from tests.kafka import eventually
from tests.portal_rig import NOW, Rig, portal_rig, stands

ORDER = "0d0e6f2c-6c9a-5f53-9d0a-2f6d8a1b7c11"
DAY = timedelta(days=1)
OF = {"order_id": ORDER, "region": "north", "authority": "yard-01"}
ABOUT = {"warning_id": "098c9e48-e3aa-5284-ae82-4dd45c10f089", "region": "north", "authority": "yard-01",
         "category": "pothole"}  # fmt: skip


async def ordered(rig: Rig) -> None:
    event = PreventionOrdered(
        **OF, category="pothole", area="01", lat=42.36, lon=-71.06, radius_m=42.0, days=4, first_day="2011-05-02",
        score=3.1, cases=("case-1",), answer_by=NOW + 30 * DAY, ordered_at=NOW,
    )  # fmt: skip
    await rig.fact("reflex", "reflex.prevention", ORDER, event)


async def test_an_order_is_read_by_anybody_answered_in_its_region_and_shown_with_what_came_of_it(
    ground: Ground,
) -> None:
    async with portal_rig(ground, ()) as rig, httpx.AsyncClient(timeout=60) as http:
        assert "None yet" in (await http.get(f"{rig.url}/prevention")).text
        reference = await rig.case(1)
        await ordered(rig)
        await eventually(lambda: stands(rig, http, f"/prevention/{ORDER}", reference))
        page = (await http.get(f"{rig.url}/prevention/{ORDER}")).text
        assert "Reports came on 4 days since 2 May 2011" in page
        assert "<textarea" not in page
        assert "waits for an answer" in (await http.get(f"{rig.url}/prevention")).text

        stranger, desk = await rig.cookies("federal:centre"), await rig.cookies("operator:north")
        assert "<textarea" not in (await http.get(f"{rig.url}/prevention/{ORDER}", cookies=stranger)).text
        form = (await http.get(f"{rig.url}/prevention/{ORDER}", cookies=desk)).text
        check = form.split('action="/prevention/')[1].split('name="check" value="')[1].split('"')[0]
        fields = {"form": "answer", "check": check, "order_id": ORDER, "cause": "design", "explanation": "Too low"}
        missing = await http.post(f"{rig.url}/prevention/{ORDER}/answer", data=fields, cookies=desk)
        assert missing.status_code == 400
        assert "Write what was done so that it does not come again." in missing.text
        assert "Too low" in missing.text
        given = await http.post(
            f"{rig.url}/prevention/{ORDER}/answer", data={**fields, "done": "Raised"}, cookies=desk
        )  # fmt: skip
        assert given.status_code == 303
        order = httpx.URL(given.headers["location"]).params["order"]

        answered = PreventionAnswered(
            **OF, actor="operator:north", cause="design", explanation="Too low", done="Raised", on_time=True,
            command_id=order, review_at=NOW + 60 * DAY, answered_at=NOW + DAY,
        )  # fmt: skip
        await rig.fact("reflex", "reflex.prevention", ORDER, answered)
        path = f"/prevention/{ORDER}?order={order}&about=prevention&name={ORDER}"
        await eventually(lambda: stands(rig, http, path, "The answer is taken.", desk))
        assert "Too low" in (await http.get(f"{rig.url}/prevention/{ORDER}", cookies=desk)).text
        public = (await http.get(f"{rig.url}/prevention/{ORDER}")).text
        assert "how the place is made" in public
        assert "Too low" not in public

        reviewed = PreventionReviewed(
            **OF, answered=True, since=NOW + DAY, until=NOW + 60 * DAY, days=0, expected=1.6, compared=9, returned=0.67,
            reviewed_at=NOW + 60 * DAY,
        )  # fmt: skip
        await rig.fact("reflex", "reflex.prevention", ORDER, reviewed)
        await eventually(lambda: stands(rig, http, f"/prevention/{ORDER}", "no report came"))
        page = (await http.get(f"{rig.url}/prevention/{ORDER}")).text
        assert "Reports came on 4 days since" in page
        assert "1.60 days on average" in page
        assert "stayed away" in (await http.get(f"{rig.url}/prevention")).text
        assert (await http.get(f"{rig.url}/prevention/nothing")).status_code == 404


async def test_a_warning_stands_on_the_map_grows_and_ends(ground: Ground) -> None:
    async with portal_rig(ground, ()) as rig, httpx.AsyncClient(timeout=60) as http:
        assert "None stands" in (await http.get(f"{rig.url}/warnings")).text
        await rig.case(1)
        raised = WarningRaised(
            **ABOUT, area="01", lat=0.5, lon=0.5, radius_m=300.0, reports=11, expected=0.04, since=NOW,
            window_hours=6.0, likelihood=18.7, threshold=17.5, cases=("case-1",), parent_case="case-1", raised_at=NOW,
        )  # fmt: skip
        await rig.fact("reflex", "reflex.warnings", ABOUT["warning_id"], raised)
        await eventually(lambda: stands(rig, http, "/warnings", "11 reports since"))
        page = (await http.get(f"{rig.url}/warnings")).text
        assert 'class="spot"' in page
        assert "within 300 m" in page
        assert "REF-0001" not in page
        assert "REF-0001" in (await http.get(f"{rig.url}/warnings", cookies=await rig.cookies("operator:north"))).text
        grown = WarningGrown(**ABOUT, reports=23, cases=("case-2",), grown_at=NOW + DAY)
        await rig.fact("reflex", "reflex.warnings", ABOUT["warning_id"], grown, NOW + DAY)
        await eventually(lambda: stands(rig, http, "/warnings", "23 reports since"))
        ended = WarningEnded(**ABOUT, reports=25, since=NOW, ended_at=NOW + 2 * DAY)
        await rig.fact("reflex", "reflex.warnings", ABOUT["warning_id"], ended, NOW + 2 * DAY)
        await eventually(lambda: stands(rig, http, "/warnings", "Ended lately"))
        assert "None stands" in (await http.get(f"{rig.url}/warnings")).text


async def test_a_standing_warning_and_a_coming_shortfall_stand_above_the_cases_of_whom_they_concern(
    ground: Ground,
) -> None:
    async with portal_rig(ground, ()) as rig, httpx.AsyncClient(timeout=60) as http:
        head, other = await rig.cookies("head:north"), await rig.cookies("operator:south")
        raised = WarningRaised(
            **ABOUT, area="01", lat=0.5, lon=0.5, radius_m=300.0,
            reports=11, expected=0.04, since=NOW, window_hours=6.0, likelihood=18.7, threshold=17.5, cases=("case-1",),
            parent_case="case-1", raised_at=NOW,
        )  # fmt: skip
        await rig.fact("reflex", "reflex.warnings", ABOUT["warning_id"], raised)
        finding = FindingMade(
            loop="prediction", key="capacity|north|yard-01", kind="capacity", words="w", found_at=NOW,
            numbers={
                "region": "north", "authority": "yard-01", "by": "2100-01-08", "work": 40.0,
                "open": 12, "rate": 2.0, "needed_rate": 5.5, "short": 26.0,
            },
        )  # fmt: skip
        await rig.fact("reflex", "reflex.observations", "prediction|capacity|north|yard-01", finding)
        await eventually(lambda: stands(rig, http, "/cases", "will miss deadlines", head))
        await eventually(lambda: stands(rig, http, "/cases", "11 reports since", head))
        for cookies in (other, None):
            assert "What is coming to you" not in (await http.get(f"{rig.url}/cases", cookies=cookies)).text
