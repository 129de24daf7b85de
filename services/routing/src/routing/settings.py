"""What routing may be told."""

from __future__ import annotations

from pathlib import Path

from common.runtime.settings import Settings
from pydantic import Field


class RoutingSettings(Settings):
    """As every process, and where its models are."""

    models: Path | None = Field(default=None, description="folder of models; the federation's `models` by default")

    @property
    def models_folder(self) -> Path:
        """Where each model lies, as `<version>.model`."""
        return self.models or self.federation / "models"
