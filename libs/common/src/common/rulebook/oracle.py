"""zen-engine as a second opinion: a table on which it and our compiled form differ is not published."""

from __future__ import annotations

import itertools
import json
import math
import random
from collections.abc import Iterable

from common.rulebook.bitsets import compile_table
from common.rulebook.input_space import values_of
from common.rulebook.jdm import Document, parse_table, today
from common.rulebook.tables import Value

MAX_INPUTS = 400


def differences(name: str, document: Document, seed: int = 0) -> list[str]:
    """Run both engines on generated inputs, at most MAX_INPUTS of them; a sentence for each that differs."""
    table = parse_table(name, document)
    domains = [values_of(c, i, [table]) for i, c in enumerate(table.spec.inputs)]
    if math.prod(map(len, domains)) <= MAX_INPUTS:
        return differences_on(name, document, itertools.product(*domains))
    draw = random.Random(seed)
    combinations = (tuple(draw.choice(values) for values in domains) for _ in range(MAX_INPUTS))
    return differences_on(name, document, combinations)


def differences_on(name: str, document: Document, combinations: Iterable[tuple[Value, ...]]) -> list[str]:
    """Run both engines on these inputs, in the order of the table's columns; a sentence for each that differs."""
    import zen

    table = parse_table(name, document)
    compiled = compile_table(table)
    names = [c.name for c in table.spec.inputs]
    decision = zen.ZenEngine().create_decision(json.dumps(today(name, document)))
    found = []
    for combination in combinations:
        inputs: dict[str, Value] = dict(zip(names, combination, strict=True))
        hit = compiled.decide(**inputs)
        ours = dict(hit.outputs) if hit is not None else {}
        theirs = decision.evaluate(inputs)["result"] or {}
        if ours != theirs:
            found.append(f"table {name}, inputs {inputs}: here {ours}, zen-engine {theirs}")
    return found
