"""Who is at the page: a session on the server, begun by a one-time link, known to the browser by a random cookie."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
from common.contracts.events.base import Actor
from common.federation.country import Federation
from common.messaging.postgres import transaction
from common.runtime.sign_in import LINK_SECONDS, LinkRefused, SignInLinks
from starlette.requests import Request
from starlette.responses import Response

from portal import session_store
from portal.drafts import Drafts
from portal.language import _
from portal.row_draft_store import RowDrafts

COOKIE = "otklik_session"
SECURE_COOKIE = "__Host-otklik_session"
"""Over TLS: browsers take a name with this prefix only from a secure page and for this host alone."""
MAX_COOKIE = 100
MAX_PASS = 200
"""Characters."""
IDLE = timedelta(hours=8)
LONGEST = timedelta(hours=24)
CLEANING_SECONDS = 600.0
RULE_DRAFTS = timedelta(days=90)
"""How long a change of rules that nobody goes on with is kept."""
FOLLOWS = "x-follows"
"""The header of a page that keeps itself up to date."""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in person, and what this session's forms must carry."""

    actor: Actor
    form_check: str


class Sessions:
    """Begins, finds and ends sessions. A person's role is read from the federation at each request."""

    def __init__(
        self, pool: asyncpg.Pool, federation: Federation, links: SignInLinks | None, *, secure: bool = False
    ) -> None:
        self._pool = pool
        self._people = {p.id: Actor(id=p.id, role=p.role, scope=p.scope) for p in federation.people if p.role != "desk"}
        self._links = links
        self._secure = secure
        self.drafts = Drafts(pool)
        self.rule_drafts = RowDrafts(pool)

    def person_of(self, code: str) -> Actor:
        """Whom a link would sign in, without using it; raises LinkRefused."""
        if self._links is None:
            raise LinkRefused(_("This installation has no key for sign-in links."))
        actor = self._people.get(self._links.read(code).person)
        if actor is None:
            raise LinkRefused(_("The person of this link has no role in this federation any more."))
        return actor

    async def begin(self, code: str, old: str) -> str:
        """Use a link and begin a session in place of the browser's `old` one; returns the new cookie's value.

        Raises LinkRefused, also for a link that was used before.
        """
        actor = self.person_of(code)
        assert self._links is not None
        nonce = hashlib.sha256(self._links.read(code).nonce.encode()).digest()
        cookie = secrets.token_urlsafe(32)
        async with transaction(self._pool) as db:
            if not await session_store.use_link(db, nonce):
                raise LinkRefused(_("This link was used before. Ask for a new one; if it was not you, say so."))
            await session_store.begin(db, _stored(cookie), actor.id, secrets.token_hex(16))
        if old:
            await session_store.end(self._pool, _stored(old))
        return cookie

    async def of(self, request: Request) -> Session | None:
        """The session of a request; None for a visitor."""
        cookie = self.cookie_of(request)
        if not cookie:
            return None
        row = await session_store.find(self._pool, _stored(cookie), IDLE, LONGEST, used=not by_itself(request))
        actor = self._people.get(row["person"]) if row is not None else None
        return Session(actor, row["form_check"]) if row is not None and actor is not None else None

    def from_the_machine(self, request: Request) -> bool:
        """Whether the operator's command line asks, which holds the key of this installation's links."""
        scheme, _blank, given = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self._links is not None and self._links.is_machine_pass(given[:MAX_PASS])

    async def end(self, request: Request) -> None:
        """Whoever kept the cookie is signed out as well."""
        await session_store.end(self._pool, _stored(self.cookie_of(request)))

    def cookie_of(self, request: Request) -> str:
        name = SECURE_COOKIE if self._over_tls(request) else COOKIE
        return request.cookies.get(name, "")[:MAX_COOKIE]

    def set_cookie(self, request: Request, response: Response, value: str) -> None:
        """Give the browser its session, or with an empty value take it away."""
        secure = self._over_tls(request)
        response.set_cookie(
            SECURE_COOKIE if secure else COOKIE, value, max_age=int(LONGEST.total_seconds()) if value else 0,
            path="/", httponly=True, samesite="strict", secure=secure,
        )  # fmt: skip

    def _over_tls(self, request: Request) -> bool:
        return self._secure or request.url.scheme == "https"

    async def forget_old(self) -> None:
        """Sessions, links and drafts that are over."""
        await session_store.forget(self._pool, IDLE, LONGEST, timedelta(seconds=LINK_SECONDS) * 2)
        await self.drafts.forget(LONGEST)
        await self.rule_drafts.forget(RULE_DRAFTS)


def by_itself(request: Request) -> bool:
    """Whether the page asks, and not the person: that does not keep a session alive."""
    return FOLLOWS in request.headers or request.url.path == "/live"


def _stored(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode("utf-8", "replace")).digest()
