"""What a proposal says of itself that its trial goes by: the values that it serves, and what it promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from reflex.facts import ProposalChecked
from reflex.loops.trial.promise import Promise


@dataclass(frozen=True, slots=True)
class Proposed:
    """Kept until the trial begins."""

    values: tuple[str, ...] = ()
    promise: Promise | None = None

    @classmethod
    def of_fact(cls, fact: ProposalChecked) -> Proposed:
        return cls(fact.serves, Promise.of_forecast(fact.forecast))

    def body(self) -> dict[str, Any]:
        """The state, of what orjson can write."""
        return {"values": list(self.values), "promise": None if self.promise is None else asdict(self.promise)}

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Proposed:
        """The inverse of `body`."""
        promise = body.get("promise")
        return cls(tuple(body["values"]), None if promise is None else Promise(**promise))
