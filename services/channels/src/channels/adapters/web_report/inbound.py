"""The report form: its page, what is sent by it, and its map.

Each form begins a conversation of its own, whose secret is in the link of the citizen's page. The same form sent again
leads to the same page.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from common.contracts.events.channel import Contact, MessageReceived
from common.federation.languages import N_
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from channels.adapters.web_report.area_map import MAX_ZOOM, WIDTHS, AreaMap, Picture
from channels.adapters.web_report.form import FIELDS, MAX_PLACE, MAX_WORDS, Report, point_of, reported
from channels.bodies import Refused
from channels.citizen_page import PageOwner, new_page
from channels.edge import Edge, OthersConversation, source_of
from channels.edge_key import fingerprint
from channels.form_fields import FormWrong
from channels.form_origin import must_be_ours, origins_of
from channels.pages.language import CATALOGUES, language_of
from channels.pages.paths import CHANNEL, REPORT, link_of
from channels.pages.problem_text import problem_text
from channels.pages.rendering import page
from channels.pages.sent_form import keep_files, names_of, read_form
from channels.store import Claim

KILOMETRES = N_("km")
CHOSEN = N_("A point in {region} is chosen.")
OUTSIDE = N_("The point that you chose lies outside all regions: a person will look where it belongs.")
MAP_FIELDS = tuple(f"map{width}.{axis}" for width in WIDTHS for axis in "xy")


class Inbound:
    """Pages and forms."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._origins = origins_of(edge.settings.form_origins)
        self._map = _map_of(edge)
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
                again = self._pointed(fields)
                if again is not None:
                    return self._form(request, again)
                report = reported(fields, self._codes)
                must_be_ours(request, self._origins)
                return await self._take(request, report, fields)
        except FormWrong as wrong:
            return self._form(request, fields, 422, wrong.field, str(wrong))
        except Refused as refused:
            return self._form(request, fields, refused.status, "", problem_text(refused.status))

    async def map(self, request: Request) -> Response:
        """The map as a picture, with the point that was chosen."""
        width = request.path_params["width"]
        if self._map is None or width not in WIDTHS:
            raise Refused(404, "no such map")
        given = request.query_params
        point, zoom = point_of(given), _zoom(given.get("zoom", ""))
        language = CATALOGUES.best([given.get("language", "")[:12]])
        drawn = self._map.draw(
            self._map.view(point, zoom), width, point, CATALOGUES.of(language).gettext(KILOMETRES)
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
        event = MessageReceived(
            conversation=conversation, contact=contact, text=report.words, category=report.category,
            place=report.place, sent_at=await edge.now(), attachments=tuple(names_of(fields)),
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

    def _pointed(self, fields: Mapping[str, str]) -> dict[str, str] | None:
        """The fields after a click on the map, or on what changes it; None for a form that is to be taken."""
        kept = {name: text for name, text in fields.items() if name in FIELDS}
        match fields.get("do"):
            case "whole":
                return kept | {"zoom": "0"}
            case "forget":
                return kept | {"lat": "", "lon": "", "zoom": "0"}
        width = next((w for w in WIDTHS if f"map{w}.x" in fields), None)
        if width is None or self._map is None:
            return None
        x, y = (_pixel(fields.get(f"map{width}.{axis}", "")) for axis in "xy")
        if (x, y) == (0, 0):
            raise FormWrong("place", N_("Point at the map with a finger or a mouse, or write the address."))
        zoom = _zoom(fields.get("zoom", ""))
        lat, lon = self._map.point(self._map.view(point_of(fields), zoom), width, x, y)
        return kept | {"lat": str(lat), "lon": str(lon), "zoom": str(min(zoom + 1, MAX_ZOOM))}

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
            categories=sorted(titled, key=lambda one: one[1].casefold()), chosen=self._chosen(fields, language),
            maps=self._pictures(fields, language), federation=federation.title, max_words=MAX_WORDS,
            max_place=MAX_PLACE, attached=len(names_of(fields)), takes_files=self._edge.attachments.kept_here,
        )  # fmt: skip

    def _chosen(self, fields: Mapping[str, str], language: str) -> str:
        """Where the chosen point lies, in words; empty for none."""
        point = point_of(fields)
        if point is None:
            return ""
        federation, text = self._edge.federation, CATALOGUES.of(language).gettext
        area = federation.borders.newest.area_at(*point) if self._map is not None else None
        region = federation.region(federation.region_of_area(area) or "") if area is not None else None
        if region is None:
            return text(OUTSIDE)
        return text(CHOSEN).format(region=region.title)

    def _pictures(self, fields: Mapping[str, str], language: str) -> list[Picture]:
        if self._map is None:
            return []
        asked: dict[str, Any] = {"language": language}
        if point_of(fields) is not None:
            asked |= {"lat": fields["lat"], "lon": fields["lon"], "zoom": _zoom(fields["zoom"])}
        return [
            Picture(width, self._map.height(width), f"{REPORT}/map/{width}.svg?{urlencode(asked)}") for width in WIDTHS
        ]


def _map_of(edge: Edge) -> AreaMap | None:
    """None for a federation without borders."""
    try:
        newest = edge.federation.borders.newest
    except IndexError:
        return None
    return AreaMap(newest, edge.federation.regions) if newest.areas else None


def _zoom(text: str) -> int:
    return min(int(text), MAX_ZOOM) if text.isdecimal() and len(text) < 3 else 0


def _pixel(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0
