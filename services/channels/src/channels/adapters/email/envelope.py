"""From whom and to whom a mail in a mailbox was sent, by the headers that its provider has put above it. Pure."""

from __future__ import annotations

import email.policy
import re
from collections.abc import Callable, Iterable, Iterator
from email.parser import BytesHeaderParser

from channels.adapters.email.reading import HEAD_END, MOST_HEAD_BYTES, MOST_HEADER_CHARACTERS

RECIPIENTS = ("delivered-to", "x-original-to", "envelope-to", "to", "cc")
"""The first that names one of ours is believed."""
ADDRESS = re.compile(r"[^\s@<>\"(),:;\\]{1,64}@[^\s@<>\"(),:;\\/]{1,255}")


def envelope_of(data: bytes, is_ours: Callable[[str], bool]) -> tuple[str, str]:
    """Sender and recipient; the sender is empty for reports alone, the recipient where none is one of ours."""
    found = HEAD_END.search(data, 0, MOST_HEAD_BYTES)
    headers = BytesHeaderParser(policy=email.policy.compat32).parsebytes(
        data[: found.end() if found else MOST_HEAD_BYTES]
    )
    paths = headers.get_all("return-path", [])
    returned = [str(one)[:MOST_HEADER_CHARACTERS] for one in paths[:1]] or [str(headers.get("from", ""))]
    sender = next(iter(ADDRESS.findall(returned[0][:MOST_HEADER_CHARACTERS])), "")
    if not sender and not paths:
        sender = "unknown"
    ours = (
        one for name in RECIPIENTS for one in _addresses(headers.get_all(name, [])) if is_ours(one)
    )  # fmt: skip
    return sender, next(ours, "")


def _addresses(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        yield from ADDRESS.findall(str(value)[:MOST_HEADER_CHARACTERS])
