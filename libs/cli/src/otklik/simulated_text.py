"""A text as `otklik rules simulate` is given it: what the rules ask of a message's words."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from common.federation.country import Federation
from common.rulebook.message_text.simulated import RulesOf, SimulatedText
from routing.classify.model_file import UnreadableModel, read
from routing.models import reading_of

from otklik.rules_asked import NotSaid


def said_text(
    country: Federation, text: str | None, model: Path | None, channel: str, rules: RulesOf, *, bare: bool
) -> SimulatedText | None:
    """None without a text. `rules` gives the rulebook of a layer; `bare`: neither category nor place comes with it.
    Raises NotSaid for a file that is no model, and for a model without a text."""
    if text is None:
        if model is not None:
            raise NotSaid("a model reads a text: give --text besides")
        return None
    try:
        by_model = partial(reading_of, read(model)) if model is not None else None
    except (OSError, UnreadableModel) as error:
        raise NotSaid(f"{model} cannot be read as a model: {error}") from error
    return SimulatedText(text, country, rules, datetime.now(UTC), channel=channel, bare=bare, model=by_model)
