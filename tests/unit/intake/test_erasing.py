"""Who may erase a citizen, and when there is nothing to erase."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from common.contracts.events.base import Actor
from common.contracts.events.intake import CitizenErased, EraseCitizen
from common.contracts.refusals import Reason
from common.contracts.rights import INSTALLATION
from intake.erasing import KnownCitizen, erase

from tests.deliberations import CENTRE, EXPERT, NORTH, OPERATOR, Country

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
KNOWN = KnownCitizen(present=True, erased_before=False)


def ordered(by: Actor, principal: str = "portal", known: KnownCitizen = KNOWN) -> CitizenErased | Reason:
    return erase(Country(), EraseCitizen(actor=by, citizen="anna"), principal, known, NOW)


def code(found: object) -> str:
    assert isinstance(found, Reason)
    return found.code


def test_the_centre_and_the_installation_erase_a_citizen() -> None:
    for by, principal in ((CENTRE.actor, "portal"), (INSTALLATION, "operator")):
        found = ordered(by, principal)
        assert found == CitizenErased(citizen="anna", actor=by.id, erased_at=NOW)


@pytest.mark.parametrize("person", [NORTH, OPERATOR, EXPERT], ids=lambda p: p.id)
def test_nobody_else_does(person: object) -> None:
    assert code(ordered(person.actor)) == "role_not_allowed"  # type: ignore[attr-defined]


def test_nobody_but_the_operator_speaks_for_the_installation_and_the_operator_for_nobody_else() -> None:
    assert code(ordered(INSTALLATION, "portal")) == "principal_not_allowed"
    assert code(ordered(CENTRE.actor, "operator")) == "principal_not_allowed"
    assert code(ordered(CENTRE.actor.model_copy(update={"id": "nobody"}))) == "role_not_held"


def test_who_is_erased_or_unknown_is_not_erased_again_unless_they_have_spoken_since() -> None:
    again = KnownCitizen(present=False, erased_before=True)
    assert code(ordered(CENTRE.actor, known=again)) == "erased_already"
    assert code(ordered(CENTRE.actor, known=KnownCitizen(present=False, erased_before=False))) == "no_such_citizen"
    assert isinstance(ordered(CENTRE.actor, known=KnownCitizen(present=True, erased_before=True)), CitizenErased)
