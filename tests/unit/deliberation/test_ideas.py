"""Who may make a proposal of a citizen's idea, what it says, and how an idea ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from common.contracts.events.base import Actor
from common.contracts.events.deliberation import DeclineIdea, TakeUpIdea
from common.contracts.refusals import Reason
from common.contracts.rights import INSTALLATION
from deliberation.ideas import Declined, Idea, TakenUp, decline, free, quotes, take_up, withdraw
from deliberation.words import idea_taken_back

from tests.deliberations import CENTRE, EXPERT, NOON, NORTH, OPERATOR, SOUTH, UNION, Country, patch

WORDS = "Ямы на улице чинят слишком долго, пусть чинит другой двор"
IDEA = Idea("i1", "I-7K2MNA", "zoe", WORDS)
COUNTRY = Country()


def order(actor: Actor, **given: Any) -> TakeUpIdea:
    fields = {"idea_id": "i1", "proposal_id": "p", "title": "Potholes to lighting", "words": "It is nearer.", **given}
    return TakeUpIdea(actor=actor, patch=fields.pop("patch", patch()), **fields)


def taken(by: Actor, idea: Idea | None = IDEA, principal: str = "portal", **given: Any) -> TakenUp | Reason:
    return take_up(COUNTRY, idea, order(by, **given), principal, "cause", NOON)


def code(found: object) -> str:
    assert isinstance(found, Reason)
    return found.code


def test_the_citizen_is_the_author_and_who_put_it_into_rows_proposes() -> None:
    found = taken(EXPERT.actor)
    assert isinstance(found, TakenUp)
    made = found.proposal
    assert (made.actor, made.author_citizen, made.idea_id, made.title) == (
        EXPERT.actor, "zoe", "i1", "Potholes to lighting"
    )  # fmt: skip
    assert (found.idea.state, found.idea.proposal_id, found.event.proposal_id) == ("taken_up", "p", "p")
    amended = taken(OPERATOR.actor, replace(IDEA, amends="q"))
    assert isinstance(amended, TakenUp)
    assert amended.proposal.amends == "q"


@pytest.mark.parametrize("person", [OPERATOR, NORTH, CENTRE, EXPERT], ids=lambda p: p.id)
def test_whoever_may_propose_may_take_an_idea_up(person: Any) -> None:
    assert isinstance(taken(person.actor), TakenUp)


def test_nobody_else_may_and_nobody_speaks_for_the_installation_but_its_operator() -> None:
    assert code(taken(UNION.actor)) == "role_not_allowed"
    assert code(taken(SOUTH.actor)) == "other_scope"
    assert code(taken(Actor(id="zoe", role="citizen"))) == "role_not_allowed"
    assert code(taken(EXPERT.actor.model_copy(update={"id": "nobody"}))) == "role_not_held"
    assert code(taken(EXPERT.actor, patch=patch(layer="national"))) == "national_layer"
    assert code(taken(INSTALLATION)) == "principal_not_allowed"
    assert isinstance(taken(INSTALLATION, principal="operator"), TakenUp)


@pytest.mark.parametrize("state", ["taken_up", "declined", "withdrawn"])
def test_an_idea_that_is_not_open_is_neither_taken_up_nor_declined(state: Any) -> None:
    over = replace(IDEA, state=state)
    refused = taken(EXPERT.actor, over)
    assert code(refused) == "idea_settled"
    assert refused.details == {"idea_state": state}  # type: ignore[union-attr]
    assert code(taken(EXPERT.actor, None)) == "no_such_idea"
    command = DeclineIdea(actor=NORTH.actor, idea_id="i1", words="no")
    assert code(decline(COUNTRY, over, command, NOON)) == "idea_settled"
    assert code(decline(COUNTRY, None, command, NOON)) == "no_such_idea"


def test_a_refusal_needs_words_and_an_official() -> None:
    found = decline(COUNTRY, IDEA, DeclineIdea(actor=OPERATOR.actor, idea_id="i1", words="It is built."), NOON)
    assert isinstance(found, Declined)
    assert (found.idea.state, found.event.words) == ("declined", "It is built.")
    assert code(decline(COUNTRY, IDEA, DeclineIdea(actor=OPERATOR.actor, idea_id="i1", words=" -"), NOON)) == (
        "nothing_said"
    )
    assert code(decline(COUNTRY, IDEA, DeclineIdea(actor=EXPERT.actor, idea_id="i1", words="x"), NOON)) == (
        "role_not_allowed"
    )


def test_a_citizens_words_stay_out_of_what_stands_in_the_record_for_ever() -> None:
    assert code(taken(EXPERT.actor, words=f"A citizen writes: «{WORDS.upper()}!»")) == "citizens_words"
    assert code(taken(EXPERT.actor, title=WORDS)) == "citizens_words"
    assert not quotes("Ямы чинят долго", "Ямы чинят долго, это так")
    assert isinstance(taken(EXPERT.actor, words="Ямы чинит двор, который дальше."), TakenUp)


def test_an_idea_whose_proposal_came_to_nothing_is_open_again_for_another_one() -> None:
    found = taken(EXPERT.actor)
    assert isinstance(found, TakenUp)
    freed = free(found.idea, "refused", NOON, "it is looser", "loosens_standard", {})
    assert freed is not None
    assert (freed.idea.state, freed.event.proposal_id, freed.event.code) == ("open", "p", "loosens_standard")
    assert free(freed.idea, "refused", NOON, "", None, None) is None
    assert code(taken(EXPERT.actor, freed.idea)) == "proposal_known"
    assert isinstance(taken(EXPERT.actor, freed.idea, proposal_id="p2"), TakenUp)


def test_an_author_takes_an_idea_back_and_with_it_the_proposal_that_was_made_of_it() -> None:
    alone = withdraw(IDEA, NOON)
    assert alone is not None
    assert (alone.idea.state, alone.event.proposal_id) == ("withdrawn", None)
    assert withdraw(alone.idea, NOON) is None
    found = taken(EXPERT.actor)
    assert isinstance(found, TakenUp)
    both = withdraw(found.idea, NOON)
    assert both is not None
    assert both.event.proposal_id == "p"


@pytest.mark.parametrize(
    "text",
    [
        "withdraw I-7K2MNA",
        "I-7k2mna: withdraw!",
        "Отзываю І-7K2MNA",
        "I withdraw my wish I-7K2MNA.",
        "Я отзываю I-7K2MNA",
    ],
)
def test_a_word_that_takes_an_idea_back_is_understood(text: str) -> None:
    assert idea_taken_back(text) == "I-7K2MNA"


@pytest.mark.parametrize(
    "text", ["I-7K2MNA", "withdraw", "do not withdraw I-7K2MNA", "withdraw P-7K2MNA", "why I-7K2MNA? withdraw the rule"]
)
def test_other_words_take_nothing_back(text: str) -> None:
    assert idea_taken_back(text) is None
