"""Which operator is at the form: begun by a pass of the portal, known to the browser by a random cookie."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from functools import partial

import asyncpg
from common.contracts.hotline_pass import MOST_CHARACTERS, HotlinePass, read_pass
from starlette.requests import Request
from starlette.responses import Response

from channels.adapters.hotline import store as hotline_store
from channels.bodies import Refused
from channels.edge import Edge

ROLE = "operator"
COOKIE = "otklik_hotline"
SECURE_COOKIE = "__Host-otklik_hotline"
"""Over TLS: browsers take a name with this prefix only from a secure page and for this host alone."""
MAX_COOKIE = 100
IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
"""A shift."""
CALL_LASTS = timedelta(hours=4)
PASSES_KEPT = timedelta(hours=1)
CLEANING_SECONDS = 600.0


class Sessions:
    """A person's role is read from the federation at each request."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._operators = frozenset(p.id for p in edge.federation.people if p.role == ROLE)

    def holder(self, given: str) -> HotlinePass:
        """Whose pass it is. Raises Refused (401)."""
        found = read_pass(given[: MOST_CHARACTERS + 1], datetime.now(UTC), self._edge.verifier)
        if found is None or found.person not in self._operators:
            raise Refused(401, "no pass of an operator")
        return found

    async def begin(self, given: str) -> str:
        """Use a pass; returns the cookie's value. Raises Refused (401, 503)."""
        holder, cookie = self.holder(given), secrets.token_urlsafe(32)
        begin = partial(
            hotline_store.begin_session, nonce=_stored(holder.nonce), session=_stored(cookie), person=holder.person
        )
        if not await self._edge.query(begin):
            raise Refused(401, "a pass that was used before")
        return cookie

    async def operator(self, request: Request) -> str:
        """Who is at the form. Raises Refused (401, 503)."""
        cookie = request.cookies.get(_name(request), "")[:MAX_COOKIE]
        person = None
        if cookie:
            person = await self._edge.query(
                partial(hotline_store.person_of, session=_stored(cookie), idle=IDLE, longest=LONGEST)
            )
        if person is None or person not in self._operators:
            raise Refused(401, "nobody is signed in")
        return person

    async def end(self, request: Request) -> None:
        cookie = request.cookies.get(_name(request), "")[:MAX_COOKIE]
        await self._edge.query(partial(hotline_store.end_session, session=_stored(cookie)))


async def forget_old(pool: asyncpg.Pool) -> None:
    """Numbers of calls, sessions and passes that are over."""
    await hotline_store.forget_old(pool, CALL_LASTS, IDLE, LONGEST, PASSES_KEPT)


def set_cookie(request: Request, response: Response, value: str) -> None:
    """Give the browser its session, or with an empty value take it away. `lax`: the portal's page leads here, and may
    be of another site; orders are posts, with which no other site's page sends it."""
    response.set_cookie(
        _name(request), value, max_age=int(LONGEST.total_seconds()) if value else 0, path="/", httponly=True,
        samesite="lax", secure=request.url.scheme == "https",
    )  # fmt: skip


def _name(request: Request) -> str:
    return SECURE_COOKIE if request.url.scheme == "https" else COOKIE


def _stored(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()
