"""One-time links that sign a person in at the portal, and passes of the operator's command line: made on the operator's
machine, read at the portal."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from common.contracts.secret_file import write_secret

KEY_FILE = "sign_in.key"
"""In the keys folder of whoever makes links and of the portal."""
MIN_KEY = 32
"""Characters; under a shorter key anybody could make links."""
LINK_SECONDS = 12 * 3600
"""How long a link waits to be used."""
SALT = "otklik sign-in link"
PASS_SALT = "otklik command line"
PASS_SECONDS = 60
"""How long a pass may take from the command line to the portal."""


class LinkRefused(ValueError):
    """A link that this installation did not make, or that has waited too long; says which."""


@dataclass(frozen=True, slots=True)
class Link:
    """Whom a link signs in; `nonce` tells one link from another."""

    person: str
    nonce: str


class SignInLinks:
    """Makes and reads links under one key."""

    def __init__(self, key: str) -> None:
        self._serializer = URLSafeTimedSerializer(key, salt=SALT)
        self._passes = URLSafeTimedSerializer(key, salt=PASS_SALT)

    @classmethod
    def load(cls, keys: Path) -> SignInLinks | None:
        """By the key in a keys folder; None where there is none. Raises ValueError for one that could be guessed."""
        path = keys / KEY_FILE
        if not path.exists():
            return None
        key = path.read_text().strip()
        if len(key) < MIN_KEY:
            raise ValueError(
                f"{path} holds less than {MIN_KEY} characters: remove it, and a new one is made at the start"
            )
        return cls(key)

    def code(self, person: str) -> str:
        """A new code for a person."""
        return str(self._serializer.dumps([person, secrets.token_urlsafe(12)]))

    def address(self, portal: str, person: str) -> str:
        """A new link to a portal's address."""
        return f"{portal}/login?code={quote(self.code(person))}"

    def machine_pass(self) -> str:
        """A word of the command line that reads what only the operator of the machine may; good for a minute."""
        return str(self._passes.dumps(secrets.token_urlsafe(12)))

    def is_machine_pass(self, given: str) -> bool:
        try:
            self._passes.loads(given, max_age=PASS_SECONDS)
        except (BadSignature, ValueError, TypeError):
            return False
        return True

    def read(self, code: str) -> Link:
        """Raises LinkRefused."""
        try:
            person, nonce = self._serializer.loads(code, max_age=LINK_SECONDS)
        except SignatureExpired as error:
            raise LinkRefused("This link has waited too long. Ask for a new one.") from error
        except (BadSignature, ValueError, TypeError) as error:
            raise LinkRefused("This link is not of this installation, or part of it is missing.") from error
        return Link(str(person), str(nonce))


def machine_pass(keys: Path) -> dict[str, str]:
    """Headers by which the portal knows whoever runs the machine; none where the keys folder holds no key for them."""
    links = SignInLinks.load(keys)
    return {} if links is None else {"Authorization": f"Bearer {links.machine_pass()}"}


def make_sign_in_key(keys: Path) -> None:
    """A key for links in a keys folder; one that exists is kept."""
    path = keys / KEY_FILE
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(32).encode())
