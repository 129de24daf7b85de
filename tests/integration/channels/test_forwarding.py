"""A case goes to the authority's own Open311 endpoint, and what that says becomes the orders of its desk."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs

import channels.app
import regional.app
from common.contracts.events import region
from common.contracts.mandates import Mandates
from common.runtime.http.app import HttpServer
from common.runtime.service import Service
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.conftest import Ground
from tests.integration.channels.test_load_of_others import said
from tests.integration.messaging.test_wrong_ticks import DAY, assigned
from tests.kafka import records_of, types_of

FEDERATION = Path("tests/federation")


class FakeEndpoint:
    """GeoReport v2 as an authority that gives tokens speaks it; away at the first report."""

    def __init__(self) -> None:
        self.posted: list[dict[str, str]] = []
        self.calls = 0
        self.status, self.notes = "open", ""
        self.server = HttpServer(
            "127.0.0.1",
            0,
            [
                Route("/v2/requests.xml", self._post, methods=["POST"]),
                Route("/v2/requests.xml", self._list),
                Route("/v2/tokens/t-1.xml", self._token),
            ],
        )

    async def _post(self, request: Request) -> Response:
        self.calls += 1
        if self.calls == 1:
            return Response(status_code=503)
        fields = parse_qs((await request.body()).decode())
        self.posted.append({name: values[0] for name, values in fields.items()})
        return self._xml("<token>t-1</token>")

    async def _token(self, _: Request) -> Response:
        return self._xml("<service_request_id>77</service_request_id><token>t-1</token>")

    async def _list(self, request: Request) -> Response:
        assert request.query_params["service_request_id"] == "77"
        return self._xml(
            f"<service_request_id>77</service_request_id><status>{self.status}</status>"
            f"<status_notes>{self.notes}</status_notes>"
        )

    def _xml(self, fields: str) -> Response:
        body = f'<?xml version="1.0" encoding="utf-8"?><service_requests><request>{fields}</request></service_requests>'
        return Response(body, media_type="text/xml")


async def test_a_case_goes_to_the_endpoint_of_its_authority_and_its_answer_comes_back(
    ground: Ground, tmp_path: Path
) -> None:
    fake = FakeEndpoint()
    await fake.server.start()
    folder = tmp_path / "federation"
    shutil.copytree(FEDERATION, folder)
    listed = (folder / "authorities.yaml").read_text().splitlines()
    listed[1] = (
        "- {id: yard-02, title: Yard 02, regions: [north], acceptance: by_hand, open311: {url: "
        f'"http://127.0.0.1:{fake.server.port}/v2", jurisdiction_id: yard.gov, service_codes: {{pothole: "H-7"}}}}}}'
    )
    (folder / "authorities.yaml").write_text("\n".join(listed))
    given = {"forwarding_keys": "yard-02=KEY", "forwarding_seconds": 0.2}
    services = [
        Service(ground.settings("channels", federation=folder, **given), channels.app.build),
        Service(ground.settings("regional-north", federation=folder, time="wall"), regional.app.build),
    ]
    mandates = Mandates.load(ground.keys)
    assert mandates is not None
    now = datetime.now(UTC)
    theirs, others = (
        assigned("theirs", now, DAY).model_copy(update={"authority": "yard-02"}),
        assigned("other", now, DAY),
    )
    try:
        await asyncio.gather(*(one.start() for one in services))
        given_cases = [(one.case_id, one, mandates.of(one.case_id, "north")) for one in (others, theirs)]
        await said(ground, "routing", "region.north.assignments", given_cases, at=now)

        await records_of(ground, "world", "region.north.cases", 4)
        fake.notes = "A crew is on its way"
        await records_of(ground, "world", "region.north.cases", 5)
        fake.status, fake.notes = "closed", "Filled &amp; sealed."
        told = await records_of(ground, "world", "region.north.cases", 6)
    finally:
        await asyncio.gather(*(one.stop() for one in services))
        await fake.server.stop()
    own = [record for record in told if record.key == b"theirs"]
    assert types_of(own) == [
        region.CaseOpened.type, region.CaseAccepted.type, region.WorkStarted.type, region.CaseAnswered.type,
    ]  # fmt: skip
    answer = region.CaseAnswered.model_validate_json(own[3].value or b"")
    assert (answer.actor, answer.text) == ("desk:yard-02", "Yard 02: Filled & sealed.")
    assert fake.posted == [
        {"api_key": "KEY", "jurisdiction_id": "yard.gov", "service_code": "H-7", "description": "A hole\n(THEIRS)"}
    ]
