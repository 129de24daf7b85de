"""What outsiders wrote gives no orders to the operator's terminal."""

from __future__ import annotations

import io

import pytest
from otklik.console import SafeConsole, visible
from rich.markup import escape
from rich.table import Table
from rich.text import Text

ORDERS = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202eabc"


@pytest.mark.parametrize("form", ["words", "text", "table"])
def test_control_characters_are_shown_and_not_carried_out(form: str) -> None:
    file = io.StringIO()
    console = SafeConsole(file=file, force_terminal=True, color_system="truecolor", width=200)
    table = Table("reason", box=None)
    table.add_row(Text(f"Жалоба {ORDERS}", style="yellow"))
    forms = {"words": f"[bold]Жалоба[/bold] {escape(ORDERS)}", "text": Text(f"Жалоба {ORDERS}", "red"), "table": table}
    console.print(forms[form], highlight=False)
    said = file.getvalue()
    assert "Жалоба" in said
    assert "\\x1b]0;owned" in said
    assert not [order for order in ("\x1b]", "\x1b[2J", "\x9b", "\u202e", "\x07") if order in said]


def test_lines_tabs_and_every_script_stay_as_they_are() -> None:
    text = "строка\n\tдве, 100\u00a0€ 👍"
    assert visible(text) == text
