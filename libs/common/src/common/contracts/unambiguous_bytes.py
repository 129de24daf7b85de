"""Several texts as one that no other texts give: what identities, signatures and keyed hashes are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def joined(parts: Sequence[str], mark: str) -> bytes:
    """`parts` with `mark` between them; where that could be read in two ways, `mark` and then their netstrings.

    Two sequences of texts give the same bytes only if they are the same. Lone surrogates are kept as they are.
    """
    text = mark.join(parts)
    if text.count(mark) != len(parts) - 1 or text.startswith(mark):
        text = mark + "".join(f"{len(part)}:{part}," for part in parts)
    return text.encode("utf-8", "surrogatepass")


def netstrings(parts: Iterable[bytes]) -> bytes:
    """Each part as `<length in bytes>:<part>,` (D. J. Bernstein's netstrings)."""
    return b"".join(b"%d:%b," % (len(part), part) for part in parts)
