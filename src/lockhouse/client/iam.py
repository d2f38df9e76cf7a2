"""IamClient: tokens and API keys, over IAM's own wire."""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec

from lockhouse.client.transport import Transport
from lockhouse.sealing import Secret
from lockhouse.wire.tokens import APIKEY_GRANT, CONSOLE_CLIENT, PASSWORD_GRANT, REFRESH_GRANT, TokenPair

_INTROSPECTOR = ("bx", "bx")
Json = dict[str, Any]


class IamClient:
    """Every method raises transport.Problem when IAM refuses and transport.Unreachable when it does not
    answer.

    Bodies come back as the wire has them (`wire.apikeys`). `proof` is what tells IAM that the console
    speaks for a browser whose `address` it names; without it the address is not believed.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,  # noqa: TID251 - named, not made
        base_url: str,
        *,
        proof: Secret | None = None,
    ) -> None:
        self._transport = Transport(session, base_url)
        self._proof = proof

    async def apikey_token(self, apikey: Secret) -> TokenPair:
        """Exchange the value of an API key for an access token."""
        return await self._token({"grant_type": APIKEY_GRANT, "apikey": apikey.reveal()}, {})

    async def password_token(
        self, email: str, password: Secret, *, account: str = "", address: str = ""
    ) -> TokenPair:
        """Sign a user in: an access token and a refresh token of a new session.

        `account` chooses one of his accounts; `address` is the browser's.
        """
        form = {"grant_type": PASSWORD_GRANT, "username": email, "password": password.reveal()}
        if account:
            form["account"] = account
        return await self._token(form, self._console(address))

    async def refresh(self, refresh_token: Secret) -> TokenPair:
        """A new pair for the console's refresh token; the old one is spent."""
        return await self._token(
            {"grant_type": REFRESH_GRANT, "refresh_token": refresh_token.reveal()}, self._console("")
        )

    async def revoke(self, token: Secret) -> None:
        """End a refresh token's session, or an access token. Says nothing about unknown ones (RFC 7009)."""
        await self._transport.ask(
            "POST", "/identity/revoke", form={"token": token.reveal()}, headers=self._console("")
        )

    async def introspect(self, token: Secret | str, *, include_reason: bool = False) -> Json:
        """The token's claims with `active: true`, or `{"active": false}` and, if asked for and known, why."""
        form = {"token": token if isinstance(token, str) else token.reveal()}
        if include_reason:
            form["include_reason"] = "true"
        answer: Json = await self._transport.ask(
            "POST", "/identity/introspect", form=form, headers=_basic(*_INTROSPECTOR)
        )
        return answer

    async def keys(self) -> Json:
        """The JWKS with which access tokens are verified."""
        answer: Json = await self._transport.ask("GET", "/identity/keys")
        return answer

    async def create_api_key(self, token: str, body: Mapping[str, Any], *, locked: bool = False) -> Json:
        """Create a key; the answer holds its value, this once. `body` as wire.apikeys.CreateApiKey."""
        headers = {"Entity-Lock": "true"} if locked else {}
        return await self._json("POST", "/v1/apikeys", token, json=dict(body), headers=headers)

    async def list_api_keys(self, token: str, **query: str) -> Json:
        """A page of keys: `account_id`, `iam_id`, `scope`, `type`, `sort`, `order`, `filter`, `pagesize`,
        `pagetoken`."""
        return await self._json("GET", "/v1/apikeys", token, query=query)

    async def get_api_key(self, token: str, key_id: str, **query: str) -> Json:
        """One key; `include_history="true"`, `include_activity="true"`."""
        return await self._json("GET", _key(key_id), token, query=query)

    async def update_api_key(
        self, token: str, key_id: str, body: Mapping[str, Any], *, if_match: str = "*"
    ) -> Json:
        """Change a key: only the fields that are given."""
        return await self._json("PUT", _key(key_id), token, json=dict(body), headers={"If-Match": if_match})

    async def delete_api_key(self, token: str, key_id: str) -> None:
        """Delete a key: from now on it gives no tokens."""
        await self._transport.ask("DELETE", _key(key_id), token=token)

    async def lock_api_key(self, token: str, key_id: str) -> None:
        """Lock a key against change and deletion."""
        await self._transport.ask("POST", f"{_key(key_id)}/lock", token=token)

    async def unlock_api_key(self, token: str, key_id: str) -> None:
        """Unlock a key."""
        await self._transport.ask("DELETE", f"{_key(key_id)}/lock", token=token)

    async def disable_api_key(self, token: str, key_id: str) -> None:
        """Disable a key: it gives no tokens until it is enabled."""
        await self._transport.ask("POST", f"{_key(key_id)}/disable", token=token)

    async def enable_api_key(self, token: str, key_id: str) -> None:
        """Enable a key."""
        await self._transport.ask("DELETE", f"{_key(key_id)}/disable", token=token)

    async def _json(self, method: str, path: str, token: str, **more: Any) -> Json:
        answer: Json = await self._transport.ask(method, path, token=token, **more)
        return answer

    async def _token(self, form: Mapping[str, str], headers: Mapping[str, str]) -> TokenPair:
        return msgspec.convert(
            await self._transport.ask("POST", "/identity/token", form=form, headers=headers), TokenPair
        )

    def _console(self, address: str) -> dict[str, str]:
        headers = _basic(CONSOLE_CLIENT, self._proof.reveal() if self._proof else CONSOLE_CLIENT)
        return headers | ({"X-Forwarded-For": address} if address and self._proof else {})


def _key(key_id: str) -> str:
    return f"/v1/apikeys/{quote(key_id, safe='')}"


def _basic(client_id: str, secret: str) -> dict[str, str]:
    text = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {text}"}
