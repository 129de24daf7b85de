"""`otklik channel` and `otklik partitions`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otklik.commands.group import Group
from otklik.options import VAR, Channel, Folder

app = typer.Typer(cls=Group, no_args_is_help=True, help="Channels: plug one in, watch it, change or remove its user.")


@app.command()
def add(name: Channel, folder: Folder = VAR) -> None:
    """Make a channel's topics and its integrator's user; messages published there become cases at once."""
    from otklik import channel

    channel.add(name, folder)


@app.command()
def new(
    name: Channel,
    into: Annotated[Path | None, typer.Option(help="the folder to make; by default one of the channel's name")] = None,
    language: Annotated[list[str] | None, typer.Option(help="python, node, go or java; may be repeated; all")] = None,
    folder: Folder = VAR,
) -> None:
    """Plug a channel in, and write its access and working examples in Python, Node, Go and Java into a folder."""
    from otklik import channel

    channel.new(name, folder, into=into, languages=language or ())


@app.command("list")
def list_(folder: Folder = VAR) -> None:
    """The channels of the running installation, and whether an integrator may use them."""
    from otklik import channel

    channel.list_channels(folder)


@app.command()
def rotate(
    name: Channel,
    into: Annotated[Path | None, typer.Option(help="write it into this file of access, and print it nowhere")] = None,
    folder: Folder = VAR,
) -> None:
    """Give a channel's integrator another password; the old one opens no connection any more."""
    from otklik import channel

    channel.rotate(name, folder, into=into)


@app.command()
def disable(name: Channel, folder: Folder = VAR) -> None:
    """Take a channel's integrator its rights, at once; topics and what lies on them stay."""
    from otklik import channel

    channel.disable(name, folder)


@app.command()
def enable(name: Channel, folder: Folder = VAR) -> None:
    """Give a channel's integrator its rights again."""
    from otklik import channel

    channel.enable(name, folder)


@app.command()
def remove(
    name: Channel,
    topics: Annotated[bool, typer.Option("--topics", help="the topics too, with all that lies on them")] = False,
    folder: Folder = VAR,
) -> None:
    """Remove a channel's integrator and its rights; the topics only if asked."""
    from otklik import channel

    channel.remove(name, folder, topics=topics)


@app.command()
def watch(
    name: Channel,
    beginning: Annotated[bool, typer.Option("--from-beginning", help="also what happened before")] = False,
    to_end: Annotated[bool, typer.Option("--exit", help="end when all that is there was shown")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
    folder: Folder = VAR,
) -> None:
    """What becomes of each message of a channel, as it happens: accepted or rejected and why, notices, receipts.

    As the operator of what runs under the folder; where OTKLIK_KAFKA_BOOTSTRAP is set, as OTKLIK_KAFKA_USER with
    OTKLIK_KAFKA_PASSWORD (an integrator's own, for instance), who sees what that user may read.
    """
    from otklik import channel

    channel.watch(name, folder, beginning=beginning, to_end=to_end, as_json=as_json)


@app.command()
def check(
    name: Channel,
    follow: Annotated[bool, typer.Option("--follow", help="go on, and say each thing when it happens")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON, for programs")] = False,
    federation: Annotated[
        Path | None, typer.Option(help="folder of the federation, to judge categories and places")
    ] = None,
    patience: Annotated[int, typer.Option(help="seconds that a notice may wait for its receipt", min=0)] = 300,
    minutes: Annotated[int | None, typer.Option(help="only what came in the last so many minutes", min=1)] = None,
    folder: Folder = VAR,
) -> None:
    """Does a channel keep the contract: what is wrong with its records, where, and what to do. Exit code 1 on faults.

    Reads all that lies on its topics, as whom: see `watch`. What that user may not read is left out, and said.
    """
    from otklik import channel

    conforms = channel.check(
        name,
        folder,
        federation=federation,
        follow=follow,
        as_json=as_json,
        patience_seconds=patience,
        minutes=minutes,
    )
    if not conforms:
        raise typer.Exit(1)


@app.command()
def calls(
    csv: Annotated[Path, typer.Option("--csv", help="the file; its first line names the columns")],
    mapping: Annotated[
        Path | None, typer.Option(help="YAML: a line `field: column` for each column of another name; time_format")
    ] = None,
    delimiter: Annotated[str, typer.Option(help="what stands between two columns; tab for a tab")] = ",",
    encoding: Annotated[str, typer.Option(help="of the file, such as cp1251")] = "utf-8-sig",
    folder: Folder = VAR,
) -> None:
    """Records of calls to the hotline from a file: each row a message. A file that is sent again changes nothing.

    Fields: id, number, words, category, address, lat, lon, called_at, name, language. Needed: words, called_at.
    Rows that are not taken are told by their line, with the reason; the others go on.
    """
    from otklik import calls_command

    calls_command.calls(csv, mapping, delimiter, encoding, folder)


@app.command()
def feed(
    name: Channel,
    file: Annotated[Path, typer.Argument(help="lines of JSON, one public post or comment each; - for standard input")],
    url: Annotated[str | None, typer.Option("--url", help="of the edges, when they do not run here")] = None,
    folder: Folder = VAR,
) -> None:
    """Send public posts and comments of a file to a channel, under the key in OTKLIK_POSTS_KEY, or that of the channel
    `posts` where it runs here; a repeated file changes nothing."""
    from otklik import channel_feed

    channel_feed.feed(name, file, folder, url)


def partitions(
    grow: Annotated[bool, typer.Option("--grow", help="add what is missing; most keys move: do it at rest")] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="also while records wait to be handled")] = False,
    folder: Folder = VAR,
) -> None:
    """Topics that have another number of partitions than federation.yaml says; add those that are missing."""
    from otklik import channel

    channel.partitions(folder, grow=grow, anyway=anyway)
