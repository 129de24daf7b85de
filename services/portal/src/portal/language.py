"""The reader's language: which one it is, for the length of one request, and texts in it.

A text in code is English and stands inside `_`, or inside `N_` where it is put into words later.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from common.federation.languages import N_ as N_
from common.federation.languages import SOURCE, Catalogues

CATALOGUES = Catalogues(Path(__file__).parent / "locale", "pages")
_reader: ContextVar[str] = ContextVar("reader_language", default=SOURCE)


def language() -> str:
    """Of whoever reads what is being made; English outside of requests."""
    return _reader.get()


@contextmanager
def read_in(name: str) -> Iterator[None]:
    """Texts inside are made in this language."""
    before = _reader.set(name)
    try:
        yield
    finally:
        _reader.reset(before)


def _(text: str) -> str:
    """The text in the reader's language; a catalogue has its own head under the empty one."""
    return text and CATALOGUES.of(_reader.get()).gettext(text)


def ngettext(one: str, many: str, number: int) -> str:
    """The text that goes with a number of things."""
    return CATALOGUES.of(_reader.get()).ngettext(one, many, number)
