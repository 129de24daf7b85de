"""The one table of topics: who defines, writes and reads each, its key, size, retention and event types.

Topic creation, ACLs, AsyncAPI, the table in the docs and the subscriptions all come from here.
A name in braces in a template (`{channel}`, `{region}`, `{service}`) stands for one topic per channel,
region or service.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from common.contracts.events import (
    Event,
    archive,
    channel,
    clock,
    deliberation,
    federal,
    intake,
    operations,
    region,
    routing,
    rules,
)
from common.contracts.events.reflex import forecasts, mirror, observations, prevention, warnings

DAY_MS = 86_400_000
MEGABYTE = 1_048_576
PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Topic:
    """One row. `template` is the logical name; on the broker it is `<prefix>.<template>.v1`."""

    template: str
    owner: str
    writers: tuple[str, ...]
    """Principals that may write; `integrators` stands for whoever plugs in a channel, `loops` for whoever
    runs one outside."""
    consumers: tuple[str, ...]
    key: str
    types: tuple[type[Event], ...]
    about: str
    partitions: int = 3
    retention_ms: int | None = None
    """None keeps records without limit."""
    compacted: bool = False
    max_bytes: int | None = None
    """Of one record; None leaves the broker's own bound."""
    multi_writer: bool = False
    """Command and inbound topics: several writers, so no `ce_sequence` is promised and nothing parks."""
    may_be_missing: bool = False
    """What is said on a topic that is not there is counted and dropped: nobody waits for it."""

    @property
    def pattern(self) -> str:
        """A regular expression for every logical name of this row."""
        return PLACEHOLDER.sub(r"[a-z0-9_-]+", self.template.replace(".", r"\."))

    @property
    def partition_class(self) -> str | None:
        """Under what name an installation says how many partitions the topic has: `channel`, `region`, or its owner.

        None where the order of all records matters: there is one partition.
        """
        if self.partitions == 1:
            return None
        found = PLACEHOLDER.search(self.template)
        return found.group(1) if found is not None else self.owner

    @property
    def config(self) -> dict[str, str]:
        """The broker's settings for topics of this row."""
        settings = {"cleanup.policy": "compact" if self.compacted else "delete", "compression.type": "producer"}
        if not self.compacted:
            settings["retention.ms"] = str(self.retention_ms if self.retention_ms is not None else -1)
        if self.retention_ms is not None:
            # Only what lies in a closed segment is ever deleted.
            settings["segment.ms"] = str(min(DAY_MS, self.retention_ms))
        if self.multi_writer:
            # Writers outside are judged by the broker's clock, which they cannot set.
            settings["message.timestamp.type"] = "LogAppendTime"
        if self.max_bytes is not None:
            settings["max.message.bytes"] = str(self.max_bytes)
        return settings


def _types(*items: type[Event]) -> tuple[type[Event], ...]:
    return items


SERVICES = (
    "channels", "intake", "routing", "regional", "federal", "rules", "deliberation", "archive", "reflex", "portal",
)  # fmt: skip

TOPICS: tuple[Topic, ...] = (
    Topic(
        "channel.{channel}.inbound", "channels", ("channels", "world", "integrators"), ("intake",), "conversation",
        _types(channel.MessageReceived, channel.VerdictReceived, channel.VoiceReceived, channel.ErasureRequested,
            channel.LinkRequested, channel.SupportReceived),
        "What citizens send. Raw personal data: short retention, read by intake alone.",
        retention_ms=7 * DAY_MS, multi_writer=True,
    ),
    Topic(
        "channel.{channel}.outbound", "intake", ("intake",), ("channels", "world", "integrators"), "case",
        _types(channel.NoticeIssued, channel.ProposalNoticeIssued, channel.NoticeWithdrawn),
        "What citizens are told; an adapter of the channel delivers it.",
        retention_ms=7 * DAY_MS,
    ),
    Topic(
        "channel.{channel}.receipts", "channels", ("channels", "world", "integrators"), ("intake",), "notice",
        _types(channel.NoticeDelivered), "Adapters' word on what was delivered.",
        retention_ms=7 * DAY_MS, multi_writer=True,
    ),
    Topic(
        "channel.{channel}.rejections", "intake", ("intake",), ("integrators",), "topic/partition of the record",
        _types(channel.RecordRejected),
        "Records of the channel that were not taken: which, why, what is allowed. In the order of their partition.",
        retention_ms=7 * DAY_MS, may_be_missing=True,
    ),
    Topic(
        "intake.messages", "intake", ("intake",), ("channels", "routing", "portal"), "case",
        _types(
            intake.MessageRegistered, intake.MessageAdded, intake.VerdictGiven, intake.MessageRefused,
            intake.DeliveryFailed, intake.DeliverySucceeded, intake.QuestionDelivered, intake.VoiceNoted,
            intake.AttachmentGiven,
            intake.RequestNoted, intake.SupportGiven, intake.NoticeRedirected,
            intake.OtherAddressNoted,
        ),
        "Messages under pseudonym, redacted; notices that did not reach the citizen.",
    ),
    Topic(
        "intake.voices", "intake", ("intake",), ("deliberation", "operator"), "citizen",
        _types(intake.VoiceGiven), "What citizens say about proposed changes of rules, under pseudonym, redacted.",
    ),
    Topic(
        "intake.commands", "intake", ("portal", "operator"), ("intake",), "citizen",
        _types(intake.EraseCitizen, intake.OpenOriginal), "Orders about what the vault knows of citizens.",
        multi_writer=True,
    ),
    Topic(
        "intake.erasures", "intake", ("intake",),
        ("channels", "routing", "regional", "deliberation", "portal", "operator"), "citizen",
        _types(
            intake.CitizenErased, intake.ConversationErased, intake.IntakeCommandRefused, intake.CitizensLinked,
            intake.OriginalOpened,
        ),
        "Citizens and conversations that the vault knows no more: whoever keeps their words forgets them; citizens who"
        " are one person;"
        " whose originals somebody opened.",
    ),
    Topic(
        "routing.triage", "routing", ("routing",),
        ("channels", "intake", "federal", "archive", "reflex", "portal", "world"), "case",
        _types(
            routing.TriageRequested, routing.TriageSupplemented, routing.ClarificationAsked,
            routing.TriageAnswered, routing.TriageDeclined,
            routing.EmergencyNoticed, routing.ThanksReceived, routing.MessageSplit,
            routing.DuplicateSuggested, routing.DuplicateDecided, routing.CaseWarned,
            routing.RoutingCommandRefused,
        ),
        "What could not be placed, and how people placed it; which cases may be about the same thing, and who said so;"
        " which came under an early warning.",
    ),
    Topic(
        "routing.commands", "routing", ("portal", "world"), ("routing",), "case",
        _types(routing.AnswerTriage, routing.DeclineTriage, routing.SplitTriage, routing.RefuseDuplicate),
        "Answers to triage and to suggested duplicates.", multi_writer=True,
    ),
    Topic(
        "region.{region}.assignments", "routing", ("routing",), ("regional",), "case",
        _types(
            routing.CaseAssigned, routing.MessageForwarded, routing.VerdictForwarded,
            routing.QuestionDeliveryForwarded, routing.JoinForwarded,
        ),
        "What routing gives to a region.",
    ),
    Topic(
        "region.{region}.commands", "regional", ("channels", "portal", "world"), ("regional",), "case",
        _types(
            region.AcceptCase, region.StartWork, region.TransferCase, region.ExtendCase, region.DeferCase,
            region.AskCitizen, region.JoinCase, region.AnswerCase, region.DeclineCase, region.AnswerDirective,
            region.RaiseDispute, region.SettleDispute,
        ),
        "Orders of desks and heads to a region's cases, also of desks whose authority has an Open311 endpoint.",
        multi_writer=True,
    ),
    Topic(
        "region.{region}.cases", "regional", ("regional",),
        (
            "channels", "intake", "routing", "federal", "deliberation", "archive", "reflex", "portal", "world",
            "operator", "loops",
        ),
        "case",
        _types(
            region.CaseOpened, region.CaseAccepted, region.WorkStarted, region.CaseTransferred, region.CaseExtended,
            region.CaseDeferred, region.CitizenAsked, region.CitizenReached, region.CaseReminded, region.CaseWaitEnded,
            region.MessageJoined, region.PriorityRaised, region.CaseJoined, region.CaseAnswered,
            region.CaseDeclined, region.CaseConfirmed, region.CaseReopened, region.CaseRated, region.CaseWithdrawn,
            region.CaseOverdue, region.CaseOverdueWithdrawn, region.DirectiveReceived, region.DirectiveAnswered,
            region.CommandRefused, region.DisputeRaised, region.DisputeSettled,
        ),
        "Every transition of every case of a region.",
    ),
    Topic(
        "federal.escalations", "federal", ("federal",), ("channels", "intake", "portal"), "case",
        _types(federal.CaseEscalated, federal.CaseEscalationWithdrawn), "Cases that climbed the ladder.",
    ),
    Topic(
        "federal.directives", "federal", ("federal",), ("regional", "portal"), "case",
        _types(federal.DirectiveIssued, federal.DirectiveWithdrawn, federal.DirectiveClosed),
        "Orders to regions and what came of them.",
    ),
    Topic(
        "rules.commands", "rules", ("portal", "world", "reflex", "deliberation", "operator", "loops"), ("rules",),
        "proposal",
        _types(
            rules.ProposeChange, rules.DecideProposal, rules.WithdrawProposal, rules.StepTrial, rules.PauseTrial,
            rules.ResumeTrial, rules.AdoptTrial, rules.RollBackTrial, rules.EndTrial, rules.ReviewChange,
        ),
        "Proposals, decisions and orders about trials arrive here.", multi_writer=True,
    ),
    Topic(
        "rules.proposals", "rules", ("rules",),
        ("deliberation", "archive", "reflex", "portal", "world", "operator", "loops"), "proposal",
        _types(
            rules.ProposalChecked, rules.ProposalRefused, rules.ProposalAccepted, rules.ProposalRejected,
            rules.ProposalWithdrawn, rules.ProposalReturned, rules.ProposalAdopted, rules.ProposalLapsed,
            rules.TrialForeseen, rules.TrialWaits, rules.TrialStarted, rules.TrialStepped, rules.TrialPaused,
            rules.TrialResumed, rules.TrialRolledBack, rules.TrialEnded, rules.ReviewFell, rules.ChangeReviewed,
            rules.ChangeReversed, rules.RulesCommandRefused,
        ),
        "The life of proposals.",
    ),
    Topic(
        "rules.lifecycle", "rules", ("rules",), ("portal", "operator"), "chain",
        _types(rules.StepRecorded), "The hash chain of every step; one partition, so the order is total.", partitions=1,
    ),
    Topic(
        "rules.heads", "rules", ("rules",), ("operator",), "chain",
        _types(rules.ChainHeadPublished), "The record's last link of each day, to be kept elsewhere.", partitions=1,
    ),
    Topic(
        "rules.releases", "rules", ("rules",),
        (
            "channels", "intake", "routing", "federal", "deliberation", "archive", "reflex", "portal", "operator",
            "loops",
        ),
        "layer:number",
        _types(rules.ReleasePublished), "Every version of every layer.", partitions=1, compacted=True,
    ),
    Topic(
        "archive.backtests", "archive", ("archive",), ("rules", "deliberation", "portal", "operator"), "proposal",
        _types(archive.ProposalBacktested), "What proposed changes would have done to past decisions.",
    ),
    Topic(
        "archive.scores", "archive", ("archive",), ("rules", "reflex", "portal", "world", "operator", "loops"),
        "proposal",
        _types(archive.ForecastScored), "How the forecasts of adopted changes turned out.",
    ),
    Topic(
        "deliberation.commands", "deliberation", ("portal", "world", "operator"), ("deliberation",),
        "proposal, consent or idea",
        _types(
            deliberation.GiveVoice, deliberation.JudgeVoices, deliberation.AnswerObjection, deliberation.ModerateVoice,
            deliberation.AppealModeration, deliberation.SettleAppeal, deliberation.RevokeStandingConsent,
            deliberation.TakeUpIdea, deliberation.DeclineIdea,
        ),
        "What people of the federation say and order in deliberations.", multi_writer=True,
    ),
    Topic(
        "deliberation.voices", "deliberation", ("deliberation",), ("portal", "world", "operator"), "proposal",
        _types(
            deliberation.VoiceCounted, deliberation.VoicesJudged, deliberation.ObjectionAnswered,
            deliberation.VoiceModerated, deliberation.SpeakersJoined,
        ),
        "Every voice and judgement as it was counted: from these alone anybody can count again.",
    ),
    Topic(
        "deliberation.proceedings", "deliberation", ("deliberation",),
        ("intake", "rules", "portal", "world", "operator"), "proposal, consent or idea",
        _types(
            deliberation.DeliberationOpened, deliberation.DeliberationClosed, deliberation.StandingConsentUsed,
            deliberation.StandingConsentRevoked, deliberation.OpinionGroupsFound, deliberation.IdeaReceived,
            deliberation.IdeaTakenUp, deliberation.IdeaFreed, deliberation.IdeaDeclined, deliberation.IdeaWithdrawn,
            deliberation.DeliberationCommandRefused,
        ),
        "The course of deliberations and the use of standing consents.",
    ),
    Topic(
        "deliberation.notices", "deliberation", ("deliberation",), ("intake", "operator"), "citizen",
        _types(deliberation.CitizenToBeTold, deliberation.CitizenToBeToldOfIdea),
        "What citizens are to be told about proposals and about their own ideas, under pseudonym.",
    ),
    Topic(
        "reflex.observations", "reflex", ("reflex",), ("intake", "portal", "loops"), "cell",
        _types(
            observations.FindingMade, observations.CellObserved, observations.TrialObserved, mirror.MirrorObserved,
            forecasts.ArrivalsForecast, forecasts.ArrivalsScored, observations.TrackRecordPublished,
            observations.LoopDeclared,
        ),
        "What the loops see.",
    ),
    Topic(
        "reflex.warnings", "reflex", ("reflex",), ("intake", "routing", "portal", "operator", "loops"), "warning",
        _types(warnings.WarningRaised, warnings.WarningGrown, warnings.WarningEnded),
        "Early warnings: far more reports of one category than usual in one place and time.",
    ),
    Topic(
        "reflex.commands", "reflex", ("portal", "world", "operator"), ("reflex",), "order",
        _types(prevention.AnswerPrevention), "Answers to prevention orders.", multi_writer=True,
    ),
    Topic(
        "reflex.prevention", "reflex", ("reflex",), ("portal", "world", "operator"), "order",
        _types(
            prevention.PreventionOrdered, prevention.PreventionReminded, prevention.PreventionOverdue,
            prevention.PreventionAnswered, prevention.PreventionReviewed, prevention.ReflexCommandRefused,
        ),
        "Demands to find out why a problem comes again at one place, and what came of them.",
    ),
    Topic(
        "clock.ticks", "clock", ("clock", "world", "operator"),
        (
            "channels", "intake", "routing", "regional", "federal", "rules", "deliberation", "archive", "reflex",
            "portal", "loops",
        ),
        "clock",
        _types(clock.TimePassed, clock.TimeCorrected), "Time as an input, signed; one partition.", partitions=1,
        retention_ms=30 * DAY_MS, multi_writer=True,
    ),
    Topic(
        "clock.probes", "clock", ("clock",), ("operator",), "clock",
        _types(clock.TimeAsked), "What the clock asks the broker's time with.", partitions=1, retention_ms=DAY_MS,
        multi_writer=True,
    ),
    Topic(
        "operations.commands", "operations", ("portal", "operator"),
        (
            "channels", "intake", "routing", "regional", "federal", "rules", "deliberation", "archive", "reflex",
            "portal",
        ),
        "service",
        _types(operations.ReplayDeadLetter, operations.SkipDeadLetter, operations.RecordDisclosure),
        "Operators' orders about dead letters.", partitions=1, multi_writer=True,
    ),
    Topic(
        "{service}.operations", "{service}", ("{service}",), ("portal", "operator"), "dead letter",
        _types(operations.DeadLetterRecorded, operations.DeadLetterSettled, operations.DeadLetterExpired),
        "Where dead letters lie and what became of them; without their bytes.", partitions=1,
    ),
    Topic(
        "{service}.deadletters", "{service}", ("{service}",), ("operator",), "dead letter", (),
        "The original bytes and headers of records that could not be handled.", partitions=1, retention_ms=7 * DAY_MS,
        max_bytes=4 * MEGABYTE,
    ),
)  # fmt: skip


PARTITION_CLASSES = tuple(sorted({t.partition_class for t in TOPICS if t.partition_class is not None}))


def regional_instance(region_id: str) -> str:
    """The name of a region's own instance, and of its principal, group, database and role."""
    return f"regional-{region_id}"


def role_of(service: str) -> str:
    """The catalogue's word for an instance: `regional-north` acts as `regional`, and `reflex.set_places`, a set of
    loops beside the service, as `reflex`."""
    return "regional" if service.startswith("regional-") else service.partition(".")[0]


@dataclass(frozen=True)
class Installation:
    """The topics of one installation: a prefix, its channels and its regions."""

    prefix: str = "otklik"
    channels: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    partitions: Mapping[str, int] = field(default_factory=dict)
    """By class of topics, as the federation says; what it does not name has the catalogue's number."""
    demo: bool = True
    """Whether the outside world of demos and replays may act here: it signs for every desk and makes time pass."""

    def physical(self, logical: str) -> str:
        """The broker's name of a logical topic name such as `region.north.cases`."""
        return f"{self.prefix}.{logical}.v1"

    def partitions_of(self, topic: Topic) -> int:
        """How many partitions topics of a row shall have."""
        return self.partitions.get(topic.partition_class or "", topic.partitions)

    def logical(self, physical: str) -> str:
        """The inverse of `physical`."""
        return physical.removeprefix(f"{self.prefix}.").removesuffix(".v1")

    def instances(self) -> tuple[str, ...]:
        """Every service process's name, one `regional-<region>` a region."""
        return tuple(
            name
            for service in SERVICES
            for name in ([regional_instance(r) for r in self.regions] if service == "regional" else [service])
        )

    def names(self, topic: Topic) -> list[tuple[str, str | None]]:
        """The logical names of a row with what stands in its braces."""
        match = PLACEHOLDER.search(topic.template)
        if match is None:
            return [(topic.template, None)]
        values: Sequence[str] = {
            "channel": self.channels,
            "region": self.regions,
            "service": self.instances(),
        }[match.group(1)]
        return [(PLACEHOLDER.sub(value, topic.template, count=1), value) for value in values]


def channel_of(logical: str) -> str:
    """`web` of channel.web.inbound."""
    return logical.split(".")[1]


@cache
def topic_of(logical: str) -> Topic:
    """The row a logical name belongs to; KeyError when the catalogue does not know it."""
    for topic, expression in _EXPRESSIONS:
        if expression.fullmatch(logical):
            return topic
    raise KeyError(f"no topic {logical!r} in the catalogue; add a row to TOPICS in common/contracts/catalogue.py")


_EXPRESSIONS = tuple((topic, re.compile(topic.pattern)) for topic in TOPICS)


def subscriptions(service: str) -> list[str]:
    """The logical patterns an instance reads: a regional one reads only its own region's topics."""
    role = role_of(service)
    found = []
    for topic in TOPICS:
        if role not in topic.consumers:
            continue
        if role == "regional" and "{region}" in topic.template:
            found.append(topic.template.replace("{region}", service.removeprefix("regional-")).replace(".", r"\."))
        else:
            found.append(topic.pattern)
    return found


def subscription_pattern(service: str, prefix: str) -> str:
    """One anchored expression over physical names for all that an instance reads."""
    return "^" + re.escape(prefix) + r"\.(" + "|".join(subscriptions(service)) + r")\.v1$"


def known_types(service: str) -> Iterable[type[Event]]:
    """All types that may arrive on what a service reads."""
    role = role_of(service)
    for topic in TOPICS:
        if role in topic.consumers:
            yield from topic.types
