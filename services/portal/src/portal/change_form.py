"""The form that proposes a gathered change: what it says, and the command that it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from common.contracts.events.base import Actor
from common.contracts.events.deliberation import TakeUpIdea
from common.contracts.events.rules import SETTLED_DAYS, TRANSFERS_AVOIDED, Forecast, ProposeChange
from common.contracts.patch import Patch

from portal.forms import Form, FormRefused
from portal.language import _
from portal.names import VALUES

IDEA = "idea"
"""The field that names the citizen's idea of which a change is made."""
SAID = (
    IDEA,
    "title",
    "words",
    "expected",
    "low",
    "high",
    "days",
    "needs_person",
    *(f"value.{name}" for name in VALUES),
)
"""Fields that are kept with the gathered change."""
DEFAULT_DAYS = 90
MAX_DAYS = 366
FORECAST = ("expected", "low", "high")


def said_in(fields: Mapping[str, str]) -> dict[str, str]:
    """What was typed, of all that the form holds."""
    return {name: fields[name] for name in SAID if fields.get(name)}


def proposed(actor: Actor, form: Form, patch: Patch, now: datetime) -> ProposeChange:
    """Raises FormRefused."""
    values = tuple(name for name in VALUES if form.text(f"value.{name}"))
    command = ProposeChange(
        actor=actor, proposal_id=form.identifier("proposal_id"),
        title=form.needed("title", _("Say in one line what shall change.")),
        words=form.needed("words", _("Say why it shall change, for those who decide.")),
        patch=patch, values=values, forecast=forecast_in(form, now), needs_person=bool(form.text("needs_person")),
    )  # fmt: skip
    if not values:
        raise FormRefused(_("Choose at least one aim that the change serves."), "values")
    return command


def taken_up(change: ProposeChange, idea: str) -> TakeUpIdea:
    """The same change, made of a citizen's idea."""
    return TakeUpIdea(
        actor=change.actor, idea_id=idea, proposal_id=change.proposal_id, title=change.title, words=change.words,
        patch=change.patch, values=change.values, forecast=change.forecast, needs_person=change.needs_person,
    )  # fmt: skip


def forecast_in(form: Form, now: datetime) -> Forecast | None:
    """What is expected; None where nothing was written. Raises FormRefused."""
    if not any(form.text(name) for name in FORECAST):
        return None
    expected, low, high = (_number(form, name) for name in FORECAST)
    if not low <= expected <= high:
        words = _("What is expected must lie between the lowest and the highest.")
        raise FormRefused(words, "expected")
    days = int(_number(form, "days")) if form.text("days") else DEFAULT_DAYS
    if not 1 <= days <= MAX_DAYS:
        words = _("A forecast is for 1 to {n} days.")
        raise FormRefused(words.format(n=MAX_DAYS), "days")
    # To the day: a form that is sent twice is one order.
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return Forecast(
        measure=TRANSFERS_AVOIDED, expected=expected, low=low, high=high, horizon_days=days,
        review_at=today + timedelta(days=1 + days + SETTLED_DAYS),
    )  # fmt: skip


def _number(form: Form, name: str) -> float:
    text = form.text(name).replace("\u2212", "-").replace(" ", "").replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < 1e9:
        raise FormRefused(_("Write a number here, or leave the whole forecast empty."), name)
    return value
