"""Why nothing was taken or shown, by the status of the answer, for a person. Pure."""

from __future__ import annotations

from common.federation.languages import N_

NOT_READ = N_("This could not be read. Open the page again and fill the form once more.")
AGAIN = N_("It may not have been taken. Send it again in a moment: it is taken once.")
PROBLEMS: dict[int, str] = {
    401: N_("You are not signed in to the hotline here, or not any more. Open it again from the portal."),
    403: N_("This was sent from another site's page, and nothing was taken. Look it over, and send it from here."),
    404: N_("There is no page at this address. If you had one here, it was erased, or its address is not whole."),
    413: N_("This is longer than a form may be. Say it in fewer words."),
    429: N_("Too much came from your connection at once, and nothing was taken. Send it again in a few seconds."),
    503: AGAIN,
}

LIMITS: dict[str, str] = {
    "conversation": N_("Too much was said here in a short time, and this was not taken. Send it again in a minute."),
    "reading": N_("This was opened too often in a short time. Open it again in a minute."),
}


def problem_text(status: int, limit: str = "") -> str:
    """`limit`: of what there was too much, where that is not the connection; see channels.edge_limits."""
    return LIMITS.get(limit) or PROBLEMS.get(status, NOT_READ)
