"""What is right and what is wrong with a loop outside, in words, with what to do about it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from common.contracts.refusals import RefusalCode

from otklik.loop_check.life import SENT, LoopLife, Proposed

FAR_BEHIND = 1_000
"""Records that it has not read: so many do not come in a moment."""
NEWEST = 5
"""Proposals that are told one by one."""
ITS_FAULT: frozenset[RefusalCode] = frozenset(
    {
        "author_not_proven", "forecast_impossible", "names_unknown", "national_layer", "no_such_layer",
        "no_such_release", "not_proven", "other_scope", "patch_empty", "patch_invalid", "principal_not_allowed",
        "role_not_allowed", "role_not_held", "table_ambiguous", "table_unreadable", "time_in_future",
        "time_not_possible", "too_long",
    }
)  # fmt: skip
"""Refusals that follow from how the loop makes its proposals. Others follow from what stands in the rulebook."""


LETTERS = "`otklik dlq list --service rules` says what is wrong with each"


@dataclass(frozen=True, slots=True)
class Access:
    """What the broker and the services know of the loop. `read` and `unread`: records by topic, None: it has never said
    how far it has read."""

    key: bool
    user: bool
    missing: Sequence[str]
    read: int | None
    unread: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Line:
    """`wrong` is what to do about it; empty where all is well."""

    about: str
    words: str
    wrong: str = ""


def lines(name: str, access: Access, life: LoopLife) -> Iterator[Line]:
    """In the order in which one thing needs the other."""
    anew = f"`otklik loop remove {name}` and `otklik loop new {name}` give it access anew"
    if access.key:
        yield Line("key", "the services know it")
    else:
        yield Line("key", "the services do not know its key: all that it says is refused", anew)
    if not access.user:
        yield Line("rights", "the broker knows no user of it", anew)
    elif access.missing:
        yield Line("rights", f"{len(access.missing)} are missing: {', '.join(access.missing[:NEWEST])}", anew)
    else:
        yield Line("rights", "it may read facts and propose")
    yield _reading(access)
    yield from _proposals(list(life.proposals.values()))
    if life.unreadable:
        yield Line("records", f"{life.unreadable} of its records are no JSON, and nobody answers them", LETTERS)
    elif any(one.state == SENT for one in life.proposals.values()):
        yield Line("records", f"what stays without an answer could not be read: {LETTERS}")


def _reading(access: Access) -> Line:
    behind = sum(access.unread.values())
    if access.read is None:
        return Line(
            "facts", "it has never said how far it has read",
            "start it (`python loop.py run`); a client of your own commits its offsets under a group that begins with"
            " OTKLIK_GROUP",
        )  # fmt: skip
    if behind > FAR_BEHIND:
        most = max(access.unread, key=lambda topic: access.unread[topic])
        return Line(
            "facts", f"{behind:,} records behind, most of them of {most}", "see whether it runs, and what it prints"
        )
    return Line("facts", "read to their end" if not behind else f"read, {behind:,} records behind")


def _proposals(made: Sequence[Proposed]) -> Iterator[Line]:
    if not made:
        yield Line("proposals", "none so far")
        return
    counts = Counter("must wait" if p.waits else p.state for p in made)
    yield Line("proposals", ", ".join(f"{number} {state}" for state, number in counts.most_common()))
    for one in sorted(made, key=lambda p: (p.at, p.id))[-NEWEST:]:
        wrong = ""
        if one.state == "refused" and one.code in ITS_FAULT:
            wrong = "the loop's own fault; the reason says what to change; it is not taken again under the same id"
        yield Line("", told(one), wrong)


def told(one: Proposed) -> str:
    """One line, whatever the loop has written; such as `2011-07-05 12:00 Lamps to the yard: refused: one of its rows
    was changed lately; it may be made anew from ...`.
    """
    title = one.title or one.id
    again = f"; it may be made anew from {one.until}" if one.waits else ""
    why = f": {one.why}" if one.why and one.state != SENT else ""
    return " ".join(f"{one.at:%Y-%m-%d %H:%M} {title}: {one.state}{why}{again}".split())
