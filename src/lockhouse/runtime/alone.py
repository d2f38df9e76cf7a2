"""`lockhouse server run`: an integration server without a platform's supervisor, as a container runs it.

What it runs comes from BAR files and a directory of configurations. Whether its accounts exist in the App
Connect instance shows itself at the first call: a server that cannot ask today must start all the same.
"""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lockhouse.client.iam import IamClient
from lockhouse.client.transport import Transport
from lockhouse.clock import utc_now
from lockhouse.connectors.catalogue import Catalogue, load_catalogue
from lockhouse.errors import Mistake, Mistakes
from lockhouse.flows.bar import read_bar
from lockhouse.outbound import Reach, open_session
from lockhouse.runtime.actions import open_scheme
from lockhouse.runtime.configuration_types import Provided
from lockhouse.runtime.flow_facts import LoadedFlow, facts_of, load_flows
from lockhouse.runtime.integration_server import IntegrationServer, Surroundings
from lockhouse.runtime.model import StoredBar, StoredConfiguration
from lockhouse.runtime.preflight import Found, judge
from lockhouse.runtime.server import (
    CALL_SECONDS,
    EventNeeds,
    doors_of,
    run_loop,
    say_what_is_served,
    serve,
)
from lockhouse.runtime.spec import ServerSpec, configurations_in
from lockhouse.sealing import Secret
from lockhouse.web.collector import leave_the_start_alone
from lockhouse.web.log import configure_logging
from lockhouse.wire.accounts import USUAL_NAME
from lockhouse.wire.servers import DEFAULT_VERSION, CarriedKey, ConfiguredMode
from lockhouse.wire.servers import ServerSpec as DeclaredSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """What a server that runs alone is given. Without `platform` it has local connectors only.

    `runs` is the URL of the store of its events; `events_token` opens its event door.
    """

    bars: Sequence[Path]
    configuration_dir: Path | None = None
    platform: str = ""
    host: str = "127.0.0.1"
    port: int = 7800
    mode: ConfiguredMode = "auto"
    version: str = DEFAULT_VERSION
    log_format: str = "text"
    connectors: Sequence[Path] = ()
    runs: str = ""
    events_token: Secret | None = None
    runs_per_flow: int = 10
    unsigned_webhooks: bool = False


def run_alone(given: Alone) -> int:
    """Serve until SIGTERM; the exit code, 78 when it cannot run as specified (its last line says why)."""
    configure_logging(given.log_format)
    return run_loop(lambda: _run(given))


async def _run(given: Alone) -> None:
    catalogue = load_catalogue(tuple(given.connectors))
    spec = spec_alone(given, catalogue)
    async with open_session(Reach.PLATFORM, seconds=CALL_SECONDS) as session:
        around = Surroundings(
            clock=utc_now,
            catalogue=catalogue,
            iam=IamClient(session, given.platform) if given.platform else None,
            platform=Transport(session, given.platform, seconds=CALL_SECONDS) if given.platform else None,
        )
        server = IntegrationServer(spec, around)
        listener = _listen(given.host, given.port)
        url = f"http://{given.host}:{listener.getsockname()[1]}"
        server.start()
        events = EventNeeds(
            url=given.runs,
            server=spec.name,
            token=given.events_token,
            runs_per_flow=given.runs_per_flow,
            unsigned_webhooks=given.unsigned_webhooks,
        )
        go = asyncio.Event()
        go.set()
        try:
            async with doors_of(server, events, go) as (app, ending):
                leave_the_start_alone()
                await serve(app, listener, lambda: say_what_is_served(server, url), ending)
        finally:
            await server.stop()


def spec_alone(given: Alone, catalogue: Catalogue) -> ServerSpec:
    """What the files say is to be run. Raises Mistakes: everything that stands against it."""
    flows: list[LoadedFlow] = []
    bars: dict[str, StoredBar] = {}
    for path in given.bars:
        name = path.name if path.name not in bars else str(path)
        bar = read_bar(path.read_bytes(), file=name)
        loaded = load_flows(bar, bar_name=name)
        flows += loaded
        bars[name] = StoredBar(name, bar.digest, 0, tuple(facts_of(flow) for flow in loaded), 0)
    given_configurations = configurations_in(given.configuration_dir) if given.configuration_dir else {}
    provided = {name: one for name, (_, one) in given_configurations.items()}
    has_key = any(one.keys for one in provided.values())
    found = Found(
        bars=bars,
        configurations={name: _stored(name, *one) for name, one in given_configurations.items()},
        provided=provided,
        cloud=_assumed(bars, catalogue) if given.platform and has_key else {},
    )
    declared = DeclaredSpec(
        bar_url=list(bars),
        configurations=list(provided),
        designer_flows_operation_mode=given.mode,
        version=given.version,
    )
    plan = judge(declared, found, catalogue)
    return ServerSpec(
        name=", ".join(bars),
        mode=plan.mode,
        version=plan.version,
        flows=tuple(flows),
        provided=provided,
        sources={
            (need.connector, need.account_name): need.source for flow in plan.flows for need in flow.accounts
        },
    )


def _stored(name: str, kind: str, provided: Provided) -> StoredConfiguration:
    keys = tuple(CarriedKey(resource=key.resource, fingerprint="") for key in provided.keys)
    return StoredConfiguration(name, kind, "", 0, 0, 0, keys)


def _assumed(bars: dict[str, StoredBar], catalogue: Catalogue) -> dict[str, list[str]]:
    """What is taken to be in the instance: all that the flows need, but for what needs no account."""
    needs = [need for bar in bars.values() for flow in bar.flows for need in flow.accounts]
    assumed: dict[str, list[str]] = {}
    for need in needs:
        known = need.connector in catalogue
        if known and not need.account_name and open_scheme(catalogue.get(need.connector)) is not None:
            continue
        assumed.setdefault(need.connector, []).append(need.account_name or USUAL_NAME)
    return assumed


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        message = f"cannot listen on {host}:{port}: {error.strerror}"
        raise Mistakes([Mistake("port_unusable", message, field="port")]) from None
