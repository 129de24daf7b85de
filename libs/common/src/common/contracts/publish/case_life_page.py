"""The life of a case as a page to read."""

from __future__ import annotations

from collections.abc import Iterable

from common.contracts.case_life import AUTOMATIC, COMMANDS, ENDS, FACTS, KINDS, STATES, CaseRule, Kind
from common.contracts.events.region import State

HEAD = """# The life of a case

Written by `make contracts` from `libs/common/src/common/contracts/case_life.py`; change it there.

## States

| state | meaning | what people may order | what may come from outside |
| --- | --- | --- | --- |
"""
MEANINGS: dict[Kind, str] = {
    "open": "open: the region owes an answer",
    "answered": "answered: the citizen may judge",
    "closed": "closed for good",
    "elsewhere": "another region has it",
}
RULES_HEAD = """
## {title}

| {first} | possible in | by | event | state afterwards | clock of the answer |
| --- | --- | --- | --- | --- | --- |
"""


def page() -> str:
    """Markdown."""
    states = "".join(_state(state) for state in KINDS)
    commands = RULES_HEAD.format(title="Commands", first="command") + "".join(map(_rule, COMMANDS))
    facts = RULES_HEAD.format(title="Facts from outside the region", first="fact") + "".join(
        map(_rule, (*FACTS, AUTOMATIC))
    )
    return HEAD + states + commands + facts


def _state(state: State) -> str:
    cells = (
        f"`{state}`",
        MEANINGS[KINDS[state]],
        _names(rule for rule in COMMANDS if state in rule.states),
        _names(rule for rule in FACTS if state in rule.states),
    )
    return f"| {' | '.join(cells)} |\n"


def _names(rules: Iterable[CaseRule]) -> str:
    return ", ".join(dict.fromkeys(map(_name, rules))) or "nothing"


def _name(rule: CaseRule) -> str:
    which = rule.verdict or ("" if rule.passes == "deadline" else rule.passes.replace("_", " "))
    return rule.incoming.__name__ + (f" ({which})" if which else "")


def _rule(rule: CaseRule) -> str:
    in_states = "every state" if rule.states == STATES else _listed(rule.states)
    by = "an authority with automatic acceptance" if rule is AUTOMATIC else _listed(rule.roles) or "from outside"
    cells = (
        "after any of them" if rule is AUTOMATIC else _name(rule),
        in_states + (", or the region does not have it yet" if rule.opens else ""),
        by,
        rule.event.__name__ if rule.event is not None else "none",
        _listed(rule.after) or "as before",
        rule.clock or ("ends" if rule.event in ENDS else "as before"),
    )
    return f"| {' | '.join(cells)} |\n"


def _listed(names: Iterable[str]) -> str:
    order = (*KINDS, "desk", "operator", "regional_head")
    return ", ".join(f"`{name}`" for name in sorted(names, key=order.index))
