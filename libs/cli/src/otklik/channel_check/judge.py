"""Everything that is known of one channel: fed with records of its four topics in any order, asked for a verdict. Pure
but for what it remembers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from statistics import median

from common.contracts.catalogue import Installation
from common.contracts.envelope import record_type
from common.contracts.events.channel import RecordRejected
from common.messaging.kafka import Record
from pydantic import ValidationError

from otklik.channel_check.findings import Finding, Position, Remembered
from otklik.channel_check.meaning import Meaning
from otklik.channel_check.refusals import finding_of
from otklik.channel_check.speech import Speech, outside_id
from otklik.channel_check.telling import Telling

STREAMS = ("inbound", "outbound", "receipts", "rejections")
TO_TRY = {
    "a message": "inbound", "a second message in a conversation": "inbound", "a repeat": "inbound",
    "an edit": "inbound", "a file": "inbound", "a verdict": "inbound", "a receipt of success": "receipts",
    "a receipt of failure": "receipts", "a rejection": "rejections",
}  # fmt: skip
"""What every channel should have done once before it goes to people, as far as it can, and where that is seen."""
UNANSWERED = "nothing was said of this notice"
UNANSWERED_FIX = "publish a receipt for every notice, of success or of failure with a reason, once it is known"
EXAMPLES = 3
MOST_KINDS = 200
"""Kinds of findings that are told apart; others are counted."""
MOST_SENT = 200_000
MOST_REFUSED = 20_000


@dataclass(slots=True)
class Group:
    """One thing, and where it happened first."""

    first: Finding
    count: int = 0
    where: list[Finding] = field(default_factory=list)


class Judge:
    """Of one channel of an installation."""

    def __init__(self, installation: Installation, meaning: Meaning | None = None) -> None:
        self._installation = installation
        self._speech = Speech(meaning)
        self._telling = Telling()
        self._rejected = Counter[str]()
        self._refused: Remembered[Position, None] = Remembered(MOST_REFUSED)
        self._expected: Remembered[Position, Finding] = Remembered(MOST_REFUSED)
        """Of records whose rejection was not read yet: that says it better."""
        self._sent_ms: dict[str, int] = {}
        self._groups: dict[tuple[str, str, str], Group] = {}
        self.beyond = 0
        """Findings of kinds beyond those that are told apart."""
        self.unread: frozenset[str] = frozenset()
        """Streams that may not be read: nothing is concluded from what does not lie there."""
        self._told_unanswered: Remembered[Position, None] = Remembered(MOST_SENT)

    def hear(self, record: Record) -> Iterator[Finding]:
        """What there is to say of a record at once."""
        topic = self._installation.logical(record.topic)
        stream = topic.rsplit(".", 1)[1]
        if stream == "inbound":
            if (name := outside_id(record)) and len(self._sent_ms) < MOST_SENT:
                self._sent_ms.setdefault(name, record.timestamp)
            yield from self._kept(self._speech.hear(record))
        elif stream == "receipts":
            yield from self._kept(self._telling.hear_receipt(record, topic))
        elif stream == "outbound":
            self._telling.hear_notice(record)
        elif record_type(record.headers) == RecordRejected.type:
            yield from self._noted(self._refusal(record))

    def _refusal(self, record: Record) -> Iterator[Finding]:
        try:
            event = RecordRejected.model_validate_json(record.value or b"")
        except ValidationError:
            return
        finding = finding_of(event)
        assert finding.at is not None
        self._rejected[event.fault] += 1
        self._refused.put(finding.at, None)
        self._expected.drop(finding.at)
        yield finding

    def rest(self) -> Iterator[Finding]:
        """Records that are not taken and of which no rejection tells."""
        held = self._expected.items()
        for at, _ in held:
            self._expected.drop(at)
        yield from self._noted(finding for _, finding in held)

    def unanswered(self, before_ms: int) -> Iterator[Finding]:
        """Notices that were issued before that time and of which nothing was said; each is told once."""
        if "receipts" in self.unread:
            return
        for at in self._telling.unanswered(before_ms):
            if self._told_unanswered.holds(at):
                continue
            self._told_unanswered.put(at, None)
            yield from self._noted([Finding("fault", "unanswered", UNANSWERED, UNANSWERED_FIX, at)])

    def _kept(self, findings: Iterator[Finding]) -> Iterator[Finding]:
        """Those that no rejection will tell of."""
        for finding in findings:
            if not finding.refused or finding.at is None:
                yield from self._noted([finding])
            elif not self._refused.holds(finding.at):
                self._expected.put(finding.at, finding)

    def _noted(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        for finding in findings:
            group = self._groups.get(finding.kind)
            if group is None:
                if len(self._groups) >= MOST_KINDS:
                    self.beyond += 1
                    continue
                group = self._groups[finding.kind] = Group(finding)
            group.count += 1
            if len(group.where) < EXAMPLES:
                group.where.append(finding)
            yield finding

    @property
    def groups(self) -> list[Group]:
        """Faults first; in the order in which they were found."""
        order = {"fault": 0, "warning": 1, "note": 2}
        return sorted(self._groups.values(), key=lambda group: order[group.first.severity])

    @property
    def conforms(self) -> bool:
        """Nothing was wrong with what is there, and there is something."""
        return not self.beyond and all(g.first.severity != "fault" for g in self._groups.values())

    @property
    def counts(self) -> dict[str, int]:
        """Records by what they are, and how many notices wait for a receipt."""
        found = Counter(self._speech.counts) + self._telling.counts
        open_ones = 0 if "receipts" in self.unread else self._telling.waiting()
        waiting = {"notices without a receipt": open_ones} if open_ones else {}
        rejected = {"rejections": sum(self._rejected.values())} if self._rejected else {}
        return {**found, **rejected, **waiting}

    @property
    def not_tried(self) -> list[str]:
        done = self._speech.tried | self._telling.tried | ({"a rejection"} if self._rejected else set())
        return [one for one, stream in TO_TRY.items() if one not in done and stream not in self.unread]

    @property
    def times(self) -> dict[str, float]:
        """Seconds, in the middle and at most: from a message to the first word to its sender, from a notice to its
        receipt."""
        first = [told - self._sent_ms[name] for name, told in self._telling.first_word_ms if name in self._sent_ms]
        found: dict[str, float] = {}
        for name, taken in (("message to first notice", first), ("notice to receipt", self._telling.receipt_ms)):
            if taken:
                found[f"{name}, median s"] = round(median(max(0, one) for one in taken) / 1000, 3)
                found[f"{name}, longest s"] = round(max(0, *taken) / 1000, 3)
        return found

    @property
    def forgotten(self) -> int:
        """Conversations or ids that were too many to be remembered: of their earlier records nothing is known."""
        return self._speech.forgotten
