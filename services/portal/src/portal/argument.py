"""The argument about a proposal as its page shows it: terms, counts, voices, what waits for an answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from common.contracts.events.deliberation import OpinionGroup, VoiceRole
from common.contracts.frozen import value

from portal.language import N_
from portal.voice_store import Voice

ROLE_TITLES: dict[str, str] = {
    "citizen": N_("Citizens"),
    "expert": N_("Experts"),
    "organisation": N_("Organisations"),
    "region": N_("Regions"),
    "federal": N_("The centre"),
}
STANCE_TITLES: dict[str, str] = {
    "object": N_("Against"),
    "support": N_("For"),
    "question": N_("Questions"),
    "amendment": N_("Amendments"),
    "comment": N_("Comments"),
}
"""By stance, in the order in which a page shows them."""
SHOWN = 10
"""Voices of a stance on the proposal's page; the rest stand on pages of their own."""


@value
class RoleRow:
    """How many voices of a role count, and how many it takes."""

    role: str
    voices: int
    support: int
    object: int
    quorum: int

    @property
    def met(self) -> bool:
        return self.voices >= self.quorum


@value
class GroupRow:
    """People who judge alike, with the words that are theirs."""

    people: int
    support: int
    object: int
    typical: tuple[Voice, ...]


@dataclass(frozen=True, slots=True)
class Argument:
    """`voices` are the newest of each stance, `unanswered` the oldest objections without an answer;
    `support_percent` is None where nobody is for or against."""

    opened: Mapping[str, Any]
    closing: Mapping[str, Any] | None
    roles: Sequence[RoleRow]
    support_percent: float | None
    voices: Mapping[str, Sequence[Voice]]
    counts: Mapping[str, int]
    unanswered: Sequence[Voice]
    unanswered_number: int
    groups: Sequence[GroupRow]
    shared: Sequence[Voice]

    @property
    def is_open(self) -> bool:
        return self.closing is None


def argument_of(
    data: Mapping[str, Any],
    tallies: Mapping[tuple[str, str], int],
    voices: Mapping[str, Sequence[Voice]],
    unanswered: Sequence[Voice],
    unanswered_number: int,
    named: Mapping[str, Voice],
) -> Argument | None:
    """None for a proposal that nobody was asked about. `named`: voices that groups name, by id."""
    opened = data.get("deliberation")
    if opened is None:
        return None
    quorum = opened["terms"].get("quorum", {})
    roles = [_row(role, tallies, int(quorum.get(role, 0))) for role in get_args(VoiceRole)]
    sides = sum(r.support for r in roles), sum(r.object for r in roles)
    counts: dict[str, int] = {}
    for (_, stance), number in tallies.items():
        counts[stance] = counts.get(stance, 0) + number
    found = data.get("groups", {})
    groups = [OpinionGroup.model_validate(g) for g in found.get("groups", ())]
    return Argument(
        opened=opened,
        closing=data.get("closing"),
        roles=[r for r in roles if r.voices or r.quorum or r.role in opened["terms"].get("speakers", ())],
        support_percent=100 * sides[0] / sum(sides) if sum(sides) else None,
        voices=voices,
        counts=counts,
        unanswered=unanswered,
        unanswered_number=unanswered_number,
        groups=[
            GroupRow(g.people, g.support, g.object, tuple(named[v] for v in g.typical if v in named)) for g in groups
        ],
        shared=[named[v] for v in found.get("shared", ()) if v in named],
    )


def named_voices(data: Mapping[str, Any]) -> list[str]:
    """The ids of voices that a proposal's opinion groups name."""
    found = data.get("groups", {})
    return [v for g in found.get("groups", ()) for v in g.get("typical", ())] + list(found.get("shared", ()))


def _row(role: str, tallies: Mapping[tuple[str, str], int], quorum: int) -> RoleRow:
    mine = {stance: n for (whose, stance), n in tallies.items() if whose == role}
    return RoleRow(role, sum(mine.values()), mine.get("support", 0), mine.get("object", 0), quorum)
