"""axe-core finds nothing serious on pages about changes of rules, at every step, and on the form for voices."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from common.contracts.events import deliberation, rules
from common.contracts.events.reflex.observations import ArmSeen, GuardSeen, TrialObserved
from common.contracts.trial import TrialPlan
from embedded.processes import free_port
from portal.language import CATALOGUES

from tests.browser.test_accessibility import reader, wrong_on
from tests.chromium import NEEDS_CHROMIUM
from tests.conftest import Ground
from tests.integration.channels.test_edge import edge
from tests.integration.portal.test_deliberation_pages import PATCH, TERMS, opened
from tests.integration.portal.test_loop_pages import told
from tests.kafka import eventually
from tests.portal_rig import FEDERAL, NOW, Rig, portal_rig, stands

pytestmark = NEEDS_CHROMIUM


async def at_every_step(rig: Rig, http: httpx.AsyncClient) -> None:
    """Proposals p1 argued about, p2 to be decided, p3 on trial, p4 rolled back, p5 adopted, p6 lapsed; a wish."""
    await opened(rig, http)
    for name in ("p2", "p3", "p4", "p5", "p6"):
        await rig.proposal(name)
        await eventually(partial(stands, rig, http, f"/proposals/{name}", "What would change"))
    closing: dict[str, Any] = {
        "closed_at": NOW, "counts": (deliberation.RoleCount(role="citizen", voices=3, support=2, object=1, quorum=2),),
        "bursts": (deliberation.Burst(source="web", since=NOW, until=NOW, voices=30),),
    }  # fmt: skip
    for name, outcome, reason in (("p2", "may_be_decided", "supported"), ("p6", "lapsed", "quorum_not_met")):
        begun = deliberation.DeliberationOpened(
            proposal_id=name, reference=f"P-{name.upper()}22", layer="south", title="t", terms=TERMS, opened_at=NOW,
            until=NOW + timedelta(days=3), latest=NOW + timedelta(days=9),
        )  # fmt: skip
        ended = deliberation.DeliberationClosed(proposal_id=name, outcome=outcome, reason=reason, **closing)
        await rig.fact("deliberation", "deliberation.proceedings", name, begun)
        await rig.fact("deliberation", "deliberation.proceedings", name, ended)
    plan = TrialPlan(
        proposal_id="p3", patch=PATCH, reversal=PATCH, unit="case", share=0.2, steps=(0.2, 1.0), salt="s",
        started_at=NOW,
    )  # fmt: skip
    arm = ArmSeen(units=40, outcomes=31, measures={"overdue": 0.25, "transfers": 0.1})
    for name in ("p3", "p4"):
        place: dict[str, Any] = {"proposal_id": name, "layer": "south", "number": 2, "effective_at": NOW}
        tried = plan.model_copy(update={"proposal_id": name})
        seen = TrialObserved(
            proposal_id=name, share=0.2, current=arm, candidate=arm, gain=3, gain_bound=20, observed_at=NOW,
            guards=(GuardSeen(guard="overdue", place="north", evidence=41, bound=60),),
        )  # fmt: skip
        await rig.fact("rules", "rules.proposals", name, rules.TrialStarted(**place, plan=tried))
        await rig.fact("reflex", "reflex.observations", name, seen)
    back = rules.TrialRolledBack(
        proposal_id="p4", layer="south", number=3, effective_at=NOW, actor="trial", reason="more were late",
        guard="overdue",
    )  # fmt: skip
    await rig.fact("rules", "rules.proposals", "p4", back)
    adopted = rules.ProposalAdopted(
        proposal_id="p5", layer="south", number=4, effective_at=NOW, canary_skipped=True,
        review_at=NOW + timedelta(days=90),
    )  # fmt: skip
    await rig.fact("rules", "rules.proposals", "p5", adopted)
    await rig.fact("rules", "rules.proposals", "p6", rules.ProposalLapsed(proposal_id="p6", reason="quorum_not_met"))
    wish = deliberation.IdeaReceived(
        idea_id="i1", reference="I-22", citizen="c", channel="web", words="Mow the verges.", received_at=NOW
    )
    await rig.fact("deliberation", "deliberation.proceedings", "i1", wish)
    for name, state in (("p2", "to_be_decided"), ("p3", "on_trial"), ("p4", "rolled_back"), ("p6", "lapsed")):
        await eventually(partial(stands, rig, http, f"/proposals?state={state}", f"/proposals/{name}"))
    await eventually(partial(stands, rig, http, "/proposals?state=adopted", "/proposals/p5"))
    await eventually(partial(stands, rig, http, "/proposals", "Mow the verges."))
    await eventually(partial(stands, rig, http, "/proposals/p3", "late cases, north"))


@pytest.mark.timeout(600)
async def test_axe_finds_nothing_serious_on_the_pages_of_changes_of_rules(ground: Ground) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    async with (
        portal_rig(ground, ("rules",), address) as rig, edge(ground, http_port=port, form_origins=rig.url),
        httpx.AsyncClient(timeout=60) as http,
    ):  # fmt: skip
        await at_every_step(rig, http)
        federal = await rig.cookies(FEDERAL)
        public = [
            "/proposals", "/consents", "/proposers", "/rulebook/record", "/rulebook/simulate?proposal=p1",
            "/proposals/p1/voices?stance=object", *(f"/proposals/p{n}" for n in range(1, 7)),
        ]  # fmt: skip
        async with reader() as page:
            assert await wrong_on(page, rig.url, {path: {} for path in public}) == {}
            assert await wrong_on(page, rig.url, {f"/proposals/p{n}": federal for n in range(1, 6)}) == {}
            for language in CATALOGUES.languages:
                sent = await http.post(
                    f"{address}/speak/voice", data={
                        "proposal": "P-4F2K22", "stance": "support", "address": "ann@example.org", "once": "a" * 16,
                        "language": language,
                    },
                )  # fmt: skip
                edges = [
                    f"/speak/voice?language={language}", f"/speak/voice?proposal=P-4F2K22&language={language}",
                    sent.headers["location"], f"/speak/else?language={language}",
                ]  # fmt: skip
                assert await wrong_on(page, address, {path: {} for path in edges}, (language,)) == {}


async def test_axe_finds_nothing_serious_on_the_pages_of_loops(ground: Ground) -> None:
    async with portal_rig(ground, ("rules",)) as rig, httpx.AsyncClient(timeout=60) as http:
        await told(rig, http)
        async with reader() as page:
            assert await wrong_on(page, rig.url, {"/loops": {}, "/loops/misrouting": {}}) == {}
