"""In which language a form and its answer are: the one it was opened in, else the browser's, else the federation's."""

from __future__ import annotations

from pathlib import Path

from common.federation.languages import Catalogues, asked_for
from starlette.requests import Request

CATALOGUES = Catalogues(Path(__file__).parent / "locale", "forms")


def language_of(request: Request, spoken: tuple[str, ...], chosen: str = "") -> str:
    """`chosen`: what the form says; `spoken`: the federation's languages."""
    given = chosen or request.query_params.get("language", "")
    return CATALOGUES.best([*([given[:12]] if given else []), *asked_for(request.headers), *spoken])
