"""ActionCaller: carries out a flow's connector calls, local or cloud-managed. The two differ in where the
credentials come from and in nothing else."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from lockhouse.clock import Clock
from lockhouse.connectors import errors as connector_errors
from lockhouse.connectors.accounts import check_account
from lockhouse.connectors.catalogue import Catalogue
from lockhouse.connectors.execute import execute
from lockhouse.connectors.model import Connector, Credentials
from lockhouse.connectors.outlet import Outlet
from lockhouse.errors import Mistake, Mistakes
from lockhouse.flows.errors import ActionFailed
from lockhouse.runtime.cloud import CloudManaged
from lockhouse.runtime.configuration_types import Provided
from lockhouse.wire.actions import ActionCall, ActionProblem, ActionResult
from lockhouse.wire.names import default_account, meant

OVERRIDE_HEADER = b"x-ibm-override-accounts"
_MOST_OVERRIDES = 50


@dataclass(frozen=True, slots=True)
class LocalAccounts:
    """The accounts of the accounts configuration, ready for use: connector → account name → credentials.

    `open_connectors` were found at deployment to need no account, and to have none.
    """

    by_connector: Mapping[str, Mapping[str, Credentials]] = field(default_factory=dict)
    flagged: Mapping[str, str] = field(default_factory=dict)
    open_connectors: frozenset[str] = frozenset()

    def chosen(self, connector: str, name: str | None) -> Credentials | None:
        """The account of this name, or the connector's default account; None when there is none."""
        accounts = self.by_connector.get(connector)
        if accounts is None:
            return None
        wanted = name or default_account(list(accounts), flagged=self.flagged.get(connector, ""))
        return accounts.get(wanted) if wanted else None


def local_accounts(
    provided: Mapping[str, Provided], catalogue: Catalogue, *, open_connectors: frozenset[str] = frozenset()
) -> LocalAccounts:
    """The local accounts of a server's configurations. Raises Mistakes for fields that their connector
    refuses.

    Accounts of applications that have no connector here are left out: no flow can call them.
    """
    by_connector: dict[str, dict[str, Credentials]] = {}
    flagged: dict[str, str] = {}
    mistakes: list[Mistake] = []
    for file, one in provided.items():
        for account in one.accounts:
            if account.connector not in catalogue:
                continue
            try:
                credentials = check_account(catalogue, account, file=file)
            except Mistakes as error:
                mistakes += error.mistakes
                continue
            by_connector.setdefault(account.connector, {})[account.name] = credentials
            if account.default:
                flagged[account.connector] = account.name
    if mistakes:
        raise Mistakes(mistakes)
    return LocalAccounts(by_connector, flagged, open_connectors)


def read_overrides(header: str) -> dict[str, str]:
    """X-Ibm-Override-Accounts: which account each connector uses in this one call. Raises ValueError.

    The form is our choice, the original's is not known: a JSON object `{"salesforce": "Account 2"}`, or
    `salesforce=Account 2, slack=Team`.
    """
    if header.lstrip().startswith("{"):
        given = json.loads(header)
        overrides = {str(connector).strip(): name for connector, name in given.items()}
    else:
        pairs = [part.partition("=") for part in header.split(",") if part.strip()]
        overrides = {connector.strip(): name.strip() for connector, _, name in pairs}
    if len(overrides) > _MOST_OVERRIDES or not all(
        connector and isinstance(name, str) and name for connector, name in overrides.items()
    ):
        raise ValueError("expected connectors with account names")
    return overrides


class ActionCaller:
    """Calls actions for the flows of one server: a local account by name first, else the App Connect
    instance."""

    def __init__(
        self,
        local: LocalAccounts,
        cloud: CloudManaged | None,
        *,
        catalogue: Catalogue,
        outlet: Outlet,
        clock: Clock,
    ) -> None:
        self._local = local
        self._cloud = cloud
        self._catalogue = catalogue
        self._outlet = outlet
        self._clock = clock

    async def call(
        self, flow: str, call: ActionCall, overrides: Mapping[str, str] | None = None
    ) -> ActionResult:
        """Carry out one action for a flow (by its name). Raises ActionFailed."""
        if overrides and call.connector in overrides:
            call = msgspec.structs.replace(call, account_name=overrides[call.connector])
        credentials = self._local.chosen(call.connector, call.account_name)
        if credentials is None:
            if call.account_name is None and call.connector in self._local.open_connectors:
                credentials = self._without_account(call)
            elif self._cloud is not None:
                return await self._cloud.call(call, flow=flow)
            else:
                raise ActionFailed(self._missing(call))
        try:
            connector = self._catalogue.get(call.connector)
            return await execute(connector, call, credentials, self._outlet, now=self._clock())
        except connector_errors.ActionFailed as failed:
            raise ActionFailed(problem_of(failed, call)) from None

    def local_account(self, connector: str, name: str | None) -> Credentials | None:
        """The local account of this name, or the connector's default one; None when there is none."""
        return self._local.chosen(connector, name)

    def _without_account(self, call: ActionCall) -> Credentials:
        auth_type = open_scheme(self._catalogue.get(call.connector))
        if auth_type is None:
            raise ActionFailed(self._missing(call))
        return Credentials(auth_type)

    def _missing(self, call: ActionCall) -> ActionProblem:
        names = self._local.by_connector.get(call.connector, {})
        wanted = f"account '{call.account_name}'" if call.account_name else "default account"
        message = f"this server has no {wanted} for {call.connector}{meant(call.account_name or '', names)}"
        details = {"connector": call.connector, "account_name": call.account_name or ""}
        return ActionProblem(code="account_missing", message=message, status_code=500, details=details)


def problem_of(failed: connector_errors.ActionFailed, call: ActionCall) -> ActionProblem:
    """A connector's failure in the words of the wire."""
    return ActionProblem(
        code=failed.code,
        message=str(failed),
        status_code=failed.status_code,
        retry_after=failed.retry_after if isinstance(failed, connector_errors.RateLimited) else None,
        details={"connector": call.connector},
    )


def open_scheme(connector: Connector) -> str | None:
    """The auth type that asks for nothing, if the connector has one."""
    for auth_type, scheme in connector.auth.items():
        if not any(one.required and not one.default for one in scheme.fields.values()):
            return auth_type
    return None
