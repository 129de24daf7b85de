"""Options and arguments that several commands share, each said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

VAR = Path("var")
DEFAULT_FEDERATION = Path("deploy/federations/boston")
FIRST_PORT = 8080
"""The portal's; the edges of channels have the next one, the other services' health and metrics follow."""
STATUS_SECONDS = 1.2
"""For a service's answer; it says itself what it waits for after a part of that."""

Folder = Annotated[Path, typer.Option(envvar="OTKLIK_FOLDER", help="where data, keys and logs are kept")]
FederationFolder = Annotated[Path, typer.Option("--federation", help="folder of the federation's data")]
FirstPort = Annotated[int, typer.Option("--port", help="the portal's port; channels takes the next one")]
LoopSetOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--loop-set",
        metavar="NAME=LOOP,LOOP",
        help="loops that run as a process of their own beside reflex; may be repeated",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="as one JSON object, for programs")]

Patience = Annotated[float, typer.Option(help="seconds for a service's answer; more on a machine that is overloaded")]

Case = Annotated[str, typer.Argument(help="reference or id of a case")]
Channel = Annotated[str, typer.Argument(help="small letters, digits, - and _")]

Days = Annotated[int | None, typer.Option(help="simulated days from the first message; the whole log by default")]
AcceptOption = Annotated[str | None, typer.Option(help="proposals: ask (on the portal), auto (after 3 days), never")]
Report = Annotated[Path | None, typer.Option(help="write the account of the run here, as JSON")]

LetterId = Annotated[str, typer.Argument(help="id of a dead letter or the beginning of it, as `dlq list` shows it")]
LetterIds = Annotated[list[str] | None, typer.Argument(help="ids, or beginnings of them, as `dlq list` shows them")]
LetterService = Annotated[str | None, typer.Option("--service", help="of this service alone")]
LetterTopic = Annotated[str | None, typer.Option("--topic", help="of this topic alone, as the list names it")]
LetterReason = Annotated[str | None, typer.Option("--reason", help="whose reason holds these words")]
