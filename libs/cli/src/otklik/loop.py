"""Loops that others run: let one in, see which there are, take one out again."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import typer
from aiokafka.errors import KafkaError
from common.contracts.outside_loops import loop_of_principal, principal_of_loop, wrong_name
from common.contracts.signing import public_key_file
from common.federation.country import FederationError
from common.runtime.settings import Settings
from embedded.errors import EmbeddedError
from embedded.provision import administrator_of, provision_loop, remove_loop
from provision.errors import ProvisionError
from provision.loop_access import LoopAccess
from provision.loops import loop_state

from otklik.channel_watch import operator_settings
from otklik.console import CommandError, console, one_line_errors
from otklik.loop_check.judge import Access, lines, told
from otklik.loop_check.life import LoopLife
from otklik.loop_check.topics import steps
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


def check(name: str, folder: Path) -> None:
    """Say how a loop outside is doing, and what to do where something is wrong; then exit with code 1."""
    with _in_words():
        if wrong := wrong_name(name):
            raise BadName(wrong)
        here = reach(folder)
        state = loop_state(administrator_of(here.stack), here.installation, name)
        key = public_key_file(_keys(here), principal_of_loop(name)).exists()
        if not key and not state.user:
            raise BadName(f"there is no loop {name} here: `otklik loop list` shows those that are")
        life = LoopLife(name)
        asyncio.run(_read_to_end(operator_settings(here.stack, here.place.federation), life))
    found = list(lines(name, Access(key, state.user, state.missing, state.read, state.unread), life))
    for line in found:
        _print(f"{line.about:<10} {line.words}", "red" if line.wrong else None)
        if line.wrong:
            _print(f"{'':<10} {line.wrong}")
    number = sum(bool(line.wrong) for line in found)
    if number:
        console.print(f"{name}: {number} {'thing is' if number == 1 else 'things are'} wrong")
        raise typer.Exit(1)
    console.print(f"{name}: all is well")


async def _read_to_end(settings: Settings, life: LoopLife) -> None:
    async for _ in steps(settings, life, beginning=True, to_end=True):
        pass


def watch(name: str, folder: Path, *, beginning: bool, to_end: bool) -> None:
    """What a loop outside proposes and what becomes of it, as it happens, a line each."""
    with _in_words(), suppress(KeyboardInterrupt):
        if wrong := wrong_name(name):
            raise BadName(wrong)
        here = reach(folder)
        if not public_key_file(_keys(here), principal_of_loop(name)).exists():
            raise BadName(f"there is no loop {name} here: `otklik loop list` shows those that are")
        settings = operator_settings(here.stack, here.place.federation)
        asyncio.run(_tell(settings, LoopLife(name), beginning=beginning, to_end=to_end))


async def _tell(settings: Settings, life: LoopLife, *, beginning: bool, to_end: bool) -> None:
    async for step in steps(settings, life, beginning=beginning, to_end=to_end):
        _print(told(step.proposal))


def _print(line: str, style: str | None = None) -> None:
    """What a loop has written, such as a title, gives no orders about the look of the line."""
    console.print(line, style=style, highlight=False, markup=False, soft_wrap=True)


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
    return one_line_errors(KafkaError, EmbeddedError, FederationError, ProvisionError)
