"""Answers to prevention orders."""

from __future__ import annotations

from typing import Any, Literal

from common.contracts.envelope import Envelope
from common.contracts.events.base import Actor, Event
from common.contracts.events.reflex.prevention import AnswerPrevention, RootCause

from reflex.facts.fact import Fact


class PreventionAnswerGiven(Fact):
    """An authority's answer to a prevention order, proven to be signed; whether it may be taken is not yet judged."""

    event = AnswerPrevention

    type: Literal["reflex.prevention.answer.v1"] = "reflex.prevention.answer.v1"
    order_id: str
    actor: Actor
    cause: RootCause
    explanation: str
    done: str

    @classmethod
    def values(cls, event: Event, envelope: Envelope) -> dict[str, Any]:
        found = super().values(event, envelope)
        return {**found, "actor": found["actor"].model_dump()}
