"""One thing that is wrong, as an operator needs it; which come first, and which are one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from common.messaging.problems import KINDS, RUNBOOKS

from otklik.status.waiting import Waiting, in_words

ROOT_OF = {"database_away": "postgres_down", "kafka_away": "kafka_down"}
"""What a service says of a server that it cannot reach, and what this machine knows of that server."""
FOLLOW = ("relay_ended", "relay_fails", "outbox_old", "unassigned", "batch_stuck", "clock_silent", "exporter_blind")
"""What else a service says while a server is away; of no use beside that."""
SEVERITY = {"problem": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """`where` is a service, a server, or the part of the installation."""

    kind: str
    where: str
    words: str
    level: Literal["problem", "warning", "note"] = "problem"
    waits: tuple[Waiting, ...] = ()
    affects: tuple[str, ...] = ()
    """Services that cannot work because of it."""
    log: str | None = None
    last_error: str | None = None

    @property
    def runbook(self) -> str:
        return f"{RUNBOOKS}/{KINDS[self.kind]}"

    def facts(self) -> dict[str, Any]:
        """As JSON says it."""
        return {**asdict(self), "waiting": sum(w.number for w in self.waits), "runbook": self.runbook}

    @property
    def lines(self) -> list[tuple[str, str]]:
        """What stands under the first line: title and words."""
        waits = in_words(self.waits)
        found = [("stops", ", ".join(self.affects)), ("waits", waits), ("last error", self.last_error or "")]
        return [line for line in (*found, ("log", self.log or ""), ("runbook", self.runbook)) if line[1]]


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """The worst first: problems before warnings, then by kind, then what most waits for."""
    ranks = {kind: rank for rank, kind in enumerate(KINDS)}
    return sorted(findings, key=lambda f: (SEVERITY[f.level], ranks[f.kind], -sum(w.number for w in f.waits), f.where))


def joined(findings: Sequence[Finding]) -> list[Finding]:
    """What has one cause becomes one: a server that is down, with the services that say so; else the services that say
    the same of a server that they cannot reach."""
    roots = {f.kind for f in findings} & set(ROOT_OF.values())
    cut_off = {f.where for f in findings if f.kind in ROOT_OF}
    kept: list[Finding] = []
    symptoms: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.kind in ROOT_OF:
            symptoms.setdefault(finding.kind, []).append(finding)
        elif finding.kind not in FOLLOW or not (roots or finding.where in cut_off):
            kept.append(finding)
    for kind, group in symptoms.items():
        names = tuple(sorted(f.where for f in group))
        if ROOT_OF[kind] in roots:
            kept = [replace(f, affects=names) if f.kind == ROOT_OF[kind] else f for f in kept]
        elif len(group) > 1:
            kept.append(replace(group[0], where=f"{len(names)} services", affects=names, log=None, last_error=None))
        else:
            kept += group
    return kept
