"""`otklik`: the operator's command line."""

from __future__ import annotations

import typer

from otklik.commands import (
    archive,
    asking,
    channels,
    citizens,
    classify,
    clock,
    dead_letters,
    evaluate,
    federations,
    loops,
    record,
    rules,
    running,
)
from otklik.commands.group import Group

app = typer.Typer(cls=Group, no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.callback()
def _root() -> None:
    """Otklik: start it, watch it, ask it why."""


for command in (running.up, running.demo, running.replay, running.down, asking.status, asking.why, asking.trace):
    app.command()(command)
app.command("sign-in")(asking.sign_in)
app.add_typer(dead_letters.app, name="dlq")
app.add_typer(clock.app, name="clock")
app.add_typer(channels.app, name="channel")
app.command()(channels.partitions)
app.add_typer(loops.app, name="loop")
app.add_typer(rules.app, name="rules")
app.command("verify-record")(record.verify_record)
app.command()(citizens.erase)
app.command()(citizens.original)
app.add_typer(archive.app, name="archive")
app.add_typer(federations.app, name="federation")
app.add_typer(classify.app, name="classify")
app.add_typer(evaluate.app, name="evaluate")
app.command()(running.bench)


if __name__ == "__main__":
    app()
