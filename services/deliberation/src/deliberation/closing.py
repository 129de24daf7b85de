"""What a deliberation comes to at the end of its term. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from common.contracts.events.deliberation import DeliberationTerms, RoleCount
from common.contracts.frozen import value

from deliberation.model import Tally
from deliberation.terms import ROLES


@value
class Closing:
    outcome: Literal["may_be_decided", "lapsed"]
    reason: Literal["supported", "quorum_not_met", "not_supported", "objections_unanswered"]


def closing(
    terms: DeliberationTerms, tallies: Sequence[Tally], *, last_chance: bool, group_aware: float | None = None
) -> Closing | None:
    """None while only answers to objections are missing and `last_chance` is not yet.

    Answers cannot mend a quorum that is not met or too little support, so neither waits for them. Where nobody took a
    side and no quorum is asked, silence is no objection. `group_aware` is the least share of support over the opinion
    groups, where they are known; else the formula `group_aware` judges as `majority` does.
    """
    of = {t.role: t for t in tallies}
    if any(of[role].voices < terms.quorum.get(role, 0) if role in of else terms.quorum.get(role, 0) for role in ROLES):
        return Closing("lapsed", "quorum_not_met")
    if not _supported(terms, tallies, group_aware):
        return Closing("lapsed", "not_supported")
    if any(t.unanswered for t in tallies):
        return Closing("lapsed", "objections_unanswered") if last_chance else None
    return Closing("may_be_decided", "supported")


def both(found: Closing | None, without: Closing | None) -> Closing | None:
    """Of the closing by all voices and of the one without those of bursts: where both end alike, that; else somebody
    entitled decides. None while either waits for answers."""
    if found is None or without is None:
        return None
    return found if found.outcome == without.outcome else Closing("may_be_decided", found.reason)


def groups_without(tallies: Sequence[Tally], without: Sequence[Tally], group_aware: float | None) -> float | None:
    """The least share over the opinion groups by which the others are judged: groups are found among all who spoke.

    Where more objections than support are set aside, these may be a group of their own, and the majority of the others
    judges (None); else the groups judge, so that a burst of support lifts no group's objection.
    """
    against = sum(t.object for t in tallies) - sum(t.object for t in without)
    support = sum(t.support for t in tallies) - sum(t.support for t in without)
    return None if against > support else group_aware


def _supported(terms: DeliberationTerms, tallies: Sequence[Tally], group_aware: float | None) -> bool:
    support, object_ = sum(t.support for t in tallies), sum(t.object for t in tallies)
    if support + object_ == 0:
        return True
    # Compared as products: a share of exactly the least one is enough, whatever division would round it to.
    majority = 100 * support >= terms.support_percent * (support + object_)
    if terms.formula == "group_aware" and group_aware is not None:
        return 100 * group_aware >= terms.support_percent
    return majority


def role_counts(terms: DeliberationTerms, tallies: Sequence[Tally]) -> tuple[RoleCount, ...]:
    """As they are published, for each role that may speak, or did, or must have."""
    of = {t.role: t for t in tallies}
    return tuple(
        RoleCount(
            role=role, voices=found.voices, support=found.support, object=found.object, quorum=terms.quorum.get(role, 0)
        )
        for role in ROLES
        if role in terms.speakers or role in of or terms.quorum.get(role, 0)
        for found in (of.get(role, Tally(role)),)
    )
