"""From a checked proposal to an open deliberation, and to its end. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from common.contracts.events.deliberation import (
    Burst,
    CountWithoutBursts,
    DeliberationClosed,
    DeliberationOpened,
    StandingConsentUsed,
)
from common.contracts.events.rules import ProposalChecked
from common.contracts.frozen import value

from deliberation.closing import both, closing, groups_without, role_counts
from deliberation.model import Deliberation, Tally
from deliberation.terms import Asked, Consent


@value
class Step:
    """The proposal afterwards, and what is published about how it goes on."""

    deliberation: Deliberation
    event: DeliberationOpened | StandingConsentUsed | None = None


@value
class End:
    """The proposal afterwards, and what its deliberation came to, where it is closed."""

    deliberation: Deliberation
    event: DeliberationClosed | None = None


def checked(proposal: ProposalChecked, reference: str) -> Deliberation:
    return Deliberation(
        proposal.proposal_id, reference, "checked", proposal.title, proposal.words, proposal.patch, proposal.values,
        proposal.actor, proposal.loop, proposal.author_citizen, proposal.needs_person,
    )  # fmt: skip


def opening(
    deliberation: Deliberation, consent: Consent | None, asked: Asked | None, now: datetime, concerned: int = 0
) -> Step:
    """What becomes of a proposal that was checked and backtested: it passes unasked, is argued about, or nothing is
    asked. A proposal that needs a person's decision passes by no consent."""
    if consent is not None and not deliberation.needs_person:
        used = StandingConsentUsed(
            proposal_id=deliberation.proposal_id, layer=consent.layer, consent=consent.row_id,
            release=consent.release, given_by=consent.given_by, until=consent.until, used_at=now,
        )  # fmt: skip
        return Step(replace(deliberation, stage="passed"), used)
    if asked is None:
        return Step(replace(deliberation, stage="unasked"))
    until, latest = now + timedelta(days=asked.term_days), now + timedelta(days=asked.longest_days)
    opened = DeliberationOpened(
        proposal_id=deliberation.proposal_id, reference=deliberation.reference, layer=deliberation.layer,
        title=deliberation.title, terms=asked.terms, opened_at=now, until=until, latest=latest, concerned=concerned,
        told=min(concerned, asked.terms.told_at_most),
    )  # fmt: skip
    after = replace(
        deliberation, stage="open", terms=asked.terms, opened_at=now, until=until, latest=latest
    )  # fmt: skip
    return Step(after, opened)


def is_due(deliberation: Deliberation, now: datetime) -> bool:
    """Whether the term is over, and all that was said before `now` is known."""
    open_or_waiting = deliberation.stage in ("open", "waiting")
    return open_or_waiting and deliberation.until is not None and deliberation.until < now


def ending(
    deliberation: Deliberation,
    tallies: Sequence[Tally],
    bursts: tuple[Burst, ...],
    now: datetime,
    *,
    last_chance: bool,
    group_aware: float | None = None,
    without: Sequence[Tally] | None = None,
) -> End:
    """At the end of the term: the outcome, or, unless this is the `last_chance`, that answers are awaited.

    `group_aware` is the least share of support over the opinion groups; None where there are no groups. `without` are
    the tallies with the voices of bursts set aside; None where there are none.
    """
    terms = deliberation.terms
    assert terms is not None
    found = closing(terms, tallies, last_chance=last_chance, group_aware=group_aware)
    other = None
    if without is not None:
        share = groups_without(tallies, without, group_aware)
        other = closing(terms, without, last_chance=last_chance, group_aware=share)
        found = both(found, other)
    if found is None:
        return End(replace(deliberation, stage="waiting"))
    by_groups = terms.formula == "group_aware" and group_aware is not None
    closed = DeliberationClosed(
        proposal_id=deliberation.proposal_id, outcome=found.outcome, reason=found.reason,
        judged_by="group_aware" if by_groups else "majority", least_support=group_aware if by_groups else None,
        without_bursts=None if other is None or without is None else CountWithoutBursts(
            outcome=other.outcome, reason=other.reason, counts=role_counts(terms, without),
            objections=sum(t.object for t in without), unanswered=sum(t.unanswered for t in without),
        ),
        counts=role_counts(terms, tallies), objections=sum(t.object for t in tallies),
        unanswered=sum(t.unanswered for t in tallies), bursts=bursts, last_number=deliberation.last_number,
        closed_at=now,
    )  # fmt: skip
    return End(replace(deliberation, stage=found.outcome), closed)


def withdrawal(deliberation: Deliberation, tallies: Sequence[Tally], bursts: tuple[Burst, ...], now: datetime) -> End:
    """The author took the proposal back: where it was argued about, that is closed."""
    after = replace(deliberation, stage="withdrawn")
    if deliberation.stage not in ("open", "waiting") or deliberation.terms is None:
        return End(after)
    closed = DeliberationClosed(
        proposal_id=deliberation.proposal_id, outcome="withdrawn", reason="withdrawn",
        counts=role_counts(deliberation.terms, tallies), objections=sum(t.object for t in tallies),
        unanswered=sum(t.unanswered for t in tallies), bursts=bursts, last_number=deliberation.last_number,
        closed_at=now,
    )  # fmt: skip
    return End(after, closed)
