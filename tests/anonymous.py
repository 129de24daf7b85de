"""Every address that a service answers without being asked who it is, with the names in it filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from common.runtime.context import Context
from common.runtime.service import Build, ServiceSpec
from starlette.routing import Mount, Route

PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


def keeping(build: Build, specs: dict[str, ServiceSpec], name: str) -> Build:
    """The same composition root, whose outcome is kept under a name."""

    def built(context: Context[Any]) -> ServiceSpec:
        specs[name] = build(context)
        return specs[name]

    return built


def addresses(routes: Sequence[Any], known: Mapping[str, Sequence[str]], prefix: str = "") -> Iterator[str]:
    """All that may be got below `prefix`; `known` are values by the name of what stands for them in a path."""
    for route in routes:
        if isinstance(route, Mount):
            yield from addresses(_within(route.app), known, prefix + route.path)
        elif isinstance(route, Route) and "GET" in (route.methods or ()):
            path = prefix + route.path
            names = PARAMETER.findall(path)
            for values in product(*(known.get(name, ("1",)) for name in names)):
                filled = iter(values)
                yield PARAMETER.sub(lambda _: next(filled), path)  # noqa: B023 - used up before the next turn


def _within(app: Any) -> Sequence[Any]:
    """The routes of whatever an application wraps."""
    while not hasattr(app, "routes"):
        inner = getattr(app, "app", None) or getattr(app, "_app", None)
        if inner is None:
            return ()
        app = inner
    return list(app.routes)
