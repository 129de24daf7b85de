"""Channels: plug one in while everything runs, watch it, take it away again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from pathlib import Path

from aiokafka.errors import KafkaError
from common.contracts.provisioning import integrator_of
from common.federation.country import FederationError, load_federation
from embedded.errors import EmbeddedError
from embedded.kafka_server import REAUTHENTICATE_MS
from embedded.provision import administrator_of, provision_channel, remove_channel, rotate_channel
from provision import channel_life
from provision.channel_access import Access, with_password
from provision.errors import ProvisionError
from provision.partitions import report

from otklik.channel_check.run import Asked
from otklik.channel_check.run import check as run_check
from otklik.channel_example import example
from otklik.channel_new import ACCESS_FILE, check_free, check_languages, lay_out
from otklik.channel_snippet import snippet
from otklik.channel_watch import given_settings, operator_settings, show
from otklik.console import CommandError, console, one_line_errors
from otklik.locate import PREFIX
from otklik.reach import Running, reach
from otklik.service_http import NoAnswer, ask

NAME = re.compile(r"[a-z0-9_-]{1,60}")


class BadName(CommandError):
    """What cannot be the name of a channel; or one that may not be removed so."""


def add(name: str, folder: Path) -> None:
    """Make a channel's topics and its integrator's user; messages published there become cases at once."""
    with _in_words():
        _check(name)
        here = reach(folder)
        clock = _clock(here)
        password = provision_channel(here.stack, here.installation, name)
        access = Access(here.stack.kafka_bootstrap, PREFIX, name, password)
        program = snippet(access, here.federation, clock)
    console.print(f"[bold]{name}[/bold] is plugged in; publish to it with any Kafka client:")
    console.print(program, highlight=False, markup=False, soft_wrap=True)


def new(name: str, folder: Path, *, into: Path | None, languages: Sequence[str]) -> None:
    """Plug a channel in, and write its access and working programs into a folder; nothing secret is printed."""
    place = into or Path(name)
    with _in_words():
        _check(name)
        wanted = check_languages(languages)
        check_free(place, name)
        here = reach(folder)
        said = example(here.federation, _clock(here))
        password = provision_channel(here.stack, here.installation, name)
        edges = f"http://127.0.0.1:{here.place.ports['channels']}" if "channels" in here.place.ports else None
        access = Access(here.stack.kafka_bootstrap, PREFIX, name, password, edges=edges)
        lay_out(place, access, said, wanted)
    console.print(f"[bold]{name}[/bold] is plugged in: its topics are there, and its user {access.user} may use them.")
    console.print(f"{place / ACCESS_FILE} holds the access, for you alone; {place / 'README.md'} says how to go on:")
    console.print(", ".join(f"{place / one}" for one in wanted), highlight=False)


def list_channels(folder: Path) -> None:
    """The channels of the running installation, and whether an integrator may use them."""
    with _in_words():
        here = reach(folder)
        found = channel_life.channel_states(administrator_of(here.stack), here.installation)
    for one in found:
        state = "" if not one.user else "  integrator enabled" if one.enabled else "  integrator disabled"
        console.print(f"{one.name}{state}", highlight=False)


def rotate(name: str, folder: Path, *, into: Path | None) -> None:
    """Give a channel's integrator another password; the old one opens no connection any more."""
    with _in_words():
        _check(name)
        if into is not None and not into.is_file():
            raise CommandError(f"there is no {into}: name the {ACCESS_FILE} that `otklik channel new` wrote")
        here = reach(folder)
        password = rotate_channel(here.stack, here.installation, name)
        if into is not None:
            with_password(into, password)
    shown = f"{integrator_of(name)}: {password}" if into is None else f"{into} has the new password"
    console.print(shown, highlight=False, markup=False)
    minutes = REAUTHENTICATE_MS // 60_000
    console.print(
        f"Connections that are open go on for {minutes} minutes at most; `disable` ends their rights at once."
    )


def disable(name: str, folder: Path) -> None:
    """Take a channel's integrator its rights, at once; topics and what lies on them stay."""
    with _in_words():
        _check(name)
        here = reach(folder)
        channel_life.disable_channel(administrator_of(here.stack), here.installation, name)
    console.print(f"{name}: its integrator may read and write nothing; `channel enable {name}` gives it back")


def enable(name: str, folder: Path) -> None:
    """Give a channel's integrator its rights again."""
    with _in_words():
        _check(name)
        here = reach(folder)
        channel_life.enable_channel(administrator_of(here.stack), here.installation, name)
    console.print(f"{name}: its integrator may publish and read again")


def remove(name: str, folder: Path, *, topics: bool) -> None:
    """Remove a channel's integrator and its rights; the topics only if asked."""
    with _in_words():
        _check(name)
        here = reach(folder)
        if topics and name in here.installation.channels:
            raise BadName(f"{name} is a channel of the federation: take it out of federation.yaml first")
        remove_channel(here.stack, here.installation, name, with_topics=topics)
    console.print(f"{name}: its integrator is removed" + (", and its topics" if topics else "; its topics are kept"))


def watch(name: str, folder: Path, *, beginning: bool, to_end: bool, as_json: bool) -> None:
    """What becomes of each message of a channel, as it happens: accepted or rejected and why, notices, receipts.

    As the operator of what runs under the folder; where OTKLIK_KAFKA_BOOTSTRAP is set, as OTKLIK_KAFKA_USER with
    OTKLIK_KAFKA_PASSWORD (an integrator's own, for instance), who sees what that user may read.
    """
    with _in_words(), suppress(KeyboardInterrupt):
        _check(name)
        settings = given_settings()
        if settings is None:
            here = reach(folder)
            settings = operator_settings(here.stack, here.place.federation)
        asyncio.run(show(settings, name, console, beginning=beginning, to_end=to_end, as_json=as_json))


def check(
    name: str,
    folder: Path,
    *,
    federation: Path | None,
    follow: bool,
    as_json: bool,
    patience_seconds: int,
    minutes: int | None,
) -> bool:
    """Whether a channel keeps the contract; prints what is wrong, and what to do.

    As whom: see `watch`.
    """
    with _in_words():
        _check(name)
        settings = given_settings()
        if settings is None:
            here = reach(folder)
            settings, country = operator_settings(here.stack, here.place.federation), here.federation
        else:
            country = None
        if federation is not None:
            country = load_federation(federation)
        asked = Asked(follow, as_json, patience_seconds, minutes)
        return asyncio.run(run_check(settings, name, country, asked, console))


def partitions(folder: Path, *, grow: bool, anyway: bool) -> None:
    """Topics that have another number of partitions than federation.yaml says; add those that are missing."""
    with _in_words():
        here = reach(folder)
        lines = report(administrator_of(here.stack), here.installation, grow_them=grow, anyway=anyway)
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)


def _in_words() -> AbstractContextManager[None]:
    """What goes wrong, as one line and exit code 1."""
    return one_line_errors(EmbeddedError, FederationError, KafkaError, ProvisionError)


def _check(name: str) -> None:
    if not NAME.fullmatch(name):
        raise BadName(f"{name!r} cannot be a channel: small letters, digits, - and _, 60 at most")


def _clock(here: Running) -> datetime | None:
    """The time of a replay, None where time is real. Raises NoAnswer."""
    found = ask(here.place, "/api/status")
    if not found["simulated"]:
        return None
    if found["now"] is None:
        raise NoAnswer("the clock of this replay has not begun to tick yet: ask again in a moment")
    return datetime.fromisoformat(found["now"])
