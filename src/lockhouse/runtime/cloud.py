"""Cloud-managed calls of a server: with which key, by which instance, and what is known of the key's
state."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from lockhouse.client.appconnect import AppConnectClient, instances_of
from lockhouse.client.iam import IamClient
from lockhouse.client.token_source import KeyRefused, TokenSource
from lockhouse.client.transport import Problem, Transport, Unreachable
from lockhouse.clock import Clock
from lockhouse.flows.errors import ActionFailed
from lockhouse.runtime.configuration_types import ProvidedKey
from lockhouse.runtime.setdbparms import SERVER_RESOURCE, key_resources
from lockhouse.wire.actions import ActionCall, ActionProblem, ActionResult
from lockhouse.wire.servers import Condition

WATCH_SECONDS = 1.0
EXCHANGE_REASONS: Mapping[str, str] = {
    # IAM's codes for a key that gives no token → the word that the instance uses for the same.
    "BXNIM0415E": "deleted",
    "BXNIM0491E": "disabled",
    "BXNIM0492E": "expired",
    "BXNIM0493E": "identity_disabled",
    "BXNIM0494E": "account_disabled",
}
_WORDS: Mapping[str, str] = {
    "deleted": "it was deleted, or never existed",
    "disabled": "it is disabled",
    "expired": "it is expired",
    "identity_disabled": "its owner is disabled or not in the account any more",
    "account_disabled": "its account is disabled",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a key is refused. `changed_by` and `changed_at` say who did it, where that is known."""

    reason: str
    apikey_id: str
    changed_by: str = ""
    changed_at: str = ""

    def told(self, configuration: str) -> str:
        """The refusal in words."""
        why = _WORDS.get(self.reason, self.reason.replace("_", " "))
        if self.reason == "deleted" and self.changed_by:
            why = "it was deleted"
        who = f" by {self.changed_by}" if self.changed_by else ""
        when = f" at {self.changed_at}" if self.changed_at else ""
        key = f"the API key {self.apikey_id}" if self.apikey_id else "the API key"
        return f"{key} of configuration '{configuration}' was refused: {why}{who}{when}"


class CloudKey:
    """One API key of a server: its token, and whether it is refused."""

    def __init__(
        self,
        key: ProvidedKey,
        iam: IamClient,
        *,
        clock: Clock,
        changed: Callable[[], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.configuration = key.configuration
        self.apikey_id = key.apikey_id
        self.refusal: Refusal | None = None
        self.since = ""
        self._iam = iam
        self._clock = clock
        self._changed = changed
        self._source = TokenSource(iam.apikey_token, key.value, now=now)

    async def token(self) -> str:
        """A token. Raises KeyRefused (and remembers it), Unreachable, Problem."""
        try:
            token = await self._source.token()
        except KeyRefused as refused:
            if self.refusal is None:
                self._note(Refusal(EXCHANGE_REASONS.get(refused.code, "rejected"), self.apikey_id))
            raise
        if self.refusal is not None:
            self._note(None)
        return token

    def forget(self, token: str) -> None:
        """Do not use this token again."""
        self._source.forget(token)

    def refused(self, details: Mapping[str, str]) -> None:
        """Take note of what the instance or an introspection said of the key."""
        refusal = Refusal(
            reason=details.get("reason", "rejected").removeprefix("apikey_"),
            apikey_id=details.get("apikey_id") or self.apikey_id,
            changed_by=details.get("changed_by", ""),
            changed_at=details.get("changed_at", ""),
        )
        self._source.refuse(KeyRefused("cloud_key_rejected", refusal.told(self.configuration), 401))
        self._note(refusal)

    async def look(self) -> None:
        """Ask whether the key still lives; a refused one is tried again when the token source allows it."""
        with contextlib.suppress(KeyRefused, Problem):
            token = await self.token()
            answer = await self._iam.introspect(token, include_reason=True)
            if answer.get("active") is True:
                self.apikey_id = self.apikey_id or str(answer.get("apikey_id", ""))
            elif str(answer.get("reason", "")).startswith(("apikey_", "identity_", "account_")):
                self.refused({name: str(value) for name, value in answer.items()})
            else:
                self._source.forget(token)

    def condition(self) -> Condition | None:
        """What the server's status says of a refused key."""
        if self.refusal is None:
            return None
        return Condition(
            type="CloudKey",
            status="False",
            reason="cloud_key_rejected",
            message=self.refusal.told(self.configuration),
            last_transition_time=self.since,
            details={"configuration": self.configuration} | _facts(self.refusal),
        )

    def problem(self) -> ActionProblem:
        """What a call is answered that needs this key while it is refused."""
        refusal = self.refusal or Refusal("rejected", self.apikey_id)
        return ActionProblem(
            code="cloud_key_rejected",
            message=refusal.told(self.configuration),
            status_code=502,
            details={"configuration": self.configuration} | _facts(refusal),
        )

    def _note(self, refusal: Refusal | None) -> None:
        if (refusal is None) != (self.refusal is None):
            self.since = self._clock().isoformat(timespec="seconds")
        if refusal != self.refusal:
            self.refusal = refusal
            self._changed()


class CloudManaged:
    """The cloud-managed side of a server: chooses the key of a flow and calls the instance with it.

    `keys` are by resource. Without an `instance_id` the first instance of the key's account is asked for when
    it is needed.
    """

    def __init__(self, keys: Mapping[str, CloudKey], transport: Transport, instance_id: str = "") -> None:
        self._keys = keys
        self._transport = transport
        self._instance_id = instance_id
        self._clients: dict[CloudKey, AppConnectClient] = {}

    @property
    def keys(self) -> list[CloudKey]:
        """Each key once."""
        return list(dict.fromkeys(self._keys.values()))

    def key_for(self, flow: str) -> CloudKey | None:
        """The key of the flow's own name (blanks as `_` too), else the server's."""
        return next((self._keys[one] for one in key_resources(flow) if one in self._keys), None)

    async def call(self, call: ActionCall, *, flow: str) -> ActionResult:
        """Have the instance run an action. Raises ActionFailed."""
        key = self.key_for(flow)
        if key is None:
            raise ActionFailed(_no_key(flow, call))
        try:
            return await self._call(key, call)
        except KeyRefused:
            raise ActionFailed(key.problem()) from None
        except Unreachable:
            raise ActionFailed(_unreachable()) from None
        except Problem as problem:
            raise ActionFailed(_problem_of(problem)) from None

    async def _call(self, key: CloudKey, call: ActionCall) -> ActionResult:
        """One call; a token that ended or was revoked is changed for a new one, once."""
        for last in (False, True):
            token = await key.token()
            try:
                return await (await self._client(key)).call(call)
            except Problem as problem:
                if problem.status != 401:
                    raise
                if problem.code == "cloud_key_rejected":
                    key.refused(_details(problem))
                    raise KeyRefused(problem.code, problem.message, 401) from None
                key.forget(token)
                if last:
                    raise
        raise AssertionError("the second turn returns or raises")

    async def _client(self, key: CloudKey) -> AppConnectClient:
        client = self._clients.get(key)
        if client is None:
            instance_id = self._instance_id or await self._first_instance(key)
            client = self._clients[key] = AppConnectClient(self._transport, key.token, instance_id)
        return client

    async def _first_instance(self, key: CloudKey) -> str:
        found = await instances_of(self._transport, key.token)
        if not found:
            raise Problem(status=403, code="cloud_instance_forbidden", message="the account has no instance")
        return found[0].id


async def watch(keys: list[CloudKey]) -> None:
    """Look at every key about once a second, for ever: a server shows a dead key before a call meets it."""
    while True:
        await asyncio.gather(*(key.look() for key in keys))
        await asyncio.sleep(WATCH_SECONDS)


def _facts(refusal: Refusal) -> dict[str, str]:
    facts = {
        "apikey_id": refusal.apikey_id,
        "reason": refusal.reason,
        "changed_by": refusal.changed_by,
        "changed_at": refusal.changed_at,
    }
    return {name: value for name, value in facts.items() if value}


def _no_key(flow: str, call: ActionCall) -> ActionProblem:
    message = (
        f"flow '{flow}' calls {call.connector} with a cloud-managed account, and no configuration of this "
        "server carries an API key for it: add one of type apikey, or a setdbparms line "
        f"`{SERVER_RESOURCE} apikey <key>`"
    )
    return ActionProblem(code="cloud_key_missing", message=message, status_code=500, details={"flow": flow})


def _unreachable() -> ActionProblem:
    message = "the App Connect instance did not answer"
    return ActionProblem(code="cloud_instance_unreachable", message=message, status_code=502)


def _is_of_vendor(problem: Problem) -> bool:
    """Whether it is the application's answer that the instance hands on, and not the instance's own."""
    return isinstance(_error(problem).get("status_code"), int)


def _error(problem: Problem) -> Mapping[str, Any]:
    error = problem.body.get("error") if isinstance(problem.body, dict) else None
    return error if isinstance(error, dict) else {}


def _details(problem: Problem) -> dict[str, str]:
    details = _error(problem).get("details")
    return {str(name): str(value) for name, value in details.items()} if isinstance(details, dict) else {}


def _problem_of(problem: Problem) -> ActionProblem:
    if _is_of_vendor(problem):
        return msgspec.convert(_error(problem), ActionProblem)
    if problem.status == 403:
        message = "the API key's account may not use this App Connect instance"
        return ActionProblem(code="cloud_instance_forbidden", message=message, status_code=502)
    if problem.status in (400, 404, 422):
        return ActionProblem(
            code=problem.code, message=problem.message, status_code=500, details=_details(problem)
        )
    return _unreachable()
