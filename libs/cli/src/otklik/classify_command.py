"""`otklik classify`: learn from labelled texts, and judge what was learnt."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.table import Table
from routing.classify import model_file, training
from routing.classify.judging import Judged, judge
from routing.classify.known_cases import LOG_COLUMNS, KnownText
from routing.classify.model_file import UnreadableModel
from routing.classify.texts_file import UnreadableTexts, read_texts
from routing.classify.training import TooFewTexts

from otklik.classify_topics import texts_of_cases
from otklik.console import CommandError, console, one_line_errors
from otklik.dead_letter_command import said_in_words

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


@dataclass(frozen=True)
class Columns:
    """Where a file of texts is, and which of its columns hold them and their categories."""

    csv: Path
    text: str
    label: str

    def known(self) -> list[KnownText]:
        found = read_texts(self.csv, self.text, self.label)
        return [KnownText(f"{self.csv.name}:{number}", one, "file") for number, one in enumerate(found, 1)]


def train(
    source: Columns | None, out: Path, seed: int, running: Path | None, people_only: bool, log: Path | None
) -> None:  # fmt: skip
    """Write a model, and say its version. `running`: the folder of an installation whose cases are learnt from."""
    with said_in_words(), one_line_errors(UnreadableTexts, TooFewTexts, OSError):
        if source is None and running is None:
            raise CommandError("name a file of texts (--csv), or learn from what runs (--from-topics)")
        known = source.known() if source is not None else []
        if running is not None:
            cases = texts_of_cases(running)
            known += [one for one in cases if one.confirmed and (one.named_by != "model" or not people_only)]
            console.print(told_of(cases), highlight=False, soft_wrap=True)
        model = training.train([one.labelled for one in known], seed)
        version = model_file.write(model, out)
        if log is not None:
            write_log(known, seed, version, log)
    console.print(
        f"{out} has learnt {len(model.categories)} categories from {len(known):,} texts; its version is {version}",
        highlight=False, soft_wrap=True,
    )  # fmt: skip


def told_of(cases: Sequence[KnownText]) -> str:
    """How many there are by whose word their category is, and how many of a model's word are not learnt from."""
    told = Counter(one.named_by for one in cases)
    words = ", ".join(f"{number:,} by the {who}" for who, number in sorted(told.items()))
    said = f"cases whose category was named {words or 'by nobody'}"
    if not told["model"]:
        return said
    stood = sum(one.named_by == "model" and one.let_stand for one in cases)
    return f"{said}; people let {stood:,} of the model's stand, the others are not learnt from"


def write_log(known: Sequence[KnownText], seed: int, version: str, path: Path) -> None:
    """What a version was learnt from: from these texts and this seed it can be made again."""
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write(f"# version {version}, seed {seed}\n")
        rows = csv.writer(file)
        rows.writerow(LOG_COLUMNS)
        rows.writerows(one.log_row() for one in known)


def evaluate(model: Path, source: Columns, as_json: bool) -> None:
    """Say how well a model does."""
    with one_line_errors(UnreadableTexts, UnreadableModel, OSError):
        content = model.read_bytes()
        classifier = model_file.from_bytes(content)
        judged = judge(classifier, read_texts(source.csv, source.text, source.label))
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
