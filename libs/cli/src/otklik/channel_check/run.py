"""Reads the channel's four topics and prints what the judge finds."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from dataclasses import dataclass

from common.federation.country import Federation
from common.runtime.settings import Settings
from rich.console import Console

from otklik.channel_check.findings import Finding
from otklik.channel_check.judge import STREAMS, Judge
from otklik.channel_check.meaning import Meaning
from otklik.channel_check.report import finding_json, finding_line, result_json, result_text
from otklik.console import visible
from otklik.topic_reader import channel_reader

MIN_WIDTH = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """How the check shall go."""

    follow: bool
    """Go on while somebody develops, and print each finding when it is found; else once to the present end."""
    as_json: bool
    patience_seconds: int
    """How long a notice may wait for its receipt."""
    minutes: int | None = None
    """Only what came in the last so many; everything that lies there by default."""


async def check(
    settings: Settings, channel: str, federation: Federation | None, asked: Asked, console: Console
) -> bool:
    """Print it all; returns whether the channel conforms. Raises NothingToWatch or KafkaError."""
    width = max(console.width, MIN_WIDTH)
    async with channel_reader(settings, channel, STREAMS) as reader:
        judge = Judge(reader.installation, Meaning(federation) if federation is not None else None)

        def show(finding: Finding) -> None:
            line = finding_json(finding) if asked.as_json else visible(finding_line(finding, width))
            if asked.follow:
                print(line, flush=True)

        since = None if asked.minutes is None else _ago(asked.minutes * 60)
        if asked.follow:
            task = asyncio.current_task()
            assert task is not None
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, task.cancel)
        try:
            async for batch in reader.batches(beginning=True, to_end=not asked.follow, since_ms=since):
                judge.unread = frozenset(s for s in STREAMS if not reader.reads(f"channel.{channel}.{s}"))
                for record in batch:
                    for finding in judge.hear(record):
                        show(finding)
                if asked.follow and not batch:
                    for finding in judge.unanswered(_ago(asked.patience_seconds)):
                        show(finding)
        except asyncio.CancelledError:
            if not asked.follow:
                raise
        for finding in (*judge.rest(), *judge.unanswered(_ago(asked.patience_seconds))):
            show(finding)
        left_out, user = reader.left_out, settings.kafka_user or "nobody"
    if asked.as_json:
        print(result_json(channel, judge, left_out))
    else:
        print(visible(result_text(channel, judge, left_out, user, width, groups=not asked.follow)))
    if federation is None:
        print("categories and places were not judged: name the federation's folder with --federation", file=sys.stderr)
    return judge.conforms


def _ago(seconds: int) -> int:
    """Milliseconds of the epoch, so long ago."""
    return int((time.time() - seconds) * 1000)
