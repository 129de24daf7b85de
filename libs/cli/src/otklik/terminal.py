"""What commands that run something share: lines on the terminal, and an orderly end on a signal."""

from __future__ import annotations

import contextlib
import signal
import time
from types import FrameType

from common.runtime.sign_in import SignInLinks

from otklik.console import console
from otklik.process_plan import edge_url, portal_url
from otklik.supervisor import Supervisor


def say(words: str) -> None:
    # Where output goes to a file on a full disk, the work must go on without it.
    with contextlib.suppress(OSError):
        console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {words}", soft_wrap=True, highlight=False)


class Ended(Exception):
    """SIGTERM or Ctrl-C."""


def end_once(number: int, frame: FrameType | None) -> None:
    """Once: a second Ctrl-C must not interrupt the orderly end."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    raise Ended


def end_on_signals() -> None:
    """From now on SIGTERM and Ctrl-C raise Ended, once."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, end_once)


def greet(supervisor: Supervisor) -> None:
    portal = portal_url(supervisor.first_port)
    console.print(f"\n[bold]{supervisor.federation.title}[/bold] is running: {portal}")
    console.print(f"messages: POST {edge_url(supervisor.first_port)}/v1/channels/<channel>/messages\n")
    console.print("links that sign in, each once and within twelve hours (`otklik sign-in PERSON` makes more):")
    links = SignInLinks.load(supervisor.folder / "keys")
    assert links is not None
    for person in supervisor.federation.people:
        if person.role != "desk":
            address = links.address(portal, person.id)
            console.print(f"  {person.id:<24} {address}", highlight=False, soft_wrap=True)
