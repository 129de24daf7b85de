"""`otklik classify`: learn from labelled texts, and judge what was learnt."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from rich.table import Table
from routing.classify import model_file, training
from routing.classify.judging import Judged, judge
from routing.classify.model_file import UnreadableModel
from routing.classify.texts_file import UnreadableTexts, read_texts
from routing.classify.training import TooFewTexts

from otklik.console import console, one_line_errors

WORDS = {
    "texts": "texts",
    "categories": "categories that the model knows",
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "top3": "right one among the first three",
    "ece": "expected calibration error",
    "coverage": "90 % sets that hold the right one",
    "mean_size": "mean size of the 90 % sets",
    "of_one": "sets of one category",
    "accuracy_of_one": "accuracy where the set is one category",
    "unknown_categories": "texts of categories that the model does not know",
    "microseconds": "microseconds a text",
}


def train(csv: Path, text: str, label: str, out: Path, seed: int) -> None:
    """Write a model, and say its version."""
    with one_line_errors(UnreadableTexts, TooFewTexts, OSError):
        texts = read_texts(csv, text, label)
        model = training.train(texts, seed)
        version = model_file.write(model, out)
    console.print(
        f"{out} has learnt {len(model.categories)} categories from {len(texts):,} texts; its version is {version}",
        highlight=False, soft_wrap=True,
    )  # fmt: skip


def evaluate(model: Path, csv: Path, text: str, label: str, as_json: bool) -> None:
    """Say how well a model does."""
    with one_line_errors(UnreadableTexts, UnreadableModel, OSError):
        content = model.read_bytes()
        classifier = model_file.from_bytes(content)
        judged = judge(classifier, read_texts(csv, text, label))
    version = model_file.version_of(content)
    if as_json:
        console.file.write(json.dumps({"version": version, **rounded(judged)}) + "\n")
        return
    table = Table(show_header=False, box=None)
    for name, number in rounded(judged).items():
        table.add_row(WORDS[name], f"{number:,}" if isinstance(number, int) else f"{number:.4g}")
    console.print(f"version {version}", highlight=False, soft_wrap=True)
    console.print(table)


def rounded(judged: Judged) -> dict[str, int | float]:
    """The figures with four digits after the point."""
    return {name: number if isinstance(number, int) else round(number, 4) for name, number in asdict(judged).items()}
