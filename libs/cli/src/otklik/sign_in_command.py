"""`otklik sign-in`: a link that signs a person in at the portal, once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from common.federation.country import load_federation
from common.runtime.sign_in import SignInLinks

from otklik.locate import NothingRuns, find_running


def sign_in(
    person: Annotated[str, typer.Argument(help="id of a person of the federation, such as head:north")],
    folder: Annotated[Path, typer.Option(help="where data, keys and logs are kept")] = Path("var"),
) -> None:
    """Print a link that signs a person in at the portal: once, within twelve hours."""
    try:
        place = find_running(folder)
    except NothingRuns as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    known = [p.id for p in load_federation(place.federation).people if p.role != "desk"]
    links = SignInLinks.load(place.folder / "keys")
    if links is None or person not in known:
        typer.echo(f"there is no person {person!r}; there are: {', '.join(known)}", err=True)
        raise typer.Exit(1)
    typer.echo(links.address(place.portal, person))
