"""A proposed patch in words: one line that says what is asked for, and each row before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.contracts.patch import Patch
from common.rulebook.cells import AnyValue, OneOf, parse_output, parse_test
from pydantic import ValidationError

from portal.formats import listed, number
from portal.language import _, ngettext
from portal.names import Names
from portal.rule_text import RuleWords
from portal.titles import table_title

MAX_LISTED = 3
JURISDICTION = "jurisdiction"


@dataclass(frozen=True, slots=True)
class Redirect:
    """One row of the table of jurisdiction as it shall be; None for every category or area."""

    categories: tuple[str, ...] | None
    areas: tuple[str, ...] | None
    target: str
    current: str | None
    """The authority of the row before; None for a new row."""


def patch_of(data: Mapping[str, Any]) -> Patch | None:
    """A proposal's patch; None where the record holds none that can be read."""
    try:
        return Patch.model_validate(data.get("patch"))
    except ValidationError:
        return None


def title(patch: Patch, words: RuleWords, names: Names, current: str | None = None) -> str:
    """Such as `Send reports of Pothole in area 05 to Yard 02 instead of Yard 01`.

    `current` is the authority that the rules named when the change was proposed, for rows that were not there.
    """
    redirects = redirects_of(patch)
    if redirects:
        return _redirect_title(redirects, names, current)
    table = table_title(patch.table)
    if len(patch.changes) != 1:
        text = ngettext("{table}: change {n} row", "{table}: change {n} rows", len(patch.changes))
        return text.format(table=table, n=number(len(patch.changes)))
    changed = words.patched(patch)[0]
    if changed.before is None:
        return _("{table}: a new row. {row}").format(table=table, row=changed.after)
    if changed.after is None:
        return _("{table}: remove a row. {row}").format(table=table, row=changed.before)
    differing = listed([_("{column}: {after} instead of {before}").format(column=c, before=b, after=a)
                        for c, b, a in changed.cells])  # fmt: skip
    return _("{table}: {changes}. {row}").format(table=table, changes=differing, row=changed.after)


def redirects_of(patch: Patch) -> list[Redirect]:
    """The rows that send cases to the patch's first authority; empty for any other patch than one of jurisdiction."""
    if patch.table != JURISDICTION:
        return []
    found = []
    for change in patch.changes:
        after, before = change.after, change.before
        if after is None:
            continue
        try:
            row = Redirect(
                _listed_in(after.get("category", "")), _listed_in(after.get("area", "")),
                str(parse_output(after.get("authority", ""), "text")),
                str(parse_output(before.get("authority", ""), "text")) if before is not None else None,
            )  # fmt: skip
        except ValueError:
            return []
        found.append(row)
    return [r for r in found if r.target == found[0].target]


def _listed_in(cell: str) -> tuple[str, ...] | None:
    test = parse_test(cell, "text")
    if isinstance(test, AnyValue):
        return None
    assert isinstance(test, OneOf)
    return tuple(str(v) for v in test.values)


def _redirect_title(redirects: Sequence[Redirect], names: Names, current: str | None) -> str:
    categories = _joined([r.categories for r in redirects])
    areas = _joined([r.areas for r in redirects])
    if categories is None:
        what = _("every category")
    elif len(categories) > MAX_LISTED:
        what = ngettext("{n} category", "{n} categories", len(categories)).format(n=number(len(categories)))
    else:
        what = listed([names.category(c) for c in categories])
    if areas is None:
        where = _("every area")
    elif len(areas) > MAX_LISTED:
        where = ngettext("{n} area", "{n} areas", len(areas)).format(n=number(len(areas)))
    else:
        where = ngettext("area {areas}", "areas {areas}", len(areas)).format(areas=listed(areas))
    before = next((r.current for r in redirects if r.current is not None), current)
    said = {"category": what, "area": where, "target": names.authority(redirects[0].target)}
    if before is None or before == redirects[0].target:
        return _("Send reports of {category} in {area} to {target}").format(**said)
    text = _("Send reports of {category} in {area} to {target} instead of {current}")
    return text.format(**said, current=names.authority(before))


def _joined(lists: Sequence[tuple[str, ...] | None]) -> list[str] | None:
    """All of them, each once; None when one of them takes everything."""
    if any(each is None for each in lists):
        return None
    return list(dict.fromkeys(name for each in lists if each is not None for name in each))
