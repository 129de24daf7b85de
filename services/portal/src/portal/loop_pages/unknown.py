"""What can be said for a person, and for a loop that has no module here: its own words, and plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from portal.formats import number, percent
from portal.language import N_, _, ngettext
from portal.loop_pages.page import Data, Evidence, Wording

MAX_NUMBERS = 12


class AsWorded:
    """What a loop says in its own words and numbers: all that is known of a loop from outside."""

    title: ClassVar[str] = N_("a loop from outside")
    settings: ClassVar[Mapping[str, str]] = {}

    def finding(self, finding: Data, say: Wording) -> str:
        """As the loop worded it."""
        return str(finding.get("words", ""))

    def evidence(self, evidence: Data, say: Wording) -> Evidence:
        """Numbers and short words by their names; lists and records only by how many there are."""
        said: list[str] = []
        rest = 0
        for name, value in evidence.items():
            text = _plain(value, say)
            if text is None or len(said) == MAX_NUMBERS:
                rest += 1
            else:
                said.append(_("{name}: {value}.").format(name=name.replace("_", " ").capitalize(), value=text))
        if rest:
            words = ngettext(
                "{n} more entry of the evidence is in the record.",
                "{n} more entries of the evidence are in the record.",
                rest,
            )
            said.append(words.format(n=number(rest)))
        return Evidence(sentences=said)

    def forecast(self, forecast: Data) -> str:
        return _(
            "{measure} in the {days} days after the change: most likely {expected}, with {confidence} confidence"
            " between {low} and {high}."
        ).format(
            measure=_(str(forecast["measure"])).capitalize(), days=number(int(forecast["horizon_days"])),
            expected=number(float(forecast["expected"])), confidence=percent(float(forecast.get("confidence", 0.9)), 0),
            low=number(float(forecast["low"])), high=number(float(forecast["high"])),
        )  # fmt: skip


UNKNOWN = AsWorded()


def _plain(value: object, say: Wording) -> str | None:
    """A number, a moment or a short text; None for anything else."""
    if isinstance(value, bool | int | float):
        return number(value)
    if not isinstance(value, str) or len(value) > 200:
        return None
    try:
        moment = datetime.fromisoformat(value) if value[:4].isdigit() and "T" in value else None
    except ValueError:
        return value
    return value if moment is None or moment.tzinfo is None else say.times.plain(moment)
