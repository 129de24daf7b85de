"""The words of others that somebody judges, by the numbers under which they are published in their proposal."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

MOST_JUDGED = 200
"""By one record, with one verdict."""
Judged = Annotated[tuple[Annotated[int, Field(ge=1, le=2**53)], ...], Field(max_length=MOST_JUDGED)]
