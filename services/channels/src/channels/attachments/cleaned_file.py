"""What becomes of a file that is cleaned."""

from __future__ import annotations

from common.contracts.frozen import value


class Unwelcome(Exception):
    """A file that is not taken, with the reason and what is taken."""


@value
class Cleaned:
    """A file as it is kept."""

    media_type: str
    data: bytes
    thumbnail: bytes | None = None
    """JPEG, of a picture."""
