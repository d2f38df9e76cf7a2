"""Whether a deployment can work, decided before anything is stored: every mistake at once, or a plan.

Pure functions of what was looked up; `deployment.py` does the looking up.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from lockhouse.connectors.catalogue import Catalogue
from lockhouse.connectors.errors import UnknownAction, UnknownConnector
from lockhouse.connectors.execute import find_action
from lockhouse.connectors.model import Connector
from lockhouse.errors import Mistake, Mistakes
from lockhouse.runtime.actions import open_scheme
from lockhouse.runtime.configuration_types import Provided
from lockhouse.runtime.configurations_together import LocalNames, local_names, type_mistakes
from lockhouse.runtime.gate import LAST_VERSION_WITH, Version, check_gate, resolve_version
from lockhouse.runtime.model import Plan, StoredBar, StoredConfiguration
from lockhouse.runtime.setdbparms import key_resources
from lockhouse.wire.names import default_account, meant, nearest
from lockhouse.wire.servers import FlowStatus, Mode, NeededAccount, ServerSpec

LOCAL, CLOUD_MANAGED, NO_ACCOUNT = "local", "cloud-managed", "none"


@dataclass(frozen=True, slots=True)
class Found:
    """What a deployment was checked against. `cloud` are the instance's accounts by connector; None: not
    asked."""

    bars: Mapping[str, StoredBar]
    configurations: Mapping[str, StoredConfiguration]
    provided: Mapping[str, Provided]
    known_bars: Sequence[str] = ()
    known_configurations: Sequence[str] = ()
    cloud: Mapping[str, Sequence[str]] = field(default_factory=dict)
    instance_id: str = ""


def judge(spec: ServerSpec, found: Found, catalogue: Catalogue) -> Plan:
    """The plan of a deployment. Raises Mistakes: everything that stands against it."""
    mistakes = [*_unknown_names(spec, found), *type_mistakes(_listed(spec, found))]
    version = resolve_version(spec.version)
    flows = _flows(spec, found, mistakes)
    if isinstance(version, Mistake):
        raise Mistakes([*mistakes, version])
    local = local_names(spec.configurations, found.provided)
    may_cloud = spec.designer_flows_operation_mode in ("auto", "all") and _has_cloud(version)
    disabled = spec.designer_flows_operation_mode == "disabled"
    search = _Search(local, found.cloud, catalogue, may_cloud=may_cloud, version=version)
    placed = flows if disabled else [search.placed(flow) for flow in flows]
    mode = _mode(spec, placed)
    refused = check_gate(version, mode=mode, key_configurations=_with_keys(spec, found))
    # The gate comes first: what else is missing then is often only its consequence.
    mistakes = [refused, *mistakes, *search.mistakes] if refused else [*mistakes, *search.mistakes]
    if len(found.configurations) == len(set(spec.configurations)):
        mistakes += _missing_keys(placed, spec, found)
    if mistakes:
        raise Mistakes(mistakes)
    return Plan(
        mode=mode, version=str(version), flows=placed, instance_id=found.instance_id if mode == "all" else ""
    )


def asks_instance(spec: ServerSpec, found: Found) -> bool:
    """Whether the instance's accounts have a say in this deployment."""
    version = resolve_version(spec.version)
    local = local_names(spec.configurations, found.provided)
    flows = [flow for name in spec.bars if name in found.bars for flow in found.bars[name].flows]
    needs = [need for flow in flows for need in flow.accounts]
    return (
        isinstance(version, Version)
        and spec.designer_flows_operation_mode in ("auto", "all")
        and any(local.chosen(need) is None for need in needs)
    )


def _has_cloud(version: Version) -> bool:
    return version <= LAST_VERSION_WITH["cloud_managed"]


def _listed(spec: ServerSpec, found: Found) -> list[StoredConfiguration]:
    names = dict.fromkeys(spec.configurations)
    return [found.configurations[name] for name in names if name in found.configurations]


def _with_keys(spec: ServerSpec, found: Found) -> list[str]:
    return [one.name for one in _listed(spec, found) if one.keys]


def _unknown_names(spec: ServerSpec, found: Found) -> Iterable[Mistake]:
    for name in spec.bars:
        if name not in found.bars:
            message = f"there is no BAR '{name}'{meant(name, found.known_bars)}"
            yield Mistake("bar_not_found", message, field="spec.barURL")
    for name in spec.configurations:
        if name not in found.configurations:
            message = f"there is no configuration '{name}'{meant(name, found.known_configurations)}"
            yield Mistake("configuration_not_found", message, field="spec.configurations")
    for where, names in (("spec.barURL", spec.bars), ("spec.configurations", spec.configurations)):
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield Mistake("listed_twice", f"'{name}' is listed twice", field=where)


def _flows(spec: ServerSpec, found: Found, mistakes: list[Mistake]) -> list[FlowStatus]:
    """The flows of the BARs, each with its BAR's name; the same path twice is a mistake."""
    flows: list[FlowStatus] = []
    owners: dict[str, str] = {}
    for bar in dict.fromkeys(name for name in spec.bars if name in found.bars):
        for flow in found.bars[bar].flows:
            other = owners.setdefault(flow.name.replace(" ", "_"), bar)
            if other != bar:
                message = f"BARs '{other}' and '{bar}' both have a flow '{flow.name}'"
                mistakes.append(Mistake("flow_twice", message, field="spec.barURL"))
            flows.append(msgspec.structs.replace(flow, bar=bar))
    return flows


class _Search:
    """Finds the account of each need, local first, then in the instance; remembers what is missing."""

    def __init__(
        self,
        local: LocalNames,
        cloud: Mapping[str, Sequence[str]],
        catalogue: Catalogue,
        *,
        may_cloud: bool,
        version: Version,
    ) -> None:
        self._local = local
        self._cloud = cloud
        self._catalogue = catalogue
        self._may_cloud = may_cloud
        self._version = version
        self.mistakes: list[Mistake] = []

    def placed(self, flow: FlowStatus) -> FlowStatus:
        """The flow with the source of each account."""
        known = self._check_actions(flow)
        accounts = [self._place(flow, need) if need.connector in known else need for need in flow.accounts]
        return msgspec.structs.replace(flow, accounts=accounts)

    def _check_actions(self, flow: FlowStatus) -> set[str]:
        """The connectors that exist; those that do not, and unknown actions, are mistakes."""
        known: dict[str, Connector] = {}
        for name in dict.fromkeys([action.split("|")[0] for action in flow.actions] + _connectors(flow)):
            try:
                known[name] = self._catalogue.get(name)
            except UnknownConnector as error:
                self._miss("unknown_connector", flow, str(error))
        for action in flow.actions:
            connector, business_object, name = action.split("|", 2)
            if connector in known:
                try:
                    find_action(known[connector], business_object, name)
                except UnknownAction as error:
                    self._miss("unknown_action", flow, str(error))
        return set(known)

    def _place(self, flow: FlowStatus, need: NeededAccount) -> NeededAccount:
        chosen = self._local.chosen(need)
        if chosen is not None:
            return msgspec.structs.replace(need, source=LOCAL, configuration=self._local.configuration)
        names = self._cloud.get(need.connector, ())
        there = need.account_name in names if need.account_name else default_account(names) is not None
        if there and self._may_cloud:
            return msgspec.structs.replace(need, source=CLOUD_MANAGED)
        if (
            not need.account_name
            and not names
            and open_scheme(self._catalogue.get(need.connector)) is not None
        ):
            return msgspec.structs.replace(need, source=NO_ACCOUNT)
        self._miss("account_missing", flow, self._what_is_missing(need, names, there=there))
        return need

    def _what_is_missing(self, need: NeededAccount, names: Sequence[str], *, there: bool) -> str:
        local = self._local.names.get(need.connector, ())
        wanted = f"account '{need.account_name}'" if need.account_name else "an account"
        places = "no configuration of type accounts is given"
        if self._local.configuration:
            places = f"configuration '{self._local.configuration}' has none such"
        if there:
            return (
                f"it needs {wanted} for {need.connector}: the App Connect instance has it, but this server's "
                f"mode or version ({self._version}) allows local accounts only, and {places}"
            )
        if self._may_cloud:
            places += ", nor has the App Connect instance"
        candidates = [*local, *names]
        near = nearest(need.account_name, candidates) if need.account_name else ""
        hint = f"; did you mean '{near}'?" if near else meant("", candidates) if candidates else ""
        return f"it needs {wanted} for {need.connector}: {places}{hint}"

    def _miss(self, code: str, flow: FlowStatus, message: str) -> None:
        mistake = Mistake(code, f"flow '{flow.name}': {message}", flow.bar)
        if mistake not in self.mistakes:
            self.mistakes.append(mistake)


def _connectors(flow: FlowStatus) -> list[str]:
    return [need.connector for need in flow.accounts]


def _mode(spec: ServerSpec, flows: Sequence[FlowStatus]) -> Mode:
    if spec.designer_flows_operation_mode != "auto":
        return spec.designer_flows_operation_mode
    if not flows:
        return "disabled"
    cloud = any(need.source == CLOUD_MANAGED for flow in flows for need in flow.accounts)
    return "all" if cloud else "local"


def _missing_keys(flows: Sequence[FlowStatus], spec: ServerSpec, found: Found) -> Iterable[Mistake]:
    resources = {key.resource for one in _listed(spec, found) for key in one.keys}
    for flow in flows:
        cloud = [need for need in flow.accounts if need.source == CLOUD_MANAGED]
        if cloud and not resources.intersection(key_resources(flow.name)):
            names = ", ".join(f"{need.connector} '{need.account_name or 'default'}'" for need in cloud)
            message = (
                f"flow '{flow.name}' uses cloud-managed accounts ({names}), and no configuration carries an "
                "API key for it: add one of type apikey with the content of an apiKey.json, or local accounts"
            )
            yield Mistake("cloud_key_missing", message, flow.bar, field="spec.configurations")
