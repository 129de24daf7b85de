"""What the rules are, were and would do; rulebooks as files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer
from common.federation.country import EPOCH
from common.rulebook.differences import differences
from common.rulebook.errors import PatchConflict, ReleaseMissing, RulebookError
from common.rulebook.history import steps
from common.rulebook.layers import Rulebook
from common.rulebook.message_text.simulated import CASE
from common.rulebook.placement import Placed, Unplaced, layer_for, place
from common.rulebook.release import NATIONAL
from common.rulebook.simulation import by_other_rules, patched
from common.rulebook.trial import NO_UNIT
from rich.text import Text

from otklik.console import console
from otklik.dead_letter_command import said_in_words
from otklik.known_rules import rules_of
from otklik.rule_files import RuleFilesError, write_newest, write_releases
from otklik.rule_findings import findings
from otklik.rules_asked import (
    NotSaid,
    in_force,
    inputs_of,
    known_layer,
    layers_of,
    moment_of,
    proposal_named,
    release_named,
    where_of,
)
from otklik.rules_shown import (
    PLAIN,
    count,
    pairs,
    show_decision,
    show_difference,
    show_origin,
    show_passed_over,
    show_placed,
    trial_words,
)
from otklik.simulated_text import said_text


@contextmanager
def in_words() -> Iterator[None]:
    """What goes wrong, as one line and exit code 1."""
    with said_in_words():
        try:
            yield
        except (RuleFilesError, RulebookError, ReleaseMissing, PatchConflict, NotSaid) as error:
            console.print(Text(str(error), style="red"), soft_wrap=True)
            raise typer.Exit(1) from error


def check(folder: Path, federation: Path | None, files: Path | None) -> None:
    """Say what is wrong with the newest release of every layer, and what may not be meant; exits 1 on a fault."""
    with in_words():
        rules = rules_of(folder, federation, files)
        faults = remarks = 0
        for layer in layers_of(rules):
            for fault, words in findings(rules, rules.layer(layer)[-1]):
                console.print(f"{layer}: {'' if fault else 'remark: '}{words}", **PLAIN)
                faults, remarks = faults + fault, remarks + (not fault)
    console.print(
        f"{faults} faults, {remarks} remarks in the newest release of {len(layers_of(rules))} layers", **PLAIN
    )
    if faults:
        raise typer.Exit(1)


def diff(before: str, after: str, folder: Path, federation: Path | None, files: Path | None) -> None:
    """Rows added, removed, changed and moved between two releases of a layer."""
    with in_words():
        rules = rules_of(folder, federation, files)
        old, new = release_named(rules, before), release_named(rules, after)
        if old.layer != new.layer:
            raise NotSaid(f"{before} and {after} are releases of two layers: compare releases of one")
        found = differences(old.tables, new.tables)
    for each in found:
        show_difference(each)
    if not found:
        console.print(f"{before} and {after} say the same", **PLAIN)


def explain(
    table: str,
    inputs: list[str],
    region: str,
    at: str | None,
    folder: Path,
    federation: Path | None,
    files: Path | None,
) -> None:
    """Which row of a table decides for these inputs, which rows above it do not hold and why, and what comes of it."""
    with in_words():
        rules = rules_of(folder, federation, files)
        asked = inputs_of(table, inputs)
        rulebook = in_force(rules, region, at)
        decision = rulebook.decide(table, asked, NO_UNIT)
        others = [
            (plan, rulebook.otherwise(plan.proposal_id).decide(table, asked, NO_UNIT)) for plan in rulebook.trials
        ]
    console.print(f"table {table} of {rulebook.release}, asked for {pairs(asked)}", **PLAIN)
    for layer in dict.fromkeys((NATIONAL, region or NATIONAL)):
        document = rulebook.tables(layer).get(table)
        if document is not None:
            show_passed_over(layer, table, document, asked)
    held = show_decision(decision)
    for plan, other in others:
        if (other.outputs if other is not None else None) != held:
            console.print(f"\n{trial_words(rules, plan)}", **PLAIN)
            show_decision(other)
    if held is None:
        raise typer.Exit(1)


LINE = 70
"""Characters of a part that are shown."""


@dataclass(frozen=True)
class Asked:
    """A message as `simulate` is told of it."""

    category: str | None
    text: str | None
    model: Path | None
    channel: str


def simulate(
    asked: Asked,
    area: str | None,
    lat: float | None,
    lon: float | None,
    at: str | None,
    proposal: str | None,
    folder: Path,
    federation: Path | None,
    files: Path | None,
) -> None:
    """What would become of a message: category, authority, priority, deadline, by which rows."""
    with in_words():
        if not (asked.category or asked.text):
            raise NotSaid("say what the channel calls it (--category), or what the citizen writes (--text)")
        rules = rules_of(folder, federation, files)
        where, has_point = where_of(rules, area, lat, lon, at)
        bare = not asked.category and area is None and not has_point
        text = said_text(
            rules.federation, asked.text, asked.model, asked.channel, lambda layer: in_force(rules, layer, at),
            bare=bare,
        )  # fmt: skip
        if text is not None and where is None and not has_point:
            where = text.where(asked.category, moment_of(rules, at))
        layer = layer_for(where)
        rulebook = in_force(rules, layer, at)
        console.print(f"under {rulebook.release}:", **PLAIN)

        def placed(by: Rulebook) -> Placed | Unplaced:
            if text is not None:
                return text.placed(asked.category, where, by, has_point=has_point)
            return place(CASE, asked.category, where, by, has_point=has_point)

        if text is not None and text.has_model:
            console.print(f"  the model reads {text.in_words()}", **PLAIN)
        if text is not None and (parts := text.parts(rulebook.without_trials(), where)):
            console.print(f"  it seems to be about {len(parts)} matters:", **PLAIN)
            for part in parts:
                console.print(f"    {part.category or 'unknown'}: {' '.join(part.text.split())[:LINE]}", **PLAIN)

        show_placed(rules, placed(rulebook.without_trials()))
        for plan, other in by_other_rules(rulebook, placed):
            console.print(f"\n{trial_words(rules, plan)}", **PLAIN)
            show_placed(rules, other)
        if proposal is not None:
            patch = proposal_named(rules, proposal).patch
            changed = patched(rules.book, layer, moment_of(rules, at), patch)
            console.print(f"\nif proposal {proposal} were in force too, on layer {patch.layer}:", **PLAIN)
            show_placed(rules, placed(changed))


def history(
    layer: str, table: str | None, row: str | None, folder: Path, federation: Path | None, files: Path | None
) -> None:
    """A layer's releases, oldest first: since when, which rows, by which proposal, who decided and why."""
    with in_words():
        rules = rules_of(folder, federation, files)
        releases = rules.layer(known_layer(rules, layer))
        found = steps(releases, table, row)
    for step in found:
        release = step.release
        since = "from the beginning" if release.effective_at == EPOCH else f"since {release.effective_at.isoformat()}"
        console.print(f"{layer}:{release.number} {since}, {count(step.changes)}", style="bold", **PLAIN)
        show_origin(rules, release)
        if release.number > 1 or row is not None:
            for each in step.changes:
                show_difference(each, indent="  ")


def export(target: Path, newest: bool, folder: Path, federation: Path | None) -> None:
    """Write every release of every layer as JDM files with what seals them, or the newest of each to be changed."""
    with in_words():
        rules = rules_of(folder, federation, None)
        (write_newest if newest else write_releases)(target, list(rules.releases))
    written = len(layers_of(rules)) if newest else len(rules.releases)
    console.print(f"{written} releases of {len(layers_of(rules))} layers are in {target}", **PLAIN)
