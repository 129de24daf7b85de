"""How well texts about several matters are told from those about one: `python -m tests.evaluation.several_matters`.

The texts are several_matters_texts.txt and those that are held out, several_matters_held_out.txt; the categories are
named by the words below alone, without a classifier. Prints how many are divided into as many parts as a person would
make, how many of one matter stay whole, and microseconds a text.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from common.contracts.events.intake import MessageRegistered
from common.contracts.frozen import value
from common.contracts.parts import Part
from common.federation.country import Category, Federation
from common.rulebook.layers import Layer, Rulebook
from common.rulebook.message_text.several_matters import suggested_parts
from common.rulebook.release import NATIONAL, Release, sealed
from common.rulebook.trial import NO_UNIT
from routing.model import RoutingContext

from tests.conftest import FEDERATION

FOLDER = Path(__file__).parent
TEXTS = {"first part": FOLDER / "several_matters_texts.txt", "held out": FOLDER / "several_matters_held_out.txt"}
ROUNDS = 20
START = datetime(2026, 1, 1, tzinfo=UTC)
ONE = "A deep hole in the road, two cars have broken a wheel there since Monday."
NAMES = {
    "pothole": ("Pothole", "Яма на дороге", "яма"),
    "light": ("Street light", "Фонарь", "lamp"),
    "garbage": ("Garbage", "Мусор", "trash", "урна"),
    "graffiti": ("Graffiti", "Граффити"),
    "tree": ("Fallen tree", "Упавшее дерево", "tree fell", "дерево"),
    "noise": ("Noise", "Шум"),
    "snow": ("Snow", "Снег"),
    "rats": ("Rats", "Крысы"),
    "traffic-light": ("Traffic light", "Светофор"),
    "lift": ("Elevator", "Лифт"),
    "water": ("Water leak", "Горячая вода", "течь"),
}
"""Titles and keywords as a federation may have them."""


@value
class Labelled:
    parts: int
    text: str


class Town(Federation):
    """The federation of the tests, with categories of a town."""

    def __init__(self) -> None:
        super().__init__(FEDERATION)
        self.categories = tuple(
            Category(code=code, title=title, titles={"ru": ru}, keywords=more)
            for code, (title, ru, *more) in NAMES.items()
        )
        self._categories = {one.code: one for one in self.categories}
        self._titles = {one.code: one.title for one in self.categories}
        self._category_phrases = tuple((phrase, code) for code, phrases in NAMES.items() for phrase in phrases)


def labelled(path: Path) -> list[Labelled]:
    lines = (line.split("\t", 1) for line in path.read_text(encoding="utf-8").splitlines() if line[:1] != "#")
    return [Labelled(int(parts), text.replace("\\n", "\n")) for parts, text in lines]


def rules() -> Rulebook:
    """None: the federation's own names are all there is."""
    return Rulebook(Layer(sealed(Release(layer=NATIONAL, number=1, effective_at=START, tables={}))), None)


def said(text: str) -> MessageRegistered:
    return MessageRegistered(
        message_id="m", case_id="c", reference="R", channel="web", citizen="p", text=text, received_at=START
    )


def divided(text: str, rulebook: Rulebook, context: RoutingContext) -> tuple[Part, ...]:
    return suggested_parts(said(text), rulebook, NO_UNIT, context)


def table(texts: Sequence[Labelled], found: Sequence[int]) -> str:
    pairs = [(one.parts, parts) for one, parts in zip(texts, found, strict=True)]
    several = [(right, parts) for right, parts in pairs if right > 1]
    one = [parts for right, parts in pairs if right == 1]
    return (
        f"several matters: {sum(right == parts for right, parts in several)} of {len(several)} into as many parts,"
        f" {sum(parts > 1 for _right, parts in several)} divided; one matter: {sum(parts == 1 for parts in one)} of"
        f" {len(one)} whole"
    )


def _microseconds(texts: Sequence[str], rulebook: Rulebook, context: RoutingContext) -> float:
    messages = [said(text) for text in texts]
    begun = time.process_time()
    for _ in range(ROUNDS):
        for one in messages:
            suggested_parts(one, rulebook, NO_UNIT, context)
    return (time.process_time() - begun) / ROUNDS / len(texts) * 1e6


def main() -> None:
    rulebook, town = rules(), Town()
    context = RoutingContext(town, lambda layer, at: rulebook)
    for name, path in TEXTS.items():
        texts = labelled(path)
        found = [max(1, len(divided(one.text, rulebook, context))) for one in texts]
        print(f"{name}, {len(texts)} texts\n  {table(texts, found)}")
        for one, parts in zip(texts, found, strict=True):
            if parts != one.parts:
                print(f"  {one.parts} taken for {parts}: {one.text!r}")
    every = [one.text for path in TEXTS.values() for one in labelled(path)]
    print(f"{_microseconds(every, rulebook, context):.0f} us a text of these, "
          f"{_microseconds([ONE] * len(every), rulebook, context):.1f} us one without a separator")  # fmt: skip


if __name__ == "__main__":
    main()
