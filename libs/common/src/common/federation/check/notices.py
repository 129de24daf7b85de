"""What citizens are told: in every language of the federation, and by texts that can be filled."""

from __future__ import annotations

from collections.abc import Iterator

from common.contracts.notices import NOTICE_FIELDS, TRANSLATED, fits
from common.federation.check.head import Found
from common.federation.check.rulebook import line_of
from common.federation.country import read_table
from common.federation.faults import Fault, FederationError
from common.rulebook.bitsets import Hit, compile_table
from common.rulebook.errors import RulebookError
from common.rulebook.jdm import parse_table
from common.rulebook.release import NATIONAL


def check(found: Found) -> Iterator[Fault]:
    """Faults of rows of `texts` that can never be said, and a remark for each language that lacks some notices."""
    path = found.folder / "rulebook" / NATIONAL / "texts.json"
    try:
        table = parse_table("texts", read_table(path)) if path.exists() else None
    except (FederationError, RulebookError):
        return  # the rulebook's own check has said so
    compiled = compile_table(table) if table is not None else None
    texts: dict[tuple[str, str], Hit] = {}
    for language in found.head.languages if found.head is not None else ():
        for kind in NOTICE_FIELDS:
            hit = compiled.decide(notice=kind, language=language) if compiled is not None else None
            if hit is not None:
                texts[kind, language] = hit
    for (kind, language), hit in texts.items():
        if not fits(str(hit.outputs["text"]), NOTICE_FIELDS[kind]):
            allowed = ", ".join(f"{{{name}}}" for name in sorted(NOTICE_FIELDS[kind]))
            words = f"the text of {kind!r} in {language!r} is never said: it may name {allowed} and nothing else"
            yield Fault(path, line_of(path, hit.row_id), f"row {hit.row_id}: {words}")
    for language in found.head.languages if found.head is not None else ():
        missing = [kind for kind in NOTICE_FIELDS if (kind, language) not in texts]
        if missing and language.split("-")[0] not in TRANSLATED:
            first = found.head.languages[0] if found.head is not None else ""
            words = f"no text in {language!r} for {', '.join(missing)}: citizens are told of it in {first!r} or English"
            yield Fault(path, None, words, remark=True)
