"""What the records of a topic are to people: messages, cases, notices, of which channel or region. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

NAMES: tuple[tuple[str, str], ...] = (
    (r"channel\.(.+)\.inbound", "message(s) of channel {}"),
    (r"channel\.(.+)\.outbound", "notice(s) to citizens on channel {}"),
    (r"channel\.(.+)\.receipts", "receipt(s) of channel {}"),
    (r"channel\.(.+)\.rejections", "word(s) to the integrator of channel {}"),
    (r"region\.(.+)\.assignments", "case(s) for region {}"),
    (r"region\.(.+)\.commands", "order(s) to region {}"),
    (r"region\.(.+)\.cases", "step(s) of cases of region {}"),
    (r"intake\.messages", "message(s) to be routed"),
    (r"routing\.triage", "message(s) of the triage queue"),
    (r"routing\.commands", "order(s) about the triage queue"),
    (r"federal\.escalations", "escalation(s)"),
    (r"federal\.directives", "directive(s)"),
    (r"rules\.releases", "release(s) of the rulebook"),
    (r"rules\.commands", "order(s) about rules"),
    (r"clock\.ticks", "tick(s) of the clock"),
)
"""By a topic's logical name; any other topic is named itself."""


def name_of(topic: str, number: int) -> str:
    """`3 messages of channel web`, from channel.web.inbound."""
    for pattern, words in NAMES:
        found = re.fullmatch(pattern, topic)
        if found is not None:
            return f"{number:,} {words.replace('(s)', '' if number == 1 else 's').format(*found.groups())}"
    return f"{number:,} record{'' if number == 1 else 's'} of {topic}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Records of one topic that wait because of a problem."""

    topic: str
    """By its logical name."""
    number: int
    oldest_seconds: float | None = None

    @property
    def words(self) -> str:
        name = name_of(self.topic, self.number)
        return name if self.oldest_seconds is None else f"{name}, the oldest for {age(self.oldest_seconds)}"


def in_words(waiting: Iterable[Waiting]) -> str:
    """What waits, the most first; empty when nothing does."""
    return "; ".join(one.words for one in sorted(waiting, key=lambda w: (-w.number, w.topic)) if one.number)


def age(seconds: float) -> str:
    """`4 s`, `12 min`, `3 h`, `2 days`."""
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
