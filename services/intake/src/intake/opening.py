"""Whether somebody may open what a citizen wrote, and what is told of it. Pure."""

from __future__ import annotations

from datetime import datetime

from common.contracts.events.intake import OpenOriginal, OriginalOpened
from common.contracts.frozen import value
from common.contracts.refusals import Reason
from common.contracts.rights import INSTALLATION, HasPeople, denial

from intake.redaction import redact


@value
class KeptOriginal:
    """A message as far as it may be told of."""

    message_id: str
    citizen: str | None
    """None for a refused message of the time before these were kept by citizen."""
    case_id: str | None


def open_original(
    federation: HasPeople, order: OpenOriginal, principal: str, kept: KeptOriginal | None, now: datetime
) -> OriginalOpened | Reason:
    """The centre and the installation may, with a reason: it is told to the citizen, without what looks personal."""
    actor = order.actor
    if (principal == "operator") != (actor == INSTALLATION):
        return Reason("principal_not_allowed", f"principal {principal!r} may not act in role {actor.role!r}")
    refused = denial(federation, actor, OpenOriginal, principal=principal)
    if refused is not None:
        return refused
    if kept is None:
        return Reason("no_such_citizen", "no message of a citizen is kept under this id")
    return OriginalOpened(
        citizen=kept.citizen, message_id=kept.message_id, case_id=kept.case_id, actor=actor.id,
        reason=redact(order.reason), opened_at=now,
    )  # fmt: skip
