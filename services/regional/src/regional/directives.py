"""What the federal centre orders about a case."""

from __future__ import annotations

from common.contracts.case_life import OPEN
from common.contracts.events import federal, region
from common.contracts.refusals import Reason

from regional.case import Case, Refused
from regional.transition import Transition


def receive(case: Case, event: federal.DirectiveIssued, step: Transition) -> None:
    """Note a directive; if the case has come to its end already, say so at once."""
    if event.directive_id in case.directives:
        raise Refused(Reason("directive_known", f"directive {event.directive_id!r} is known already"))
    step.to(directives=(*case.directives, event.directive_id))
    step.say(region.DirectiveReceived, "federal", directive_id=event.directive_id, reason=event.demand)
    if case.state not in OPEN:
        step.fulfil_directives("system", f"the case was {case.state} before the directive came")


def drop(case: Case, event: federal.DirectiveWithdrawn, step: Transition) -> None:
    """A directive that the centre took back binds no more; the centre itself has said so."""
    step.to(directives=tuple(d for d in case.directives if d != event.directive_id))
