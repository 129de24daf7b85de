"""How long a case waits for its citizen's reply, and what follows then."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

WaitEnd = Literal["goes_on", "closes"]
"""Without a reply in time: work goes on without it; or the case is closed."""


class WaitingTerms(BaseModel):
    """By the rules that placed the case; working minutes of the region's calendar, from when the question reached the
    citizen."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    remind_minutes: int = Field(default=0, ge=0)
    """0: nobody is reminded."""
    term_minutes: int = Field(ge=1)
    then: WaitEnd
