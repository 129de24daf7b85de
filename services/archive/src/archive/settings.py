"""What the archive may be told."""

from __future__ import annotations

from pathlib import Path

from common.runtime.settings import Settings
from pydantic import Field


class ArchiveSettings(Settings):
    """As every process, and where it may write while it is asked something."""

    scratch: Path | None = Field(
        default=None, description="a folder for the past while it is asked; removed afterwards; None: the system's own"
    )
