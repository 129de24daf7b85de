"""What is done on a citizen's page becomes a message or a verdict in the conversation that the page belongs to."""

from __future__ import annotations

import hashlib

from common.contracts.events.channel import ErasureRequested, MessageReceived, Said, SupportReceived, VerdictReceived
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from channels.adapters.citizen_page.actions import FIELDS, Acted, acted
from channels.adapters.citizen_page.lookup import Lookup, Reader
from channels.bodies import Refused
from channels.edge import Edge, source_of
from channels.form_fields import FormWrong, other_ways
from channels.form_origin import must_be_ours, origins_of
from channels.pages.paths import link_of
from channels.pages.problem_text import problem_text
from channels.pages.rendering import with_headers
from channels.pages.sent_form import keep_files, names_of, read_form


class Inbound:
    """Forms of the page."""

    def __init__(self, edge: Edge, lookup: Lookup) -> None:
        self._edge = edge
        self._lookup = lookup
        self._origins = origins_of(edge.settings.form_origins)

    async def act(self, request: Request) -> Response:
        """A form that was sent: published, and answered with the page."""
        reader = await self._lookup.reader(request)
        fields: dict[str, str] = {}
        try:
            sent = await read_form(request, FIELDS)
            fields = sent.fields
            with self._edge.places.one(source_of(request)):
                must_be_ours(request, self._origins)
                await keep_files(self._edge, reader.owner.channel, request, sent)
                await self._take(reader, acted(fields), names_of(fields))
        except FormWrong as wrong:
            return await self._lookup.page(request, reader, 422, fields, wrong.field, str(wrong))
        except Refused as refused:
            words = problem_text(refused.status, refused.limit)
            again = await self._lookup.page(request, reader, refused.status, fields, "", words)
            return with_headers(again, refused)
        return RedirectResponse(link_of(reader.secret, self._lookup.language(request, fields), fields["act"]), 303)

    async def _take(self, reader: Reader, said: Acted, files: list[str]) -> None:
        edge, owner = self._edge, reader.owner
        now = await edge.now()
        event: Said
        if said.act == "add":
            ways = other_ways(said.contact, edge.channels) or None
            event = MessageReceived(
                conversation=owner.conversation, contact=owner.contact.model_copy(update={"others": ways}),
                text=said.words, attachments=tuple(files), sent_at=now,
            )  # fmt: skip
        elif said.act == "erase":
            event = ErasureRequested(conversation=owner.conversation, contact=owner.contact, sent_at=now)
        elif said.act in ("same", "apart"):
            event = SupportReceived(
                conversation=owner.conversation, contact=owner.contact, case_reference=said.case,
                supports=said.act == "same", sent_at=now,
            )  # fmt: skip
        else:
            event = VerdictReceived(
                conversation=owner.conversation, contact=owner.contact, verdict=said.act,
                case_reference=said.case, rating=said.rating, text=said.words, sent_at=now,
            )  # fmt: skip
        parts = (said.act, said.words, str(said.rating or ""), said.once, *([said.case] if said.case else []),
                 *([said.contact] if said.contact else []), *files)  # fmt: skip
        event_id = edge.key.event_id("page", owner.conversation, *parts)
        await edge.take(
            owner.channel, event, event_id, body=hashlib.sha256("\0".join(parts).encode()).digest(), key=None,
            claim=None, fingerprint=reader.fingerprint,
        )  # fmt: skip
