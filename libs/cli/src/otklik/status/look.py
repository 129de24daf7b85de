"""Looks at an installation: its processes, what its services say, its disk, its backlog. All at once, in seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import time
from typing import Any

import psutil
from common.messaging.problems import KINDS
from embedded.processes import running

from otklik.disk import low_room
from otklik.locate import Installed
from otklik.options import STATUS_SECONDS
from otklik.service_http import NoAnswer, ask, health
from otklik.status.finding import Finding, joined, ordered
from otklik.status.log_tail import last_error
from otklik.status.waiting import Waiting, age
from otklik.supervisor_lock import abandoned, reigning

QUICK_SECONDS = 0.5
"""Who has not answered by then is probably silent: what waits for it is asked of Kafka meanwhile."""
KAFKA_SECONDS = 0.8
SERVERS = {"kafka": "kafka_down", "postgres": "postgres_down"}
THREADS = 32
NUMBERS = ("lag", "outbox_pending", "open_dead_letters", "parked_records")


@dataclass(frozen=True)
class ProcessSeen:
    """A server or service."""

    name: str
    state: str
    """ready, not ready, starting, silent, stopped (as by a signal) or ended."""
    pid: int | None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def numbers(self) -> list[int | None]:
        return [self.facts.get(name) for name in NUMBERS]


@dataclass(frozen=True)
class Look:
    """Everything that `otklik status` tells."""

    place: Installed
    processes: list[ProcessSeen]
    findings: list[Finding]
    cases: dict[str, Any] | None
    """What the portal says of cases; None when it does not answer."""

    @property
    def well(self) -> bool:
        return not any(f.level == "problem" for f in self.findings)


def look_at(place: Installed, patience: float = STATUS_SECONDS) -> Look:
    """Takes two seconds at most on a machine that is not overloaded, with the usual patience for an answer."""
    services = {f.stem: running(f) for f in sorted((place.folder / "pids").glob("*.json"))}
    with ThreadPoolExecutor(THREADS) as pool:
        asked = {
            name: pool.submit(health, place.ports[name], patience)
            for name, process in services.items()
            if process is not None and name in place.ports
        }
        cases = pool.submit(ask, place, "/api/status", patience)
        wait(asked.values(), QUICK_SECONDS)
        slow = [name for name in services if name not in asked or not asked[name].done()]
        kafka = running(place.folder / "kafka" / "pid.json")
        answers = kafka is not None and not _is_stopped(kafka)
        # Without PostgreSQL services answer, and cannot say what waits.
        silent = slow if running(place.folder / "postgres" / "pid.json") is not None else list(services)
        behind = pool.submit(_backlog, place.folder, silent) if silent and answers else None
        wait(asked.values())
        waits = behind.result() if behind is not None else {}
        told = {name: future.result() for name, future in asked.items()}
        found_cases = _cases(cases)
    processes = [_server(place.folder, name) for name in SERVERS]
    findings = _installation(place)
    everything = _most_of_each(waits.values())
    findings += [_server_down(place, server, everything) for server in processes if server.state != "ready"]
    for name, process in services.items():
        seen, wrong = _service(place, name, process, told.get(name), waits.get(name, ()))
        processes.append(seen)
        findings += wrong
    return Look(place, processes, ordered(joined(findings)), found_cases)


def _backlog(folder: Path, services: list[str]) -> dict[str, tuple[Waiting, ...]]:
    # Imported where it is needed: it knows every topic and event, and all is well most of the time.
    from otklik.status.backlog import backlog

    return backlog(folder, [name for name in services if name not in ("clock", "exporter")], KAFKA_SECONDS)


def _cases(asked: Future[dict[str, Any]]) -> dict[str, Any] | None:
    try:
        return asked.result()
    except NoAnswer:
        return None


def _installation(place: Installed) -> list[Finding]:
    """What is wrong beside any process."""
    found = []
    if abandoned(place.folder):
        words = "has ended without a word: what ends now is not started again; `otklik up` takes over what still runs"
        found.append(Finding("supervisor_gone", "supervisor", words))
    elif reigning(place.folder) is None:
        words = "nobody looks after this folder (started with --detach): what ends stays ended"
        found.append(Finding("unattended", "supervisor", words, "warning"))
    room = low_room(place.folder)
    if room is not None:
        found.append(Finding("disk_low", "disk", room))
    if not (place.federation / "federation.yaml").exists():
        words = f"its folder {place.federation} is gone: no service can be started again"
        found.append(Finding("federation_invalid", "federation", words))
    return found


def _server(folder: Path, name: str) -> ProcessSeen:
    process = running(folder / name / "pid.json")
    if process is None:
        return ProcessSeen(name, "ended", None)
    return ProcessSeen(name, "stopped" if _is_stopped(process) else "ready", process.pid)


def _most_of_each(waiting: Iterable[Iterable[Waiting]]) -> tuple[Waiting, ...]:
    """Of each topic what waits for the service that is farthest behind."""
    found: dict[str, Waiting] = {}
    for one in (w for group in waiting for w in group):
        if one.topic not in found or one.number > found[one.topic].number:
            found[one.topic] = one
    return tuple(found.values())


def _server_down(place: Installed, server: ProcessSeen, waits: tuple[Waiting, ...]) -> Finding:
    log = place.folder / "logs" / f"{server.name}.log"
    words = _stopped_words(server.pid) if server.pid is not None else f"does not run{_since(log)}"
    error = last_error(log, alive=server.pid is not None)
    return Finding(SERVERS[server.name], server.name, words, waits=waits, log=str(log), last_error=error)


def _service(
    place: Installed,
    name: str,
    process: psutil.Process | None,
    told: Mapping[str, Any] | None,
    waits: tuple[Waiting, ...],
) -> tuple[ProcessSeen, list[Finding]]:
    log = place.folder / "logs" / f"{name}.log"

    def finding(kind: str, words: str, level: Any = "problem", behind: Iterable[Waiting] = ()) -> Finding:
        told_elsewhere = level != "problem" or kind in ("dead_letters", "keys_parked")
        error = None if told_elsewhere else last_error(log, alive=process is not None)
        return Finding(kind, name, words, level, tuple(behind), log=str(log), last_error=error)

    if process is None:
        down = finding("service_down", f"does not run{_since(log)}", behind=waits)
        if "FederationError" in (down.last_error or ""):
            down = replace(down, kind="federation_invalid")
        return ProcessSeen(name, "ended", None), [down]
    if told is None or "silent" in told:
        words, state = _silence(process, place.ports.get(name), told)
        kind = "service_starting" if state == "starting" else "service_silent"
        return ProcessSeen(name, state, process.pid), [finding(kind, words, behind=waits)]
    found = [_told(finding, detail, told) for detail in _details(told)]
    state = "starting" if any(f.kind == "service_starting" for f in found) else "ready"
    if state == "ready" and any(f.level == "problem" and f.kind != "dead_letters" for f in found):
        state = "not ready"
    return ProcessSeen(name, state, process.pid, told), found


def _silence(process: psutil.Process, port: int | None, told: Mapping[str, Any] | None) -> tuple[str, str]:
    """Words, and the state of a process that runs and does not answer."""
    if _is_stopped(process):
        return _stopped_words(process.pid), "stopped"
    if told is not None and told["silent"] == "ConnectionRefusedError":
        return f"no answer on port {port} yet (process {process.pid}, {age(_lived(process))} old)", "starting"
    within = f" within {told['within']:g} s" if told is not None else ""
    return f"runs (process {process.pid}) and does not answer{within} on port {port}", "silent"


def _details(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a service tells with its kind; sentences alone where an older one tells no more."""
    if "details" in told:
        return list(told["details"])
    return [{"kind": "not_ready", "words": str(words), "level": "problem"} for words in told.get("problems", ())]


def _told(finding: Callable[..., Finding], detail: Mapping[str, Any], told: Mapping[str, Any]) -> Finding:
    kind = detail["kind"] if detail["kind"] in KINDS else "not_ready"
    words, level, topic = detail["words"], detail["level"], detail.get("topic")
    behind = []
    if detail.get("waiting") and topic is not None and kind != "dead_letters":
        behind = [Waiting(topic, detail["waiting"], detail.get("oldest_seconds"))]
    elif kind in ("lag", "batch_stuck", "kafka_away", "consumer_stopped"):
        behind = [
            Waiting(name, number, detail.get("oldest_seconds"))
            for name, number in told.get("lag_by_topic", {}).items()
            if topic in (None, name)
        ]
    if kind == "dead_letters":
        behind = [
            Waiting(topic, other["waiting"], other.get("oldest_seconds"))
            for other in told["details"]
            if other["kind"] == "keys_parked" and other.get("topic") == topic
        ]
        # Whoever sent them, it is the operator who replays or skips them.
        level = "problem"
        since = "" if detail.get("oldest_seconds") is None else f", the oldest {age(detail['oldest_seconds'])} old"
        words = f"{detail['waiting']:,} open dead letters of {topic}{since}: `otklik dlq list --topic {topic}`"
    return finding(kind, words, level, behind)


def _stopped_words(pid: int) -> str:
    return f"its process is stopped by a signal: `kill -CONT {pid}` lets it go on"


def _is_stopped(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_STOPPED)
    except psutil.Error:
        return False


def _lived(process: psutil.Process) -> float:
    try:
        return max(0.0, time() - process.create_time())
    except psutil.Error:
        return 0.0


def _since(log: Path) -> str:
    """Since when a process is gone, as far as its log tells."""
    try:
        return f"; its log ends {age(time() - log.stat().st_mtime)} ago"
    except OSError:
        return ""
