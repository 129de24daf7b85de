"""`python -m provision run | secrets | plan | sign-in | channel | loop`: prepare servers, make secrets for containers,
print the commands, make a link that signs a person in, or change who may use a channel or run a loop."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from common.contracts.provisioning import grants, topics
from common.federation.check import checked_federation
from common.federation.country import FederationError
from common.runtime.sign_in import KEY_FILE, SignInLinks

from provision import channel_command, loop_command
from provision.channel_command import ChannelSettings
from provision.errors import ProvisionError
from provision.job import installation_of, load, load_as, run
from provision.partitions import check, differences, report
from provision.plan import commands
from provision.secrets import write_secrets

FEDERATION = Path("deploy/federations/boston")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m provision", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("run", help="users, rights, topics, databases, keys; what to do is in OTKLIK_PROVISION_*")
    making = verbs.add_parser("secrets", help="one .env a process under a folder, made once")
    planning = verbs.add_parser("plan", help="print what `run` does to Kafka as commands of Kafka's own tools")
    for verb in (making, planning):
        verb.add_argument("--federation", type=Path, default=FEDERATION)
        verb.add_argument("--prefix", default="otklik")
    making.add_argument("--folder", type=Path, default=Path("var/deploy"))
    signing_in = verbs.add_parser("sign-in", help="print a link that signs a person in at the portal, once")
    signing_in.add_argument("person", help="id of a person in federation.yaml, such as head:north")
    signing_in.add_argument("--portal", default="http://127.0.0.1:8080", help="the portal's address")
    signing_in.add_argument("--keys", type=Path, required=True, help="folder with the key of links")
    planning.add_argument("--replication", type=int, default=3)
    channel_command.add_to(verbs.add_parser("channel", help="integrators: " + ", ".join(channel_command.VERBS)))
    loop_command.add_to(verbs.add_parser("loop", help="loops that others run: " + ", ".join(loop_command.VERBS)))
    dividing = verbs.add_parser("partitions", help="topics whose number differs from federation.yaml's; --grow adds")
    dividing.add_argument("--grow", action="store_true", help="add what is missing; most keys move: do it at rest")
    dividing.add_argument("--anyway", action="store_true", help="also while records wait to be handled")
    given = parser.parse_args()
    try:
        if given.verb == "run":
            done = run(load())
            counts = f"{len(topics(done))} topics, {len(grants(done))} rights on them"
            print(f"ready: {counts}, {len(done.instances())} services")
            growing = check(differences(load().administrator, done))
            if growing is not None:
                print(growing, file=sys.stderr)
            return
        if given.verb == "sign-in":
            links = SignInLinks.load(given.keys)
            if links is None:
                raise ProvisionError(f"{given.keys} holds no {KEY_FILE}: run `python -m provision run` first")
            print(links.address(given.portal, given.person))
            return
        if given.verb == "partitions":
            print("\n".join(_partitions(given)))
            return
        if given.verb == "channel":
            print("\n".join(channel_command.run_channel(given)))
            return
        if given.verb == "loop":
            print("\n".join(loop_command.run_loop(given)))
            return
        installation = installation_of(checked_federation(given.federation), given.prefix)
        if given.verb == "secrets":
            made = write_secrets(given.folder, installation)
            print(f"{len(made)} files of secrets under {given.folder}; keep the folder out of every repository")
        else:
            print("\n".join(commands(installation, given.replication)))
    except (ProvisionError, FederationError) as error:
        sys.exit(str(error))


def _partitions(given: argparse.Namespace) -> list[str]:
    settings = load_as(ChannelSettings)
    if settings.federation is None:
        raise ProvisionError("OTKLIK_PROVISION_FEDERATION is missing: the federation says how many there shall be")
    installation = installation_of(checked_federation(settings.federation), settings.prefix)
    return report(settings.administrator, installation, grow_them=given.grow, anyway=given.anyway)


if __name__ == "__main__":
    main()
