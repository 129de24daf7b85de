"""The short number a citizen is told."""

from __future__ import annotations

import hashlib

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without the letters and digits that are mistaken for each other on the phone."""

PAIRS = tuple(low + high for high in ALPHABET for low in ALPHABET)
"""Two characters at once, the lower five bits first."""
SHIFTS = (0, 10, 20, 30, 40)


def reference_of(case_id: str) -> str:
    """Ten characters in two groups, the same for the same case: 50 bits, so a million cases share one by 1 in 2,000."""
    number = int.from_bytes(hashlib.sha256(case_id.encode()).digest()[:8], "big")
    first, second, third, fourth, fifth = (PAIRS[(number >> shift) & 1023] for shift in SHIFTS)
    return f"{first}{second}{third[0]}-{third[1]}{fourth}{fifth}"
