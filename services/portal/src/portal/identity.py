"""Who is at the page: a role token, given at start, kept in a cookie."""

from __future__ import annotations

import hmac
import json
from pathlib import Path

from common.events.base import Actor
from starlette.requests import Request

COOKIE = "otklik_token"


class Identities:
    """Development identities by token, from `tokens.json` in the keys folder: {token: {id, role, scope}}."""

    def __init__(self, path: Path) -> None:
        held = json.loads(path.read_text()) if path.exists() else {}
        self._actors = {token: Actor.model_validate(actor) for token, actor in held.items()}

    def of_token(self, token: str) -> Actor | None:
        """The actor of a token, compared in constant time."""
        found = None
        for known, actor in self._actors.items():
            if hmac.compare_digest(known.encode(), token.encode()):
                found = actor
        return found

    def of(self, request: Request) -> Actor | None:
        """The actor at the page; None for a visitor."""
        return self.of_token(request.cookies.get(COOKIE, ""))
