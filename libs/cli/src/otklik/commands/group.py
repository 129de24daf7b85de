"""A group of commands whose help is quick."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class Group(TyperGroup):
    """Its own --help is False where it was not given. Typer leaves it None and imports pydantic to judge that, which
    costs more than all the rest of a help page.

    `Any` stands for Click's classes, of which Typer brings its own copy that is not public.
    """

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)
        if option is not None:
            option.default = False
        return option
