"""GeoReport v2, what may be asked: discovery, services, service requests, numbers of tokens."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request

from channels import service_request_store as store
from channels.adapters.open311 import records
from channels.adapters.open311.api_keys import ApiKeys
from channels.adapters.open311.discovery import discovery
from channels.adapters.open311.jurisdiction import must_be_served, parameters
from channels.adapters.open311.known_services import KnownServices
from channels.adapters.open311.query import asked_requests, named_requests
from channels.adapters.open311.services import service_definition, service_list
from channels.bodies import Refused
from channels.case_state import ENDED
from channels.edge import Edge
from channels.service_request_store import ListedRequest

ENDPOINT = "open311/v2"


class Lookup:
    """What anybody is told who asks."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._zone = ZoneInfo(edge.federation.timezone)
        self._services = KnownServices(edge.federation, edge.releases)
        read = (edge.federation.folder / "categories.yaml").stat().st_mtime
        self._changed_at = datetime.fromtimestamp(read, UTC)

    async def discovery(self, request: Request) -> Any:
        edge = self._edge
        return discovery(
            edge.federation.title, f"{request.base_url.replace(path='/')}{ENDPOINT}", self._changed_at,
            contact=edge.settings.open311_contact, keyed=ApiKeys(edge.settings, edge.key, edge.limits).asked,
        )  # fmt: skip

    async def services(self, request: Request) -> Any:
        self._asked(request)
        return service_list(self._edge.federation.categories)

    async def service_definition(self, request: Request) -> Any:
        self._asked(request)
        code = self._services.code_of(request.path_params["code"], await self._edge.now())
        category = self._edge.federation.category(code)
        if category is None:
            raise Refused(404, "there is no such service_code")
        return service_definition(category)

    async def requests(self, request: Request) -> Any:
        """Newest first; numbers that are named override all else."""
        pairs = self._asked(request)
        named = named_requests(pairs)
        if named is not None:
            return self._shown(await self._edge.query(lambda pool: store.named(pool, named)))
        asked = asked_requests(pairs, await self._edge.now(), self._zone)
        ended = None if asked.status is None else asked.status == "closed"
        found = await self._edge.query(
            lambda pool: store.listed(
                pool, asked.since, asked.before, asked.service_codes, ENDED, ended,
                skipped=asked.skipped, most=asked.page_size,
            )
        )  # fmt: skip
        return self._shown(found)

    async def request(self, request: Request) -> Any:
        """By the number that POST returned, from then on."""
        self._asked(request)
        number = request.path_params["id"]
        found = await self._edge.ask(lambda pool, name: store.named(pool, [name]), number)
        if not found:
            raise Refused(404, "there is no such service_request_id")
        return self._shown(found)

    async def token(self, request: Request) -> Any:
        """The number of the case that a posted report became."""
        self._asked(request)
        token = request.path_params["token"]
        number = await self._edge.ask(store.reference_of_token, token)
        if number is None:
            raise Refused(404, "there is no such token, or its report is still on its way: ask again")
        return [{"service_request_id": number, "token": token}]

    def _asked(self, request: Request) -> list[tuple[str, str]]:
        pairs = parameters(request)
        must_be_served(self._edge, dict(pairs))
        return pairs

    def _shown(self, found: list[ListedRequest]) -> list[dict[str, object]]:
        federation = self._edge.federation

        def agency(authority: str) -> str:
            known = federation.authority(authority)
            return known.title if known is not None else authority

        return list(map(partial(records.shown, service=federation.category_title, agency=agency), found))
