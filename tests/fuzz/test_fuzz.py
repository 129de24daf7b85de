"""A few hundred records of `make fuzz` against intake in this process."""

from __future__ import annotations

import asyncio

from common.contracts.provisioning import integrator_of
from common.messaging.kafka import client_options
from common.runtime.service import Service
from embedded.provision import provision_channel

from tests.conftest import Ground
from tests.contract.wiring import APPS
from tests.fuzz.attack import Attack, Attacker
from tests.fuzz.citizens import Citizens
from tests.kafka import at_rest, eventually

SEED, RECORDS, GOOD = 3, 600, 20


async def test_fuzz_on_one_channel_costs_no_message_of_another(ground: Ground) -> None:
    """Every service's reader is intake's; `make fuzz` runs all of them as processes, and 100,000 records."""
    password = await asyncio.to_thread(provision_channel, ground.stack, ground.installation, "fuzz-1")
    plain = client_options(ground.settings("world"))
    integrator = plain | {"sasl_plain_username": integrator_of("fuzz-1"), "sasl_plain_password": password}
    admin = plain | {
        "sasl_plain_username": ground.stack.kafka_user, "sasl_plain_password": ground.stack.kafka_password,
    }  # fmt: skip
    intake = Service(ground.settings("intake", ready_grace_seconds=300), APPS["intake"])
    citizens = Citizens(ground.installation, ("web", "hotline"), plain, admin)
    attack = Attack(ground.installation, SEED, RECORDS)
    await intake.start()
    try:
        await citizens.start()
        attacker = Attacker("fuzz-1", integrator, ("channel.fuzz-1.inbound", "channel.fuzz-1.receipts"))
        await asyncio.gather(attack.run([attacker]), *map(citizens.write, range(GOOD)))
        await eventually(lambda: _told(citizens))
        await at_rest(ground, "intake", channels=("fuzz-1",))
        await eventually(lambda: _has_no_problems(intake))
    finally:
        await citizens.stop()
        await intake.stop()
    assert (len(citizens.sent), citizens.missing(), citizens.refused(), citizens.doubled) == (GOOD, [], [], [])
    assert attack.taken > RECORDS / 2


async def _told(citizens: Citizens) -> bool:
    return not citizens.missing()


async def _has_no_problems(service: Service) -> bool:
    return bool((await service.facts())["problems"] == [])
