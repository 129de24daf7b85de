"""What a person without an account says in a form: a voice on a proposal, or a wish for another rule. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import get_args

from common.contracts.events.deliberation import Stance
from common.contracts.frozen import value
from common.federation.languages import N_

from channels.form_fields import ONCE, FormWrong, is_address, written

STANCES: dict[Stance, str] = {
    "support": N_("I am for it"),
    "object": N_("I am against it, because"),
    "question": N_("I have a question"),
    "comment": N_("I have a comment"),
    "amendment": N_("I would change something in it"),
}
"""By stance, in the order in which a form shows them."""
APPEAL = "appeal"
"""What a form says in the place of a stance to have hidden words looked at again; `deliberation` knows the word."""
JUDGE = "judge"
"""The same of a form whose words judge those of others, by their numbers: `deliberation` knows such words."""
MAX_WORDS = 3_900
"""Less than a voice may have: the word of an appeal stands before them."""
REFERENCE = re.compile(r"\s*[PР]-([2-9A-Z]{4,10})\s*", re.IGNORECASE)
"""The first letter may be the Cyrillic one, which looks the same."""
OTHER_ADDRESS = N_(
    "This is not the address with which this page was begun. Write that one, or begin anew on the proposal's page."
)


@value
class Spoken:
    """A form that can be taken."""

    proposal: str | None
    """The reference; None: a wish for another rule."""
    stance: Stance | None
    """None of a wish, an appeal or a judgement of the words of others."""
    words: str
    address: str
    once: str
    """Made with the form: the same form sent again is the same voice."""

    @property
    def person(self) -> str:
        """Who speaks, as `intake` tells people of this channel apart."""
        return self.address.lower()


def reference_of_form(text: str) -> str | None:
    """The reference as it is written by us; None where none is named. Raises FormWrong."""
    if not text.strip():
        return None
    found = REFERENCE.fullmatch(text)
    if found is None:
        raise FormWrong("proposal", N_("This is not the reference of a proposal. It looks like P-7K2MNA."))
    return f"P-{found[1].upper()}"


def spoken(fields: Mapping[str, str]) -> Spoken:
    """Raises FormWrong."""
    proposal = reference_of_form(fields.get("proposal", ""))
    words = written(fields.get("words", ""))
    if len(words) > MAX_WORDS:
        raise FormWrong("words", N_("These words are too long: 3,900 characters at most."))
    appeals = proposal is not None and fields.get("stance") == APPEAL
    judges = proposal is not None and fields.get("stance") == JUDGE
    takes_side = proposal is not None and not appeals and not judges
    stance = _stance(fields.get("stance", "")) if takes_side else None
    if judges and not any(c.isdigit() for c in words):
        raise FormWrong("words", N_("Write the numbers of the words that you judge, such as: agree 12, 14; disagree 3"))
    if not any(c.isalnum() for c in words) and stance != "support":
        raise FormWrong("words", _missing(proposal, stance))
    address = fields.get("address", "").strip()
    if not is_address(address):
        raise FormWrong("address", N_("Write an e-mail address, such as ann@example.org, or a telephone number."))
    once = fields.get("once", "")
    if ONCE.fullmatch(once) is None:
        raise FormWrong("", N_("The form was not whole. It is here again with what you wrote: send it from here."))
    return Spoken(proposal, stance, f"{APPEAL}: {words}" if appeals else words, address, once)


def _stance(text: str) -> Stance:
    for stance in get_args(Stance):
        if stance == text:
            found: Stance = stance
            return found
    raise FormWrong("stance", N_("Choose what it is: for, against, a question, a comment or a change."))


def _missing(proposal: str | None, stance: Stance | None) -> str:
    """What to say, where nothing was."""
    if proposal is None:
        return N_("Say in words which rule you wish for.")
    if stance == "object":
        return N_("Say why you are against it: an objection counts only with its reason, and has to be answered.")
    return N_("Say it in words: only who is for it may say nothing more.")
