"""The flows of a BAR, loaded, and what is told of them before they run."""

from dataclasses import dataclass

from lockhouse.errors import Mistake, Mistakes
from lockhouse.flows.bar import Bar
from lockhouse.flows.document import Flow
from lockhouse.flows.load import read_flow
from lockhouse.wire.servers import FlowOperation, FlowStatus, NeededAccount


@dataclass(frozen=True, slots=True)
class LoadedFlow:
    """A flow under the name that it has in its BAR, by which it is called; its document may say another
    title."""

    name: str
    bar: str
    flow: Flow

    @property
    def titles(self) -> tuple[str, ...]:
        """Every first part of an address that means this flow, the official one first."""
        names = dict.fromkeys([self.name, self.flow.name])
        return tuple(dict.fromkeys([*names, *(name.replace(" ", "_") for name in names)]))


def load_flows(bar: Bar, *, bar_name: str) -> list[LoadedFlow]:
    """Every flow of a BAR. Raises Mistakes: those of all of them."""
    flows: list[LoadedFlow] = []
    mistakes: list[Mistake] = []
    for entry in bar.flows:
        try:
            flow = read_flow(entry.text, file=f"{bar_name}/{entry.name}.yaml")
        except Mistakes as error:
            mistakes += error.mistakes
        else:
            flows.append(LoadedFlow(entry.name, bar_name, flow))
    if mistakes:
        raise Mistakes(mistakes)
    return flows


def facts_of(loaded: LoadedFlow) -> FlowStatus:
    """What is told of a flow: how it starts, what it calls, which accounts it needs."""
    flow = loaded.flow
    return FlowStatus(
        name=loaded.name,
        kind="api" if flow.operations else "event",
        bar=loaded.bar,
        trigger=flow.event.way if flow.event else "",
        operations=[
            FlowOperation(name=one.name, method=one.method, path=one.paths[0]) for one in flow.operations
        ],
        actions=["|".join(action) for action in flow.actions],
        accounts=[
            NeededAccount(connector=connector, account_name=account or "")
            for connector, account in flow.accounts
        ],
    )
