"""`otklik bench`: the figures of an installation that is started for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer
from aiokafka.errors import KafkaError
from embedded.errors import EmbeddedError
from world.quiescence import NotAtRest

from otklik.bench.command import Plan, bench
from otklik.bench.edge_run import NotTaken
from otklik.bench.pipe_run import PipeFailed
from otklik.bench.show import print_bench
from otklik.console import complain
from otklik.options import DEFAULT_FEDERATION
from otklik.run_folder import fresh_folder
from otklik.supervisor import Crashed, Supervisor
from otklik.terminal import Ended, end_on_signals, say


def measure(as_json: bool, records: int, seed: int, folder: Path, port: int) -> None:
    """Measure the product against a bare pipe of the same hops, on servers started for it."""
    end_on_signals()
    own = fresh_folder(folder, "bench")
    supervisor = Supervisor(own, DEFAULT_FEDERATION, first_port=port, one_source=True)
    tell_progress = (lambda words: None) if as_json else say
    try:
        stack = supervisor.start(tell_progress)
        plan = Plan(records, seed)
        found = asyncio.run(bench(plan, stack, supervisor.federation, port, tell_progress))
        supervisor.stop(tell_progress)
    except Ended:
        supervisor.stop(tell_progress)
        return
    except (EmbeddedError, Crashed, PipeFailed, NotAtRest, KafkaError, NotTaken, OSError) as error:
        supervisor.stop(tell_progress)
        raise typer.Exit(complain(error)) from error
    print_bench(found, as_json)
