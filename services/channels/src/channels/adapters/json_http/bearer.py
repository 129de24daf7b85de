"""The secret of a conversation in a request."""

from __future__ import annotations

from starlette.requests import Request

from channels.bodies import Refused


def secret_of(request: Request) -> str | None:
    """The bearer token; None where there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def not_told(words: str) -> Refused:
    """Without a secret: how to send one."""
    return Refused(401, f"{words}, as Authorization: Bearer <secret>", {"www-authenticate": 'Bearer realm="otklik"'})
