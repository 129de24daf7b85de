"""A proposal's page while people argue and while it is tried: counts, voices, orders, and what is refused."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import httpx
from common.contracts.events import deliberation, rules
from common.contracts.events.base import Event
from common.contracts.events.reflex.observations import ArmSeen, GuardSeen, TrialObserved
from common.contracts.patch import Patch, RowChange
from common.contracts.trial import TrialPlan

from tests.conftest import Ground
from tests.integration.portal.test_pages import check_of
from tests.kafka import eventually, records_of
from tests.portal_rig import FEDERAL, HOSTILE, NOW, OPERATOR, Rig, portal_rig, stands

HEAD = "head:south"
TERMS = deliberation.DeliberationTerms(
    row_id="any", release="national:1", speakers=("citizen", "region"), quorum={"citizen": 2}
)


def voice(number: int, stance: str, words: str, replaces: str | None = None, speaker: str = "") -> Event:
    return deliberation.VoiceCounted.model_validate(
        {
            "proposal_id": "p1", "voice_id": f"v{number}", "number": number, "speaker": speaker or f"s{number}",
            "role": "citizen", "stance": stance, "words": words, "channel": "web", "given_at": NOW,
            "replaces": replaces,
        }
    )  # fmt: skip


async def opened(rig: Rig, http: httpx.AsyncClient) -> None:
    """A proposal for the region south that is open to argument, with four voices of three people."""
    await rig.proposal("p1", layer="south")
    await eventually(lambda: stands(rig, http, "/proposals/p1", "What would change"))
    begun = deliberation.DeliberationOpened(
        proposal_id="p1", reference="P-4F2K", layer="south", title="t", terms=TERMS, opened_at=NOW,
        until=NOW + timedelta(days=3), latest=NOW + timedelta(days=9), concerned=7, told=5,
    )  # fmt: skip
    await rig.fact("deliberation", "deliberation.proceedings", "p1", begun)
    for said in (
        voice(1, "object", f"It is too far. {HOSTILE}"),
        voice(2, "support", "At last."),
        voice(3, "object", "I changed my mind.", replaces="v2", speaker="s2"),
        voice(4, "support", "Good."),
    ):
        await rig.fact("deliberation", "deliberation.voices", "p1", said)
    await eventually(lambda: stands(rig, http, "/proposals/p1", "I changed my mind."))


async def test_a_page_counts_each_persons_last_voice_and_shows_what_is_not_answered(ground: Ground) -> None:
    async with portal_rig(ground) as rig, httpx.AsyncClient(timeout=60) as http:
        await opened(rig, http)
        page = (await http.get(f"{rig.url}/proposals/p1")).text
        assert "P-4F2K" in page
        assert "2 objections are not answered" in page
        assert "33.3" in page
        assert "At last." not in page
        assert "<script>document" not in page
        listed = (await http.get(f"{rig.url}/proposals?state=in_deliberation")).text
        assert "your voice" in listed
        more = await http.get(f"{rig.url}/proposals/p1/voices?stance=object")
        assert more.status_code == 200
        assert "It is too far." in more.text
        wrong = await http.get(f"{rig.url}/proposals/p1/voices?stance=object&before=zero")
        assert wrong.status_code == 400
        answer = deliberation.ObjectionAnswered(
            proposal_id="p1", voice_id="v1", number=5, actor=HEAD, role="regional_head", words="A van comes daily.",
            answered_at=NOW,
        )  # fmt: skip
        await rig.fact("deliberation", "deliberation.voices", "p1", answer)
        await eventually(lambda: stands(rig, http, "/proposals/p1", "A van comes daily."))
        assert "1 objection is not answered" in (await http.get(f"{rig.url}/proposals/p1")).text
        hidden = deliberation.VoiceModerated(
            proposal_id="p1", voice_id="v3", number=6, hidden=True, reason="a name in it", actor=OPERATOR,
            moderated_at=NOW,
        )  # fmt: skip
        await rig.fact("deliberation", "deliberation.voices", "p1", hidden)
        await eventually(lambda: stands(rig, http, "/proposals/p1", "a name in it"))
        assert "I changed my mind." not in (await http.get(f"{rig.url}/proposals/p1")).text
        # Two of the three are one person: the earlier side, an objection, counts no more.
        joined = deliberation.SpeakersJoined(
            proposal_id="p1", number=7, speaker="s1", into_speaker="s4", replaces="v1", joined_at=NOW
        )
        await rig.fact("deliberation", "deliberation.voices", "p1", joined)

        async def halves() -> bool:
            page = (await http.get(f"{rig.url}/proposals/p1")).text
            return "50" in page and "33.3" not in page and "It is too far." not in page

        await eventually(halves)


async def test_a_closing_that_strangers_decide_is_told_with_both_counts_in_every_language(ground: Ground) -> None:
    async with portal_rig(ground) as rig, httpx.AsyncClient(timeout=60) as http:
        await opened(rig, http)
        of_all, of_others = (
            deliberation.RoleCount(role="citizen", voices=n, support=n - against, object=against)
            for n, against in ((61, 58), (3, 0))
        )
        surge = deliberation.Burst(
            source=deliberation.EVERY_CHANNEL, since=NOW, until=NOW + timedelta(hours=2), voices=58
        )
        closed = deliberation.DeliberationClosed(
            proposal_id="p1", outcome="may_be_decided", reason="not_supported", counts=(of_all,), bursts=(surge,),
            without_bursts=deliberation.CountWithoutBursts(
                outcome="may_be_decided", reason="supported", counts=(of_others,)
            ),
            closed_at=NOW + timedelta(days=3),
        )  # fmt: skip
        await rig.fact("deliberation", "deliberation.proceedings", "p1", closed)
        await eventually(lambda: stands(rig, http, "/proposals/p1", "58 people spoke first between"))
        page = (await http.get(f"{rig.url}/proposals/p1")).text
        assert "Without them: 3 voices, 3 for, 0 against." in page
        russian = (await http.get(f"{rig.url}/proposals/p1", headers={"Accept-Language": "ru"})).text
        assert "впервые высказались люди" in russian


async def test_an_entitled_person_speaks_answers_and_steers_and_a_visitor_may_not(ground: Ground) -> None:
    async with portal_rig(ground) as rig, httpx.AsyncClient(timeout=60) as http:
        await opened(rig, http)
        assert (await http.post(f"{rig.url}/proposals/p1/speak", data={"stance": "support"})).status_code == 403
        head = await rig.cookies(HEAD)
        page = (await http.get(f"{rig.url}/proposals/p1", cookies=head)).text
        form = {"form": "speak-p1", "check": check_of(page), "proposal_id": "p1", "seen": "3"}
        silent = await http.post(f"{rig.url}/proposals/p1/speak", data={**form, "stance": "object"}, cookies=head)
        assert silent.status_code == 400
        assert "only support may go without words" in silent.text
        said = await http.post(
            f"{rig.url}/proposals/p1/speak", data={**form, "stance": "object", "words": "Not yet."}, cookies=head
        )
        assert said.status_code == 303
        reply = {"check": check_of(page), "proposal_id": "p1", "voice_id": "v1", "words": "A van comes daily."}
        assert (await http.post(f"{rig.url}/proposals/p1/answer", data=reply, cookies=head)).status_code == 303
        none = {"check": check_of(page), "proposal_id": "p1", "words": "A van comes daily."}
        assert (await http.post(f"{rig.url}/proposals/p1/answer", data=none, cookies=head)).status_code == 400
        chosen = re.findall(r'type="checkbox" name="(answers\.[^"]+)" value="([^"]+)"', page)
        many = {**none, **dict(chosen)}
        assert (await http.post(f"{rig.url}/proposals/p1/answer", data=many, cookies=head)).status_code == 303
        records = await records_of(ground, "deliberation", "deliberation.commands", 3)
        bodies = [json.loads(r.value or b"") for r in records]
        assert [b.get("stance", b.get("voice_id")) for b in bodies] == ["object", "v1", chosen[0][1]]
        assert bodies[-1]["also"] == [voice for _, voice in chosen[1:]]
        assert len(chosen) == 2


PATCH = Patch(
    layer="south", base_number=1, table="jurisdiction",
    changes=(RowChange(op="set", row_id="r", before={"authority": '"yard-01"'}, after={"authority": '"yard-02"'}),),
)  # fmt: skip


async def test_a_trial_is_shown_as_it_runs_and_its_roll_back_with_the_guard(ground: Ground) -> None:
    async with portal_rig(ground) as rig, httpx.AsyncClient(timeout=60) as http:
        await rig.proposal("p1", layer="south")
        await eventually(lambda: stands(rig, http, "/proposals/p1", "What would change"))
        plan = TrialPlan(
            proposal_id="p1", patch=PATCH, reversal=PATCH, unit="case", share=0.2, steps=(0.2, 0.5, 1.0), salt="s",
            started_at=NOW,
        )  # fmt: skip
        place: dict[str, Any] = {"proposal_id": "p1", "layer": "south", "number": 2, "effective_at": NOW}
        await rig.fact("rules", "rules.proposals", "p1", rules.TrialStarted(**place, plan=plan))
        await eventually(lambda: stands(rig, http, "/proposals/p1", "Nothing is counted yet"))
        arm = ArmSeen(units=40, outcomes=31, measures={"overdue": 0.25})
        seen = TrialObserved(
            proposal_id="p1", share=0.2, current=arm, candidate=arm, gain=3, gain_bound=20, observed_at=NOW,
            guards=(GuardSeen(guard="overdue", place="north", evidence=41, bound=60),),
        )  # fmt: skip
        await rig.fact("reflex", "reflex.observations", "p1", seen)
        await eventually(lambda: stands(rig, http, "/proposals/p1", "late cases, north"))
        federal = await rig.cookies(FEDERAL)
        page = (await http.get(f"{rig.url}/proposals/p1", cookies=federal)).text
        assert "Roll back at once" in page
        assert "Roll back at once" not in (await http.get(f"{rig.url}/proposals/p1")).text
        back = rules.TrialRolledBack(**place, actor="trial", reason="more were late", guard="overdue")
        await rig.fact("rules", "rules.proposals", "p1", back)
        await eventually(lambda: stands(rig, http, "/proposals/p1", "because of harm: late cases"))
        assert "rolled back" in (await http.get(f"{rig.url}/proposals?state=rolled_back")).text
        proposers = (await http.get(f"{rig.url}/proposers")).text
        assert FEDERAL in proposers or "federal" in proposers


async def test_a_federation_without_standing_consents_says_so(ground: Ground) -> None:
    async with portal_rig(ground) as rig, httpx.AsyncClient(timeout=60) as http:
        await eventually(lambda: stands(rig, http, "/consents", "None is in force"))


async def test_opinion_groups_are_shown_with_their_words_and_who_may_speak_judges_those_of_others(
    ground: Ground,
) -> None:
    async with portal_rig(ground) as rig, httpx.AsyncClient(timeout=60) as http:
        await opened(rig, http)
        groups = deliberation.OpinionGroupsFound(
            proposal_id="p1", people=21, number=5, found_at=NOW, shared=("v4",), group_aware_support=0.25,
            groups=(
                deliberation.OpinionGroup(people=12, support=9, object=1, typical=()),
                deliberation.OpinionGroup(people=8, support=2, object=6, typical=("v1",)),
            ),
        )  # fmt: skip
        await rig.fact("deliberation", "deliberation.proceedings", "p1", groups)
        await eventually(lambda: stands(rig, http, "/proposals/p1", "8 people: 2 for, 6 against."))
        page = (await http.get(f"{rig.url}/proposals/p1")).text
        assert "Of those with a side 25" in page
        assert "I disagree" not in page
        head = await rig.cookies(HEAD)
        page = (await http.get(f"{rig.url}/proposals/p1", cookies=head)).text
        form = {"check": check_of(page), "proposal_id": "p1", "number": "4", "seen": "None", "decision": "disagree"}
        wrong = await http.post(f"{rig.url}/proposals/p1/judge", data={**form, "number": "0"}, cookies=head)
        assert wrong.status_code == 400
        sent = await http.post(f"{rig.url}/proposals/p1/judge", data=form, cookies=head)
        assert sent.status_code == 303
        (record,) = await records_of(ground, "deliberation", "deliberation.commands", 1)
        said = deliberation.JudgeVoices.model_validate_json(record.value or b"")
        assert (said.actor.id, said.agree, said.disagree) == (HEAD, (), (4,))
        judged = deliberation.VoicesJudged(
            proposal_id="p1", number=6, speaker=HEAD, role="region", disagree=(4,), given_at=NOW
        )
        await rig.fact("deliberation", "deliberation.voices", "p1", judged)

        async def shown() -> bool:
            return "You disagree with this." in (await http.get(f"{rig.url}/proposals/p1", cookies=head)).text

        await eventually(shown)
        assert "You disagree with this." not in (await http.get(f"{rig.url}/proposals/p1")).text
