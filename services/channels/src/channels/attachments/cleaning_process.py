"""Cleans one file in a process of its own: `python -m channels.attachments.cleaning_process`, the file on its input.

Whatever a file makes a decoder do, it does within these bounds, and without any secret of the service.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

MEMORY_BYTES = 285_212_672
"""Of addresses, 272 MiB: of memory some 16 MiB less, 256. A service of 180 MiB and 64 MiB of bodies on their way stay
with it below the 512 MiB of a container."""
CPU_SECONDS = 10
"""The largest photo that is taken needs two."""
TOO_MUCH = "the file takes too much memory to open: send it again, smaller"
BROKEN = "the file is broken: send it again"


def main() -> None:
    """Answers a line of JSON, then the file, then its thumbnail."""
    _bound()
    try:
        # The libraries come after the bounds.
        from channels.attachments.cleaned_file import Unwelcome
        from channels.attachments.cleaning import cleaned

        data = sys.stdin.buffer.read()
    except MemoryError:
        sys.exit("there is too little memory to begin")
    try:
        clean = cleaned(data)
    except Unwelcome as unwelcome:
        _answer({"unwelcome": str(unwelcome)})
    except MemoryError:
        _answer({"unwelcome": TOO_MUCH})
    except Exception as error:  # noqa: BLE001 - what a decoder raises at a file made to break it, is no failure of ours
        print(type(error).__name__, file=sys.stderr)
        _answer({"unwelcome": BROKEN})
    else:
        small = clean.thumbnail
        _answer({"media_type": clean.media_type, "size": len(clean.data)}, clean.data, small or b"")


def _bound() -> None:
    """Where the machine runs out of memory all the same, this process is the one to end."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    score = Path("/proc/self/oom_score_adj")
    if score.exists():
        score.write_text("1000")


def _answer(head: dict[str, Any], *bodies: bytes) -> None:
    out = sys.stdout.buffer
    out.write(json.dumps(head).encode() + b"\n")
    for body in bodies:
        out.write(body)
    out.flush()


if __name__ == "__main__":
    main()
