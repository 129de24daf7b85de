"""Files that citizens sent with the messages of a case, with links for whoever may see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from common.contracts.attachments import link_to
from common.contracts.events.intake import AttachmentGiven
from common.contracts.frozen import value
from common.contracts.signing import Signer

LINK_LASTS = timedelta(hours=1)
"""As long as somebody may reasonably look at the page."""


@value
class CaseFile:
    """One file as a page shows it."""

    media_type: str
    kilobytes: int
    picture: bool
    link: str


def files_of(
    history: Iterable[Mapping[str, Any]], edge: str, person: str, now: datetime, signer: Signer
) -> list[CaseFile]:
    """The files of a case's history, each once; `edge` is where people reach channels, which gives them out and notes
    who opened which."""
    found: dict[str, CaseFile] = {}
    for event in history:
        if event["type"] == AttachmentGiven.type:
            data = event["data"]
            name, size = str(data["attachment_id"]), int(data["size"])
            link = f"{edge}{link_to(name, person, now + LINK_LASTS, signer)}"
            found[name] = CaseFile(str(data["media_type"]), -(-size // 1024), bool(data.get("picture")), link)
    return list(found.values())
