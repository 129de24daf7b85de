"""The report form: its page, what is sent by it, and its map.

Each form begins a conversation of its own, whose secret is in the link of the citizen's page. The same form sent again
leads to the same page.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping

from common.contracts.events.channel import Contact, MessageReceived
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from channels.adapters.report_form.area_map import WIDTHS
from channels.adapters.report_form.form import FIELDS, MAX_PLACE, MAX_WORDS, Report, point_of, reported
from channels.adapters.report_form.place_field import KILOMETRES, MAP_FIELDS, PlaceField, zoom_of
from channels.bodies import Refused
from channels.citizen_page import PageOwner, new_page
from channels.edge import Edge, OthersConversation, source_of
from channels.edge_key import fingerprint
from channels.form_fields import FormWrong, other_ways
from channels.form_origin import must_be_ours, origins_of
from channels.pages.language import CATALOGUES, language_of
from channels.pages.paths import CHANNEL, link_of
from channels.pages.problem_text import problem_text
from channels.pages.rendering import page, with_headers
from channels.pages.sent_form import keep_files, names_of, read_form
from channels.store import Claim


class Inbound:
    """Pages and forms."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._origins = origins_of(edge.settings.form_origins)
        self._place = PlaceField(edge)
        self._codes = frozenset(c.code for c in edge.federation.categories)

    async def form(self, request: Request) -> Response:
        """An empty form."""
        self._must_be_served()
        return self._form(request, {})

    async def send(self, request: Request) -> Response:
        """A form that was sent: published, and answered with the citizen's page. Or a pointer at the map, which is
        answered with the form again."""
        fields: dict[str, str] = {}
        try:
            self._must_be_served()
            sent = await read_form(request, (*FIELDS, *MAP_FIELDS))
            fields = sent.fields
            with self._edge.places.one(source_of(request)):
                if sent.files:
                    must_be_ours(request, self._origins)
                    await keep_files(self._edge, CHANNEL, request, sent)
                again = self._place.pointed(fields, FIELDS)
                if again is not None:
                    return self._form(request, again)
                report = reported(fields, self._codes)
                must_be_ours(request, self._origins)
                return await self._take(request, report, fields)
        except FormWrong as wrong:
            return self._form(request, fields, 422, wrong.field, str(wrong))
        except Refused as refused:
            words = problem_text(refused.status, refused.limit)
            return with_headers(self._form(request, fields, refused.status, "", words), refused)

    async def map(self, request: Request) -> Response:
        """The map as a picture, with the point that was chosen."""
        width = request.path_params["width"]
        if self._place.map is None or width not in WIDTHS:
            raise Refused(404, "no such map")
        given = request.query_params
        point, zoom = point_of(given), zoom_of(given.get("zoom", ""))
        language = CATALOGUES.best([given.get("language", "")[:12]])
        drawn = self._place.map.draw(
            self._place.map.view(point, zoom), width, point, CATALOGUES.of(language).gettext(KILOMETRES)
        )  # fmt: skip
        headers = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff",
                   "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}  # fmt: skip
        return Response(drawn, media_type="image/svg+xml", headers=headers)

    async def _take(self, request: Request, report: Report, fields: dict[str, str]) -> Response:
        edge, keys = self._edge, self._edge.key
        conversation = keys.event_id("report conversation", report.once)
        secret = keys.secret(CHANNEL, conversation)
        language = language_of(request, edge.federation.languages, fields.get("language", ""))
        contact = Contact(address=report.contact or f"anonymous {conversation}", language=language)
        ways = other_ways(report.contact, edge.channels) or None
        event = MessageReceived(
            conversation=conversation, contact=contact.model_copy(update={"others": ways}), text=report.words,
            category=report.category, place=report.place, sent_at=await edge.now(), attachments=tuple(names_of(fields)),
        )  # fmt: skip
        place = report.place.model_dump_json()
        parts = (report.words, report.category or "", place, report.contact or "", fields.get("files", ""))
        event_id = keys.event_id("report", conversation, *parts)
        whose = fingerprint(secret)
        owner = PageOwner(channel=CHANNEL, conversation=conversation, contact=contact)
        done = "sent"
        try:
            await edge.take(
                CHANNEL, event, event_id, body=hashlib.sha256("\0".join(parts).encode()).digest(), key=None,
                claim=Claim(whose, event_id), fingerprint=whose, page=new_page(secret, owner, event.sent_at),
            )  # fmt: skip
        except OthersConversation:
            # The same form with other words: what was sent first stands.
            done = "before"
        return RedirectResponse(link_of(secret, language, done), 303)

    def _must_be_served(self) -> None:
        if CHANNEL not in self._edge.channels:
            raise Refused(404, "this installation has no web channel")

    def _form(
        self, request: Request, given: Mapping[str, str], status: int = 200, field: str = "", wrong: str = ""
    ) -> Response:
        """The form with what was given; `wrong` is in English, and marked at its field."""
        federation = self._edge.federation
        language = language_of(request, federation.languages, given.get("language", ""))
        text = CATALOGUES.of(language).gettext
        fields = {name: given.get(name, "") for name in FIELDS} | {"language": language}
        fields["once"] = fields["once"] or secrets.token_urlsafe(12)
        titled = [(c.code, c.titles.get(language, c.title)) for c in federation.categories]
        return page(
            "report.html", language, status, fields=fields, field=field, wrong=text(wrong) if wrong else "",
            categories=sorted(titled, key=lambda one: one[1].casefold()), chosen=self._place.chosen(fields, language),
            maps=self._place.pictures(fields, language), federation=federation.title, max_words=MAX_WORDS,
            max_place=MAX_PLACE, attached=len(names_of(fields)), takes_files=self._edge.attachments.kept_here,
        )  # fmt: skip
