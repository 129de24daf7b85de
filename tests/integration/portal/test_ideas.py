"""Citizens' wishes on the portal: listed for everybody, taken up or declined by whoever is entitled."""

from __future__ import annotations

import httpx
from common.contracts.events import deliberation, rules

from tests.conftest import Ground
from tests.integration.portal.test_pages import check_of
from tests.integration.portal.test_rule_editor import EDITOR, ROW, SAID, hidden, known
from tests.kafka import eventually, records_of
from tests.portal_rig import NOW, OPERATOR, Rig, portal_rig, stands

IDEA = {"idea_id": "1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed", "reference": "I-7K2MNA"}
WORDS = "Let the other yard mend our street, it is nearer"


async def wished(rig: Rig, http: httpx.AsyncClient) -> None:
    idea = deliberation.IdeaReceived(**IDEA, citizen="c-1", channel="web", words=WORDS, received_at=NOW)
    await rig.fact("deliberation", "deliberation.proceedings", idea.idea_id, idea)
    await eventually(lambda: stands(rig, http, "/ideas", WORDS))


async def test_a_wish_is_carried_into_the_editor_and_sent_as_what_the_proposal_is_made_of(ground: Ground) -> None:
    async with portal_rig(ground, ("rules",)) as rig, httpx.AsyncClient(timeout=60) as http:
        await known(rig, http)
        await wished(rig, http)
        operator = await rig.cookies(OPERATOR)
        visitor = (await http.get(f"{rig.url}/ideas")).text
        assert "Make a proposal of it" not in visitor
        assert "Sign in" in visitor
        page = (await http.get(f"{rig.url}/ideas", cookies=operator)).text
        check = check_of(page)

        async def post(path: str, **fields: str) -> httpx.Response:
            return await http.post(f"{rig.url}{path}", data={"check": check, **fields}, cookies=operator)

        begun = await post("/rulebook/edit", idea=IDEA["idea_id"], layer="north", table="jurisdiction")
        assert (begun.status_code, begun.headers["location"]) == (303, EDITOR)
        assert WORDS in (await http.get(f"{rig.url}{EDITOR}", cookies=operator)).text
        assert (await post(f"{EDITOR}/rows/p1/put", **ROW)).status_code == 303
        page = (await http.get(f"{rig.url}{EDITOR}/propose", cookies=operator)).text
        assert f'<option value="{IDEA["idea_id"]}" selected>' in page
        shown = {"proposal_id": hidden(page, "proposal_id"), "seen": hidden(page, "seen"), "idea": IDEA["idea_id"]}
        sent = await post(f"{EDITOR}/propose/send", **SAID, **shown)
        assert sent.status_code == 303, sent.text
        (record,) = await records_of(ground, "deliberation", "deliberation.commands", 1)
        order = deliberation.TakeUpIdea.model_validate_json(record.value or b"")
        assert (order.idea_id, order.proposal_id, order.actor.id) == (IDEA["idea_id"], shown["proposal_id"], OPERATOR)
        assert (order.patch.table, order.title, order.values) == ("jurisdiction", "To yard 02", ("effort",))
        at = sent.headers["location"].partition("#")[0]
        assert at.startswith("/ideas?")
        assert "on its way" in (await http.get(f"{rig.url}{at}", cookies=operator)).text

        freed = deliberation.IdeaFreed(
            **IDEA, proposal_id="p", state="refused", reason="prose", code="loosens_standard", details={}, freed_at=NOW
        )
        await rig.fact("deliberation", "deliberation.proceedings", freed.idea_id, freed)
        await eventually(lambda: stands(rig, http, "/ideas", "looser than the nation"))


async def test_a_wish_is_declined_with_words_and_by_nobody_without(ground: Ground) -> None:
    async with portal_rig(ground, ("rules",)) as rig, httpx.AsyncClient(timeout=60) as http:
        await known(rig, http)
        await wished(rig, http)
        operator = await rig.cookies(OPERATOR)
        page = (await http.get(f"{rig.url}/ideas", cookies=operator)).text
        form = {"check": check_of(page), "form": f"decline-{IDEA['idea_id']}", "idea": IDEA["idea_id"]}
        silent = await http.post(f"{rig.url}/ideas/decline", data={**form, "words": " "}, cookies=operator)
        assert (silent.status_code, "the citizen is told it" in silent.text) == (400, True)
        said = {**form, "words": "It is rebuilt in autumn."}
        assert (await http.post(f"{rig.url}/ideas/decline", data=said)).status_code == 403
        sent = await http.post(f"{rig.url}/ideas/decline", data=said, cookies=operator)
        assert sent.status_code == 303, sent.text
        (record,) = await records_of(ground, "deliberation", "deliberation.commands", 1)
        assert deliberation.DeclineIdea.model_validate_json(record.value or b"").words == "It is rebuilt in autumn."
        declined = deliberation.IdeaDeclined(**IDEA, actor=OPERATOR, words="It is rebuilt in autumn.", declined_at=NOW)
        await rig.fact("deliberation", "deliberation.proceedings", declined.idea_id, declined)
        await eventually(lambda: stands(rig, http, "/ideas?state=declined", "It is rebuilt in autumn."))
        withdrawn = deliberation.IdeaWithdrawn(**IDEA, withdrawn_at=NOW)
        await rig.fact("deliberation", "deliberation.proceedings", withdrawn.idea_id, withdrawn)
        await eventually(lambda: stands(rig, http, "/ideas?state=withdrawn", "not shown any more"))
        assert WORDS not in (await http.get(f"{rig.url}/ideas?state=withdrawn")).text


async def test_nobody_proposes_in_a_citizens_name_past_the_deliberation(ground: Ground) -> None:
    async with portal_rig(ground, ("rules",)) as rig, httpx.AsyncClient(timeout=60) as http:
        await known(rig, http)
        await rig.proposal("named", layer="north", author_citizen="c-1", idea_id=IDEA["idea_id"])
        (record,) = await records_of(ground, "portal", "rules.proposals", 1)
        refused = rules.RulesCommandRefused.model_validate_json(record.value or b"")
        assert (refused.proposal_id, refused.code) == ("named", "author_not_proven")
