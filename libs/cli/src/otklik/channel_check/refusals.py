"""What Otklik did not take, with what would be right, in the integrator's words. Pure."""

from __future__ import annotations

from common.contracts.events.channel import Allowed, Fault, RecordRejected

from otklik.channel_check.findings import Finding, Position
from otklik.harmless import harmless

FIXES: dict[Fault, str] = {
    "undecodable": "send CloudEvents headers in UTF-8 and a JSON object as the body",
    "unknown_type": "say in ce_type which event it is",
    "oversized": "shorten it; files go to the edges",
    "invalid": "send the fields as the schema says",
    "repeated": "give every message an id of its own; send again under one ce_id only what is the same to the byte,"
    " sent_at too",
    "untimely": "send when the citizen spoke, by a clock that is right",
    "unknown_conversation": "a verdict, an erasure or a link goes into a conversation that a message has begun: use the"
    " same `conversation`",
    "foreign_conversation": "one conversation belongs to one contact.address: begin another for another person",
    "unknown_notice": "notice_id is the ce_id header of the notice's record on the outbound topic, to the letter",
    "refused": "the citizen is told too; the reason says what to do",
    "failed": "nothing on your side: the operator has it and can have it handled again",
}


def finding_of(event: RecordRejected) -> Finding:
    """A rejection; at the position of the record that was not taken."""
    fix = FIXES[event.fault]
    right = "; ".join(_right(event.fault, event.reason, event.allowed))
    return Finding(
        "fault", f"rejected: {event.fault.replace('_', ' ')}", event.reason, f"{fix}. {right}" if right else fix,
        Position(event.topic, event.partition, event.offset), harmless(event.outside_id),
    )  # fmt: skip


def _right(fault: Fault, reason: str, allowed: Allowed) -> list[str]:
    """Of what is allowed, what has to do with the reason."""
    named = {part.split(":", 1)[0].strip() for part in reason.split(";")}
    found = [f"{name}: {words}" for name, words in allowed.limits.items() if name in named or fault == "untimely"]
    if fault in ("undecodable", "oversized"):
        found = [f"{name}: {words}" for name, words in allowed.limits.items()]
    if allowed.required and "required" in reason.lower():
        found.insert(0, f"these must be there: {', '.join(allowed.required)}")
    if allowed.ce_types and fault in ("unknown_type", "undecodable"):
        found.insert(0, f"ce_type is one of {', '.join(allowed.ce_types)}")
    return found
