"""`otklik classify`: models that say what a text is about."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otklik.commands.group import Group
from otklik.options import VAR, Folder

app = typer.Typer(cls=Group, no_args_is_help=True, help="Models that say which category a text is about.")

Texts = Annotated[Path, typer.Option("--csv", help="file of comma-separated values with a head line; may be .gz")]
Text = Annotated[str, typer.Option("--text", help="name of the column with texts")]
Label = Annotated[str, typer.Option("--label", help="name of the column with categories")]


@app.command()
def train(
    out: Annotated[Path, typer.Option("--out", help="where the model is written to")],
    csv: Annotated[Path | None, typer.Option("--csv", help="file of texts with a head line; may be .gz")] = None,
    text: Text = "text",
    label: Label = "label",
    from_topics: Annotated[
        bool,
        typer.Option(
            "--from-topics",
            help="learn from the cases of what runs, too; of those that a model placed from what people let stand",
        ),
    ] = False,
    people_only: Annotated[
        bool, typer.Option("--people-only", help="of the cases only those whose category people or channels named")
    ] = False,
    log: Annotated[
        Path | None, typer.Option("--log", help="file to list what was learnt from in, without words")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="of what is drawn")] = 0,
    folder: Folder = VAR,
) -> None:
    """Learn from texts whose category is known. The same texts and seed give the same model, whose version is its
    SHA-256."""
    from otklik import classify_command

    source = classify_command.Columns(csv, text, label) if csv is not None else None
    classify_command.train(source, out, seed, folder if from_topics else None, people_only, log)


@app.command()
def evaluate(
    model: Annotated[Path, typer.Option("--model", help="what `train` wrote")],
    csv: Texts,
    text: Text,
    label: Label,
    as_json: Annotated[bool, typer.Option("--json", help="one line of JSON on standard output")] = False,
) -> None:
    """Judge a model by labelled texts that it has not learnt from."""
    from otklik import classify_command

    classify_command.evaluate(model, classify_command.Columns(csv, text, label), as_json)
