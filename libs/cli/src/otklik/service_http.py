"""Asks the services of an installation over HTTP. By the standard library: importing httpx costs more than asking."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any

from common.runtime.sign_in import machine_pass

from otklik.console import CommandError
from otklik.locate import Installed

PATIENCE_SECONDS = 10.0
JSON = {"Content-Type": "application/json"}


class NoAnswer(CommandError):
    """A service does not answer, or says no; the message says which and what to do."""


def fetch(
    port: int, path: str, patience: float, posted: bytes | None = None, headers: Mapping[str, str] = JSON
) -> tuple[int, bytes]:
    """Status and body, after posting where there is anything to; raises OSError or HTTPException."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
    try:
        if posted is None:
            connection.request("GET", path, headers=dict(headers))
        else:
            connection.request("POST", path, posted, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def get(port: int, path: str, patience: float, headers: Mapping[str, str] = JSON) -> tuple[int, Any]:
    """Status and JSON body; raises OSError, HTTPException or ValueError."""
    status, body = fetch(port, path, patience, headers=headers)
    return status, json.loads(body)


def ask(place: Installed, path: str, patience: float = PATIENCE_SECONDS) -> dict[str, Any]:
    """The portal's answer to whoever runs the machine; raises NoAnswer."""
    try:
        status, found = get(place.ports["portal"], path, patience, machine_pass(place.folder / "keys"))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswer(
            f"the portal does not answer at {place.portal} ({type(error).__name__}); its log is"
            f" {place.folder}/logs/portal.log"
        ) from error
    if status != 200 or not isinstance(found, dict):
        words = found.get("error") if isinstance(found, dict) else None
        raise NoAnswer(str(words or f"the portal answered {status} at {path}"))
    return found


def health(port: int, patience: float = PATIENCE_SECONDS) -> dict[str, Any]:
    """What a service says of itself within so many seconds; without an answer, that as its one problem."""
    try:
        _, found = get(port, f"/health/ready?within={0.6 * patience:.1f}", patience)
    except (OSError, http.client.HTTPException, ValueError) as error:
        words = f"no answer on port {port} ({type(error).__name__})"
        return {"silent": type(error).__name__, "within": patience, "problems": [words]}
    return found if isinstance(found, dict) else {"problems": [f"what answers on port {port} is no service of ours"]}
