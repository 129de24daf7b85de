"""Routes of a protocol, with every error in its own form."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, Router

from channels.bodies import Refused

ErrorForm = Callable[[int, str], Any]
"""The body of an error, from its HTTP status and words."""


def mounted(path: str, routes: Sequence[Route], form: ErrorForm) -> Mount:
    """Routes below a path; also the router's own errors have the protocol's form."""

    def answer(_: Request, error: Exception) -> Response:
        if isinstance(error, Refused):
            status, said = error.status, str(error)
        else:
            assert isinstance(error, HTTPException)
            status, said = error.status_code, error.detail
        headers = {"retry-after": "1"} if status in (429, 503) else {}
        headers |= dict(getattr(error, "headers", None) or {})
        return JSONResponse(form(status, said), status, headers)

    return below(path, routes, answer)


def below(path: str, routes: Sequence[Route], answer: Callable[[Request, Exception], Response]) -> Mount:
    """Routes below a path, with one answer to every refusal and error."""
    router = Router(routes, redirect_slashes=False)
    mount = Mount(path, app=ExceptionMiddleware(router, handlers={Refused: answer, HTTPException: answer}))
    # Also a path with a line break lies below it: what is wrong with it is told in the protocol's form.
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount
