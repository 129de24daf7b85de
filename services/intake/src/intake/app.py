"""The composition root of intake."""

from __future__ import annotations

from pathlib import Path

from common.context import Context
from common.releases import Releases
from common.service import ServiceSpec, main

from intake.edge import Edge
from intake.handlers import IntakeHandler
from intake.vault import Vault, read_key

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def build(context: Context) -> ServiceSpec:
    settings, releases = context.settings, Releases()
    vault_key = settings.vault_key.get_secret_value() if settings.vault_key else None
    pseudonym_key = settings.pseudonym_key.get_secret_value() if settings.pseudonym_key else None
    vault = Vault(read_key("OTKLIK_VAULT_KEY", vault_key), read_key("OTKLIK_PSEUDONYM_KEY", pseudonym_key))
    return ServiceSpec(
        "intake", IntakeHandler(vault, releases), MIGRATIONS, releases=releases, routes=Edge(context).routes()
    )


if __name__ == "__main__":
    main(build)
