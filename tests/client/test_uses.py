"""Who stands on an API key or a connector account."""

import pytest

from lockhouse.client.uses import carriers_of, servers_calling_with, servers_failing, servers_with
from lockhouse.wire.servers import (
    CarriedKey,
    Configuration,
    ConfigurationSpec,
    ConfigurationStatus,
    FlowStatus,
    IntegrationServer,
    Metadata,
    NeededAccount,
    ServerSpec,
    ServerStatus,
)


def _configuration(name: str, keys: list[str], used_by: list[str]) -> Configuration:
    carried = [CarriedKey(resource="AppConnectAPIKey", fingerprint="", apikey_id=key) for key in keys]
    return Configuration(
        metadata=Metadata(name=name),
        spec=ConfigurationSpec(type="apikey"),
        status=ConfigurationStatus(keys=carried, used_by=used_by),
    )


def _server(name: str, *accounts: NeededAccount, mode: str = "all") -> IntegrationServer:
    flow = FlowStatus(name="flow", kind="api", accounts=list(accounts))
    status = ServerStatus(phase="Ready", flows=[flow], mode=mode)
    return IntegrationServer(metadata=Metadata(name=name), spec=ServerSpec(), status=status)


def test_the_servers_of_all_configurations_that_carry_one_of_the_keys_are_named_once() -> None:
    configurations = [
        _configuration("one", ["ApiKey-a"], ["orders", "billing"]),
        _configuration("two", ["ApiKey-b", "ApiKey-a"], ["orders"]),
        _configuration("pasted", [""], ["unknown"]),
        _configuration("other", ["ApiKey-c"], ["other"]),
    ]

    assert [one.metadata.name for one in carriers_of(configurations, {"ApiKey-b"})] == ["two"]
    assert servers_with(configurations, {"ApiKey-a", "ApiKey-b"}) == ["billing", "orders"]
    assert servers_with(configurations, set()) == []


def test_of_the_servers_with_a_key_those_fail_that_call_cloud_managed_connectors() -> None:
    configurations = [_configuration("one", ["ApiKey-a"], ["all", "local", "disabled", "not known yet"])]
    servers = [
        _server(name, mode=mode)
        for name, mode in (
            ("all", "all"), ("local", "local"), ("disabled", "disabled"), ("not known yet", ""), ("x", "all")
        )
    ]  # fmt: skip

    assert servers_failing(configurations, servers, {"ApiKey-a"}) == ["all", "not known yet"]


@pytest.mark.parametrize(
    ("name", "of_connector", "servers"),
    [
        ("Account 1", ["Account 1", "second"], ["by default", "by name"]),
        ("second", ["Account 1", "second"], ["not looked up yet"]),
        ("only", ["only"], ["by default"]),
        ("a", ["a", "b"], []),
    ],
)
def test_the_servers_that_call_with_an_account_by_its_name_or_by_default(
    name: str, of_connector: list[str], servers: list[str]
) -> None:
    running = [
        _server(
            "by name", NeededAccount(connector="slack", account_name="Account 1", source="cloud-managed")
        ),
        _server("by default", NeededAccount(connector="slack", source="cloud-managed")),
        _server("not looked up yet", NeededAccount(connector="slack", account_name="second")),
        _server("local", NeededAccount(connector="slack", account_name=name, source="local")),
        _server("other", NeededAccount(connector="gmail", account_name=name, source="cloud-managed")),
    ]

    assert sorted(servers_calling_with(running, "slack", name, of_connector=of_connector)) == servers
