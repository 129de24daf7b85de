"""`python -m common.contracts.publish [--check]`: write the contracts, or say which are not as the catalogue has them.

`python -m common.contracts.publish samples FOLDER` writes golden samples of types and fields that have none.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from common.contracts.publish.files import SCHEMAS, differing, write
from common.contracts.publish.samples import write_missing


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m common.contracts.publish", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is not up to date")
    parser.add_argument("--folder", type=Path, default=SCHEMAS)
    parser.add_argument("action", nargs="?", choices=["samples"])
    parser.add_argument("samples", nargs="?", type=Path, help="folder of the golden samples")
    given = parser.parse_args()
    if given.action == "samples":
        if given.samples is None:
            parser.error("say in which folder the golden samples are")
        for path in write_missing(given.samples):
            print(f"new: {path}; put in what a real record holds")
    elif given.check:
        stale = differing(given.folder)
        if stale:
            sys.exit(
                f"{len(stale)} of {given.folder} are not what the catalogue says: {', '.join(stale[:8])}"
                f"{', ...' if len(stale) > 8 else ''}\nrun `make contracts`, look at the difference, commit it"
            )
    else:
        for name in write(given.folder):
            print(f"written: {name}")


if __name__ == "__main__":
    main()
