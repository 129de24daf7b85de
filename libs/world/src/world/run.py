"""`python -m world.run --federation DIR --csv FILE --report FILE`: replay a log through a running installation.

The environment says where it runs: OTKLIK_NAME=world and its Kafka user, password and keys as for every principal;
OTKLIK_EDGE_URL (of channels over HTTP; without it all goes by topics); OTKLIK_WATCH_USER and OTKLIK_WATCH_PASSWORD
(may describe all groups and topics, and read what the report counts); OTKLIK_OPERATOR_PASSWORD (to count dead
letters); OTKLIK_SERVICES (a JSON list of the instances that run, where not all do).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from aiokafka.errors import KafkaError
from common.contracts.catalogue import Installation
from common.contracts.envelope import record_type
from common.contracts.events.clock import TimePassed
from common.contracts.signing import Signer
from common.federation.country import Federation, FederationError
from common.messaging.kafka import client_options, read_to_end
from common.runtime.settings import Settings
from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from world import clock, dead_letters, listening
from world.csvfile import LogError
from world.desks import DeskOrder, Desks
from world.ground_truth import Truth
from world.listening import Listener
from world.log import LogRow, faults_of, read_log
from world.log_requests import LogRequest, chance, rows_of
from world.planted_change import NotPlanted, PlantedCourse, proposal_of
from world.public import Public
from world.quiescence import NotAtRest, Watch
from world.replay import Accept, Progress, Replay
from world.report import Ledger
from world.sending import NotTaken, Sender
from world.stages import counted_further, further_topics, stages


class WorldSettings(BaseSettings):
    """What the world needs besides a principal's settings."""

    model_config = SettingsConfigDict(env_prefix="OTKLIK_", extra="ignore", frozen=True)

    edge_url: str | None = None
    watch_user: str | None = None
    watch_password: SecretStr | None = None
    operator_password: SecretStr | None = None
    services: tuple[str, ...] | None = None
    """The instances that run and must come to rest; None: every one of the catalogue."""


@dataclass(frozen=True)
class Task:
    """What to replay and how."""

    federation: Path
    csv: Path
    seed: int = 1
    days: int | None = None
    """Simulated days from the first opening; None: the whole log."""
    accept: Accept = "ask"
    http_share: float = 0.1
    after: str | None = None
    """Leave out what was opened before this date (ISO)."""


class Cut(Exception):
    """The replay was cancelled while the log went through; says how far it is."""

    def __init__(self, report: dict[str, Any]) -> None:
        super().__init__("the replay was cancelled")
        self.report = report


class WorldError(RuntimeError):
    """The run cannot begin; says what is missing."""


def as_principal(settings: Settings, name: str, password: SecretStr | None) -> Settings:
    """The same installation seen by another principal."""
    return settings.model_copy(update={"name": name, "kafka_user": name, "kafka_password": password})


def installation_of(federation: Federation, prefix: str) -> Installation:
    """The topics of a federation under a prefix."""
    return Installation(prefix, tuple(c.id for c in federation.channels), tuple(r.id for r in federation.regions))


async def replay(
    task: Task, settings: Settings, world: WorldSettings, on_progress: Callable[[Progress], None]
) -> dict[str, Any]:
    """Run and return the report. Raises WorldError, LogError, FederationError, NotAtRest, NotTaken or KafkaError, and
    Cut when it is cancelled while the log goes through."""
    truth = Truth.load(task.federation)
    federation = truth.federation
    log = read_log(task.csv, truth.log.times_in)
    chosen = _days(log.rows, task)
    if not chosen:
        raise WorldError(f"{task.csv} has no row in the days asked for")
    rows = rows_of(chosen, truth)
    told: dict[str, Any] = {
        "federation": federation.name,
        "log": {
            "file": str(task.csv),
            "rows": len(log.rows),
            "not_in_these_days": len(log.rows) - len(rows),
            "replayed_after": task.after,
            "learnt_from_and_left_out": _opened_before(task.after or "", (r.opened for r in log.rows)),
            "rules_learnt_until": truth.log.learnt_until or None,
            "opened_before_that": _opened_before(truth.log.learnt_until, (r.opened_at for r in rows)),
            "left_out": dict(log.left_out),
            "left_out_lines": {reason: list(lines) for reason, lines in log.left_out_lines.items()},
            "faults": faults_of(chosen),
            "remarks": list(log.remarks),
        },
        "seed": task.seed,
        "accept": task.accept,
    }
    last = rows[-1].opened_at
    signer = Signer.load(settings.keys, settings.name)
    if signer is None:
        raise WorldError(f"{settings.keys}/private/{settings.name}.pem is missing; `otklik up` makes development keys")
    installation = installation_of(federation, settings.prefix)
    watching = as_principal(settings, world.watch_user, world.watch_password) if world.watch_user else settings
    planned, course = _planted(truth, task, rows)
    draw, ledger = chance(task.seed), Ledger(frozenset(truth.planted_by_cell), course)
    async with contextlib.AsyncExitStack() as stack:
        watch = Watch(installation, client_options(watching), world.services, listening.topics(installation))
        await watch.start()
        stack.push_async_callback(watch.stop)
        starts = await watch.rest()
        await _must_be_earlier(watching, installation, rows[0].opened_at)
        began = await watch.ends_of([*dead_letters.topics(installation).values(), *further_topics(installation)])
        sender = Sender(settings, installation, signer, world.edge_url)
        await sender.start()
        stack.push_async_callback(sender.stop)
        listener = Listener(settings, installation)
        stack.push_async_callback(listener.stop)
        await listener.start(starts)
        run = Replay(
            rows, Desks(federation, task.seed, draw), Public(federation, task.seed, draw), sender, listener, watch,
            ledger, draw, task.seed,
            accept=task.accept, planned=planned, http_share=task.http_share, last=last, on_progress=on_progress,
            step=clock.step_for(rows[0].opened_at, last),
        )  # fmt: skip
        try:
            took = await run.run()
        except asyncio.CancelledError as error:
            so_far = stages(len(ledger.acknowledged), ledger.verdicts, listener.counts, None)
            found = ledger.report(None, ())
            raise Cut({"complete": False, **told, "run": run.took(), "stages": so_far, **found}) from error
        further = await counted_further(watching, installation, began) if world.watch_user is not None else None
        counts, lost = None, set[str]()
        if world.operator_password is not None:
            operator = as_principal(settings, "operator", world.operator_password)
            watcher = watching if world.watch_user is not None else None
            counts, lost = await dead_letters.dead_letters(operator, watcher, installation, began)
    said = stages(len(ledger.acknowledged), ledger.verdicts, listener.counts, further)
    return {"complete": True, **told, "run": took, "stages": said, **ledger.report(counts, lost)}


def _opened_before(day: str, rows: Iterable[datetime]) -> int:
    """How many openings lie before a time, such as that until which rules were learnt; none where there is no such."""
    if not day:
        return 0
    until = datetime.fromisoformat(day)
    return sum(opened < until for opened in rows)


def _planted(
    truth: Truth, task: Task, rows: Sequence[LogRequest]
) -> tuple[list[DeskOrder], PlantedCourse | NotPlanted | None]:
    """The proposal of the change that is planned to do harm, and what keeps its course."""
    change = truth.log.planted_change
    if change is None:
        return [], None
    if task.accept != "auto":
        return [], NotPlanted("nobody speaks for it here; that is what --accept auto is for")
    found = proposal_of(change, truth.federation, task.seed, rows[0].opened_at, rows[-1].opened_at)
    if isinstance(found, NotPlanted):
        return [], found
    return [found], PlantedCourse(change, found.case_id, found.command.actor.id)


def _days(rows: Sequence[LogRow], task: Task) -> list[LogRow]:
    """The rows of the days asked for."""
    found = [r for r in rows if task.after is None or r.opened.isoformat() >= task.after]
    if found and task.days is not None:
        last = found[0].opened + timedelta(days=task.days)
        found = [r for r in found if r.opened <= last]
    return found


async def _must_be_earlier(settings: Settings, installation: Installation, first: datetime) -> None:
    """Time does not go back: an installation whose clock is past the log's beginning refuses it as already known."""
    records = await read_to_end(settings, installation.physical(clock.TOPIC))
    ticks = [r.value for r in records if r.value and record_type(r.headers) == TimePassed.type]
    if ticks:
        now = TimePassed.model_validate_json(ticks[-1]).until
        if now > first:
            raise WorldError(
                f"the clock of this installation is at {now.isoformat()}, after the log's beginning at"
                f" {first.isoformat()}; replay into an empty folder, or a log that begins later"
            )


def line(progress: Progress) -> str:
    """One line about a run under way."""
    left = timedelta(seconds=round(progress.seconds_left))
    return (
        f"{progress.at:%Y-%m-%d %H:%M}  {progress.done}/{progress.of}  {progress.messages} messages"
        f"  {progress.rate:.0f}/s  {left} left"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m world.run", description=__doc__)
    parser.add_argument("--federation", type=Path, required=True)
    parser.add_argument("--csv", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int)
    parser.add_argument("--accept", choices=get_args(Accept), default="ask")
    parser.add_argument("--after", help="leave out what was opened before this date")
    parser.add_argument("--report", type=Path)
    given = parser.parse_args()
    task = Task(given.federation, given.csv, given.seed, given.days, given.accept, after=given.after)
    try:
        settings, world = Settings(), WorldSettings()
        report = asyncio.run(replay(task, settings, world, lambda p: print(line(p), file=sys.stderr)))
    except (WorldError, LogError, FederationError, NotAtRest, NotTaken, KafkaError, ValidationError) as error:
        sys.exit(f"the replay stopped: {error}")
    text = json.dumps(report, indent=1, ensure_ascii=False)
    if given.report is not None:
        given.report.write_text(text + "\n")
    else:
        print(text)


if __name__ == "__main__":
    main()
