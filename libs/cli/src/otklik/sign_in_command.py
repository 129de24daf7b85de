"""A link that signs a person in at the portal, once."""

from __future__ import annotations

from pathlib import Path

import typer
from common.federation.country import FederationError, load_federation
from common.runtime.sign_in import SignInLinks

from otklik.console import CommandError, one_line_errors
from otklik.locate import find_running


def sign_in(person: str, folder: Path) -> None:
    """Print a link that signs a person in: once, within twelve hours."""
    with one_line_errors(FederationError, ValueError):
        place = find_running(folder)
        known = [p.id for p in load_federation(place.federation).people if p.role != "desk"]
        links = SignInLinks.load(place.folder / "keys")
        if links is None or person not in known:
            raise CommandError(f"there is no person {person!r}; there are: {', '.join(known)}")
    typer.echo(links.address(place.portal, person))
