"""The command: look, show, and tell by the exit code."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import typer

from otklik.console import console, one_line_errors
from otklik.locate import find_running
from otklik.status.look import Look, look_at


def status(folder: Path, as_json: bool, patience: float) -> None:
    """Exit code 1 when anything is wrong."""
    with one_line_errors():
        place = find_running(folder)
    look = look_at(place, patience)
    if as_json:
        typer.echo(json.dumps(facts_of(look), indent=1, default=str))
    else:
        from otklik.status.show import show

        show(look, console)
    if not look.well:
        raise typer.Exit(1)


def facts_of(look: Look) -> dict[str, object]:
    """For programs."""
    return {
        "folder": str(look.place.folder),
        "portal": look.place.portal,
        "well": look.well,
        "findings": [finding.facts() for finding in look.findings],
        "processes": [asdict(process) for process in look.processes],
        "cases": look.cases,
    }
