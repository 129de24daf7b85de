"""A case that a trial concerned says so on its page and to `otklik why`, in words."""

from __future__ import annotations

import httpx
from common.contracts.events import region
from common.contracts.trial import ArmDrawn

from tests.conftest import Ground
from tests.kafka import eventually
from tests.portal_rig import NOW, portal_rig, stands

ARM = ArmDrawn(
    proposal_id="p-trial", table="deadline", unit="case", unit_id="case-1", stratum="pothole", arm="candidate",
    probability=0.2, salt="salt", current={"answer_minutes": 960, "extension_minutes": 60},
    candidate={"answer_minutes": 480, "extension_minutes": 60},
)  # fmt: skip


async def test_a_case_tells_which_part_of_a_trial_it_is_in_and_what_the_other_part_gets(ground: Ground) -> None:
    opened = region.CaseOpened(
        case_id="case-1", region="north", authority="yard-01", actor="routing", state="assigned", reference="REF-0001",
        message_id="m", area="01", category="pothole", priority=2, channel="web", citizen="pseudonym", text="A hole",
        received_at=NOW, due_at=NOW, release="national:1+north:2", arms=(ARM,),
    )  # fmt: skip
    async with portal_rig(ground, ()) as rig, httpx.AsyncClient(timeout=60) as http:
        await rig.fact("regional-north", "region.north.cases", "case-1", opened)
        await eventually(lambda: stands(rig, http, "/cases/REF-0001", "On trial: 20.0 % of the cases follow a change."))
        page = (await http.get(f"{rig.url}/cases/REF-0001")).text
        assert "This one does; the change says" in page
        assert 'href="/proposals/p-trial"' in page
        told = (await http.get(f"{rig.url}/api/cases/REF-0001")).json()
    (trial,) = told["trials"]
    assert trial["share"] == "On trial: 20.0 % of the cases follow a change."
    assert trial["proposal_id"] == "p-trial"
