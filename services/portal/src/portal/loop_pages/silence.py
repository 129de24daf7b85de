"""The loop silence in words: a day on which a region heard far less than it should."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from portal.formats import day_text, listed, number
from portal.language import N_, _
from portal.loop_pages.page import Data, Wording
from portal.loop_pages.unknown import AsWorded

MAX_NAMED = 8


class Quiet(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    """Of a category or channel; empty for the rare ones together."""
    count: int
    usual: float


class Numbers(BaseModel):
    """As the loop gives them with an alarm."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    region: str
    day: date
    categories: tuple[Quiet, ...] = ()
    channels: tuple[Quiet, ...] = ()


class SilencePage(AsWorded):
    title = N_("silence")
    settings: ClassVar[Mapping[str, str]] = {
        "p_value": N_("chance below which a day counts as silent"),
        "categories": N_("silent categories that make an alarm"),
        "channels": N_("silent channels that make an alarm"),
        "window_days": N_("days from which it learns what is usual"),
        "min_days": N_("like days that it must know, at least"),
        "min_dispersion": N_("spread of counts from day to day, at least"),
        "relearn_days": N_("silent days in a row after which quiet is usual"),
    }

    def finding(self, finding: Data, say: Wording) -> str:
        try:
            found = Numbers.model_validate(finding.get("numbers"))
        except ValidationError:
            return super().finding(finding, say)
        said = [
            _("{region} heard far less than usual on {day}.").format(
                region=say.names.region(found.region), day=day_text(found.day)
            )
        ]
        if found.categories:
            said.append(_("By category: {list}.").format(list=_list(found.categories, say.names.category)))
        if found.channels:
            said.append(_("By channel: {list}.").format(list=_list(found.channels, say.names.channel)))
            said.append(_("Check whether it still takes messages."))
        else:
            said.append(
                _(
                    "No one channel stands out: check what all of them share; else a storm or a feast keeps people"
                    " quiet."
                )
            )
        return " ".join(said)


PAGE = SilencePage()


def _list(quiet: Sequence[Quiet], title: Callable[[str], str]) -> str:
    shown = [
        _("{name} {n} (usually {usual})").format(
            name=title(q.name) if q.name else _("the rest"), n=number(q.count), usual=number(round(q.usual))
        )
        for q in quiet[:MAX_NAMED]
    ]
    more = len(quiet) - len(shown)
    return listed([*shown, *([_("{n} more").format(n=number(more))] if more > 0 else [])])
