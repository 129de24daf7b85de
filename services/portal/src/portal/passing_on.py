"""How often a case was passed on, as its history tells, and who may still do so without the arbiter. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from common.contracts.case_life import HEADS
from common.contracts.disputes import Arbiter, TransferLimits
from common.contracts.events import region
from common.contracts.frozen import value


@value
class PassedOn:
    """Since the case came to its region."""

    limits: TransferLimits | None = None
    """None: as often as they like, or an older version did not say."""
    transfers: int = 0
    """Between authorities of the region."""
    hand_overs: int = 0
    """From region to region, in all."""
    settled: frozenset[Arbiter] = frozenset()
    """By whom it was decided whose it is."""

    def may_go_on(self, arbiter: Arbiter, role: str) -> bool:
        """Whether whoever has this role passes it on where this arbiter decides, as the region takes it."""
        if arbiter == "region" and role in HEADS:
            return True
        if arbiter in self.settled:
            return False
        if self.limits is None:
            return True
        if arbiter == "region":
            return self.transfers < self.limits.authorities
        return self.hand_overs < self.limits.regions

    def may_be_disputed(self, arbiter: Arbiter, role: str) -> bool:
        """Whether they may ask this arbiter whose it is."""
        return role in HEADS or arbiter not in self.settled


def passed_on(history: Sequence[Mapping[str, Any]]) -> PassedOn:
    """What counts of a case's events, from its newest opening on."""
    found = PassedOn()
    for event in history:
        data = event["data"]
        if event["type"] == region.CaseOpened.type:
            limits, by = data.get("limits"), data.get("settled_by")
            found = PassedOn(
                TransferLimits.model_validate(limits) if limits else None, 0, data.get("hand_overs", 0),
                frozenset({by}) if by else frozenset(),
            )  # fmt: skip
        elif event["type"] == region.CaseTransferred.type and data.get("to_region") is None:
            found = PassedOn(found.limits, found.transfers + 1, found.hand_overs, found.settled)
        elif event["type"] == region.DisputeSettled.type:
            settled = found.settled | {data["arbiter"]}
            found = PassedOn(found.limits, found.transfers, found.hand_overs, settled)
    return found
