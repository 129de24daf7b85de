"""Forms of our own pages: bounded, of one session, every choice one of those that were offered."""

from __future__ import annotations

import hmac
import re
from collections.abc import Container, Mapping
from datetime import date
from urllib.parse import parse_qsl

from common.contracts.catalogue import Installation
from common.federation.country import Federation
from starlette.requests import ClientDisconnect, Request

from portal.language import _

MAX_BYTES = 65_536
MAX_FIELDS = 600
"""A choice of several categories has a field for each that is ticked."""
FORM = "application/x-www-form-urlencoded"
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9~:_.-]{0,199}")


class FormRefused(ValueError):
    """A form that says too little or something that was never offered, or did not come from one of our own pages.

    `field` is the one that is wrong; empty when it is none of them.
    """

    def __init__(self, words: str, field: str = "") -> None:
        super().__init__(words)
        self.field = field


class Form:
    """The fields of a form, stripped of blanks at the ends."""

    def __init__(self, fields: dict[str, str], federation: Federation, installation: Installation) -> None:
        self._fields = fields
        self._federation = federation
        self._installation = installation

    @property
    def fields(self) -> Mapping[str, str]:
        return self._fields

    def text(self, name: str) -> str:
        """A free text, empty when it was not given."""
        return self._fields.get(name, "")

    def needed(self, name: str, words: str) -> str:
        """A free text that must be given; raises FormRefused with `words`."""
        value = self.text(name)
        if not value:
            raise FormRefused(words, name)
        return value

    def identifier(self, name: str) -> str:
        """An id of ours: of a case, proposal, dead letter or directive."""
        value = self.text(name)
        if not IDENTIFIER.fullmatch(value):
            words = _("The field {name} holds no id of ours. Open the page again and send it once more.")
            raise FormRefused(words.format(name=name), name)
        return value

    def one_of(self, name: str, known: Container[str]) -> str:
        """One of the values that the page offered."""
        value = self.text(name)
        if value not in known:
            words = _("The field {name} holds nothing that the page offers. Open the page again and choose.")
            raise FormRefused(words.format(name=name), name)
        return value

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number within bounds."""
        text = self.text(name)
        if not (text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high):
            words = _("Write a whole number from {low} to {high}.")
            raise FormRefused(words.format(low=low, high=high), name)
        return int(text)

    def day(self, name: str) -> date:
        """A date as browsers write it."""
        value = self.text(name)
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise FormRefused(_("Choose a date, such as 2026-03-31."), name) from error

    def region(self) -> str:
        return self.one_of("region", self._installation.regions)

    def service(self) -> str:
        return self.one_of("service", self._installation.instances())

    def authority(self, name: str = "authority") -> str | None:
        """The chosen authority; None for none."""
        if not self.text(name):
            return None
        return self.one_of(name, {a.id for a in self._federation.authorities})

    def taker(self) -> tuple[str, str | None] | None:
        """The chosen authority, with the region that gets the case where one was chosen too; None for none."""
        if not self.text("authority"):
            return None
        takers: dict[str, tuple[str, str | None]] = {a.id: (a.id, None) for a in self._federation.authorities}
        takers |= {f"{a.id}/{region}": (a.id, region) for a in self._federation.authorities for region in a.regions}
        return takers[self.one_of("authority", takers)]

    def area(self, name: str = "area") -> str | None:
        if not self.text(name):
            return None
        return self.one_of(name, {a for r in self._federation.regions for a in r.areas})

    def category(self, name: str = "category") -> str | None:
        if not self.text(name):
            return None
        return self.one_of(name, {c.code for c in self._federation.categories})


async def read_fields(request: Request) -> dict[str, str]:
    """The fields of a url-encoded body, bounded before it is read; raises FormRefused."""
    kind = request.headers.get("content-type", FORM).partition(";")[0].strip().lower()
    if kind != FORM:
        words = _("A form is sent as {form}, as our pages do; this is {kind}.")
        raise FormRefused(words.format(form=FORM, kind=kind[:100]))
    body = b""
    try:
        async for part in request.stream():
            body += part
            if len(body) > MAX_BYTES:
                words = _("The form is larger than {n} bytes: shorten the text.")
                raise FormRefused(words.format(n=MAX_BYTES))
    except ClientDisconnect as error:
        raise FormRefused(_("The form did not come to its end.")) from error
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError as error:
        words = _("The form is not text in UTF-8 of at most {n} fields.")
        raise FormRefused(words.format(n=MAX_FIELDS)) from error
    fields = {name: value.strip() for name, value in pairs}
    if any("\x00" in text for pair in fields.items() for text in pair):
        raise FormRefused(_("A field holds a NUL character: leave it out."))
    return fields


def check_origin(fields: dict[str, str], form_check: str) -> None:
    """Raises FormRefused for a form that does not carry the check of the session it comes with."""
    if not hmac.compare_digest(fields.pop("check", "").encode(), form_check.encode()):
        raise FormRefused(_("This form is not from a page of yours. Open the page again and send it once more."))
