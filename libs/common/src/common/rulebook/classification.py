"""What the rules make of a text whose category nobody named: by a model, the citizen's word, or a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

from common.contracts.events.base import Because
from common.contracts.events.routing import CategoryCandidate
from common.contracts.frozen import value
from common.rulebook.layers import Rulebook, RuleDecision
from common.rulebook.tables import Value
from common.rulebook.trial import Unit

TABLE = "classification"
MISSING = "model_missing"
"""Stands beside what a row was asked where its model was not there to read the text."""
SHOWN = 5
"""Candidates that a person in triage is shown."""

Then = Literal["automatic", "ask", "triage"]


@value
class Reading:
    """What a model reads in a text: candidates, the most probable first. `known`: percent of the text's words that it
    has seen. `likely`: how many of the first candidates hold the right one in 90 % of texts."""

    candidates: tuple[CategoryCandidate, ...]
    known: int
    likely: int
    matters: tuple[CategoryCandidate, ...] = ()
    """Kinds of table `matters` by their labels, which are no categories."""


class Words(Protocol):
    """A message's text, where it can be read."""

    @property
    def channel(self) -> str: ...
    @property
    def language(self) -> str: ...
    def read(self, model: str, *, waits: bool = False) -> Reading | None:
        """By the model of this version; None where it is not here. `waits`: whoever decides over a live message raises
        an error that may pass instead."""


@value
class Classification:
    """`candidates`: to be shown to a person; `choices`: to be offered to the citizen."""

    then: Then
    candidates: tuple[CategoryCandidate, ...]
    choices: tuple[str, ...]
    because: tuple[Because, ...]

    @property
    def category(self) -> str | None:
        """The category, where no person is needed."""
        return self.candidates[0].category if self.then == "automatic" else None


def asked_of(words: Words) -> dict[str, Value]:
    """What the table is asked."""
    return {"channel": words.channel, "language": words.language}


def classification(words: Words, rulebook: Rulebook, unit: Unit) -> Classification | None:
    """What the rules say of a text; None where they have no model for it."""
    decision = rulebook.decide(TABLE, asked_of(words), unit)
    if decision is None:
        return None
    reading = words.read(str(decision.outputs["model"]), waits=waits_for_model(decision))
    if reading is None:
        return Classification("triage", (), (), _because(decision, {"then": "triage", MISSING: True}))
    if not reading.candidates:
        return None
    then = _then(decision, reading)
    choices = tuple(c.category for c in reading.candidates[: _number_of_choices(decision, reading)])
    if then == "ask" and len(choices) < 2:
        then = "triage"
    why = _because(decision, _read(reading, then))
    return Classification(then, reading.candidates[:SHOWN], choices if then == "ask" else (), why)


def waits_for_model(decision: RuleDecision) -> bool:
    """Whether a message waits where its model is missing, rather than a person places it."""
    return decision.outputs["if_missing"] == "waits"


def _then(decision: RuleDecision, reading: Reading) -> Then:
    outputs, first = decision.outputs, reading.candidates[0].percent
    if reading.known < float(outputs["known_percent"]):
        return "triage"
    if first >= float(outputs["automatic_percent"]):
        return "automatic"
    return "ask" if first >= float(outputs["ask_percent"]) else "triage"


def _number_of_choices(decision: RuleDecision, reading: Reading) -> int:
    """Those that are likely, as many as the rules allow, and two in any case: with one there is nothing to choose."""
    return max(2, min(reading.likely, int(decision.outputs["choices"])))


def _read(reading: Reading, then: Then) -> dict[str, Value]:
    read: dict[str, Value] = {"then": then, "read_percent": reading.known}
    for name, candidate in zip(("first", "second"), reading.candidates, strict=False):
        read |= {name: candidate.category, f"{name}_percent": candidate.percent}
    return read


def _because(decision: RuleDecision, read: Mapping[str, Value]) -> tuple[Because, ...]:
    """The rows, with what the model read beside what they were asked."""
    return tuple(
        Because(
            layer=hit.layer, number=hit.number, table=hit.table, row_id=hit.row_id, inputs={**hit.inputs, **read},
            outputs=hit.outputs,
        )
        for hit in decision.because
    )  # fmt: skip
