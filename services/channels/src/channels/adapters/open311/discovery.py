"""GeoReport v2, service discovery: where the endpoint is, in which formats, and whom to ask. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from channels.adapters.open311.markup import CONTENT_TYPES

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"


def discovery(title: str, endpoint: str, changed_at: datetime, *, contact: str, keyed: bool) -> dict[str, object]:
    """`endpoint` is the address before `/services.xml`; `changed_at` is when the services last changed."""
    changeset = changed_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    whom = contact or f"whoever runs the reports of {title}"
    return {
        "changeset": changeset,
        "contact": f"Questions: {whom}",
        "key_service": f"A key for reports: {whom}" if keyed else "No key is needed.",
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": endpoint,
                "changeset": changeset,
                "type": "production",
                "formats": [kind.partition(";")[0] for kind in CONTENT_TYPES.values()],
            }
        ],
    }
