"""Templates of pages in the language of their reader."""

from __future__ import annotations

from pathlib import Path

from common.federation.languages import Catalogues
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape


def environments(folder: Path, catalogues: Catalogues, **known: object) -> dict[str, Environment]:
    """By language the templates of a folder, which know these values besides their `language`."""
    return {language: _environment(folder, catalogues, language, known) for language in catalogues.languages}


def _environment(folder: Path, catalogues: Catalogues, language: str, known: dict[str, object]) -> Environment:
    made = Environment(
        loader=FileSystemLoader(folder), autoescape=select_autoescape(default=True),
        trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined, extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    made.install_gettext_translations(catalogues.of(language), newstyle=True)  # type: ignore[attr-defined]
    made.policies["ext.i18n.trimmed"] = True
    made.globals |= {"language": language, **known}
    return made
