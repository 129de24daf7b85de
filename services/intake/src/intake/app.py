"""The composition root of intake."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from common.contracts.scripts import CYRILLIC, script_of
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
from intake.day_rules import DayRules
from intake.domain import IntakeRules
from intake.forgetting import CLEANING_SECONDS, Remembered, forget_old
from intake.given_names import given_names
from intake.handlers import IntakeHandler, OrderCheck
from intake.name_model import NamesLater, NatashaNames
from intake.phrasing import Phrasing
from intake.redaction import redact
from intake.rejections import Rejections
from intake.second_pass import SecondPass
from intake.settings import IntakeSettings
from intake.vault import Vault
from intake.warning_news import WarningRules

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def build(context: Context[IntakeSettings]) -> ServiceSpec:
    settings, releases, federation = context.settings, Releases(), context.federation
    vault = Vault(
        read_key("OTKLIK_VAULT_KEY", settings.vault_key.get_secret_value()),
        read_key("OTKLIK_PSEUDONYM_KEY", settings.pseudonym_key.get_secret_value()),
        read_keys("OTKLIK_VAULT_OLDER_KEYS", settings.vault_older_keys),
        Addresses(federation.country),
    )
    names = names_model(settings, federation.languages)
    given = given_names() if settings.names_english else None
    second_pass = SecondPass(names, given) if names is not None or given is not None else None
    categories = Categories(releases, [NATIONAL, *(r.id for r in federation.regions)])
    remembered = Remembered(settings.told_days)
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
        DayRules(releases, federation.languages),
        federation,
        WarningRules(releases).at,
        time=settings.time,
        second_pass=second_pass,
        remembered=remembered,
    )
    return ServiceSpec(
        "intake", handler, MIGRATIONS, releases=releases, seals=vault,
        warnings=names.problems if names is not None else None,
        background=[
            context.works.periodically(
                "forget_what_was_told", CLEANING_SECONDS, partial(forget_old, context.pool, remembered)
            )
        ],
    )  # fmt: skip


def names_model(settings: IntakeSettings, languages: Sequence[str]) -> NamesLater | None:
    """None where none is asked for, and where no language of the federation is written in the letters that it reads."""
    if settings.names_model == "off":
        return None
    if not any(script_of(language) == CYRILLIC for language in languages):
        log.info("no language of the federation is written in Cyrillic: the model of names is not loaded")
        return None
    return NamesLater(NatashaNames)


if __name__ == "__main__":
    main(build, IntakeSettings)
