"""`otklik rules`: what the rules are, were and would do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otklik.commands.group import Group
from otklik.options import VAR, Folder

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="The rulebook: check, explain, simulate, backtest, compare, history, export, import.",
)
FederationFolder = Annotated[
    Path | None, typer.Option("--federation", help="read the first releases of this federation's folder instead")
]
Files = Annotated[Path | None, typer.Option("--files", help="read the releases that `rules export` wrote here instead")]
Region = Annotated[str, typer.Option(help="whose overlay counts; without one the national rules alone")]
Moment = Annotated[str | None, typer.Option("--at", help="under the rules in force then; without it, the newest")]


@app.command()
def check(folder: Folder = VAR, federation: FederationFolder = None, files: Files = None) -> None:
    """Say what is wrong with the newest release of every layer, and what may not be meant; exits 1 on a fault."""
    from otklik import rules_command

    rules_command.check(folder, federation, files)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="a release, such as north:1")],
    after: Annotated[str, typer.Argument(help="a release of the same layer, such as north:2")],
    folder: Folder = VAR, federation: FederationFolder = None, files: Files = None,
) -> None:  # fmt: skip
    """Rows added, removed, changed and moved between two releases of a layer."""
    from otklik import rules_command

    rules_command.diff(before, after, folder, federation, files)


@app.command()
def explain(
    table: Annotated[str, typer.Argument(help="a decision table, such as jurisdiction")],
    inputs: Annotated[list[str], typer.Argument(help="its inputs, such as category=graffiti area=06")],
    region: Region = "", at: Moment = None,
    folder: Folder = VAR, federation: FederationFolder = None, files: Files = None,
) -> None:  # fmt: skip
    """Which row of a table decides for these inputs, which rows above it do not hold and why, and what comes of it."""
    from otklik import rules_command

    rules_command.explain(table, inputs, region, at, folder, federation, files)


@app.command()
def simulate(
    category: Annotated[str | None, typer.Option(help="what the channel calls it; not needed beside a text")] = None,
    text: Annotated[str | None, typer.Option("--text", help="what the citizen writes: read for `matters`")] = None,
    model: Annotated[
        Path | None, typer.Option("--model", help="a classifier that reads the text where the category is not known")
    ] = None,
    channel: Annotated[str, typer.Option("--channel", help="on which the text came")] = "web",
    area: Annotated[str | None, typer.Option(help="an area of the federation")] = None,
    lat: Annotated[float | None, typer.Option(help="degrees north, instead of an area")] = None,
    lon: Annotated[float | None, typer.Option(help="degrees east")] = None,
    at: Moment = None,
    proposal: Annotated[str | None, typer.Option(help="under this proposal besides: its id or the beginning")] = None,
    folder: Folder = VAR, federation: FederationFolder = None, files: Files = None,
) -> None:  # fmt: skip
    """What would become of a message: category, authority, priority, deadline, by which rows."""
    from otklik import rules_command

    asked = rules_command.Asked(category, text, model, channel)
    rules_command.simulate(asked, area, lat, lon, at, proposal, folder, federation, files)


@app.command()
def backtest(
    what: Annotated[
        str,
        typer.Argument(
            help="a checked proposal (its id or the beginning), a file with a patch, or a folder as for `import`"
        ),
    ],
    folder: Folder = VAR,
) -> None:
    """What a proposal, or files not proposed yet, would have done to past decisions, and what nobody can know of it."""
    from otklik import backtest_command

    backtest_command.backtest(what, folder)


@app.command()
def history(
    layer: Annotated[str, typer.Option(help="a layer: national, or a region")] = "national",
    table: Annotated[str | None, typer.Option(help="of this table alone")] = None,
    row: Annotated[str | None, typer.Option(help="of this row alone")] = None,
    folder: Folder = VAR, federation: FederationFolder = None, files: Files = None,
) -> None:  # fmt: skip
    """A layer's releases, oldest first: since when, which rows, by which proposal, who decided and why."""
    from otklik import rules_command

    rules_command.history(layer, table, row, folder, federation, files)


@app.command()
def export(
    target: Annotated[Path, typer.Argument(help="folder to write to: a folder a layer, a folder a release")],
    newest: Annotated[
        bool, typer.Option("--newest", help="the newest release of each layer alone, to be changed and imported")
    ] = False,
    folder: Folder = VAR, federation: FederationFolder = None,
) -> None:  # fmt: skip
    """Write every release of every layer as JDM files with what seals them; `--files` of the others reads them back."""
    from otklik import rules_command

    rules_command.export(target, newest, folder, federation)


@app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(help="what `export` wrote, or a folder of <layer>/<table>.json")],
    words: Annotated[str, typer.Option("--why", help="why; those who decide read it")] = "",
    propose: Annotated[bool, typer.Option("--propose", help="propose it; else the differences are shown")] = False,
    idea: Annotated[
        str | None,
        typer.Option(help="the citizen's wish that it is made of, such as I-7K2MNA: the citizen stays the author"),
    ] = None,
    folder: Folder = VAR,
) -> None:  # fmt: skip
    """Propose what makes the running rules say what files say: a proposal a table, on which people decide."""
    from otklik import rules_import

    rules_import.import_files(source, words, propose, folder, idea)
