"""A citizen's words become a proposal, are declined or taken back; the citizen stays the author. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import datetime
from typing import Literal

from common.contracts.envelope import derived_id
from common.contracts.events.deliberation import (
    CitizenToBeToldOfIdea,
    DeclineIdea,
    IdeaDeclined,
    IdeaFreed,
    IdeaReceived,
    IdeaTakenUp,
    IdeaWithdrawn,
    TakeUpIdea,
)
from common.contracts.events.rules import ProposeChange
from common.contracts.frozen import value
from common.contracts.refusals import Reason
from common.contracts.rights import INSTALLATION, HasPeople, denial
from common.rulebook import NATIONAL

from deliberation.words import has_words

IdeaState = Literal["open", "taken_up", "declined", "withdrawn"]
LEAST_QUOTED = 6
"""So many words of a citizen are known again in a proposal; fewer may be there by chance."""
MOST_CHARACTERS = 1000
"""Of a fact in a notice."""


@value
class Idea:
    """A citizen's words, and the proposal that was made of them, by which order to `rules`."""

    idea_id: str
    reference: str
    citizen: str
    words: str
    amends: str | None = None
    """The proposal that the citizen would have otherwise."""
    state: IdeaState = "open"
    proposal_id: str | None = None
    command_id: str | None = None


@value
class TakenUp:
    """`proposal` is ordered under the idea's `command_id`."""

    idea: Idea
    event: IdeaTakenUp
    proposal: ProposeChange


@value
class Declined:
    idea: Idea
    event: IdeaDeclined


@value
class Withdrawn:
    idea: Idea
    event: IdeaWithdrawn


@value
class Freed:
    idea: Idea
    event: IdeaFreed


def received(event: IdeaReceived) -> Idea:
    return Idea(event.idea_id, event.reference, event.citizen, event.words, event.amends)


def take_up(
    federation: HasPeople, idea: Idea | None, order: TakeUpIdea, principal: str, cause: str, now: datetime
) -> TakenUp | Reason:
    """Make a proposal of an idea. Whoever may propose the change may; the author is whom the idea came from, whatever
    anybody says. `cause` is the order's id."""
    layer, actor = order.patch.layer, order.actor
    refused = denial(federation, actor, TakeUpIdea, region=layer, principal=principal)
    if refused is None and layer == NATIONAL and actor.role not in ("federal", INSTALLATION.role):
        refused = Reason("national_layer", "the national layer is the federal centre's")
    if refused is not None:
        return refused
    if idea is None or idea.state != "open":
        return _not_open(order.idea_id, idea)
    if order.proposal_id == idea.proposal_id:
        prose = f"proposal {order.proposal_id} was made of this idea before; give a new one its own id"
        return Reason("proposal_known", prose, proposal_state="refused")
    if not has_words(order.title):
        return Reason("nothing_said", "a proposal needs a title", field="title")
    if quotes(idea.words, order.title, order.words):
        prose = "the citizen's words stay out of a proposal, which stands in the record for ever: say it in your own"
        return Reason("citizens_words", prose)
    command_id = derived_id("taken up", cause, idea.idea_id)
    after = replace(idea, state="taken_up", proposal_id=order.proposal_id, command_id=command_id)
    event = IdeaTakenUp(
        idea_id=idea.idea_id, reference=idea.reference, proposal_id=order.proposal_id, actor=actor.id, taken_up_at=now
    )
    proposal = ProposeChange(
        actor=actor, proposal_id=order.proposal_id, title=order.title, words=order.words, patch=order.patch,
        values=order.values, forecast=order.forecast, needs_person=order.needs_person, author_citizen=idea.citizen,
        idea_id=idea.idea_id, amends=idea.amends, synthetic=order.synthetic,
    )  # fmt: skip
    return TakenUp(after, event, proposal)


def decline(federation: HasPeople, idea: Idea | None, order: DeclineIdea, now: datetime) -> Declined | Reason:
    """An official of any layer may: an idea names none."""
    refused = denial(federation, order.actor, DeclineIdea, region=order.actor.scope)
    if refused is not None:
        return refused
    if idea is None or idea.state != "open":
        return _not_open(order.idea_id, idea)
    if not has_words(order.words):
        return Reason("nothing_said", "the citizen is told why: that needs words", field="words")
    event = IdeaDeclined(
        idea_id=idea.idea_id, reference=idea.reference, actor=order.actor.id, words=order.words, declined_at=now
    )
    return Declined(replace(idea, state="declined"), event)


def withdraw(idea: Idea, now: datetime) -> Withdrawn | None:
    """By its author; None where it is over already."""
    if idea.state not in ("open", "taken_up"):
        return None
    made = idea.proposal_id if idea.state == "taken_up" else None
    event = IdeaWithdrawn(idea_id=idea.idea_id, reference=idea.reference, proposal_id=made, withdrawn_at=now)
    return Withdrawn(replace(idea, state="withdrawn"), event)


def free(
    idea: Idea, state: str, now: datetime, reason: str, code: str | None, details: dict[str, str] | None
) -> Freed | None:
    """Its proposal came to nothing before it was decided; None where that concerns it no more."""
    if idea.state != "taken_up" or idea.proposal_id is None:
        return None
    event = IdeaFreed(
        idea_id=idea.idea_id, reference=idea.reference, proposal_id=idea.proposal_id, state=state, reason=reason,
        code=code, details=details, freed_at=now,
    )  # fmt: skip
    return Freed(replace(idea, state="open"), event)


def to_be_told(
    idea: Idea, kind: str, answers: str | None = None, reference: str | None = None, **facts: str
) -> CitizenToBeToldOfIdea:
    """What its citizen is told; `reference` is the proposal's, where it has one."""
    return CitizenToBeToldOfIdea(
        idea_id=idea.idea_id, reference=idea.reference, citizen=idea.citizen, kind=kind,
        proposal_id=idea.proposal_id if reference is not None else None, proposal_reference=reference,
        facts={name: text[:MOST_CHARACTERS] for name, text in facts.items() if text}, answers=answers,
    )  # fmt: skip


def quotes(words: str, *texts: str) -> bool:
    """Whether a text holds the citizen's words as they are, apart from marks and letter case."""
    said = _plain(words)
    if len(said.split()) < LEAST_QUOTED:
        return False
    return any(f" {said} " in f" {_plain(text)} " for text in texts)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in folded).split())


def _not_open(name: str, idea: Idea | None) -> Reason:
    if idea is None:
        return Reason("no_such_idea", f"there is no idea {name}")
    return Reason("idea_settled", f"idea {idea.reference} is {idea.state}", idea_state=idea.state)
