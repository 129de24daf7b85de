"""How far a model comes that learns from what people correct, against one that is told the category of every text.

`python -m tests.evaluation.corrections [--csv F --text COL --label COL --test F] [--first 500] [--step 500]`

Without files it judges made-up complaints of seventeen categories. A model begins with the first texts, all labelled,
and is trained anew after each step from all that is known by then. Of the texts that follow it learns

- in operation: what people say of those that it is not sure of, as in triage; those that it is sure of stand as it read
  them, right or wrong;
- from mistakes alone: only those that it read wrongly, each with its right category.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from routing.classify.classifier import Classifier
from routing.classify.judging import judge
from routing.classify.texts_file import read_texts
from routing.classify.training import Labelled, train

from tests.complaint_texts import complaints

TEXTS, JUDGED_BY = 2000, 2000
SURE = 0.8
"""From how probable a category is taken without a person."""

Learns = Callable[[Classifier, Sequence[Labelled]], tuple[list[Labelled], int]]
"""What a model learns of texts, and of how many people had to say the category."""


@dataclass(frozen=True)
class Course:
    """Accuracies on texts that none of the models has seen, from 0 to 1."""

    first: float
    last: float
    full: float
    named: int
    """Texts whose category people named."""

    @property
    def points_behind(self) -> float:
        return 100 * (self.full - self.last)

    def in_words(self) -> str:
        return (
            f"begins at {self.first:.3f}, ends at {self.last:.3f} by the word of people on {self.named} texts; with"
            f" every text {self.full:.3f}: {self.points_behind:.1f} points behind"
        )


def course(texts: Sequence[Labelled], unseen: Sequence[Labelled], first: int, step: int, learns: Learns) -> Course:
    """Let a model learn over a stream of texts."""
    known, named = list(texts[:first]), 0
    model = begun = train(known)
    for start in range(first, len(texts), step):
        learnt, told = learns(model, texts[start : start + step])
        known, named = known + learnt, named + told
        model = train(known)
    accuracies = [judge(one, unseen).accuracy for one in (begun, model, train(texts))]
    return Course(*accuracies, named=named)


def in_operation(model: Classifier, texts: Sequence[Labelled]) -> tuple[list[Labelled], int]:
    """People name the category of what the model is not sure of; the rest stands as read."""
    read = [(text, model.classify(text.text).ranked[0]) for text in texts]
    learnt = [Labelled(t.text, c.category) if c.probability >= SURE else t for t, c in read]
    return learnt, sum(c.probability < SURE for _, c in read)


def from_mistakes(model: Classifier, texts: Sequence[Labelled]) -> tuple[list[Labelled], int]:
    """Those whose category the model does not name first."""
    found = [text for text in texts if model.classify(text.text).ranked[0].category != text.category]
    return found, len(found)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--csv", type=Path)
    asked.add_argument("--test", type=Path)
    asked.add_argument("--text", default="text")
    asked.add_argument("--label", default="label")
    asked.add_argument("--first", type=int, default=500)
    asked.add_argument("--step", type=int, default=500)
    given = asked.parse_args()
    if given.csv is not None:
        texts, unseen = (read_texts(path, given.text, given.label) for path in (given.csv, given.test))
    else:
        texts, unseen = complaints(TEXTS, 1), complaints(JUDGED_BY, 2)
    ways: dict[str, Learns] = {"in operation": in_operation, "from mistakes alone": from_mistakes}
    for way, learns in ways.items():
        print(f"{way}: {course(texts, unseen, given.first, given.step, learns).in_words()}", flush=True)


if __name__ == "__main__":
    main()
