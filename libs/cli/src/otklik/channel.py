"""`otklik channel`: plug a channel in while everything runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import provision.kafka
import typer
from common.catalogue import Installation
from common.provisioning import integrator_of
from embedded.errors import EmbeddedError
from embedded.provision import administrator_of, provision_channel
from embedded.stack import Stack, start, status
from provision.errors import ProvisionError
from rich.console import Console

from otklik.ground import PREFIX

NAME = re.compile(r"[a-z0-9_-]{1,60}")
VAR = Path("var")
Folder = Annotated[Path, typer.Option(help="where data, keys and logs are kept")]

app = typer.Typer(no_args_is_help=True, help="Channels: plug one in, list them.")
console = Console()

SNIPPET = """
# pip install "aiokafka[zstd]"
import asyncio
import json
from datetime import UTC, datetime
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

ACCESS = dict(bootstrap_servers="{bootstrap}", security_protocol="SASL_PLAINTEXT", sasl_mechanism="SCRAM-SHA-256",
              sasl_plain_username="{user}", sasl_plain_password="{password}")

async def main():
    producer = AIOKafkaProducer(**ACCESS)
    consumer = AIOKafkaConsumer("{prefix}.channel.{name}.outbound.v1", group_id="{prefix}.{user}",
                                auto_offset_reset="earliest", **ACCESS)
    await producer.start()
    await consumer.start()
    await producer.send_and_wait(
        "{prefix}.channel.{name}.inbound.v1",
        key=b"conversation-1",
        value=json.dumps({{
            "conversation": "conversation-1",
            "contact": {{"address": "ann@example.org"}},
            "text": "No light here",
            "sent_at": datetime.now(UTC).isoformat(),
        }}).encode(),
        headers=[("ce_type", b"channel.message.received.v1"), ("ce_id", b"1"), ("ce_source", b"{name}")],
    )
    async for notice in consumer:
        print(notice.value.decode())

asyncio.run(main())
"""


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="small letters, digits, - and _")],
    folder: Folder = VAR,
) -> None:
    """Make a channel's topics and its integrator's user; messages published there become cases at once."""
    if not NAME.fullmatch(name):
        raise typer.Exit(_complain(f"{name!r} cannot be a channel: small letters, digits, - and _, 60 at most"))
    try:
        stack = _running(folder)
        password = provision_channel(stack, Installation(PREFIX), name)
    except EmbeddedError as error:
        raise typer.Exit(_complain(str(error))) from error
    console.print(f"[bold]{name}[/bold] is plugged in; publish to it with any Kafka client:")
    snippet = SNIPPET.format(
        bootstrap=stack.kafka_bootstrap, user=integrator_of(name), password=password, prefix=PREFIX, name=name
    )
    console.print(snippet, highlight=False, markup=False, soft_wrap=True)


@app.command("list")
def list_(folder: Folder = VAR) -> None:
    """The channels of the running installation."""
    try:
        found = provision.kafka.channels(administrator_of(_running(folder)), Installation(PREFIX))
    except (EmbeddedError, ProvisionError) as error:
        raise typer.Exit(_complain(str(error))) from error
    for name in found:
        console.print(name, highlight=False)


def _running(folder: Path) -> Stack:
    if not all(status(folder).values()):
        raise EmbeddedError(f"nothing runs under {folder}; start it with `otklik up`")
    return start(folder)


def _complain(words: str) -> int:
    console.print(f"[red]{words}[/red]", highlight=False)
    return 1
