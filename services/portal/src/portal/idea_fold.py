"""What each event makes of a citizen's idea as pages show it. Pure."""

from __future__ import annotations

from typing import Any

from common.contracts.events import deliberation

IdeaStep = deliberation.IdeaTakenUp | deliberation.IdeaFreed | deliberation.IdeaDeclined | deliberation.IdeaWithdrawn
"""What becomes of an idea after it was received."""


def fold_idea(data: dict[str, Any], event: IdeaStep, cause: str | None) -> tuple[str, dict[str, Any]]:
    """State and data after an event that `cause` (an order's id) brought about. `words` stay the citizen's."""
    said = event.model_dump(mode="json", exclude_none=True)
    both = {**data, "cause": cause, "idea_id": event.idea_id, "reference": event.reference}
    match event:
        case deliberation.IdeaTakenUp():
            return "taken_up", {**both, "proposal_id": event.proposal_id, "by": event.actor}
        case deliberation.IdeaFreed():
            return "open", {**both, "freed": said}
        case deliberation.IdeaDeclined():
            return "declined", {**both, "by": event.actor, "answer": event.words}
        case deliberation.IdeaWithdrawn():
            # Whoever takes words back does not want them read any more.
            return "withdrawn", {**both, "words": ""}
