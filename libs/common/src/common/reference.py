"""The short number a citizen is told."""

from __future__ import annotations

import hashlib

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without the letters and digits that are mistaken for each other on the phone."""


def reference_of(case_id: str) -> str:
    """Ten characters in two groups, the same for the same case: 50 bits, so a million cases share one by 1 in 2,000."""
    number = int.from_bytes(hashlib.sha256(case_id.encode()).digest()[:8], "big")
    letters = [ALPHABET[(number >> (5 * i)) & 31] for i in range(10)]
    return "".join(letters[:5]) + "-" + "".join(letters[5:])
