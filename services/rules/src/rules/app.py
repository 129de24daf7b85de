"""The composition root of the rulebook's owner."""

from __future__ import annotations

from pathlib import Path

from common.runtime.context import Context
from common.runtime.service import ServiceSpec, main

from rules.handlers import RulesHandler
from rules.settings import RulesSettings

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def build(context: Context[RulesSettings]) -> ServiceSpec:
    """It publishes the base releases itself, so it reads none."""
    return ServiceSpec("rules", RulesHandler(context.federation, context.verifier.check), MIGRATIONS)


if __name__ == "__main__":
    main(build, RulesSettings)
