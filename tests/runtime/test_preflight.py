"""What stands against a deployment is told at once, before anything is stored."""

import msgspec
import pytest

from lockhouse.connectors.catalogue import Catalogue, load_catalogue
from lockhouse.errors import Mistakes
from lockhouse.runtime.configuration_types import Provided, read_configuration
from lockhouse.runtime.model import Plan, StoredBar, StoredConfiguration
from lockhouse.runtime.preflight import Found, judge
from lockhouse.wire.servers import CarriedKey, FlowStatus, NeededAccount, ServerSpec

CREATE = "salesforce|Contact|CREATE"
ACCOUNTS = """
accounts:
  salesforce:
    - name: {name}
      authType: OAUTH2_PASSWORD
      credentials: {{username: u, password: EXAMPLE, clientIdentity: c, clientSecret: EXAMPLE}}
      endpoint: {{loginUrl: "https://login.example"}}
"""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def _flow(account: str = "Sales", *, name: str = "Orders", action: str = CREATE) -> FlowStatus:
    connector = action.split("|")[0]
    return FlowStatus(
        name=name,
        kind="api",
        actions=[action],
        accounts=[NeededAccount(connector=connector, account_name=account)],
    )


def _found(
    *flows: FlowStatus, local: str = "", cloud: tuple[str, ...] = (), key: str = "", key_for: str = ""
) -> Found:
    bar = StoredBar("Orders", "sha256:0", 1, flows or (_flow(),), 0)
    configurations: dict[str, StoredConfiguration] = {}
    provided: dict[str, Provided] = {}
    if local:
        configurations["accounts"] = StoredConfiguration("accounts", "accounts", "", 1, 0, 0)
        provided["accounts"] = read_configuration(
            "accounts", "accounts", ACCOUNTS.format(name=local).encode()
        )
    if key:
        carried = CarriedKey(resource=key_for or "AppConnectAPIKey", fingerprint="f")
        configurations[key] = StoredConfiguration(key, "setdbparms", "", 1, 0, 0, (carried,))
        provided[key] = Provided()
    return Found(
        bars={"Orders": bar},
        configurations=configurations,
        provided=provided,
        known_bars=["Orders"],
        known_configurations=list(configurations),
        cloud={"salesforce": cloud} if cloud else {},
        instance_id="i",
    )


def _spec(found: Found, **more: object) -> ServerSpec:
    return msgspec.structs.replace(
        ServerSpec(bar_url=["Orders"], configurations=list(found.configurations)), **more
    )


def _refused(found: Found, catalogue: Catalogue, **more: object) -> list[str]:
    with pytest.raises(Mistakes) as caught:
        judge(_spec(found, **more), found, catalogue)
    return [mistake.code for mistake in caught.value.mistakes]


def _planned(found: Found, catalogue: Catalogue, **more: object) -> Plan:
    return judge(_spec(found, **more), found, catalogue)


def test_an_account_that_is_in_accounts_yaml_is_local_even_when_the_instance_has_it_too(
    catalogue: Catalogue,
) -> None:
    plan = _planned(_found(local="Sales", cloud=("Sales",)), catalogue)

    assert plan.mode == "local"
    assert plan.flows[0].accounts[0].source == "local"
    assert plan.flows[0].accounts[0].configuration == "accounts"


def test_an_account_of_the_instance_makes_the_mode_all(catalogue: Catalogue) -> None:
    plan = _planned(_found(cloud=("Sales",), key="key"), catalogue)

    assert (plan.mode, plan.instance_id) == ("all", "i")
    assert plan.flows[0].accounts[0].source == "cloud-managed"


def test_a_bar_without_flows_needs_no_connectors(catalogue: Catalogue) -> None:
    found = _found()
    empty = Found(bars={"Orders": StoredBar("Orders", "sha256:0", 1, (), 0)}, configurations={}, provided={})

    assert _planned(empty, catalogue).mode == "disabled"
    assert _planned(found, catalogue, designer_flows_operation_mode="disabled").mode == "disabled"


@pytest.mark.parametrize(
    ("cloud", "account", "source"),
    [
        (("Account 1", "Other"), "", "cloud-managed"),
        (("Other",), "", "cloud-managed"),
    ],
)
def test_our_choice_a_flow_that_names_no_account_gets_account_1_or_the_only_one(
    catalogue: Catalogue, cloud: tuple[str, ...], account: str, source: str
) -> None:
    plan = _planned(_found(_flow(account), cloud=cloud, key="key"), catalogue)

    assert plan.flows[0].accounts[0].source == source


def test_our_choice_of_several_accounts_none_is_the_default(catalogue: Catalogue) -> None:
    assert _refused(_found(_flow(""), cloud=("One", "Two"), key="key"), catalogue) == ["account_missing"]


@pytest.mark.parametrize(
    ("found", "more", "codes"),
    [
        (_found(local="Sales"), {"bar_url": ["Order"]}, ["bar_not_found"]),
        (
            _found(local="Sales"),
            {"configurations": ["acounts"]},
            ["configuration_not_found", "account_missing"],
        ),
        (_found(local="Sales"), {"configurations": ["accounts", "accounts"]}, ["listed_twice"]),
        (_found(local="Sales"), {"version": "soon"}, ["version_unreadable"]),
        (_found(local="Sale"), {}, ["account_missing"]),
        (_found(cloud=("Sales",)), {}, ["cloud_key_missing"]),
        (_found(cloud=("Sales",), key="k", key_for="Other"), {}, ["cloud_key_missing"]),
        (_found(cloud=("Sales",)), {"designer_flows_operation_mode": "local"}, ["account_missing"]),
        (
            _found(cloud=("Sales",), key="k"),
            {"version": "12.0.4.0-r1"},
            ["cloud_managed_requires_12.0.3.0-r1_or_earlier", "account_missing"],
        ),
        (
            _found(local="Sales"),
            {"version": "13.0", "designer_flows_operation_mode": "all"},
            ["cloud_managed_requires_12.0.3.0-r1_or_earlier"],
        ),
        (_found(_flow(action="salesfroce|Contact|CREATE")), {}, ["unknown_connector"]),
        (_found(_flow(action="salesforce|Contact|CREAT"), local="Sales"), {}, ["unknown_action"]),
    ],
)
def test_each_thing_that_stands_against_a_deployment_has_its_code(
    catalogue: Catalogue, found: Found, more: dict[str, object], codes: list[str]
) -> None:
    assert _refused(found, catalogue, **more) == codes


def test_everything_is_told_at_once(catalogue: Catalogue) -> None:
    found = _found(
        _flow("Sale"), _flow("Sales", name="Other", action="slak|message|CREATE"), local="Sales", key="k"
    )

    codes = _refused(found, catalogue, version="12.0.4.0-r1", bar_url=["Orders", "Missing"])

    assert codes == [
        "cloud_managed_requires_12.0.3.0-r1_or_earlier",
        "bar_not_found",
        "account_missing",
        "unknown_connector",
    ]


def test_the_nearest_account_name_is_proposed(catalogue: Catalogue) -> None:
    found = _found(_flow("Slaes"), local="Sales")
    with pytest.raises(Mistakes, match="did you mean 'Sales'") as caught:
        judge(_spec(found), found, catalogue)

    assert caught.value.mistakes[0].file == "Orders"


def test_the_key_of_a_flow_may_be_named_after_it_with_underscores_for_blanks(catalogue: Catalogue) -> None:
    found = _found(_flow(name="Customer API"), cloud=("Sales",), key="k", key_for="Customer_API")

    assert _planned(found, catalogue).mode == "all"


def test_two_configurations_may_not_carry_a_key_for_the_same_flow(catalogue: Catalogue) -> None:
    one = _found(cloud=("Sales",), key="one")
    configurations = {**one.configurations, "two": StoredConfiguration(
        "two", "setdbparms", "", 1, 0, 0, one.configurations["one"].keys
    )}  # fmt: skip
    found = Found(bars=one.bars, configurations=configurations, provided={}, cloud=one.cloud, instance_id="i")

    assert _refused(found, catalogue) == ["configuration_key_twice"]
