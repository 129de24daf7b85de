"""`python -m provision loop ...`: loops that others run, on a cluster anywhere, with an administrator's settings."""

from __future__ import annotations

import argparse
import secrets
from pathlib import Path

from common.contracts.outside_loops import principal_of_loop, wrong_name
from common.contracts.signing import write_key_pair
from common.federation.country import load_federation

from provision.channel_command import ChannelSettings
from provision.errors import ProvisionError
from provision.job import installation_of, load_as
from provision.loop_access import LoopAccess, write_loop_access
from provision.loops import provision_loop, remove_loop

VERBS = {
    "add": "user, rights and a signing key, into a folder",
    "remove": "the user and its rights; take its public key away too",
}


def add_to(parser: argparse.ArgumentParser) -> None:
    """The command's own words."""
    actions = parser.add_subparsers(dest="action", required=True)
    for verb, words in VERBS.items():
        action = actions.add_parser(verb, help=words)
        action.add_argument("name", help="small letters, digits, - and _")
        if verb == "add":
            action.add_argument("--into", type=Path, required=True, help="the folder for access and keys")
            action.add_argument("--bootstrap", help="host:port of a broker as the loop reaches it")


def run_loop(given: argparse.Namespace) -> list[str]:
    """Do what was asked; returns what to print. Raises ProvisionError or FederationError."""
    if wrong := wrong_name(given.name):
        raise ProvisionError(wrong)
    settings, name = load_as(ChannelSettings), principal_of_loop(given.name)
    if given.action == "remove":
        remove_loop(settings.administrator, given.name)
        return [f"{given.name}: removed; take {name}.pem out of the services' folder of public keys"]
    if settings.federation is None:
        raise ProvisionError("OTKLIK_PROVISION_FEDERATION is missing: the federation says which regions there are")
    installation = installation_of(load_federation(settings.federation), settings.prefix)
    access, password = given.into / "loop.env", secrets.token_urlsafe(24)
    if access.exists():
        raise ProvisionError(f"{access} is there already: name another folder, or remove the loop first")
    provision_loop(settings.administrator, installation, given.name, password)
    given.into.mkdir(parents=True, exist_ok=True)
    bootstrap = given.bootstrap or settings.kafka_bootstrap
    write_loop_access(
        access, LoopAccess(bootstrap, installation, given.name, password, protocol=settings.kafka_protocol)
    )
    write_key_pair(given.into / "loop.pem", given.into / f"{name}.pem")
    return [
        f"{access} and loop.pem beside it are {name}'s alone",
        f"copy {given.into / name}.pem to the folder public of the service rules' keys: it is read when it is used",
    ]
