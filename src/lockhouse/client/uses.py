"""Who stands on what: the servers that fail when an API key or a connector account goes."""

from collections.abc import Collection, Iterable

from lockhouse.wire.names import default_account
from lockhouse.wire.servers import Configuration, IntegrationServer

_LOCAL = ("local", "disabled")
"""Modes in which a server makes no cloud-managed call, so that it needs no key."""


def carriers_of(configurations: Iterable[Configuration], key_ids: Collection[str]) -> list[Configuration]:
    """The configurations that carry one of the keys."""
    return [one for one in configurations if any(carried.apikey_id in key_ids for carried in one.status.keys)]


def servers_with(configurations: Iterable[Configuration], key_ids: Collection[str]) -> list[str]:
    """The servers that were given one of the keys, by name."""
    carriers = carriers_of(configurations, key_ids)
    return sorted({server for one in carriers for server in one.status.used_by})


def servers_failing(
    configurations: Iterable[Configuration],
    servers: Iterable[IntegrationServer],
    key_ids: Collection[str],
) -> list[str]:
    """Those of them that fail without the keys, by name: a server without cloud-managed connectors does
    not."""
    given = set(servers_with(configurations, key_ids))
    return [
        one.metadata.name for one in servers if one.metadata.name in given and one.status.mode not in _LOCAL
    ]


def servers_calling_with(
    servers: Iterable[IntegrationServer], connector: str, name: str, *, of_connector: Collection[str]
) -> list[str]:
    """The servers whose flows call a connector with an account of the instance, by name.

    A flow that names no account takes the default one of those `of_connector`. What a call may override
    (`X-Ibm-Override-Accounts`) is not known before.
    """
    wanted = {name, ""} if default_account(sorted(of_connector)) == name else {name}
    return [
        server.metadata.name
        for server in servers
        if any(
            needed.connector == connector and needed.account_name in wanted and needed.source != "local"
            for flow in server.status.flows
            for needed in flow.accounts
        )
    ]
