"""A typed change of rows of one table, against a base release."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Cells = dict[str, str]
"""The cells of one row as text, by column name."""


class RowChange(BaseModel):
    """Set, add or remove one row; cells are text by column name, `at` is where an added row goes (0: first)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    op: Literal["set", "add", "remove"]
    row_id: str = Field(min_length=1, max_length=200)
    before: Cells | None = None
    after: Cells | None = None
    at: int | None = None


class Patch(BaseModel):
    """Changes of one table of one layer, against a base release."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    layer: str
    base_number: int
    table: str
    changes: tuple[RowChange, ...] = Field(max_length=500)
