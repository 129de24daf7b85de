"""The composition root of intake."""

from __future__ import annotations

from pathlib import Path

from common.federation.language_of_words import LanguageOfWords
from common.messaging.release_cache import Releases
from common.rulebook.release import NATIONAL
from common.runtime.context import Context
from common.runtime.key_setting import read_key, read_keys
from common.runtime.service import ServiceSpec, main

from intake.address import Addresses
from intake.border import Border
from intake.categories import Categories, KnownCategories
from intake.conversation_rules import ConversationRules
from intake.domain import IntakeRules
from intake.handlers import IntakeHandler, OrderCheck
from intake.name_model import NatashaNames
from intake.phrasing import Phrasing
from intake.redaction import redact
from intake.rejections import Rejections
from intake.second_pass import SecondPass
from intake.settings import IntakeSettings
from intake.vault import Vault

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def build(context: Context[IntakeSettings]) -> ServiceSpec:
    settings, releases, federation = context.settings, Releases(), context.federation
    vault = Vault(
        read_key("OTKLIK_VAULT_KEY", settings.vault_key.get_secret_value()),
        read_key("OTKLIK_PSEUDONYM_KEY", settings.pseudonym_key.get_secret_value()),
        read_keys("OTKLIK_VAULT_OLDER_KEYS", settings.vault_older_keys),
        Addresses(federation.country),
    )
    second_pass = None if settings.names_model == "off" else SecondPass(NatashaNames())
    categories = Categories(releases, [NATIONAL, *(r.id for r in federation.regions)])
    handler = IntakeHandler(
        vault,
        Border(vault, context.verifier, frozenset(c.id for c in federation.channels)),
        IntakeRules(
            category=KnownCategories(federation, categories),
            language=federation.languages[0],
            language_of_words=LanguageOfWords(federation.languages),
            redact=redact if second_pass is None else second_pass.redact,
        ),
        Phrasing(federation, releases),
        Rejections(context.installation, categories),
        OrderCheck(federation, context.verifier.check, context.installation),
        ConversationRules(releases).at,
        federation,
        time=settings.time,
        second_pass=second_pass,
    )
    return ServiceSpec("intake", handler, MIGRATIONS, releases=releases, seals=vault)


if __name__ == "__main__":
    main(build, IntakeSettings)
