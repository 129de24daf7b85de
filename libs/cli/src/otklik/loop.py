"""Loops that others run: let one in, see which there are, take one out again."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from common.contracts.outside_loops import loop_of_principal, principal_of_loop, wrong_name
from common.contracts.signing import public_key_file
from common.federation.country import FederationError
from embedded.errors import EmbeddedError
from embedded.provision import provision_loop, remove_loop
from provision.errors import ProvisionError
from provision.loop_access import LoopAccess

from otklik.console import CommandError, console, one_line_errors
from otklik.loop_new import ACCESS_FILE, check_free, lay_out
from otklik.reach import Running, reach


class BadName(CommandError):
    """What cannot be the name of a loop, or names none."""


def new(name: str, folder: Path, *, into: Path | None) -> None:
    """Let somebody outside run a loop; write its access, key and a working program into a folder."""
    place = into or Path(name)
    with _in_words():
        if wrong := wrong_name(name):
            raise BadName(wrong)
        check_free(place)
        here = reach(folder)
        if public_key_file(_keys(here), principal_of_loop(name)).exists():
            raise BadName(f"there is a loop {name} already: `otklik loop remove {name}` takes it out")
        password = provision_loop(here.stack, here.installation, name)
        lay_out(place, LoopAccess(here.stack.kafka_bootstrap, here.installation, name, password), _keys(here))
    console.print(
        f"[bold]{name}[/bold] may read facts and propose changes of the rules; what it proposes bears its name."
    )
    console.print(
        f"{place / ACCESS_FILE} and the key beside it are for you alone; {place / 'README.md'} says how to go on."
    )


def list_loops(folder: Path) -> None:
    """The loops that others may run here."""
    with _in_words():
        here = reach(folder)
        names = [loop_of_principal(path.stem) for path in sorted((_keys(here) / "public").glob("*.pem"))]
    for name in filter(None, names):
        console.print(name, highlight=False)


def remove(name: str, folder: Path) -> None:
    """Take a loop outside its user, its rights and its key; what it proposed stays."""
    with _in_words():
        if wrong := wrong_name(name):
            raise BadName(wrong)
        here = reach(folder)
        public_key_file(_keys(here), principal_of_loop(name)).unlink(missing_ok=True)
        remove_loop(here.stack, name)
    console.print(f"{name}: nobody may speak for it any more")


def _keys(here: Running) -> Path:
    return here.stack.folder / "keys"


def _in_words() -> AbstractContextManager[None]:
    """What goes wrong, as one line and exit code 1."""
    return one_line_errors(EmbeddedError, FederationError, ProvisionError)
