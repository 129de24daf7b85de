"""What is wrong with a country's folder."""

from __future__ import annotations

from pathlib import Path

import typer
from common.federation.check import check_federation
from common.federation.country import FederationError, load_federation


def check(folder: Path) -> None:
    """Say every fault of a federation with file and line; exits 1 when there is one. Remarks alone are no fault."""
    try:
        found = check_federation(folder)
        for fault in found:
            typer.echo(str(fault))
        faults = sum(not f.remark for f in found)
        if faults:
            typer.echo(f"{faults} faults, {len(found) - faults} remarks: nothing can be started with {folder}")
            raise typer.Exit(1)
        federation = load_federation(folder)
    except FederationError as error:
        typer.echo(str(error))
        raise typer.Exit(1) from error
    typer.echo(
        f"no faults, {len(found)} remarks: {federation.title}, {len(federation.regions)} regions,"
        f" {len(federation.authorities)} authorities, {len(federation.categories)} categories,"
        f" {len(federation.channels)} channels"
    )
