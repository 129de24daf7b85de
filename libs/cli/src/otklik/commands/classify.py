"""`otklik classify`: models that say what a text is about."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otklik.commands.group import Group

app = typer.Typer(cls=Group, no_args_is_help=True, help="Models that say which category a text is about.")

Texts = Annotated[Path, typer.Option("--csv", help="file of comma-separated values with a head line; may be .gz")]
Text = Annotated[str, typer.Option("--text", help="name of the column with texts")]
Label = Annotated[str, typer.Option("--label", help="name of the column with categories")]


@app.command()
def train(
    csv: Texts,
    text: Text,
    label: Label,
    out: Annotated[Path, typer.Option("--out", help="where the model is written to")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="of what is drawn")] = 0,
) -> None:
    """Learn from labelled texts. The same texts and seed give the same model, whose version is its SHA-256."""
    from otklik import classify_command

    classify_command.train(csv, text, label, out, seed)


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

    classify_command.evaluate(model, csv, text, label, as_json)
