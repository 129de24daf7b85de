"""Signing keys of principals and the key of sign-in links, each process with what it needs alone."""

from __future__ import annotations

import shutil
from pathlib import Path

from common.contracts import mandates
from common.contracts.mandates import make_mandate_key
from common.contracts.signing import generate_key
from common.runtime.sign_in import KEY_FILE, make_sign_in_key

ALL = "all"
"""Under this name lies everything; it is mounted nowhere but where keys are made."""


LINK_PRINCIPALS = ("portal", "operator")
"""Who reads sign-in links and who makes them."""


def make_keys(folder: Path, principals: tuple[str, ...]) -> None:
    """Keys for principals, for sign-in links and for mandates, made once."""
    for principal in principals:
        generate_key(folder, principal)
    make_sign_in_key(folder)
    make_mandate_key(folder)


def hand_out(folder: Path, principals: tuple[str, ...]) -> None:
    """Under `folder/<principal>`: all public keys, its private one, and where needed the keys of links and mandates."""
    everything = folder / ALL
    make_keys(everything, principals)
    for principal in principals:
        own = folder / principal
        shutil.copytree(everything / "public", own / "public", dirs_exist_ok=True)
        (own / "private").mkdir(mode=0o700, exist_ok=True)
        shutil.copy2(everything / "private" / f"{principal}.pem", own / "private")
        if principal in LINK_PRINCIPALS:
            shutil.copy2(everything / KEY_FILE, own)
        if principal in mandates.holders():
            shutil.copy2(everything / mandates.KEY_FILE, own)
