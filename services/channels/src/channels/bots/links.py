"""Links that open the talk with a bot of ours; the bot is told what they hold. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from common.contracts.frozen import value


@value
class BotNames:
    """As the messengers know our bots; empty or None for one that is not there."""

    telegram: str = ""
    vk_group: int | None = None
    max: str = ""


def links(names: BotNames, code: str) -> Sequence[tuple[str, str]]:
    """The messenger's name and the link; `code` is of letters, digits, `_` and `-`, at most 64."""
    found = {
        "Telegram": names.telegram and f"https://t.me/{names.telegram}?start={code}",
        "VK": f"https://vk.me/club{names.vk_group}?ref={code}" if names.vk_group is not None else "",
        "MAX": names.max and f"https://max.ru/{names.max}?start={code}",
    }
    return [(name, link) for name, link in found.items() if link]
