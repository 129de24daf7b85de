"""Signing keys of principals and role tokens of people, each process with its own private key alone."""

from __future__ import annotations

import json
import secrets
import shutil
from pathlib import Path

from common.federation import Federation
from common.signing import generate_key

ALL = "all"
"""Under this name lies everything; it is mounted nowhere but where keys are made."""


def make_keys(folder: Path, principals: tuple[str, ...], federation: Federation) -> dict[str, dict[str, str]]:
    """Keys for principals and tokens for people, made once. Returns the people by token."""
    for principal in principals:
        generate_key(folder, principal)
    path = folder / "tokens.json"
    held: dict[str, dict[str, str]] = json.loads(path.read_text()) if path.exists() else {}
    known = {actor["id"] for actor in held.values()}
    for person in federation.people:
        if person.role != "desk" and person.id not in known:
            held[secrets.token_urlsafe(18)] = {"id": person.id, "role": person.role, "scope": person.scope}
    path.touch(mode=0o600)
    path.write_text(json.dumps(held, indent=1))
    return held


def hand_out(folder: Path, principals: tuple[str, ...], federation: Federation) -> None:
    """Under `folder/<principal>`: all public keys, its private one, and for the portal the tokens."""
    everything = folder / ALL
    make_keys(everything, principals, federation)
    for principal in principals:
        own = folder / principal
        shutil.copytree(everything / "public", own / "public", dirs_exist_ok=True)
        (own / "private").mkdir(mode=0o700, exist_ok=True)
        shutil.copy2(everything / "private" / f"{principal}.pem", own / "private")
        if principal == "portal":
            shutil.copy2(everything / "tokens.json", own)
