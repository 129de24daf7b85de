"""Routes of GeoReport v2: every answer and every error in the format that its path names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from channels.adapters.open311.form import FormWrong
from channels.adapters.open311.markup import CONTENT_TYPES, errors, format_of, rendered
from channels.adapters.open311.one_slash import OneSlash
from channels.bodies import Refused
from channels.mounting import below

Question = Callable[[Request], Awaitable[Any]]
"""The data of an answer. Raises Refused."""


def answer(
    request: Request, root: str, data: Any, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """In the format of the path; an unknown one is answered in XML, which every client reads."""
    form = format_of(request.url.path, request.headers.get("accept", "")) or "xml"
    response = Response(rendered(root, data, form), status, headers)
    response.headers["content-type"] = CONTENT_TYPES[form]
    return response


def refused(path: str, status: int, words: str) -> tuple[str, bytes]:
    """Content type and body of an error of a request that no route sees."""
    form = format_of(path) or "xml"
    return CONTENT_TYPES[form], rendered("errors", errors(status, [words]), form)


def resource(path: str, root: str, **questions: Question) -> Iterator[Route]:
    """A resource with the ending of its format, and without any; `questions` by method. What is posted is created."""
    asked = {method.upper(): question for method, question in questions.items()}

    async def endpoint(request: Request) -> Response:
        if format_of(request.url.path) is None:
            raise Refused(404, "there are the formats xml and json")
        method = "GET" if request.method == "HEAD" else request.method
        return answer(request, root, await asked[method](request), 201 if method == "POST" else 200)

    yield Route(f"{path}.{{ending}}", endpoint, methods=list(asked))
    yield Route(path, endpoint, methods=list(asked))


def mounted(path: str, routes: Sequence[Route]) -> Mount:
    """Also the router's own errors are told as the protocol tells them."""

    def told(request: Request, error: Exception) -> Response:
        if isinstance(error, Refused):
            status, words = error.status, error.all if isinstance(error, FormWrong) else [str(error)]
        else:
            assert isinstance(error, HTTPException)
            status, words = error.status_code, [error.detail]
        headers = {"retry-after": "1"} if status in (429, 503) else {}
        headers |= dict(getattr(error, "headers", None) or {})
        return answer(request, "errors", errors(status, words), status, headers)

    mount = below(path, routes, told)
    mount.app = OneSlash(mount.app)
    return mount
