"""Files that hold keys and passwords: whole or not there, readable by those alone whom they are meant for."""

from __future__ import annotations

from pathlib import Path

OWNER_ALONE = 0o600
READABLE = 0o644
"""For public keys."""


def write_secret(path: Path, content: bytes, mode: int = OWNER_ALONE) -> None:
    """Write or replace a file in one step: a process that dies, or a full disk, leaves no half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=mode)
    part.write_bytes(content)
    part.replace(path)
