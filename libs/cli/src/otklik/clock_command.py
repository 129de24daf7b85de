"""What time it is by the clock's topic and by every service, and taking wrong ticks back."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import typer
from common.contracts.envelope import Envelope, derived_id, parse_time, to_headers
from common.contracts.events.base import Actor
from common.contracts.events.clock import TimeCorrected, TimePassed
from common.contracts.rights import INSTALLATION
from common.contracts.signing import Signer
from common.federation.country import Federation
from common.messaging.clock.tick_topic import TOPIC, TickFound, TickTopic
from common.messaging.kafka import new_producer
from rich.text import Text

from otklik.console import console
from otklik.dead_letter_command import PRINCIPAL, Desk, NoLetter, desk_at, said_in_words
from otklik.locate import Installed, find_running
from otklik.service_http import ask, health

OUTCOME_SECONDS = 30.0
SHOWN = 5
"""Refused ticks that are shown, latest last."""


@dataclass(frozen=True)
class Seen:
    """The clock's topic as every consumer judges it."""

    steps: list[TickFound]
    last: TimePassed | None

    def right(self, now: datetime) -> datetime | None:
        """End of the last believed tick that ended by `now`: where to go back to when those after it were wrong."""
        ends = [
            s.event.until for s in self.steps if isinstance(s.event, TimePassed) and s.wrong is None and not s.stale
        ]
        return max((end for end in ends if end <= now), default=None)


async def see(desk: Desk) -> Seen:
    """Read the topic from its beginning."""
    topic = TickTopic(desk.settings, desk.installation, desk.federation)
    steps = await topic.follow()
    return Seen(steps, topic.last)


def show(folder: Path) -> None:
    """The last tick, what each service has heard, which ticks were refused, and whether one was wrong."""
    with said_in_words():
        desk, place = desk_in_time(folder)
        seen = asyncio.run(see(desk))
    heard = _heard(place)
    wall = desk.settings.time == "wall"
    if seen.last is None:
        console.print("no tick yet: does the clock run?")
    else:
        console.print(f"last tick: {seen.last.until.isoformat()}", highlight=False)
    for name, facts in heard.items():
        words = facts.get("last_tick") or "no tick"
        # Services are asked after the topic was read: one may know of a later tick already.
        late = seen.last is not None and behind(facts.get("last_tick"), seen.last.until)
        console.print(f"  {name:<24} {words}" + (" [yellow](not the last)[/yellow]" if late else ""), highlight=False)
    for step in [s for s in seen.steps if s.wrong is not None][-SHOWN:]:
        assert step.wrong is not None
        console.print(Text.assemble(("refused: ", "yellow"), step.wrong.words), soft_wrap=True)
    for step in [s for s in seen.steps if isinstance(s.event, TimeCorrected) and s.wrong is None]:
        event = step.event
        assert isinstance(event, TimeCorrected)
        console.print(
            f"taken back by {event.actor.id}: ticks from {event.until.isoformat()} to"
            f" {event.wrong_until.isoformat()} ({event.reason})",
            highlight=False, markup=False, soft_wrap=True,
        )  # fmt: skip
    ahead = timedelta() if seen.last is None else seen.last.until - datetime.now(UTC)
    if wall and seen.last is not None and ahead > 2 * desk.settings.tick_skew:
        right = seen.right(datetime.now(UTC))
        console.print(Text(f"The last tick ends {ahead} after this machine's time.", style="red"))
        console.print(
            "If the time here is right, that tick was wrong. First mend the time of the machine that was wrong (NTP),"
            " then take back what it did:",
            highlight=False, soft_wrap=True,
        )  # fmt: skip
        to = right.isoformat() if right is not None else "TIME"
        console.print(f'  otklik clock correct --to {to} --reason "..."', highlight=False, soft_wrap=True)
        raise typer.Exit(1)
    console.print(
        "if one was wrong all the same: otklik clock correct --to TIME --reason WHY takes back what later ticks did",
        style="dim", highlight=False, soft_wrap=True,
    )  # fmt: skip


def behind(said: str | None, last: datetime) -> bool:
    """Whether a service has not heard of the last tick; `said` is what it tells of the one that it has heard of."""
    return said is None or datetime.fromisoformat(said) < last


def correct(to: str, reason: str, folder: Path, actor: str | None) -> None:
    """Take back what ticks after a time did: missed deadlines, the ladder, directives, notices, proposals of loops."""
    with said_in_words():
        try:
            until = parse_time(to)
        except ValueError as error:
            raise NoLetter(f"--to {to!r} is not a time with its zone, such as 2026-07-01T12:00:00Z") from error
        desk, place = desk_in_time(folder)
        seen = asyncio.run(see(desk))
        if seen.last is None or until >= seen.last.until:
            last = (
                "there is no tick yet" if seen.last is None else f"the last tick ended at {seen.last.until.isoformat()}"
            )
            raise NoLetter(f"nothing to take back: {last}")
        event = TimeCorrected(
            wrong_until=seen.last.until, until=until, reason=reason, actor=corrector(desk.federation, actor)
        )
        at = datetime.now(UTC) if desk.settings.time == "wall" else until
        asyncio.run(publish(desk, event, at))
        step = next((s for s in reversed(asyncio.run(see(desk)).steps) if s.event == event), None)
        if step is not None and step.wrong is not None:
            raise NoLetter(f"refused by every service: {step.wrong.words}")
    console.print(f"ticks from {until.isoformat()} to {seen.last.until.isoformat()} are taken back", highlight=False)
    late = _wait_for(place, event)
    for name in late:
        console.print(f"  {name} has not heard of it yet: `otklik clock` says when it has", style="yellow")


def corrector(federation: Federation, wanted: str | None) -> Actor:
    """Who corrects the time: the installation, or the person named, if that one may; raises NoLetter."""
    if wanted is None:
        return INSTALLATION
    for person in federation.people:
        may = person.role == "federal" or (person.role == "operator" and person.scope == "*")
        if may and wanted == person.id:
            return Actor(id=person.id, role=person.role, scope=person.scope)
    raise NoLetter(f"{wanted!r} may not correct the time: it takes a person of role federal, or operator of everywhere")


async def publish(desk: Desk, event: TimeCorrected, at: datetime) -> None:
    """Sign as the operator and publish; returns once Kafka has it. Raises NoLetter without a key."""
    signer = Signer.load(desk.settings.keys, PRINCIPAL)
    if signer is None:
        raise NoLetter(f"{desk.settings.keys}/private/{PRINCIPAL}.pem is missing; `otklik up` makes it")
    body = event.wire()
    event_id = derived_id("corrected", datetime.now(UTC).isoformat(), body.decode())
    envelope = signer.sign(TOPIC, "clock", Envelope(event_id, PRINCIPAL, event.type, at, "clock", event_id), body)
    producer = new_producer(desk.settings)
    await producer.start()
    try:
        await producer.send_and_wait(
            desk.installation.physical(TOPIC), value=body, key=b"clock", headers=to_headers(envelope)
        )
    finally:
        await producer.stop()


def desk_in_time(folder: Path) -> tuple[Desk, Installed | None]:
    """The operator's place, with the installation's own kind of time, and where its services can be asked; None where
    the environment, not a folder, says what there is."""
    desk = desk_at(folder)
    if "OTKLIK_KAFKA_BOOTSTRAP" in os.environ:
        return desk, None
    place = find_running(folder)
    simulated = bool(ask(place, "/api/status")["simulated"])
    settings = desk.settings.model_copy(update={"time": "ticks" if simulated else "wall"})
    return replace(desk, settings=settings), place


def _heard(place: Installed | None) -> dict[str, dict[str, Any]]:
    """What each service that lives by ticks says of its time; nothing where there are no ports to ask at."""
    found = {} if place is None else {name: health(port) for name, port in place.ports.items()}
    return {name: facts for name, facts in found.items() if "last_tick" in facts}


def _wait_for(place: Installed | None, event: TimeCorrected) -> list[str]:
    """The services that have not taken a correction when OUTCOME_SECONDS have passed in which no other took it."""
    end, before = time.monotonic() + OUTCOME_SECONDS, -1
    while True:
        found = {name: facts for name, facts in _heard(place).items() if name not in ("clock", "exporter")}
        until = event.until.isoformat()
        late = [name for name, facts in found.items() if (facts.get("time_corrected") or {}).get("until") != until]
        if len(late) != before:
            end, before = time.monotonic() + OUTCOME_SECONDS, len(late)
        if not late or time.monotonic() > end:
            return late
        time.sleep(0.5)
