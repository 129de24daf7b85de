"""Which federation a log goes through: the one named, the standing one if the log is its own, or one learnt from it.

One that is wrong on purpose somewhere is taken only where it is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from world.ground_truth import Truth
from world.learn import learn_federation
from world.log import LogRow, read_log
from world.plan import slug

OWN_SHARE = 0.9
"""So many of its rows name authorities that the federation was learnt with, and so many of its points lie inside."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A federation's folder, and why it, in words for people."""

    folder: Path
    words: str
    learnt_until: datetime | None = None
    """Its rules were learnt now from what this log holds before; None where they were there already, or are learnt
    from all of it."""


def choose(csv: Path, named: Path | None, standing: Path, into: Path, times_in: str | None) -> Chosen:
    """Pick the federation; learn it into the folder `into` where there is none.

    `times_in`: the zone of the log's naive times, UTC by default. Raises LogError and FederationError.
    """
    if named is not None:
        return Chosen(named, f"through the federation in {named}")
    why = f"no federation was named and the log is not of {standing.name}"
    if (standing / "log.yaml").exists():
        truth = Truth.load(standing)
        if is_own(truth, read_log(csv, truth.log.times_in).rows):
            if not truth.log.planted:
                return Chosen(standing, f"the log is {truth.federation.title}'s own: through {standing}")
            why = (
                f"the log is {truth.federation.title}'s own, but {len(truth.log.planted)} cells of {standing} are wrong"
                f" on purpose (--federation {standing} goes through it all the same)"
            )
    zone = times_in or "UTC"
    name = slug(csv.name.split(".")[0])
    rows = read_log(csv, zone).rows
    federation = learn_federation(rows, into, name=name, timezone=zone)
    words = (
        f"{why}: learnt one into {into}: {len(federation.regions)} regions, {len(federation.authorities)} authorities,"
        f" {len(federation.categories)} categories, {len(federation.channels)} channels; times are in {zone}"
    )
    if not times_in:
        words += " (say --timezone if they are not)"
    until = datetime.fromisoformat(Truth.load(into).log.learnt_until)
    if rows[-1].opened < until:
        return Chosen(into, f"{words}; the log is too short to be divided: its rules are learnt from all of it")
    return Chosen(into, words, until)


def is_own(truth: Truth, rows: Sequence[LogRow]) -> bool:
    """Do the rows look like those that the federation was learnt from?"""
    column = truth.log.authority_column
    if column is None:
        return False
    named = sum(getattr(r, column) in truth.log.authorities for r in rows)
    if named < OWN_SHARE * len(rows):
        return False
    placed = [r for r in rows if r.point is not None]
    inside = sum(truth.federation.locate(r.lat or 0.0, r.lon or 0.0, r.opened) is not None for r in placed)
    return inside >= OWN_SHARE * len(placed)
