"""What is known of past cases' texts: the category each was placed under, and who named it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Literal

from common.contracts.events.region import CaseOpened
from common.contracts.frozen import value
from common.rulebook.classification import TABLE

from routing.classify.training import Labelled

NamedBy = Literal["channel", "person", "citizen", "model", "file"]


@value
class KnownText:
    """A text, its category, and whose word that is. `source`: the case, or the place in a file."""

    source: str
    labelled: Labelled
    named_by: NamedBy
    let_stand: bool = False
    """Of a case: people let it stand as it was placed, see let_stand."""

    @property
    def confirmed(self) -> bool:
        """Whether anybody but a model stands for the category. What a model reads and nobody has seen the end of would
        only teach it what it says already, its mistakes too."""
        return self.named_by != "model" or self.let_stand

    def log_row(self) -> tuple[str, str, str, str]:
        """What a log of learning tells of it: the text by its SHA-256 alone."""
        text_hash = sha256(self.labelled.text.encode()).hexdigest()
        return self.source, text_hash, self.labelled.category, self.named_by


LOG_COLUMNS = ("source", "text_sha256", "category", "named_by")


def known_texts(
    opened: Iterable[CaseOpened], erased: Mapping[str, datetime], stood: Collection[str] = ()
) -> list[KnownText]:
    """One a case, in the order of their ids. `erased`: citizens, and cases of erased conversations, whose words up
    to that time are forgotten; `stood`: cases that people let stand."""
    last = {one.case_id: one for one in opened if one.text.strip() and not _is_erased(one, erased)}
    return [
        KnownText(case_id, Labelled(one.text.strip(), one.category), named_by(one), case_id in stood)
        for case_id, one in sorted(last.items())
    ]


def named_by(opened: CaseOpened) -> NamedBy:
    """Who named the category of a case."""
    if opened.by_hand:
        return "person"
    read = next((because for because in opened.because if because.table == TABLE), None)
    if read is None:
        return "channel"
    return "citizen" if "chosen" in read.inputs else "model"


def _is_erased(opened: CaseOpened, erased: Mapping[str, datetime]) -> bool:
    found = (erased.get(opened.citizen), erased.get(opened.case_id))
    return any(until is not None and opened.received_at <= until for until in found)
