"""The demonstration city's log through the laboratory's driver, its rules with the rows that are wrong on purpose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from common.rulebook.placement import Where
from laboratory.logged_case import LoggedCase
from laboratory.misrouting.desks import PERFECT
from laboratory.misrouting.driving import Drive
from laboratory.misrouting.faults.fault import Moved
from laboratory.misrouting.policy import Policy
from laboratory.misrouting.run import Run
from world.ground_truth import Truth
from world.log import LogRow
from world.log_requests import rows_of

from tests.conftest import ROOT

FEDERATION = ROOT / "deploy" / "federations" / "boston"
LOG = FEDERATION / "log" / "boston_2011_h2.csv.gz"


def cases_of(truth: Truth, log: Iterable[LogRow]) -> list[LoggedCase]:
    """The cases that lie in the city, each with who really had it."""
    found = []
    for row in rows_of(log, truth):
        if row.lat is None or row.lon is None:
            continue
        located = truth.federation.locate(row.lat, row.lon, row.opened_at)
        if located is None:
            continue
        where = Where(located.area, located.region, located.border_set)
        found.append(
            LoggedCase(
                row.case_id, row.opened_at, row.type, where, row.channel, row.true_authority, row.duplicate_of,
                cell=None, ruled=None,
            )
        )  # fmt: skip
    return found


def drive(truth: Truth, cases: Sequence[LoggedCase], policy: Policy, seed: int = 1) -> Run:
    """Every proposal is adopted three days after it was made, if it still applies."""
    return Drive(truth.federation, cases, policy, PERFECT, seed).run()


def planted(truth: Truth, cases: Sequence[LoggedCase]) -> list[Moved]:
    """The rows that are wrong on purpose, from the first day on, as the laboratory names what it plants."""
    since = cases[0].opened_at
    return [Moved((p.category, p.area), p.wrong, p.right, since) for p in truth.log.planted]
