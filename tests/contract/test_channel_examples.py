"""The programs of `otklik channel new` name only what is there: types, fields, headers and variables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from common.contracts.catalogue import TOPICS
from common.contracts.envelope import OWN_NAMES
from common.contracts.events import channel
from common.contracts.events.base import Place
from otklik.channel_new import ACCESS_FILE, EXAMPLES, LANGUAGES
from provision.channel_access import Access
from pydantic import BaseModel

SOURCES = {
    "python": "python/channel.py", "node": "node/channel.js", "go": "go/main.go",
    "java": "java/src/main/java/Channel.java",
}  # fmt: skip
FIELDS = {
    "python": r""""(\w+)": |\["([a-z_]+)"\]|\.get\("([a-z_]+)"\)""",
    "node": r"""'(\w+)':|(?<!\.)\b(?:notice|rejection)\.(\w+)""",
    "go": r'json:"(\w+)',
    "java": r"""\b(?:put|path|of|header)\((?:taken, )?\s*"(\w+)\"""",
}
"""How a program names a field of a body, or a header, in its language."""
MODELS: tuple[type[BaseModel], ...] = (
    channel.MessageReceived, channel.VerdictReceived, channel.NoticeIssued, channel.ProposalNoticeIssued,
    channel.NoticeDelivered, channel.RecordRejected, channel.Contact, Place,
)  # fmt: skip
NEEDED = (channel.MessageReceived, channel.VerdictReceived, channel.NoticeDelivered, channel.Contact)
OPTIONS = {"partitioner"}
"""Of a client, which look like fields."""
OF_ITS_OWN = {"CHANNEL_ENV", "OTKLIK_KAFKA_CA", "EXAMPLE_CATEGORY", "EXAMPLE_LAT", "EXAMPLE_LON", "EXAMPLE_SENT_AT"}


def source(language: str) -> str:
    return (EXAMPLES / SOURCES[language]).read_text()


def fields(language: str) -> set[str]:
    return {name for found in re.finditer(FIELDS[language], source(language)) for name in found.groups() if name}


def test_there_is_an_example_in_each_language_that_is_offered() -> None:
    assert set(SOURCES) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_types_are_those_of_the_channels_topics(language: str) -> None:
    known = {kind.type for row in TOPICS if row.template.startswith("channel.") for kind in row.types}
    named = set(re.findall(r"channel\.[a-z_]+\.[a-z_.]+\.v\d", source(language)))
    assert named <= known
    assert {m.type for m in (channel.MessageReceived, channel.NoticeIssued, channel.NoticeDelivered)} <= named


@pytest.mark.parametrize("language", LANGUAGES)
def test_fields_are_those_of_the_models_and_none_that_is_needed_is_missing(language: str) -> None:
    known = {name for model in MODELS for name in model.model_fields}
    assert fields(language) - OWN_NAMES - OPTIONS <= known
    needed = {name for model in NEEDED for name, field in model.model_fields.items() if field.is_required()}
    assert needed <= fields(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_headers_are_those_that_are_read(language: str) -> None:
    named = set(re.findall(r"['\"](ce_\w+)['\"]", source(language)))
    assert named <= OWN_NAMES
    assert {"ce_type", "ce_id"} <= named


@pytest.mark.parametrize("document", [*SOURCES.values(), "README.md"])
def test_variables_are_those_of_the_file_of_access(document: str) -> None:
    access = Access("broker:9092", "otklik", "pigeon-post", "secret", edges="https://edges")
    named = set(re.findall(r"\b(?:OTKLIK|EXAMPLE|CHANNEL)_[A-Z_]*[A-Z]\b", (EXAMPLES / document).read_text()))
    assert named <= set(access.variables()) | OF_ITS_OWN


def test_the_file_of_access_is_kept_out_of_version_control() -> None:
    assert ACCESS_FILE in Path(EXAMPLES / "gitignore").read_text().split()
