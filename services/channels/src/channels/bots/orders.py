"""Words of a whole message that are about the messages themselves, not about a matter. Pure."""

from __future__ import annotations

import re
from typing import Literal

Order = Literal["stop", "start", "help", "erase", "erase_all"]
SAID: dict[Order, frozenset[str]] = {
    "stop": frozenset({
        "stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out", "стоп",
        "отписаться", "отписка", "отпишите", "хватит", "alto", "baja", "parar",
    }),
    "start": frozenset({"start", "unstop", "/start", "старт", "подписаться", "alta"}),
    "help": frozenset({"help", "info", "помощь", "справка", "инфо", "ayuda"}),
    "erase": frozenset({"/erase", "erase", "удалить", "borrar"}),
    "erase_all": frozenset({"erase all", "erase everything", "удалить все", "borrar todo"}),
}  # fmt: skip
"""In lower case, without marks and with `е` for `ё`. Operators of telephones ask for the English ones."""
MARKS = re.compile(r"[.!,;:\s\"'«»]+")
LONGEST = 40
"""Characters of a message that can be one of them."""


def order_in(text: str) -> Order | None:
    """The order that a message is and nothing else."""
    if len(text) > LONGEST:
        return None
    said = MARKS.sub(" ", text.lower().replace("ё", "е")).strip()
    return next((order for order, words in SAID.items() if said in words), None)
