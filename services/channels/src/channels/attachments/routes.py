"""Files over HTTP: sent before the message that names them, and opened by officials and by their own citizens."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from common.contracts.attachments import opener_of
from common.contracts.signing import Verifier
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from channels.attachments.keeping import Attachments
from channels.attachments.store import Kept
from channels.bodies import Refused
from channels.edge import Edge, source_of
from channels.edge_key import fingerprint
from channels.mounting import mounted

PATH = "/v1/attachments"
SHOWN = "/attachments"
UPLOAD = f"{PATH}/"
SECRET = "bearer"
CHANNEL = re.compile(r"[a-z0-9_-]{1,60}")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
}
"""A file is shown and never run."""
INLINE = ("image/", "audio/", "video/")


def error_form(_: int, words: str) -> dict[str, str]:
    return {"error": words}


class Files:
    """What is sent and what is opened."""

    def __init__(self, edge: Edge, verifier: Verifier) -> None:
        self._edge = edge
        self._attachments = edge.attachments
        self._verifier = verifier

    async def post(self, request: Request) -> Response:
        """The body is the file; the answer says by what a message of this channel may name it. Any channel: those of
        integrators are not known here."""
        channel = request.path_params["channel"]
        if not CHANNEL.fullmatch(channel):
            raise Refused(404, f"no channel can be called {channel[:100]!r}")
        source = source_of(request)
        with self._edge.places.one(source):
            named = await self._attachments.keep(channel, await request.body(), source, "upload")
        told = named.attachment
        return JSONResponse(
            {"name": named.name, "media_type": told.media_type, "size": told.size, "picture": told.picture}, 201
        )

    async def of_citizen(self, request: Request) -> Response:
        """A file of the conversation whose secret is sent."""
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != SECRET or not secret.strip():
            words = "send the secret of the conversation, as Authorization: Bearer <secret>"
            raise Refused(401, words, {"www-authenticate": 'Bearer realm="otklik"'})
        name = request.path_params["id"]
        if not name.isprintable():
            raise Refused(404, "there is no such file here, or not any more")
        whose = fingerprint(secret.strip())
        kept = await self._attachments.for_citizen(name, whose)
        if kept is not None:
            self._edge.limits.read(whose)
        return await shown(self._attachments, request, kept)

    async def of_official(self, request: Request) -> Response:
        """A file by a link of the portal, which says who opens it."""
        name, query = request.path_params["id"], request.query_params
        person = opener_of(
            name, query.get("person", ""), query.get("until", ""), query.get("signature", ""), datetime.now(UTC),
            self._verifier,
        )  # fmt: skip
        if person is None:
            raise Refused(403, "this link is not one of the portal's, or not one any more: open the case's page again")
        return await shown(self._attachments, request, await self._attachments.for_official(name, person))


async def shown(attachments: Attachments, request: Request, kept: Kept | None) -> Response:
    """The file, or with `?small` its thumbnail. Raises Refused (404, 503)."""
    small = "small" in request.query_params
    data = await attachments.read(kept, small=small) if kept is not None else None
    if kept is None or data is None:
        raise Refused(404, "there is no such file here, or not any more")
    kind = "image/jpeg" if small and kept.thumbnail else kept.media_type
    how = "inline" if kind.startswith(INLINE) else "attachment"
    return Response(data, media_type=kind, headers={**HEADERS, "Content-Disposition": how})


def routes(edge: Edge, verifier: Verifier) -> list[Mount]:
    """The path under which files are sent and their citizens open them, and that under which officials do."""
    files = Files(edge, verifier)
    own = [Route("/{channel}", files.post, methods=["POST"]), Route("/{id}", files.of_citizen)]
    return [mounted(PATH, own, error_form), mounted(SHOWN, [Route("/{id}", files.of_official)], error_form)]
