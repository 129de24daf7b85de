"""What somebody typed into a form that did not do what they wanted: shown again, with what is wrong beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Entered:
    """One form's fields, by name; `form` is the id of the form on its page, empty for none."""

    form: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    wrong: str = ""
    """What is wrong, in words; empty for a form that is only to be finished."""
    at: str = ""
    """The field that is wrong; empty when it is none of them."""

    def into(self, form: str) -> Entered:
        """This, if it was entered into that form; else nothing."""
        return self if form == self.form else NOTHING

    def text(self, name: str) -> str:
        return self.fields.get(name, "")

    def marks(self, name: str) -> Markup:
        """Attributes of a field that is wrong: what is wrong stands beside it, and the keyboard is there."""
        if not self.wrong or self.at != name:
            return Markup("")
        return Markup(' aria-invalid="true" aria-describedby="{}-{}-wrong" autofocus').format(self.form, name)


NOTHING = Entered()
