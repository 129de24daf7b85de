"""The argument about a proposal as its page shows it: terms, counts, voices, what waits for an answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from common.contracts.events.deliberation import OpinionGroupsFound, VoiceRole
from common.contracts.frozen import value

from portal.language import N_
from portal.proposal_fold import disputed
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

    @property
    def support_share(self) -> float | None:
        """Of those with a side; None where nobody took one."""
        return self.support / (self.support + self.object) if self.support + self.object else None


@value
class Groups:
    """Groups of opinion, as they were found last: none where people do not judge alike, or too few judge."""

    people: int
    """Who judged or took a side, in a group or not."""
    rows: tuple[GroupRow, ...]
    shared: tuple[Voice, ...]
    found_at: datetime


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
    groups: Groups | None
    """None while nobody's words were judged."""
    judged: Mapping[int, bool]
    """Whether the reader agrees with words, by their number, of those that the reader has judged."""

    @property
    def is_open(self) -> bool:
        return self.closing is None

    @property
    def disputed(self) -> bool:
        return disputed(self.closing)

    @property
    def without_bursts(self) -> Mapping[str, int] | None:
        """Voices, support and objections at the closing, those of bursts set aside; None where there were no bursts."""
        found = (self.closing or {}).get("without_bursts")
        if found is None:
            return None
        return {name: sum(c[name] for c in found["counts"]) for name in ("voices", "support", "object")}


def argument_of(
    data: Mapping[str, Any],
    tallies: Mapping[tuple[str, str], int],
    voices: Mapping[str, Sequence[Voice]],
    unanswered: Sequence[Voice],
    unanswered_number: int,
    named: Mapping[str, Voice],
    judged: Mapping[int, bool],
) -> Argument | None:
    """None for a proposal that nobody was asked about. `named`: voices that groups name, by id; `judged`: which words
    the reader agrees with or not."""
    opened = data.get("deliberation")
    if opened is None:
        return None
    quorum = opened["terms"].get("quorum", {})
    roles = [_row(role, tallies, int(quorum.get(role, 0))) for role in get_args(VoiceRole)]
    sides = sum(r.support for r in roles), sum(r.object for r in roles)
    counts: dict[str, int] = {}
    for (_, stance), number in tallies.items():
        counts[stance] = counts.get(stance, 0) + number
    return Argument(
        opened=opened,
        closing=data.get("closing"),
        roles=[r for r in roles if r.voices or r.quorum or r.role in opened["terms"].get("speakers", ())],
        support_percent=100 * sides[0] / sum(sides) if sum(sides) else None,
        voices=voices,
        counts=counts,
        unanswered=unanswered,
        unanswered_number=unanswered_number,
        groups=_groups(data, named),
        judged=judged,
    )


def named_voices(data: Mapping[str, Any]) -> list[str]:
    """The ids of voices that a proposal's opinion groups name."""
    found = data.get("groups", {})
    return [v for g in found.get("groups", ()) for v in g.get("typical", ())] + list(found.get("shared", ()))


def _groups(data: Mapping[str, Any], named: Mapping[str, Voice]) -> Groups | None:
    if "groups" not in data:
        return None
    said = OpinionGroupsFound.model_validate(data["groups"])

    def shown(ids: Sequence[str]) -> tuple[Voice, ...]:
        return tuple(named[v] for v in ids if v in named and not named[v].hidden)

    rows = tuple(GroupRow(g.people, g.support, g.object, shown(g.typical)) for g in said.groups)
    return Groups(said.people, rows, shown(said.shared), said.found_at)


def _row(role: str, tallies: Mapping[tuple[str, str], int], quorum: int) -> RoleRow:
    mine = {stance: n for (whose, stance), n in tallies.items() if whose == role}
    return RoleRow(role, sum(mine.values()), mine.get("support", 0), mine.get("object", 0), quorum)
