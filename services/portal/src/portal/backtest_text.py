"""A backtest in sentences: what a change would have done to past decisions, and what nobody can know of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from common.contracts.events.archive import BacktestCounts, BacktestFlow, BacktestSlice, ProposalBacktested

from portal.formats import Times, listed, number, share
from portal.language import N_, _
from portal.names import Names

DIMENSIONS = {"region": N_("Region"), "area": N_("Area"), "channel": N_("Channel"), "category": N_("Category")}
"""What decisions are told apart by, in this order."""
SHOWN = 8
"""Rows of a table, most first."""


@dataclass(frozen=True, slots=True)
class FlowRow:
    """Decisions that would have gone elsewhere; both ends by name."""

    without: str
    instead: str
    flow: BacktestFlow


@dataclass(frozen=True, slots=True)
class SliceTable:
    """The changed decisions of each region, area, channel or category."""

    heading: str
    rows: Sequence[tuple[str, BacktestSlice]]
    more: int
    """Rows that are not shown."""


@dataclass(frozen=True, slots=True)
class BacktestText:
    verdict: str
    sentences: Sequence[str]
    cannot_tell: Sequence[str]
    flows: Sequence[FlowRow]
    tables: Sequence[SliceTable]


def backtest_text(found: ProposalBacktested, names: Names, times: Times) -> BacktestText:
    """For people who weigh a proposal; figures that prove nothing are not given."""
    known = found.verdict == "known"
    return BacktestText(
        verdict=_verdict(found),
        sentences=[*_replayed(found, times), *_where(found.total), *(_came_of_it(found.total) if known else ())],
        cannot_tell=_cannot_tell(found),
        flows=[FlowRow(_end(f.without, names), _end(f.instead, names), f) for f in found.flows[:SHOWN]],
        tables=_tables(found, names),
    )


def _verdict(found: ProposalBacktested) -> str:
    changed, whole = number(found.total.changed), number(found.total.decisions)
    if found.verdict == "not_replayable":
        return _("It cannot be replayed: it does not fit the rules that were in force when it was checked.")
    if found.verdict == "unchanged":
        return _("Of {whole} past decisions it would have changed none.").format(whole=whole)
    words = _("Of {whole} past decisions it would have changed {changed} ({share}).").format(
        whole=whole, changed=changed, share=share(found.total.changed, found.total.decisions)
    )
    if found.verdict == "too_little_known":
        more = _(
            "Too little is known to say what would have come of it: it takes {least} cases that ended, not {known}."
        )
        words += " " + more.format(known=number(found.known), least=number(found.fewest_known))
    return words


def _replayed(found: ProposalBacktested, times: Times) -> list[str]:
    if found.since is None:
        return []
    sentences = [
        _(
            "Decisions from {since} to {until} were made again by the rules in force at the check, with it and without"
            " it."
        ).format(since=times.day(found.since), until=times.day(found.as_of))
    ]
    if found.left_out and found.left_out_from is not None and found.left_out_until is not None:
        sentences.append(
            _("Left out are {n} decisions from {first} to {last}: they are the evidence it was made of.").format(
                n=number(found.left_out), first=times.day(found.left_out_from), last=times.day(found.left_out_until)
            )
        )
    return sentences


def _where(total: BacktestCounts) -> list[str]:
    told = (
        (total.moved, N_("Would have gone to another authority: {n}.")),
        (total.to_person, N_("Would have waited for a person instead of being placed by rule: {n}.")),
        (total.to_rule, N_("Would have been placed by rule instead of waiting for a person: {n}.")),
    )
    return [_(words).format(n=number(count)) for count, words in told if count]


def _came_of_it(total: BacktestCounts) -> list[str]:
    sentences = []
    if total.moved:
        sentences.append(
            _("Transfers saved, at least: {n}. These were passed on and ended where the change sends them.").format(
                n=number(total.saved)
            )
        )
    if total.timed:
        sentences.append(
            _(
                "Of {timed} answered cases with another deadline, late by the old one: {before}, by the new one:"
                " {after}. This is the deadline's effect alone, as if nobody worked otherwise for it."
            ).format(timed=number(total.timed), before=number(total.late_without), after=number(total.late_with))
        )
    return sentences


def _cannot_tell(found: ProposalBacktested) -> list[str]:
    told = []
    if found.unasked:
        told.append(
            _(
                "What {columns} would have changed: that hangs on the words of past messages or on early warnings,"
                " which are not kept."
            ).format(columns=listed(found.unasked))
        )
    if found.total.unknown:
        told.append(
            _(
                "What would have come of {n} changed decisions ({share}): no authority that did not have a case can be"
                " said to have done better or worse."
            ).format(n=number(found.total.unknown), share=share(found.total.unknown, found.total.changed))
        )
    if found.waiting:
        told.append(_("Messages that nobody has placed yet: {n}.").format(n=number(found.waiting)))
    return told


def _end(authority: str | None, names: Names) -> str:
    return _("a person in triage") if authority is None else names.authority(authority)


def _tables(found: ProposalBacktested, names: Names) -> list[SliceTable]:
    titles: dict[str, Callable[[str], str]] = {
        "region": names.region, "area": str, "channel": names.channel, "category": names.category,
    }  # fmt: skip
    tables = []
    for dimension, heading in DIMENSIONS.items():
        rows = [one for one in found.slices if one.dimension == dimension]
        shown = [(titles[dimension](one.name), one) for one in rows[:SHOWN]]
        if shown:
            tables.append(SliceTable(_(heading), shown, len(rows) - len(shown)))
    return tables
