"""Whether a citizen is erased by somebody's order. Pure."""

from __future__ import annotations

from datetime import datetime

from common.contracts.events.intake import CitizenErased, EraseCitizen
from common.contracts.frozen import value
from common.contracts.refusals import Reason
from common.contracts.rights import INSTALLATION, HasPeople, denial

CITIZEN = "citizen"
"""The actor of an erasure that the citizen asked for."""


@value
class KnownCitizen:
    """What the vault has of a citizen."""

    present: bool
    """Conversations or messages."""
    erased_before: bool


def erase(
    federation: HasPeople, order: EraseCitizen, principal: str, known: KnownCitizen, now: datetime
) -> CitizenErased | Reason:
    """The centre and the installation may: a citizen is no region's. Who is erased already is not erased again, unless
    they have spoken since."""
    actor = order.actor
    if (principal == "operator") != (actor == INSTALLATION):
        return Reason("principal_not_allowed", f"principal {principal!r} may not act in role {actor.role!r}")
    refused = denial(federation, actor, EraseCitizen, principal=principal)
    if refused is not None:
        return refused
    if known.present:
        return CitizenErased(citizen=order.citizen, actor=actor.id, erased_at=now)
    if known.erased_before:
        return Reason("erased_already", "the citizen is erased already, and has said nothing since")
    return Reason("no_such_citizen", "no citizen of this pseudonym is known")
