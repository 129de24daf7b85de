"""`otklik`: the operator's command line. A command's module is imported when the command is given, not before."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("otklik.up_command:up", "Start Kafka, PostgreSQL and every service; Ctrl-C ends them all."),
    "demo": (
        "otklik.demo_command:demo",
        "Half a year of Boston's complaints through the whole system, on servers started for it.",
    ),
    "replay": (
        "otklik.demo_command:replay",
        "Replay a log through a federation, on servers started for it, and end.",
    ),
    "down": (
        "otklik.up_command:down",
        "End everything that runs under the folder, a demo, replay or bench of it too.",
    ),
    "status": (
        "otklik.inspection:status",
        "What runs, what is wrong, and how the cases stand. Exit code 1 when anything is wrong.",
    ),
    "why": (
        "otklik.inspection:why",
        "Which rows of which release decided where a case went, in words.",
    ),
    "trace": ("otklik.inspection:trace", "Every event of a case: when it was, what caused it, where it lies."),
    "sign-in": (
        "otklik.sign_in_command:sign_in",
        "Print a link that signs a person in at the portal: once, within twelve hours.",
    ),
    "dlq": ("otklik.dlq:app", "Dead letters: list, show, replay, skip."),
    "clock": ("otklik.clock_command:app", "The clock: what time it is, and taking wrong ticks back."),
    "channel": ("otklik.channel:app", "Channels: plug one in, watch it, change or remove its user."),
    "partitions": (
        "otklik.channel:partitions",
        "Topics that have another number of partitions than federation.yaml says; add those that are missing.",
    ),
    "rules": (
        "otklik.rules_command:app",
        "The rulebook: check, explain, simulate, compare, history, export.",
    ),
    "federation": ("otklik.federation_command:app", "A federation's folder of data."),
    "bench": (
        "otklik.bench_command:measure",
        "Measure the product against a bare pipe of the same hops, on servers started for it.",
    ),
}
"""By name: where it is, and the first line of its help."""


class LazyCommands(TyperGroup):
    """Shows the help of all commands without importing any.

    `Any` stands for Click's classes, of which Typer brings its own copy that is not public.
    """

    helping = False

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name][1]) if self.helping else load(cmd_name)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self.helping = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self.helping = False


def load(name: str) -> Any:
    """A command by its name in COMMANDS."""
    module, _, attribute = COMMANDS[name][0].partition(":")
    found: Any = getattr(import_module(module), attribute)
    if not isinstance(found, typer.Typer):
        single = typer.Typer(add_completion=False)
        single.command(name)(found)
        found = single
    command = typer.main.get_command(found)
    command.name = name
    return command


app = typer.Typer(cls=LazyCommands, no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.callback()
def _root() -> None:
    """Otklik: start it, watch it, ask it why."""


if __name__ == "__main__":
    app()
