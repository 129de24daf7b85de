"""The composition root of intake."""

from __future__ import annotations

from pathlib import Path

from common.messaging.release_cache import Releases
from common.rulebook.release import NATIONAL
from common.runtime.context import Context
from common.runtime.service import ServiceSpec, main

from intake.border import Border
from intake.categories import Categories, KnownCategories
from intake.domain import IntakeRules
from intake.edge import FORMS, Edge
from intake.edge_key import EdgeKey
from intake.handlers import IntakeHandler
from intake.phrasing import Phrasing
from intake.rejections import Rejections
from intake.vault import Vault, read_key, read_keys

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def build(context: Context) -> ServiceSpec:
    settings, releases = context.settings, Releases()
    vault_key = settings.vault_key.get_secret_value() if settings.vault_key else None
    pseudonym_key = settings.pseudonym_key.get_secret_value() if settings.pseudonym_key else None
    older = settings.vault_older_keys.get_secret_value() if settings.vault_older_keys else None
    edge_secret = settings.edge_key.get_secret_value() if settings.edge_key else None
    pseudonyms = read_key("OTKLIK_PSEUDONYM_KEY", pseudonym_key)
    edge_key = EdgeKey(read_key("OTKLIK_EDGE_KEY", edge_secret)) if edge_secret else EdgeKey.following(pseudonyms)
    vault = Vault(
        read_key("OTKLIK_VAULT_KEY", vault_key),
        pseudonyms,
        read_keys("OTKLIK_VAULT_OLDER_KEYS", older),
    )
    federation = context.federation
    categories = Categories(releases, [NATIONAL, *(r.id for r in federation.regions)])
    handler = IntakeHandler(
        vault,
        edge_key,
        Border(vault, edge_key, frozenset(c.id for c in federation.channels)),
        IntakeRules(categories=KnownCategories(federation, categories), language=federation.languages[0]),
        Phrasing(federation, releases),
        Rejections(context.installation, categories),
        time=settings.time,
    )
    edge = Edge(context, releases, edge_key, vault.thread)
    return ServiceSpec(
        "intake", handler, MIGRATIONS, releases=releases, seals=vault, routes=edge.routes(), error_forms=FORMS,
        background=[edge.forget_old_keys],
    )  # fmt: skip


if __name__ == "__main__":
    main(build)
