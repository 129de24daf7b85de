"""Keeps the catalogues of texts in step with the code: `make messages`. Languages are the folders that there are."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Domain:
    """Texts of one service, and where its catalogues lie."""

    name: str
    source: Path
    methods: Sequence[tuple[str, str]] = (("**.py", "python"),)
    options: Mapping[str, Mapping[str, str]] | None = None

    @property
    def locale(self) -> Path:
        return self.source / "locale"

    def catalogues(self) -> dict[str, Path]:
        """By language."""
        return {p.parent.parent.name: p for p in sorted(self.locale.glob(f"*/LC_MESSAGES/{self.name}.po"))}


PAGES = (("**.py", "python"), ("templates/**.html", "jinja2"))
PAGE_OPTIONS = {"templates/**.html": {"newstyle_gettext": "true", "silent": "false"}}
REPORT_PAGES = (
    ("adapters/report_form/**.py", "python"), ("adapters/citizen_page/**.py", "python"),
    ("adapters/hotline/**.py", "python"), ("pages/**.py", "python"), ("pages/templates/**.html", "jinja2"),
)  # fmt: skip
REPORT_OPTIONS = {"pages/templates/**.html": PAGE_OPTIONS["templates/**.html"]}
DOMAINS = (
    Domain("notices", ROOT / "services/intake/src/intake"),
    Domain("pages", ROOT / "services/portal/src/portal", PAGES, PAGE_OPTIONS),
    Domain("bots", ROOT / "services/channels/src/channels/bots"),
    Domain("reports", ROOT / "services/channels/src/channels", REPORT_PAGES, PAGE_OPTIONS | REPORT_OPTIONS),
    Domain("forms", ROOT / "services/channels/src/channels/adapters/voice_form", PAGES, PAGE_OPTIONS),
)


def texts_of(domain: Domain) -> Catalog:
    """What the code says, with the places."""
    found = Catalog()
    options = {pattern: dict(given) for pattern, given in (domain.options or {}).items()}
    for path, line, text, comments, context in extract_from_dir(domain.source, domain.methods, options):
        found.add(text, locations=[(path, line)], auto_comments=comments, context=context)
    return found


def updated(domain: Domain, path: Path) -> bytes:
    """A catalogue as it should be: every text of the code, nothing else; new ones empty."""
    language = path.parent.parent.name
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language.replace("-", "_"))
    catalogue.project, catalogue.version = "Otklik", domain.name
    catalogue.msgid_bugs_address = catalogue.last_translator = catalogue.language_team = ""
    catalogue.update(texts_of(domain), no_fuzzy_matching=True, update_creation_date=False)
    out = BytesIO()
    write_po(
        out, catalogue, width=120, omit_header=False, ignore_obsolete=True, include_lineno=False, sort_by_file=True
    )
    return out.getvalue()


def untranslated(path: Path) -> list[str]:
    """Texts of a catalogue that have no translation, or a doubtful one."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.parent.parent.name.replace("-", "_"))
    given = [(m, m.string if isinstance(m.string, tuple | list) else (m.string,)) for m in catalogue if m.id]
    return [str(m.id) for m, strings in given if m.fuzzy or not all(strings)]


def main() -> int:
    missing = 0
    for domain in DOMAINS:
        for language, path in domain.catalogues().items():
            path.write_bytes(updated(domain, path))
            for text in untranslated(path):
                print(f"{path.relative_to(ROOT)}: no {language} for: {text}")
                missing += 1
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
