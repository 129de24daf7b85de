"""A proposal from the command line, made of a citizen's idea: the order to deliberation, and what became of it."""

from __future__ import annotations

from collections.abc import Container

from common.contracts.envelope import header_map
from common.contracts.events.deliberation import DeliberationCommandRefused, IdeaReceived, TakeUpIdea
from common.contracts.events.rules import ProposalChecked, ProposalRefused, ProposeChange
from common.messaging.kafka import read_to_end

from otklik.dead_letter_command import Desk
from otklik.rules_asked import NotSaid

IDEAS_TOPIC = "deliberation.commands"
PROCEEDINGS = "deliberation.proceedings"


async def taking_up(desk: Desk, named: str, change: ProposeChange) -> TakeUpIdea:
    """The order that makes this change of an idea, named by its reference or id. Raises NotSaid."""
    records = await read_to_end(desk.settings, desk.installation.physical(PROCEEDINGS))
    known = [
        IdeaReceived.model_validate_json(r.value)
        for r in records
        if r.value and header_map(r.headers).get("ce_type") == IdeaReceived.type
    ]
    found = [idea for idea in known if named.upper() == idea.reference or named == idea.idea_id]
    if not found:
        raise NotSaid(f"no citizen's idea {named} is known; the portal's page of wishes lists them")
    if len(found) > 1:
        raise NotSaid(f"{named} names several ideas: give one of {', '.join(idea.idea_id for idea in found)}")
    return TakeUpIdea(
        actor=change.actor, idea_id=found[0].idea_id, proposal_id=change.proposal_id, title=change.title,
        words=change.words, patch=change.patch, values=change.values, needs_person=change.needs_person,
    )  # fmt: skip


async def answer_to(
    desk: Desk, sent: Container[str], order: TakeUpIdea
) -> ProposalChecked | ProposalRefused | DeliberationCommandRefused | None:
    """What deliberation has refused, or rules have said of the proposal; None as long as nothing is said."""
    for record in await read_to_end(desk.settings, desk.installation.physical(PROCEEDINGS)):
        headers = header_map(record.headers)
        refused = headers.get("ce_type") == DeliberationCommandRefused.type
        if refused and record.value and headers.get("ce_causationid") in sent:
            return DeliberationCommandRefused.model_validate_json(record.value)
    for record in await read_to_end(desk.settings, desk.installation.physical("rules.proposals")):
        kind = header_map(record.headers).get("ce_type")
        for model in (ProposalChecked, ProposalRefused):
            if kind == model.type and record.value:
                said = model.model_validate_json(record.value)
                if (said.proposal_id, said.idea_id) == (order.proposal_id, order.idea_id):
                    return said
    return None
