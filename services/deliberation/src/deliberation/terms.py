"""What a proposal must pass, by the rulebook in force when it would be opened. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from common.contracts.events.deliberation import DeliberationTerms, VoiceRole
from common.contracts.frozen import value
from common.contracts.patch import Patch
from common.rulebook import NATIONAL, Rulebook
from common.rulebook.about_changes import DELIBERATION, STANDING_CONSENT, consent_inputs, deliberation_inputs
from common.rulebook.jdm import rows_of
from common.rulebook.trial import NO_UNIT

ROLES: tuple[VoiceRole, ...] = ("citizen", "expert", "organisation", "region", "federal")


@value
class Asked:
    """The terms, and how long is argued."""

    terms: DeliberationTerms
    term_days: float
    longest_days: float


@value
class Consent:
    """A row of `standing_consent` that lets a proposal pass."""

    layer: str
    """Whose row it is."""
    row_id: str
    release: str
    given_by: str
    until: str


def asked(nation: Rulebook, patch: Patch) -> Asked | None:
    """The row of table `deliberation` for a patch; None where nothing is asked.

    By the nation's rules alone: a region cannot ask less of itself.
    """
    found = nation.decide(DELIBERATION, deliberation_inputs(patch), NO_UNIT)
    if found is None:
        return None
    said = found.outputs
    named = str(said["speakers"]).split()
    terms = DeliberationTerms(
        row_id=found.because[-1].row_id,
        release=nation.release,
        speakers=tuple(role for role in ROLES if role in named),
        quorum={role: int(said[f"quorum_{role}"]) for role in ROLES},
        support_percent=float(said["support_percent"]),
        formula="group_aware" if said["formula"] == "group_aware" else "majority",
        told_at_most=int(said["told_at_most"]),
    )
    term = float(said["term_days"])
    return Asked(terms, term, max(term, float(said["longest_days"])))


def consent(
    rules: Rulebook, patch: Patch, loop: str | None, now: datetime, revoked: Collection[tuple[str, str]]
) -> Consent | None:
    """The standing consent by which a patch passes unasked, or None.

    `revoked` holds (layer, row): revoked for all proposals by the layer whose row it is, or for those of one region.
    A consent holds on the whole day of `until`, in UTC.
    """
    found = rules.decide(STANDING_CONSENT, consent_inputs(patch, loop), NO_UNIT)
    if found is None or found.outputs["passes"] is not True:
        return None
    row = found.because[-1]
    until = str(found.outputs["until"])
    try:
        last = date.fromisoformat(until)
    except ValueError:
        return None
    if now.date() > last or {(row.layer, row.row_id), (patch.layer, row.row_id)} & set(revoked):
        return None
    return Consent(row.layer, row.row_id, rules.release, str(found.outputs["given_by"]), until)


def consents_of(rules: Rulebook, layer: str) -> frozenset[str]:
    """The ids of the consents that can be revoked on a layer: its own, and the nation's for a region."""
    documents = [rules.tables(one).get(STANDING_CONSENT) for one in {NATIONAL, layer}]
    return frozenset(
        row for document in documents if document is not None for row, _ in rows_of(STANDING_CONSENT, document)
    )
