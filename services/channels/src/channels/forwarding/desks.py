"""Which authorities have an endpoint, who speaks for each, and with which key."""

from __future__ import annotations

from common.contracts.events.base import Actor
from common.federation.country import Authority, Federation
from common.messaging.settings import SettingsError

from channels.settings import ChannelsSettings


def endpoints(federation: Federation) -> list[Authority]:
    return [one for one in federation.authorities if one.open311 is not None]


def desk_of(federation: Federation, authority: Authority) -> Actor:
    """The first of the authority's desks: what its endpoint says is ordered in their name. Raises SettingsError."""
    for person in federation.people:
        if (person.role, person.scope) == ("desk", authority.id):
            return Actor(id=person.id, role=person.role, scope=person.scope)
    raise SettingsError(f"{authority.id} has an Open311 endpoint and no desk in federation.yaml to act for it")


def api_keys(settings: ChannelsSettings) -> dict[str, str]:
    """By authority. Raises SettingsError."""
    held = settings.forwarding_keys
    found = {}
    for pair in (held.get_secret_value() if held else "").split(","):
        name, equals, key = pair.strip().partition("=")
        if pair.strip() and not (name and equals and key):
            raise SettingsError("OTKLIK_FORWARDING_KEYS is a list of AUTHORITY=KEY, separated by commas")
        if name:
            found[name] = key
    return found
