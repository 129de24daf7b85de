"""A proposal's life in sentences: who asked for it, what became of it, by whose word and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from common.contracts.trial import TrialMeasure, TrialStop

from portal import machine_reasons, patch_text
from portal.formats import Times, iso_day, number, percent
from portal.language import N_, _
from portal.loop_pages import LOOPS, loop_title, page_of
from portal.names import Names
from portal.proposal_fold import disputed
from portal.rule_text import RuleWords

Data = Mapping[str, Any]
TOLD_APART = frozenset({"checked", "refused", "accepted", "rejected", "adopted"})
"""Steps that are told by who proposed and decided, and by the release."""
GOOD = frozenset({"accepted", "adopted", "kept", "consent_used"})
BAD = frozenset({"refused", "returned", "rejected", "rolled_back", "reversed", "lapsed"})
STANDS = {
    "checked": N_("waits for a decision"),
    "refused": N_("not let through by the check"),
    "accepted": N_("accepted"),
    "rejected": N_("rejected"),
    "withdrawn": N_("withdrawn by its author"),
    "returned": N_("returned to its author"),
    "in_deliberation": N_("open to argument"),
    "to_be_decided": N_("waits for the decision"),
    "on_trial": N_("on trial"),
    "lapsed": N_("lapsed"),
    "rolled_back": N_("rolled back"),
    "inconclusive": N_("tried without a result"),
    "adopted": N_("in the rulebook"),
    "review_due": N_("its review is due"),
    "kept": N_("reviewed and kept"),
    "reversed": N_("taken back after its review"),
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


def taken_up(step: Data) -> bool:
    """Whether a wider change is tried in its place. Only of rules itself the reason is a word for programs."""
    return step.get("code") == "taken_up" or (step.get("actor") == "rules" and step.get("reason") == "taken_up")


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
        first = next((s for s in steps if s.get("step") in (None, "checked", "refused")), steps[0])
        return self._names.actor(first.get("actor"))

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
        if name in TOLD:
            words = TOLD[name](self, step)
        elif name == "adopted":
            words = _("It became release {number} of the rules of {layer}, in force from {time}.").format(
                number=number(int(step["number"])), layer=self._names.layer(str(step["layer"])),
                time=self._times.plain(step["effective_at"]),
            )  # fmt: skip
            if step.get("canary_skipped"):
                words += _(" It was not tried in a part first.")
            if step.get("holdout_until"):
                words += _(" A small part keeps the old rule until {time}, so that its effect can be seen.").format(
                    time=self._times.plain(step["holdout_until"])
                )
        else:
            words = _(STEPS[name]).format(**said)
        if name in CODED or (name == "accepted" and data.get("consent")):
            # Of a consent's acceptance the step before says whose it is and until when.
            reasons: list[str] = []
        elif taken_up(step):
            # A word for programs, said by the step's own words.
            reasons = []
        elif name in ("refused", "returned"):
            reasons = [self.machine(str(r)) for r in (step.get("reason", ""), *step.get("rows", ())) if r]
        else:
            reasons = [str(step["reason"])] if step.get("reason") else []
        state = str(step.get("outcome", "")) if name == "reviewed" else name
        tone = "good" if state in GOOD else "bad" if state in BAD else ""
        at = datetime.fromisoformat(step["at"])
        return Step(at, words[:1].upper() + words[1:], list(dict.fromkeys(reasons)), tone)

    def opened(self, step: Data) -> str:
        return _("The argument was opened, until {time}.").format(time=self._times.plain(step["until"]))

    def closed(self, step: Data) -> str:
        return _(DISPUTED if disputed(step) else CLOSED.get(str(step.get("reason")), N_("The argument is over.")))

    def consent_used(self, step: Data) -> str:
        return _("It passed without a deliberation, by a standing consent of {who} that holds until {day}.").format(
            who=self._names.actor(step.get("given_by")), day=iso_day(str(step.get("until", "")))
        )

    def lapsed(self, step: Data) -> str:
        return _("It lapsed: the deliberation ended without what its terms ask for.")

    def trial_started(self, step: Data) -> str:
        return _("Its trial began at {time}: a part of the cases follows the change.").format(
            time=self._times.plain(step["effective_at"])
        )

    def trial_foreseen(self, step: Data) -> str:
        return _(
            "Its trial will hardly come to a result: it concerns about {cases} cases in {days} days, and {least} of"
            " each part are needed. Then the old rule stays, unless somebody entitled adopts it; or it may be proposed"
            " for more cases."
        ).format(
            cases=round(float(step.get("cases", 0))), days=step.get("longest_days"), least=step.get("least_outcomes")
        )

    def trial_waits(self, step: Data) -> str:
        return _("Its trial waits: others concern the same cases, or as many of one office as may be tried at once.")

    def trial_stepped(self, step: Data) -> str:
        return _("From {time} on, {share} of the cases follow the change.").format(
            time=self._times.plain(step["effective_at"]), share=percent(float(step.get("share", 0)), 0)
        )

    def returned(self, step: Data) -> str:
        if taken_up(step):
            return _("It is not tried by itself: a wider change that says the same is tried in its place.")
        return _("It was returned to its author, because the rules had changed meanwhile.")

    def trial_paused(self, step: Data) -> str:
        return _("{person} paused the trial: for now nobody follows the change.").format(person=self._by(step))

    def trial_resumed(self, step: Data) -> str:
        return _("{person} resumed the trial: {share} of the cases follow the change.").format(
            person=self._by(step), share=percent(float(step.get("share", 0)), 0)
        )

    def rolled_back(self, step: Data) -> str:
        if step.get("guard"):
            return _(
                "{person} took the change back at once, because of harm: {guard}. The old rule holds for all."
            ).format(person=self._by(step), guard=harm_words(str(step["guard"])))
        return _("{person} took the change back at once. The old rule holds for all.").format(person=self._by(step))

    def trial_ended(self, step: Data) -> str:
        if taken_up(step):
            return _("The trial ended: a wider change that says the same is tried in its place.")
        return _("The trial ended without a result: the old rule stays.")

    def scored(self, step: Data) -> str:
        return _("Its forecast was compared with what came: {verdict}.").format(
            verdict=_(VERDICTS.get(str(step.get("verdict")), N_("not known")))
        )

    def review_fell(self, step: Data) -> str:
        return _("Its review is due: somebody entitled must say whether it stays.")

    def reviewed(self, step: Data) -> str:
        if step.get("outcome") == "reversed":
            return _("{person} reviewed it: it is to be taken back by a new proposal.").format(person=self._by(step))
        if str(step.get("actor", "")) in ("", "rules", "archive"):
            return _("Its forecast held: it is kept.")
        return _("{person} reviewed it: it is kept.").format(person=self._by(step))

    def reversed(self, step: Data) -> str:
        return _("The proposal that takes it back was adopted: it holds no more.")

    def _by(self, step: Data) -> str:
        actor = str(step.get("actor") or "")
        if actor in LOOPS or actor == "trial":
            return _("The loop “{loop}”").format(loop=loop_title(actor))
        return self._names.actor(actor)

    def machine(self, reason: str) -> str:
        """What the check says, in words."""
        return machine_reasons.in_words(reason, self._rules.cell)


STEPS = {
    "checked": N_("{author} proposed it, and the machine's check let it through for people to decide."),
    "refused": N_("{author} proposed it, and the machine's check did not let it through."),
    "accepted": N_("{person} accepted it."),
    "rejected": N_("{person} rejected it."),
    "withdrawn": N_("{person} withdrew it."),
}
"""What a step of each name says; `adopted` says more."""


TOLD: dict[str, Callable[[ProposalWords, Data], str]] = {
    "opened": ProposalWords.opened,
    "closed": ProposalWords.closed,
    "consent_used": ProposalWords.consent_used,
    "lapsed": ProposalWords.lapsed,
    "returned": ProposalWords.returned,
    "trial_foreseen": ProposalWords.trial_foreseen,
    "trial_waits": ProposalWords.trial_waits,
    "trial_started": ProposalWords.trial_started,
    "trial_stepped": ProposalWords.trial_stepped,
    "trial_paused": ProposalWords.trial_paused,
    "trial_resumed": ProposalWords.trial_resumed,
    "rolled_back": ProposalWords.rolled_back,
    "trial_ended": ProposalWords.trial_ended,
    "scored": ProposalWords.scored,
    "review_fell": ProposalWords.review_fell,
    "reviewed": ProposalWords.reviewed,
    "reversed": ProposalWords.reversed,
}
CODED = frozenset({"opened", "closed", "consent_used", "lapsed", "scored", "review_fell"})
"""Steps whose `reason` is a word for programs, said by the step's own words."""
CLOSED = {
    "supported": N_("The argument is over, and the proposal is supported: somebody entitled may decide."),
    "quorum_not_met": N_("The argument is over: too few voices were given."),
    "not_supported": N_("The argument is over: it has not found the support that its terms ask for."),
    "objections_unanswered": N_("The argument is over: objections were never answered."),
    "withdrawn": N_("The argument is over, because the proposal was withdrawn."),
}
DISPUTED = N_(
    "The argument is over: with voices of which many came in a short time it ends otherwise than without them, so"
    " somebody entitled decides."
)
VERDICTS = {
    "held": N_("the forecast held"),
    "below": N_("less came than was promised"),
    "above": N_("more came than was promised"),
    "too_little_known": N_("too little is known to judge it"),
    "not_scorable": N_("it cannot be compared"),
    "no_forecast": N_("it promised no number"),
}
HARMS: dict[TrialMeasure | TrialStop | Literal["promise"], str] = {
    "transferred": N_("cases passed on"),
    "overdue": N_("late cases"),
    "reopened": N_("cases opened again"),
    "rating": N_("bad ratings"),
    "open_age": N_("age of open cases"),
    "slower": N_("not answered by the shorter deadline"),
    "promise": N_("a deadline that is not kept as promised"),
    "safety": N_("a misrouted urgent case"),
    "office_volume": N_("twice the cases at one office"),
    "cannot_decide": N_("a rule that cannot be evaluated"),
}
"""What a trial watches, and why it is taken back at once."""


def harm_words(name: str) -> str:
    """A measure of a trial, or what has stopped one; as it is where it is not known here."""
    return next((_(words) for known, words in HARMS.items() if known == name), name)


def _decision(data: Data) -> Data | None:
    return next((s for s in data.get("steps", ()) if s["step"] in ("accepted", "rejected")), None)


def _current_of(data: Data) -> str | None:
    """The authority that the rules named, by the proposal's own evidence."""
    cells = data.get("evidence", {}).get("cells") or [{}]
    current = cells[0].get("current") if isinstance(cells[0], Mapping) else None
    return str(current) if current else None
