"""What the edges publish of themselves: schemathesis makes requests from their OpenAPI documents, and finds no answer
that these do not tell of."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.conftest import Ground
from tests.integration.channels.test_edge import edge

DOCUMENTS = ("/v1/openapi.json", "/open311/v2/openapi.json")
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip
EXAMPLES = 5
"""Of each call, as many that fit its schema as that do not; always the same ones."""


def attack(address: str) -> int:
    """How many requests were made."""
    made = 0
    bounded = settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    for path in DOCUMENTS:
        schema = schemathesis.openapi.from_url(f"{address}{path}")
        for found in schema.get_all_operations():
            assert isinstance(found, Ok)
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

                @bounded
                @given(case=found.ok().as_strategy(generation_mode=mode))
                def answered(case: schemathesis.Case[Any]) -> None:
                    nonlocal made
                    made += 1
                    case.call_and_validate(checks=CHECKS)

                answered()
    return made


async def test_no_edge_gives_an_answer_that_its_openapi_document_does_not_tell_of(
    ground: Ground, tmp_path: Path
) -> None:
    async with edge(ground, http_rate=0, attachments=tmp_path.as_uri()) as (http, _):
        made = await asyncio.to_thread(attack, str(http.base_url).rstrip("/"))
    assert made > EXAMPLES * 2 * 10
