"""When opinion groups are asked for, and what is published of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from common.contracts.events.deliberation import OpinionGroup, OpinionGroupsFound

from deliberation.model import AskedGroups, Deliberation
from deliberation.opinions import Found


def asked(deliberation: Deliberation, now: datetime) -> Deliberation:
    """At the end of a tick: ask where more is known than what is published, once at a time."""
    if not deliberation.groups_due or deliberation.groups_asked is not None:
        return deliberation
    return replace(deliberation, groups_asked=AskedGroups(deliberation.last_number, now))


def are_to_come(deliberation: Deliberation, now: datetime) -> bool:
    """Whether groups that an earlier tick asked for are to be published at the one that ends now."""
    return deliberation.groups_asked is not None and deliberation.groups_asked.at < now


def published(
    deliberation: Deliberation, found: Found, voice_ids: Mapping[int, str]
) -> tuple[Deliberation, OpinionGroupsFound]:
    """The proposal afterwards, and what is said of the groups that were asked for."""
    asked_for = deliberation.groups_asked
    assert asked_for is not None
    event = OpinionGroupsFound(
        proposal_id=deliberation.proposal_id,
        people=found.people,
        groups=tuple(
            OpinionGroup(
                people=g.people, support=g.support, object=g.object, typical=tuple(voice_ids[n] for n in g.typical)
            )
            for g in found.groups
        ),
        shared=tuple(voice_ids[n] for n in found.shared),
        group_aware_support=found.least_support,
        number=asked_for.number,
        found_at=asked_for.at,
    )
    after = replace(
        deliberation, groups_asked=None, groups_number=asked_for.number, least_support=found.least_support
    )  # fmt: skip
    return after, event


def named(found: Found) -> set[int]:
    """The numbers of the words that are named."""
    return {number for group in found.groups for number in group.typical} | set(found.shared)


def are_awaited(deliberation: Deliberation) -> bool:
    """Whether the end waits for groups: where the support is judged by them, all that was said must be in them."""
    terms = deliberation.terms
    return terms is not None and terms.formula == "group_aware" and deliberation.groups_due
