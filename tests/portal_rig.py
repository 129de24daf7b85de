"""A running portal beside the rules service, with development identities, and facts put on their topics by hand."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import portal.app
import regional.app
import routing.app
import rules.app
from common.contracts.envelope import Envelope, derived_id, to_headers
from common.contracts.events import intake, region
from common.contracts.events.base import Actor, Because, Command, Event
from common.contracts.events.rules import ProposeChange
from common.contracts.mandates import Mandates
from common.contracts.patch import Patch, RowChange
from common.contracts.signing import Signer
from common.runtime.service import Service, ServiceSpec
from common.runtime.sign_in import SignInLinks, machine_pass, make_sign_in_key

from tests.anonymous import keeping
from tests.conftest import Ground
from tests.kafka import send

NOW = datetime(2011, 7, 1, 14, tzinfo=UTC)
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
FEDERAL, OPERATOR = "federal:centre", "operator:north"


@dataclass
class Rig:
    ground: Ground
    portal: Service
    spec: ServiceSpec

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.portal.http_port}"

    def link(self, person: str) -> str:
        """A link that signs a person in, once."""
        links = SignInLinks.load(self.ground.keys)
        assert links is not None
        return links.address(self.url, person)

    @property
    def machine(self) -> dict[str, str]:
        """Headers of the operator's command line."""
        return machine_pass(self.ground.keys)

    async def cookies(self, person: str) -> dict[str, str]:
        """The cookies of a browser in which a person has signed in."""
        async with httpx.AsyncClient(timeout=60) as browser:
            code = httpx.URL(self.link(person)).params["code"]
            answer = await browser.post(f"{self.url}/login", data={"code": code})
            assert answer.status_code == 303, answer.text
            return dict(browser.cookies)

    async def fact(
        self, principal: str, topic: str, key: str, event: Event, at: datetime = NOW, trace: str | None = None
    ) -> None:
        name = derived_id("fact", topic, key, event.model_dump_json())
        envelope = Envelope(
            name, principal, event.type, at, key, name, mandate=self._mandate(principal, key),
            traceparent=f"00-{trace}-b7ad6b7169203331-01" if trace else None,
        )  # fmt: skip
        await send(self.ground, principal, topic, [(key, to_headers(envelope), event.model_dump_json().encode())])

    def _mandate(self, principal: str, case_id: str) -> str | None:
        """For a region's own instance."""
        mandates = Mandates.load(self.ground.keys)
        region = principal.removeprefix("regional-")
        return mandates.of(case_id, region) if mandates is not None and region != principal else None

    async def order(self, principal: str, topic: str, key: str, command: Command) -> None:
        signer = Signer.load(self.ground.keys, principal)
        assert signer is not None
        body = command.model_dump_json().encode()
        name = derived_id("order", topic, key, body.decode())
        envelope = signer.sign(topic, key, Envelope(name, principal, command.type, NOW, key, name), body)
        await send(self.ground, principal, topic, [(key, to_headers(envelope), body)])

    async def case(self, number: int, text: str = HOSTILE) -> str:
        """A case of region north, opened by a rule; returns its reference."""
        case_id, reference = f"case-{number}", f"REF-{number:04}"
        because = Because(layer="north", number=1, table="jurisdiction", row_id="potholes",
                          inputs={"category": "pothole", "area": "01"}, outputs={"authority": "yard-01"})  # fmt: skip
        opened = region.CaseOpened(
            case_id=case_id, region="north", authority="yard-01", actor="routing", state="assigned",
            reference=reference, message_id="m", area="01", category="pothole", priority=2, channel="web",
            citizen="pseudonym", text=text, received_at=NOW + timedelta(minutes=number),
            due_at=NOW + timedelta(days=3), release="north:1", because=(because,),
        )  # fmt: skip
        await self.fact("regional-north", "region.north.cases", case_id, opened, NOW + timedelta(minutes=number))
        return reference

    async def waiting(self, case_id: str) -> None:
        """A message in triage, by way of intake and routing."""
        registered = intake.MessageRegistered(
            message_id=case_id, case_id=case_id, reference=f"T-{case_id}", channel="web", citizen="pseudonym",
            text=HOSTILE, category="Pothole", received_at=NOW,
        )  # fmt: skip
        await self.fact("intake", "intake.messages", case_id, registered)

    async def proposal(self, name: str, layer: str = "south", **given: Any) -> None:
        """A change of a region's jurisdiction, proposed by the federal centre."""
        after = {"category": '"pothole"', "area": '"01"', "authority": '"yard-02"'}
        patch = Patch(layer=layer, base_number=1, table="jurisdiction",
                      changes=(RowChange(op="add", row_id=f"row-{name}", after=after, at=0),))  # fmt: skip
        command = ProposeChange(
            actor=Actor(id=FEDERAL, role="federal", scope="*"), proposal_id=name, title=f"Potholes {HOSTILE}",
            words="They end at the other yard.", patch=patch, **given,
        )  # fmt: skip
        await self.order("portal", "rules.commands", name, command)


async def stands(
    rig: Rig, http: Any, path: str, words: str, cookies: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> bool:  # fmt: skip
    """Whether a page shows some words."""
    return words in (await http.get(f"{rig.url}{path}", cookies=cookies, headers=headers)).text


@asynccontextmanager
async def portal_rig(
    ground: Ground, services: Sequence[str] = ("rules", "routing"), channels_url: str | None = None
) -> AsyncIterator[Rig]:
    make_sign_in_key(ground.keys)
    builds = {"rules": rules.app.build, "routing": routing.app.build, "regional-north": regional.app.build}
    async with contextlib.AsyncExitStack() as stack:
        for name in services:
            service = Service(ground.settings(name), builds[name])
            await service.start()
            stack.push_async_callback(service.stop)
        specs: dict[str, ServiceSpec] = {}
        shown = Service(
            ground.settings("portal", trusted_proxies="127.0.0.1", channels_url=channels_url),
            keeping(portal.app.build, specs, "portal"),
        )
        await shown.start()
        stack.push_async_callback(shown.stop)
        yield Rig(ground, shown, specs["portal"])
