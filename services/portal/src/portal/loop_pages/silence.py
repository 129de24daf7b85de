"""The loop silence in words: a region that heard far less than it should."""

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
    """Of a channel, or of a category where whole days were judged; empty for all of them, or for the rare ones."""
    count: int
    usual: float
    hours: int = 24


class Numbers(BaseModel):
    """As the loop gives them with an alarm."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    region: str
    day: date
    together: Quiet | None = None
    """All cases of the region."""
    categories: tuple[Quiet, ...] = ()
    """Only where whole days were judged."""
    channels: tuple[Quiet, ...] = ()


class SilencePage(AsWorded):
    title = N_("silence")
    settings: ClassVar[Mapping[str, str]] = {
        "chance": N_("chance of an error at one look, shared among all regions and channels"),
        "channel_share": N_("share of what is usual below which a channel is silent"),
        "region_share": N_("share of what is usual below which a region is silent"),
        "window_days": N_("days from which it learns what is usual"),
        "min_days": N_("like days that it must know, at least"),
        "level_days": N_("last days by which it sees whether less is usual now"),
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
        if found.together is not None:
            said.append(_("All channels: {what}.").format(what=_counted(found.together)))
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
    shown = [f"{title(q.name) if q.name else _('the rest')} {_counted(q)}" for q in quiet[:MAX_NAMED]]
    more = len(quiet) - len(shown)
    return listed([*shown, *([_("{n} more").format(n=number(more))] if more > 0 else [])])


def _counted(quiet: Quiet) -> str:
    return _("{n} in {hours} hours (usually {usual})").format(
        n=number(quiet.count), hours=number(quiet.hours), usual=number(round(quiet.usual))
    )
