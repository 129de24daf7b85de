"""How well the words of the rules tell emergencies, thanks, spam and abuse: `python -m tests.evaluation.matters`.

The texts are matter_texts.txt, its first part and the one that is held out apart; the rules are those that a federation
begins with. Prints for each kind how many are found, how many others were taken for it, and microseconds a text.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from common.contracts.events.intake import MessageRegistered
from common.contracts.frozen import value
from common.federation.country import load_federation
from common.rulebook.jdm import document_of
from common.rulebook.layers import Layer, Rulebook
from common.rulebook.matters import KINDS, matter_of
from common.rulebook.message_text.words import MessageWords
from common.rulebook.release import NATIONAL, Release, sealed
from common.rulebook.trial import NO_UNIT
from routing.model import RoutingContext
from world.matter_words import matter_rows, word_rows

from tests.conftest import FEDERATION

TEXTS = Path(__file__).parent / "matter_texts.txt"
NONE = "none"
HELD_OUT = "# held out"
ROUNDS = 20
START = datetime(2026, 1, 1, tzinfo=UTC)


@value
class Labelled:
    kind: str
    text: str
    held_out: bool


def labelled() -> list[Labelled]:
    """The list, with what each text shows."""
    found, held_out = [], False
    for line in TEXTS.read_text(encoding="utf-8").splitlines():
        held_out = held_out or line == HELD_OUT
        kind, tab, text = line.partition("\t")
        if tab:
            found.append(Labelled(kind, text, held_out))
    return found


def first_rules() -> Rulebook:
    """The two tables as a federation begins with them."""
    tables = {
        "matters": document_of("matters", matter_rows("112")),
        "matter_words": document_of("matter_words", word_rows(("en", "ru", "es"))),
    }
    release = Release(layer=NATIONAL, number=1, effective_at=START, tables=tables)
    return Rulebook(Layer(sealed(release)), None)


def kind_of(text: str, rules: Rulebook, context: RoutingContext) -> str:
    """What the rules take a text for that came without category and place."""
    message = MessageRegistered(
        message_id="m", case_id="c", reference="R", channel="web", citizen="p", text=text, received_at=START
    )
    found = matter_of(MessageWords(message, context), rules, NO_UNIT)
    return found.kind if found is not None else NONE


def table(texts: Sequence[Labelled], found: Sequence[str]) -> str:
    right, taken, there = Counter[str](), Counter[str](), Counter[str]()
    for one, kind in zip(texts, found, strict=True):
        there[one.kind] += 1
        taken[kind] += 1
        right[kind] += kind == one.kind
    rows = [f"{kind:10} {right[kind]:3} of {there[kind]:3} found, {taken[kind] - right[kind]} others taken for it"
            for kind in (*KINDS, NONE)]  # fmt: skip
    return "\n".join(rows)


def main() -> None:
    rules, texts = first_rules(), labelled()
    context = RoutingContext(load_federation(FEDERATION), lambda layer, at: rules)
    for held_out in (False, True):
        part = [one for one in texts if one.held_out is held_out]
        found = [kind_of(one.text, rules, context) for one in part]
        print(f"{'held out' if held_out else 'first part'}, {len(part)} texts\n{table(part, found)}")
        for one, kind in zip(part, found, strict=True):
            if kind != one.kind:
                print(f"  {one.kind} taken for {kind}: {one.text}")
    begun = time.process_time()
    for _ in range(ROUNDS):
        for one in texts:
            kind_of(one.text, rules, context)
    print(f"{(time.process_time() - begun) / ROUNDS / len(texts) * 1e6:.0f} us a text")


if __name__ == "__main__":
    main()
