"""How far a model comes that learns from what people correct, against one that is told the category of every text.

`python -m tests.evaluation.corrections [--csv F --text COL --label COL --test F] [--first 500] [--step 500]
[--seeds 1]`

Without files it judges made-up complaints of seventeen categories, others by each seed. A model begins with the first
texts, all labelled, and is trained anew after each step from all that is known by then. Of the texts that follow it
learns

- in operation: what people say of those that it is not sure of, as in triage; those that it is sure of stand as it read
  them, right or wrong;
- from mistakes alone: only those that it read wrongly, each with its right category;
- from mistakes and what stands: as `otklik classify train --from-topics` does, those beside them that ended as it read
  them, while one in ten has not ended; either people see every mistake, as in the way before, or every second one;
- as the product learns: the same with every second mistake seen, after people have named what it was not sure of.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import mean

from routing.classify.classifier import Classifier
from routing.classify.judging import judge
from routing.classify.texts_file import read_texts
from routing.classify.training import Labelled, train

from tests.complaint_texts import complaints

TEXTS, JUDGED_BY = 2000, 2000
SURE = 0.8
"""From how probable a category is taken without a person."""

ENDED = 0.9
"""Share of the cases that have ended when a model is trained."""
HALF = 0.5
"""Share of the mistakes that people see, where they do not see all."""

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


def courses(
    texts: Sequence[Labelled], unseen: Sequence[Labelled], first: int, step: int, ways: Mapping[str, Learns]
) -> dict[str, Course]:
    """Let a model learn over a stream of texts, in each way from the same beginning."""
    begun, full = train(texts[:first]), judge(train(texts), unseen).accuracy
    at_first = judge(begun, unseen).accuracy
    found = {}
    for way, learns in ways.items():
        known, named, model = list(texts[:first]), 0, begun
        for start in range(first, len(texts), step):
            learnt, told = learns(model, texts[start : start + step])
            known, named = known + learnt, named + told
            model = train(known)
        found[way] = Course(at_first, judge(model, unseen).accuracy, full, named)
    return found


def in_operation(model: Classifier, texts: Sequence[Labelled]) -> tuple[list[Labelled], int]:
    """People name the category of what the model is not sure of; the rest stands as read."""
    read = [(text, model.classify(text.text).ranked[0]) for text in texts]
    learnt = [Labelled(t.text, c.category) if c.probability >= SURE else t for t, c in read]
    return learnt, sum(c.probability < SURE for _, c in read)


def from_mistakes(model: Classifier, texts: Sequence[Labelled]) -> tuple[list[Labelled], int]:
    """Those whose category the model does not name first."""
    found = [text for text in texts if model.classify(text.text).ranked[0].category != text.category]
    return found, len(found)


def from_what_stands(seen: float, seed: int, sure: float = 0.0) -> Learns:
    """Mistakes that people see, with their right category, and what ended as it was read. `sure`: below it people
    name the category before anything is read."""
    draw = Random(seed)

    def learns(model: Classifier, texts: Sequence[Labelled]) -> tuple[list[Labelled], int]:
        learnt, named = list[Labelled](), 0
        for text in texts:
            read = model.classify(text.text).ranked[0]
            wrong = read.category != text.category
            if read.probability < sure or (wrong and draw.random() < seen):
                learnt.append(text)
                named += 1
            elif draw.random() < ENDED:
                learnt.append(Labelled(text.text, read.category))
        return learnt, named

    return learns


def ways_of(seed: int) -> dict[str, Learns]:
    return {
        "in operation": in_operation,
        "from mistakes alone": from_mistakes,
        "from mistakes, all seen, and what stands": from_what_stands(1.0, seed),
        "from mistakes, half of them seen, and what stands": from_what_stands(HALF, seed),
        "as the product learns": from_what_stands(HALF, seed, SURE),
    }


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--csv", type=Path)
    asked.add_argument("--test", type=Path)
    asked.add_argument("--text", default="text")
    asked.add_argument("--label", default="label")
    asked.add_argument("--first", type=int, default=500)
    asked.add_argument("--step", type=int, default=500)
    asked.add_argument("--seeds", type=int, default=1)
    given = asked.parse_args()
    behind: dict[str, list[float]] = {}
    for seed in range(given.seeds):
        if given.csv is not None:
            texts, unseen = (read_texts(path, given.text, given.label) for path in (given.csv, given.test))
        else:
            texts, unseen = complaints(TEXTS, 2 * seed + 1), complaints(JUDGED_BY, 2 * seed + 2)
        for way, found in courses(texts, unseen, given.first, given.step, ways_of(seed)).items():
            print(f"{way}: {found.in_words()}", flush=True)
            behind.setdefault(way, []).append(found.points_behind)
    if given.seeds > 1:
        for way, points in behind.items():
            print(f"{way}: {min(points):.1f} to {max(points):.1f} points behind, {mean(points):.1f} in the mean")


if __name__ == "__main__":
    main()
