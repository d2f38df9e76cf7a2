"""What starts the flows of a server: which trigger becomes what, and records found at a real stand-in."""

import contextlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.runtime.house_of_runs import FAST, until
from tests.walks.house import Vendor, get

from lockhouse.clock import TravellingClock
from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.flows.load import read_flow
from lockhouse.runtime.configuration_types import read_configuration
from lockhouse.runtime.event_flows import EventFlows, Keeping
from lockhouse.runtime.event_timers import PollTimer
from lockhouse.runtime.flow_facts import LoadedFlow
from lockhouse.runtime.integration_server import IntegrationServer, Surroundings
from lockhouse.runtime.spec import ServerSpec
from lockhouse.standins import salesforce
from lockhouse.wire.actions import ActionCall


def document(connector: str, business_object: str, event: str, options: dict[str, Any]) -> LoadedFlow:
    """An event flow that makes a contact for each event."""
    node = {
        "name": "Create contact",
        "target": {"$ref": "#/integration/action-interfaces/action-interface-1"},
        "map": {
            "$map": "http://ibm.com/appconnect/map/v1",
            "input": [{"variable": "Trigger", "$ref": "#/trigger/payload"}],
            "mappings": [{"LastName": {"template": "of {{$Trigger.Name}}"}}],
        },
    }
    called = {"connector-type": "salesforce", "business-object": "Contact", "actions": {"CREATE": {}}}
    started = {
        "input-context": {"data": business_object},
        "assembly": {"$ref": "#/integration/assemblies/assembly-1"},
        "options": options,
    }
    trigger = {"type": "event-trigger", "connector-type": connector, "triggers": {event: started}}
    integration = {
        "type": "trigger-action",
        "name": "Watch",
        "trigger-interfaces": {"trigger-interface-1": trigger},
        "action-interfaces": {"action-interface-1": {"type": "api-action", **called}},
        "assemblies": {"assembly-1": {"assembly": {"execute": [{"create-action": node}]}}},
    }
    text = {
        "$integration": "http://ibm.com/appconnect/integration/v2/integrationFile",
        "integration": integration,
        "models": {},
    }
    return LoadedFlow("Watch", "watch.bar", read_flow(json.dumps(text), file="watch.yaml"))


@contextlib.asynccontextmanager
async def watching(
    tmp_path: Path, loaded: LoadedFlow, clock: TravellingClock, vendor_url: str = "https://login.example.com"
) -> AsyncIterator[tuple[EventFlows, IntegrationServer]]:
    """A server with this flow; events are taken, the clock stands where the test puts it."""
    fields = {
        "username": salesforce.USERNAME,
        "password": salesforce.PASSWORD,
        "clientIdentity": salesforce.CLIENT_ID,
        "clientSecret": salesforce.CLIENT_SECRET,
    }
    account = {"name": "Account 1", "credentials": fields, "endpoint": {"loginUrl": vendor_url}}
    accounts = {"accounts": {"salesforce": [account | {"authType": "OAUTH2_PASSWORD"}]}}
    spec = ServerSpec(
        name="watch",
        mode="local",
        version="12.0.9.0-r1",
        flows=(loaded,),
        provided={"a": read_configuration("accounts", "a", json.dumps(accounts).encode())},
    )
    server = IntegrationServer(spec, Surroundings(clock=clock, catalogue=load_catalogue(())))
    events = EventFlows(server, Keeping(f"sqlite:///{tmp_path / 'runs.db'}", "watch", policy=FAST))
    server.events = events
    await events.open()
    try:
        yield events, server
    finally:
        await events.halt(5)
        await events.runs.close()
        await server.stop()


@pytest.mark.parametrize(
    ("connector", "event", "options", "next_in"),
    [
        ("salesforce", "CREATED", {}, "a minute"),
        ("salesforce", "CREATED_POLLER", {"subscription": {"pollingInterval": 5}}, "five minutes"),
        ("gmail", "CREATED", {}, "a minute"),  # declared by the connector itself
        ("insightly", "CREATED", {}, "a minute"),  # its manifest says when records were made
        ("insightly", "DELETED", {}, ""),
        ("salesforce", "UPDATED", {"subscription": {"ReplayId": "-1"}}, ""),
        ("unheard-of", "CREATED", {}, ""),
        ("slack", "CREATED", {"webhookURLSuffix": "default"}, ""),
    ],
)
async def test_a_trigger_becomes_a_poll_where_its_events_can_be_asked_for(
    tmp_path: Path, connector: str, event: str, options: dict[str, Any], next_in: str
) -> None:
    loaded = document(connector, "mail" if connector == "gmail" else "Lead", event, options)
    async with watching(tmp_path, loaded, TravellingClock()) as (events, _):
        timer = events.timers.get("Watch")
        minutes = {"a minute": 1, "five minutes": 5}.get(next_in)

        assert (timer is None) == (next_in == "")
        if isinstance(timer, PollTimer):
            assert timer.every == timedelta(minutes=minutes or 0)


async def test_a_trigger_that_cannot_start_tells_why_and_stops_nothing_else(tmp_path: Path) -> None:
    loaded = document("salesforce", "Lead", "CREATED_POLLER", {"subscription": {"pollingInterval": 0}})
    async with watching(tmp_path, loaded, TravellingClock()) as (events, _):
        status = events.status_of("Watch", "http://server")

        assert status is not None
        assert (status.state, status.reason) == ("Refused", "poll_interval")
        assert await events.accept("Watch", "e1", {"Name": "by hand"})


async def test_what_is_made_in_salesforce_starts_the_flow_once(tmp_path: Path, vendor: Vendor) -> None:
    """Our choice: what the original hears by streaming we find by asking each minute."""
    clock, loaded = TravellingClock(), document("salesforce", "Account", "CREATED", {})
    names = [f"made-{vendor.url}-{turn}" for turn in range(3)]
    for name in names:
        async with watching(tmp_path, loaded, clock, vendor.url) as (events, server):
            await events.timers["Watch"].look()
            assert events.timers["Watch"].standing.problem is None
            clock.travel(timedelta(minutes=1))
            account = ActionCall(
                connector="salesforce", business_object="Account", action="CREATE", input={"Name": name}
            )
            await server.actions.call("Watch", account)
    async with watching(tmp_path, loaded, clock, vendor.url) as (events, _):
        await events.timers["Watch"].look()
        await events.runs.start(["Watch"])
        await until(lambda: len(_contacts(vendor)) == 3)

    assert sorted(_contacts(vendor)) == sorted(f"of {name}" for name in names)


def _contacts(vendor: Vendor) -> list[str]:
    made = get(f"{vendor.url}/_records?object=Contact").json
    return [one["LastName"] for one in made if one["LastName"].startswith("of made-")]
