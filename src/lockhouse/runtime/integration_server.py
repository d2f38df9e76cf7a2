"""IntegrationServer: a specification with all that its flows need, running; what it can say of itself."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import quote

import msgspec

from lockhouse.client.iam import IamClient
from lockhouse.client.transport import Transport
from lockhouse.clock import Clock
from lockhouse.connectors.catalogue import Catalogue
from lockhouse.connectors.outlet import Outlet
from lockhouse.outbound import Reach
from lockhouse.runtime.actions import ActionCaller, local_accounts
from lockhouse.runtime.cloud import CloudKey, CloudManaged, watch
from lockhouse.runtime.flow_facts import LoadedFlow, facts_of
from lockhouse.runtime.flow_pages import DOCUMENT
from lockhouse.runtime.preflight import NO_ACCOUNT
from lockhouse.runtime.spec import ServerSpec
from lockhouse.wire.runs import EventStatus
from lockhouse.wire.servers import CallCounts, Condition, FlowStatus, time_text
from lockhouse.wire.times import moment_of


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a server finds around it. Without `iam` and `platform` it has no cloud-managed side."""

    clock: Clock
    catalogue: Catalogue
    iam: IamClient | None = None
    platform: Transport | None = None


@dataclass(slots=True)
class Counts:
    """Calls of the API flows since the start."""

    total: int = 0
    failed: int = 0
    last: datetime | None = None


class Events(Protocol):
    """The event side of a server, as far as the rest of it must know."""

    def keys_changed(self) -> None:
        """A key of the server died, or lives again."""
        ...

    def status_of(self, name: str, base_url: str) -> EventStatus | None:
        """How an event flow stands; None for other flows."""
        ...


class IntegrationServer:
    """One running server. Made on the event loop it runs on; raises Mistakes when it cannot run as
    specified."""

    def __init__(self, spec: ServerSpec, around: Surroundings) -> None:
        self.spec = spec
        self.clock = around.clock
        self.catalogue = around.catalogue
        self.counts = Counts()
        self.events: Events | None = None
        self._changed: Callable[[], None] = lambda: None
        self._outlet = Outlet(Reach.LOCAL)
        self._cloud = self._cloud_managed(around)
        open_connectors = {name for (name, _), source in spec.sources.items() if source == NO_ACCOUNT}
        local = local_accounts(spec.provided, around.catalogue, open_connectors=frozenset(open_connectors))
        self.actions = ActionCaller(
            local, self._cloud, catalogue=around.catalogue, outlet=self._outlet, clock=around.clock
        )
        self._watching: asyncio.Task[None] | None = None

    def when_changed(self, told: Callable[[], None]) -> None:
        """Call `told` whenever what the server says of itself changes."""
        self._changed = told

    def start(self) -> None:
        """Begin to look after the keys."""
        if self._cloud is not None and self._cloud.keys:
            self._watching = asyncio.create_task(watch(self._cloud.keys))

    async def stop(self) -> None:
        """Let go of everything."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await self._outlet.close()

    def conditions(self) -> list[Condition]:
        """What stops part of the server's work; empty when it is ready."""
        keys = self._cloud.keys if self._cloud is not None else []
        return [condition for condition in (key.condition() for key in keys) if condition is not None]

    @property
    def has_event_flows(self) -> bool:
        """Whether events start any of its flows, and its mode lets flows run."""
        return self.spec.mode != "disabled" and any(loaded.flow.event for loaded in self.spec.flows)

    def has_live_key(self, flow: str) -> bool:
        """Whether the flow's cloud-managed calls have a key that is not known to be refused."""
        key = self._cloud.key_for(flow) if self._cloud is not None else None
        return key is not None and key.refusal is None

    def calls(self) -> CallCounts:
        """The calls so far."""
        last = self.counts.last
        return CallCounts(
            total=self.counts.total,
            failed=self.counts.failed,
            last_call=time_text(moment_of(last)) if last else "",
        )

    def flows_at(self, base_url: str) -> list[FlowStatus]:
        """The flows with the addresses that they answer at."""
        return [self._at(loaded, base_url) for loaded in self.spec.flows]

    def _at(self, loaded: LoadedFlow, base_url: str) -> FlowStatus:
        facts = facts_of(loaded)
        accounts = [
            msgspec.structs.replace(
                need, source=self.spec.sources.get((need.connector, need.account_name), "")
            )
            for need in facts.accounts
        ]
        url = f"{base_url}/{quote(loaded.name, safe='')}" if facts.operations else ""
        operations = [
            msgspec.structs.replace(one, url=url + quote(one.path, safe="/{}")) for one in facts.operations
        ]
        events = self.events.status_of(loaded.name, base_url) if self.events is not None else None
        document = f"{url}/{DOCUMENT}" if url else ""
        return msgspec.structs.replace(
            facts, url=url, openapi=document, operations=operations, accounts=accounts, events=events
        )

    def _cloud_managed(self, around: Surroundings) -> CloudManaged | None:
        if self.spec.mode != "all" or around.iam is None or around.platform is None:
            return None
        by_value: dict[str, CloudKey] = {}
        keys: dict[str, CloudKey] = {}
        for provided in self.spec.provided.values():
            for key in provided.keys:
                value = key.value.reveal()
                if value not in by_value:
                    by_value[value] = CloudKey(key, around.iam, clock=around.clock, changed=self._has_changed)
                keys[key.resource] = by_value[value]
        return CloudManaged(keys, around.platform, self.spec.instance_id)

    def _has_changed(self) -> None:
        if self.events is not None:
            self.events.keys_changed()
        self._changed()
