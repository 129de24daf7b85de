"""A proposal's life in sentences: who asked for it, what became of it, by whose word and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal import machine_reasons, patch_text
from portal.formats import Times, number
from portal.language import N_, _
from portal.loop_pages import loop_title, page_of
from portal.names import Names
from portal.rule_text import RuleWords

Data = Mapping[str, Any]
TOLD_APART = frozenset({"checked", "refused", "accepted", "rejected", "adopted"})
"""Steps that are told by who proposed and decided, and by the release."""
GOOD, BAD = frozenset({"accepted", "adopted"}), frozenset({"refused", "returned", "rejected"})
STANDS = {
    "checked": N_("waits for a decision"),
    "refused": N_("not let through by the check"),
    "accepted": N_("accepted"),
    "rejected": N_("rejected"),
    "withdrawn": N_("withdrawn by its author"),
    "returned": N_("returned to its author"),
    "adopted": N_("in the rulebook"),
}
"""How a proposal stands, by its state."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a proposal; `reasons` are what was said for it."""

    time: datetime
    words: str
    reasons: Sequence[str]
    tone: str
    """`good`, `bad` or empty."""


class ProposalWords:
    """Tells proposals with a federation's names and times."""

    def __init__(self, names: Names, times: Times, rules: RuleWords) -> None:
        self._names, self._times, self._rules = names, times, rules

    def title(self, data: Data, current: str | None = None) -> str:
        """From the patch where there is one, else as its author wrote it."""
        patch = patch_text.patch_of(data)
        if patch is None:
            return str(data.get("title") or _("A change of the rules"))
        return patch_text.title(patch, self._rules, self._names, current or _current_of(data))

    def author(self, data: Data) -> str:
        if data.get("loop"):
            return _("the loop “{loop}”").format(loop=loop_title(data["loop"]))
        steps = data.get("steps") or [data]
        return self._names.actor(steps[0].get("actor"))

    def decider(self, data: Data) -> str | None:
        """Who accepted or rejected it."""
        step = _decision(data)
        return None if step is None else self._names.actor(step.get("actor"))

    def decided_at(self, data: Data) -> str | None:
        step = _decision(data)
        return None if step is None else str(step["at"])

    def reason(self, data: Data) -> str:
        """Why it was accepted or rejected, as the decider wrote it; empty where nothing was written."""
        return str((_decision(data) or {}).get("reason", ""))

    def steps(self, data: Data) -> list[Step]:
        return [self._step(data, step) for step in data.get("steps", ())]

    def step(self, data: Data, step: Data) -> Step:
        """One of its steps."""
        return self._step(data, step)

    def course(self, data: Data) -> list[Step]:
        """What else became of it than that it was proposed, decided on and made a rule."""
        return [self._step(data, step) for step in data.get("steps", ()) if step["step"] not in TOLD_APART]

    def forecast(self, data: Data) -> str:
        """What was promised; empty where nothing was."""
        forecast = data.get("forecast")
        return page_of(data.get("loop")).forecast(forecast) if forecast else ""

    def _step(self, data: Data, step: Data) -> Step:
        name, person = str(step["step"]), self._names.actor(step.get("actor"))
        said = {"author": self.author(data), "person": person}
        if name == "adopted":
            words = _("It became release {number} of the rules of {layer}, in force from {time}.").format(
                number=number(int(step["number"])), layer=self._names.layer(str(step["layer"])),
                time=self._times.plain(step["effective_at"]),
            )  # fmt: skip
            if step.get("canary_skipped"):
                words += _(" It was not tried in a part first.")
        else:
            words = _(STEPS[name]).format(**said)
        if name in ("refused", "returned"):
            reasons = [self.machine(str(r)) for r in (step.get("reason", ""), *step.get("rows", ())) if r]
        else:
            reasons = [str(step["reason"])] if step.get("reason") else []
        tone = "good" if name in GOOD else "bad" if name in BAD else ""
        at = datetime.fromisoformat(step["at"])
        return Step(at, words[:1].upper() + words[1:], list(dict.fromkeys(reasons)), tone)

    def machine(self, reason: str) -> str:
        """What the check says, in words."""
        return machine_reasons.in_words(reason, self._rules.cell)


STEPS = {
    "checked": N_("{author} proposed it, and the machine's check let it through for people to decide."),
    "refused": N_("{author} proposed it, and the machine's check did not let it through."),
    "accepted": N_("{person} accepted it."),
    "rejected": N_("{person} rejected it."),
    "withdrawn": N_("{person} withdrew it."),
    "returned": N_("It was returned to its author, because the rules had changed meanwhile."),
}
"""What a step of each name says; `adopted` says more."""


def _decision(data: Data) -> Data | None:
    return next((s for s in data.get("steps", ()) if s["step"] in ("accepted", "rejected")), None)


def _current_of(data: Data) -> str | None:
    """The authority that the rules named, by the proposal's own evidence."""
    cells = data.get("evidence", {}).get("cells") or [{}]
    current = cells[0].get("current") if isinstance(cells[0], Mapping) else None
    return str(current) if current else None
