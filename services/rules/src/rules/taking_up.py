"""A wider change takes up the narrower ones that say the same: its trial shows what theirs would. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from common.contracts.events.rules import ProposalReturned
from common.contracts.refusals import Reason, coded
from common.rulebook import NATIONAL
from common.rulebook.jdm import Document

from rules.answers import answers
from rules.model import Proposal, RulesState
from rules.publishing import OURSELVES
from rules.sharing import share_cases
from rules.steps import Steps
from rules.trial_ends import Said, end

TAKEN_UP = "taken_up"


def narrower_than(state: RulesState, wider: Proposal, tables: Mapping[str, Document]) -> list[Proposal]:
    """Others that are tried or wait, concern cases of its own, and get all they ask for by its `tables`: in its layer,
    or in a region's where it is of the nation's. None that takes an adopted change back: only by its own adoption is
    that one reversed."""
    head = state.heads[wider.patch.layer]
    heads = {**state.heads, head.layer: head.model_copy(update={"tables": tables})}
    return [
        other
        for name, other in sorted(state.proposals.items())
        if name != wider.id and other.state in ("accepted", "on_trial") and other.reverses is None
        if other.gives and other.gives != wider.gives
        if wider.patch.layer in (other.patch.layer, NATIONAL) and share_cases(other.patch, wider.patch)
        if answers(other.patch, heads) == other.gives
    ]


def take_up_all(steps: Steps, narrower: Sequence[Proposal], wider: Proposal) -> Proposal:
    """The wider one, with all that is tried in it: what these had taken up too."""
    for other in narrower:
        _take_up(steps, other, wider)
    took_up = [name for other in narrower for name in (other.id, *other.took_up)]
    return replace(wider, took_up=tuple(dict.fromkeys((*wider.took_up, *took_up))))


def _take_up(steps: Steps, narrower: Proposal, wider: Proposal) -> None:
    """Its own trial ends, or never begins."""
    taken = replace(narrower, taken_up_by=wider.id, behind=())
    if narrower.state == "on_trial":
        end(steps, taken, Said(OURSELVES, TAKEN_UP, {}))
        return
    prose = f"proposal {wider.id}, which is tried, gives the same answer wherever this one changes it"
    returned = ProposalReturned(
        proposal_id=narrower.id, **coded(Reason("taken_up", prose, other_proposal=wider.id))
    )  # fmt: skip
    steps.close(taken, "returned", returned)
