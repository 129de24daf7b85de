"""The check's result for people and for programs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence

from otklik.channel_check.findings import Finding
from otklik.channel_check.judge import Group, Judge

INDENT = " " * 10


def finding_line(finding: Finding, width: int) -> str:
    """As it is found."""
    place = " ".join(filter(None, (str(finding.at) if finding.at else "", finding.outside_id)))
    return "\n".join([*_wrapped(finding.severity, f"{finding.rule}: {finding.words}", width), *_below([place], width),
                      *_fix(finding.fix, width)])  # fmt: skip


def finding_json(finding: Finding) -> str:
    return json.dumps(_as_object(finding), ensure_ascii=False)


def result_json(channel: str, judge: Judge, left_out: Sequence[str]) -> str:
    """One object."""
    findings = [
        {**_as_object(g.first), "count": g.count, "where": [_place(one) for one in g.where]} for g in judge.groups
    ]
    body = {
        "channel": channel, "conforms": judge.conforms, "counts": judge.counts, "times": judge.times,
        "findings": findings, "not_tried": judge.not_tried, "left_out": list(left_out), "forgotten": judge.forgotten,
    }  # fmt: skip
    return json.dumps(body, ensure_ascii=False)


def result_text(channel: str, judge: Judge, left_out: Sequence[str], user: str, width: int, *, groups: bool) -> str:
    """Findings (`groups`), figures, what was not tried, and the verdict as the last line."""
    lines = [line for group in judge.groups for line in _group(group, width)] if groups else []
    if judge.counts:
        lines += _wrapped("counted", ", ".join(f"{n} {name}" for name, n in judge.counts.items()), width)
    if judge.times:
        lines += _wrapped("time", ", ".join(f"{name} {value:g}" for name, value in judge.times.items()), width)
    if judge.not_tried:
        lines += _wrapped("not tried", ", ".join(judge.not_tried), width)
    for topic in left_out:
        lines += _wrapped("left out", f"{topic}: not there, or not to be read as {user}", width)
    if judge.forgotten:
        lines += _wrapped("left out", f"{judge.forgotten} conversations or ids too many to be remembered", width)
    if judge.beyond:
        lines += _wrapped("fault", f"{judge.beyond} more of other kinds", width)
    faults = sum(g.count for g in judge.groups if g.first.severity == "fault")
    verdict = f"{channel}: nothing is wrong with what is there" if judge.conforms else f"{channel}: {faults} faults"
    return "\n".join([*lines, verdict])


def _as_object(finding: Finding) -> dict[str, object]:
    body = {"severity": finding.severity, "rule": finding.rule, "words": finding.words, "fix": finding.fix}
    return {**body, **_place(finding)}


def _place(finding: Finding) -> dict[str, object]:
    at = finding.at
    place = {"topic": at.topic, "partition": at.partition, "offset": at.offset} if at else {}
    return {**place, **({"outside_id": finding.outside_id} if finding.outside_id else {})}


def _group(group: Group, width: int) -> list[str]:
    first = group.first
    times = f" ({group.count} times)" if group.count > 1 else ""
    where = [" ".join(filter(None, (str(one.at) if one.at else "", one.outside_id))) for one in group.where]
    more = [f"and {group.count - len(where)} more"] if group.count > len(where) else []
    words = f"{first.rule}: {first.words}{times}"
    return [*_wrapped(first.severity, words, width), *_below([*where, *more], width), *_fix(first.fix, width)]


def _wrapped(head: str, words: str, width: int) -> list[str]:
    return textwrap.wrap(f"{head:<10}{words}", width, subsequent_indent=INDENT)


def _below(details: Sequence[str], width: int) -> list[str]:
    return [line for one in details if one
            for line in textwrap.wrap(one, width, initial_indent=INDENT, subsequent_indent=INDENT)]  # fmt: skip


def _fix(fix: str, width: int) -> list[str]:
    return _below([f"-> {fix}"], width) if fix else []
