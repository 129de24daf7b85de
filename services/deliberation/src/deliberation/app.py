"""The composition root of deliberation."""

from __future__ import annotations

from pathlib import Path

from common.runtime.context import Context
from common.runtime.service import ServiceSpec, main

from deliberation.handlers import DeliberationHandler
from deliberation.settings import DeliberationSettings

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def build(context: Context[DeliberationSettings]) -> ServiceSpec:
    return ServiceSpec("deliberation", DeliberationHandler(), MIGRATIONS)


if __name__ == "__main__":
    main(build, DeliberationSettings)
