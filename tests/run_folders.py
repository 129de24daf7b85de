"""How the folders of a run's servers are named, so that the run can end what its workers left."""

from __future__ import annotations

import os


def prefix_of_run() -> str:
    """Begins the names of the folders of this run's servers, alike in the controller and its workers."""
    controller = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    return f"otklik-test-{controller}-"
