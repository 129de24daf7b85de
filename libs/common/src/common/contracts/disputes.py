"""Cases that go to and fro: how often they may, and who decides then whose they are."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Arbiter = Literal["region", "federal"]
"""Between authorities of one region an operator or the head of it; between regions the federal centre."""


class TransferLimits(BaseModel):
    """By the rules that placed the case: how often it may be passed on before the arbiter decides."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    authorities: int = Field(ge=0)
    """Inside one region, since the case came to it."""
    regions: int = Field(ge=0)
    """Between regions, in all."""
