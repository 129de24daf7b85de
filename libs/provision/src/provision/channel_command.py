"""`python -m provision channel ...`: integrators of a cluster anywhere, with an administrator's settings."""

from __future__ import annotations

import argparse
import re
import secrets
from pathlib import Path

from common.contracts.catalogue import Installation
from common.contracts.provisioning import integrator_of
from common.federation.country import load_federation
from pydantic import Field

from provision.channel_access import Access, with_password, write_access
from provision.channel_life import channel_states, disable_channel, enable_channel, remove_channel, rotate_channel
from provision.errors import ProvisionError
from provision.job import AdministratorSettings, installation_of, load_as
from provision.kafka import provision_channel

NAME = re.compile(r"[a-z0-9_-]{1,60}")
VERBS = {
    "add": "topics, user and rights; prints the password",
    "rotate": "another password for the user; prints it",
    "disable": "take the user's rights away, at once",
    "enable": "give them back",
    "remove": "the user and its rights; the topics with --topics",
}


WRITING = ("add", "rotate")


class ChannelSettings(AdministratorSettings):
    """The federation, where it is given, says how many partitions a channel's topics get."""

    federation: Path | None = Field(default=None, description="folder of the federation's data")


def add_to(parser: argparse.ArgumentParser) -> None:
    """The command's own words."""
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="every channel, and whether its user may do anything")
    for verb, words in VERBS.items():
        action = actions.add_parser(verb, help=words)
        action.add_argument("name", help="small letters, digits, - and _")
        if verb in WRITING:
            action.add_argument("--into", type=Path, help="write the access into this file, and print it nowhere")
        if verb == "add":
            action.add_argument("--bootstrap", help="host:port of a broker as the integrator reaches it")
        if verb == "remove":
            action.add_argument("--topics", action="store_true", help="the topics too, with all that lies on them")


def run_channel(given: argparse.Namespace) -> list[str]:
    """Do what was asked; returns what to print. Raises ProvisionError or FederationError."""
    settings = load_as(ChannelSettings)
    federation = load_federation(settings.federation) if settings.federation is not None else None
    installation = (
        installation_of(federation, settings.prefix) if federation is not None else Installation(settings.prefix)
    )
    administrator = settings.administrator
    if given.action == "list":
        return [
            f"{one.name}: " + ("no user" if not one.user else "enabled" if one.enabled else "disabled")
            for one in channel_states(administrator, installation)
        ]
    name = given.name
    if not NAME.fullmatch(name):
        raise ProvisionError(f"{name!r} cannot be a channel: small letters, digits, - and _, 60 at most")
    if given.action in ("add", "rotate"):
        return _give_password(given, settings, installation)
    if given.action == "remove":
        if given.topics and name in installation.channels:
            raise ProvisionError(f"{name} is a channel of the federation: take it out of federation.yaml first")
        remove_channel(administrator, installation, name, with_topics=given.topics)
    else:
        (disable_channel if given.action == "disable" else enable_channel)(administrator, installation, name)
    return [f"{name}: {given.action}d"]


def _give_password(given: argparse.Namespace, settings: ChannelSettings, installation: Installation) -> list[str]:
    """Make or change a channel's user; the password goes into a file or, where none is named, is printed once."""
    name, into, password = given.name, given.into, secrets.token_urlsafe(24)
    if given.action == "add":
        provision_channel(settings.administrator, installation, name, password, replication=settings.replication)
    elif into is not None and not into.is_file():
        raise ProvisionError(f"there is no {into}: name the file that `channel add --into` wrote")
    else:
        rotate_channel(settings.administrator, installation, name, password)
    if into is None:
        return [f"user {integrator_of(name)}, password {password}; it is kept nowhere else"]
    if given.action == "add":
        bootstrap = given.bootstrap or settings.kafka_bootstrap
        write_access(into, Access(bootstrap, settings.prefix, name, password, protocol=settings.kafka_protocol), {})
    else:
        with_password(into, password)
    return [f"{into} holds the access of {integrator_of(name)}, for you alone; the password is kept nowhere else"]
