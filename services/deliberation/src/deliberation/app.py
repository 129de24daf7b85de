"""The composition root of deliberation."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from common.messaging.release_cache import Releases
from common.runtime.context import Context
from common.runtime.key_setting import read_key
from common.runtime.service import ServiceSpec, main

from deliberation.group_finder import GroupFinder
from deliberation.handlers import DeliberationHandler
from deliberation.pseudonyms import Pseudonyms
from deliberation.settings import DeliberationSettings

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def build(context: Context[DeliberationSettings]) -> ServiceSpec:
    releases = Releases()
    names = Pseudonyms(read_key("OTKLIK_VOICE_KEY", context.settings.voice_key.get_secret_value()))
    finder = GroupFinder(names)
    handler = DeliberationHandler(context.federation, releases.book, context.verifier.check, names, finder=finder)
    return ServiceSpec(
        "deliberation", handler, MIGRATIONS, releases=releases,
        background=[partial(finder.run, context.pool, context.works.watch("find_opinion_groups"))],
    )  # fmt: skip


if __name__ == "__main__":
    main(build, DeliberationSettings)
