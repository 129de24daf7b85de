"""Whether our own mail server has found that a mail is its sender's (RFC 8601, DMARC). Pure."""

from __future__ import annotations

import re
from typing import Literal

from channels.adapters.email.reading import Mail

HEADER = "authentication-results"
ASIDE = re.compile(r"\([^()]*\)|\"(?:[^\"\\]|\\.)*\"")
"""Comments and quoted words, which may hold whatever the sender wrote."""
RESULT = re.compile(r"(?:^|;)\s*dmarc\s*=\s*([a-z]+)\b", re.IGNORECASE)
MOST_NESTED_COMMENTS = 5
Proof = Literal["pass", "fail", "none"]


def proof_of(mail: Mail, server: str) -> Proof:
    """By the uppermost header that bears the name of our server, which adds it above those that came with the mail.

    `none` where it says nothing, or has no name.
    """
    for header in mail.headers.get(HEADER, ()):
        text = header
        for _ in range(MOST_NESTED_COMMENTS):
            text = ASIDE.sub(" ", text)
        name, _, results = text.partition(";")
        if not server or (name.split() or [""])[0].lower() != server.lower():
            continue
        found = RESULT.search(f";{results}")
        verdict = found[1].lower() if found is not None else ""
        return "pass" if verdict == "pass" else "fail" if verdict == "fail" else "none"
    return "none"
