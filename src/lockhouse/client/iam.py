"""IamClient: tokens, API keys, service IDs, users, audit events and signing keys, over IAM's own wire."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

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

    async def every_api_key(self, token: str, account_id: str, **query: str) -> list[Json]:
        """Every key that such a list has, by name."""
        wanted = {"account_id": account_id, "pagesize": "100", "sort": "name"} | query
        return await self.every(token, "/v1/apikeys", "apikeys", wanted)

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

    async def every(self, token: str, path: str, word: str, query: Mapping[str, str]) -> list[Json]:
        """Every entry of a list, page by page; `word` is the name of the array in the answer."""
        page = await self._json("GET", path, token, query=query)
        entries: list[Json] = list(page[word])
        while following := page.get("next") or page.get("next_url"):
            # Only what the link asks for is taken: it may name another host than the one that we reach.
            page = await self._json("GET", path, token, query=dict(parse_qsl(urlsplit(following).query)))
            entries += page[word]
        return entries

    async def list_service_ids(self, token: str, account_id: str) -> list[Json]:
        """Every service ID of the account that the caller may see, by name."""
        query = {"account_id": account_id, "pagesize": "100", "sort": "name"}
        return await self.every(token, "/v1/serviceids/", "serviceids", query)

    async def service_ids_page(self, token: str, **query: str) -> Json:
        """A page of service IDs: `account_id`, `group_id`, `sort`, `order`, `filter`, `pagesize`,
        `pagetoken`."""
        return await self._json("GET", "/v1/serviceids/", token, query=query)

    async def create_service_id(self, token: str, body: Mapping[str, Any], *, locked: bool = False) -> Json:
        """Create a service ID, as wire.serviceids.CreateServiceId; with `apikey` there is a value."""
        headers = {"Entity-Lock": "true"} if locked else {}
        return await self._json("POST", "/v1/serviceids/", token, json=dict(body), headers=headers)

    async def get_service_id(self, token: str, serviceid: str, **query: str) -> Json:
        """One service ID, with its activity; `include_history="true"`, `show_group_id="true"`."""
        query = {"include_activity": "true"} | query
        return await self._json("GET", _in("/v1/serviceids", serviceid), token, query=query)

    async def update_service_id(
        self, token: str, serviceid: str, body: Mapping[str, Any], *, if_match: str = "*"
    ) -> Json:
        """Change a service ID: only the fields that are given."""
        headers = {"If-Match": if_match}
        return await self._json(
            "PUT", _in("/v1/serviceids", serviceid), token, json=dict(body), headers=headers
        )

    async def list_service_id_groups(self, token: str, account_id: str) -> list[Json]:
        """All service ID groups of the account."""
        answer = await self._json("GET", "/v1/serviceid_groups/", token, query={"account_id": account_id})
        groups: list[Json] = answer["serviceid_groups"]
        return groups

    async def delete_service_id(self, token: str, serviceid: str) -> None:
        """Delete a service ID and its keys."""
        await self._json("DELETE", _in("/v1/serviceids", serviceid), token)

    async def lock_service_id(self, token: str, serviceid: str) -> None:
        """Lock a service ID against change and deletion."""
        await self._json("POST", _in("/v1/serviceids", serviceid) + "/lock", token)

    async def unlock_service_id(self, token: str, serviceid: str) -> None:
        """Unlock a service ID."""
        await self._json("DELETE", _in("/v1/serviceids", serviceid) + "/lock", token)

    async def create_service_id_group(self, token: str, body: Mapping[str, Any]) -> Json:
        """Create a group, as wire.serviceids.CreateGroup."""
        return await self._json("POST", "/v1/serviceid_groups/", token, json=dict(body))

    async def delete_service_id_group(self, token: str, group_id: str) -> None:
        """Delete an empty group."""
        await self._json("DELETE", _in("/v1/serviceid_groups", group_id), token)

    async def list_users(self, token: str, account_id: str, **query: str) -> list[Json]:
        """Every user of the account that the caller may see; `search` (`state:PENDING`) and `user_id` (an
        e-mail address) choose."""
        return await self.every(token, _in("/v2/accounts", account_id) + "/users", "resources", query)

    async def users_page(self, token: str, account_id: str, **query: str) -> Json:
        """A page of users: `limit`, `_start`, `search`, `user_id`; `next_url` leads to the next."""
        return await self._json("GET", _in("/v2/accounts", account_id) + "/users", token, query=query)

    async def get_user(self, token: str, account_id: str, iam_id: str) -> Json:
        """One user, with when he last signed in."""
        return await self._json("GET", _user(account_id, iam_id), token, query={"include_activity": "true"})

    async def invite_user(self, token: str, account_id: str, email: str, roles: Sequence[str]) -> Json:
        """Invite a user: his iam_id, and the code for his password where he has none."""
        path = _in("/v2/accounts", account_id) + "/users"
        body = {"users": [{"email": email, "roles": list(roles)}]}
        answer = await self._json("POST", path, token, json=body)
        invited: Json = answer["resources"][0]
        return invited

    async def preview_removal(self, token: str, account_id: str, iam_id: str) -> Json:
        """What ends when a user is removed: `apikeys` (id, name) and how many `sessions`."""
        return await self._json("GET", _user(account_id, iam_id) + "/removal", token)

    async def remove_user(self, token: str, account_id: str, iam_id: str) -> None:
        """Remove a user; his keys and sessions end with it."""
        await self._json("DELETE", _user(account_id, iam_id), token)

    async def set_user_roles(self, token: str, account_id: str, iam_id: str, roles: Sequence[str]) -> Json:
        """Replace a user's roles."""
        return await self._json(
            "PUT", _user(account_id, iam_id) + "/roles", token, json={"roles": list(roles)}
        )

    async def disable_user(self, token: str, account_id: str, iam_id: str) -> None:
        """Disable a user in the account."""
        await self._json("POST", _user(account_id, iam_id) + "/disable", token)

    async def enable_user(self, token: str, account_id: str, iam_id: str) -> None:
        """Enable a user again."""
        await self._json("DELETE", _user(account_id, iam_id) + "/disable", token)

    async def reset_password(self, token: str, account_id: str, iam_id: str) -> Json:
        """A code with which a user sets a new password: `code`, `expires_at`."""
        return await self._json("POST", _user(account_id, iam_id) + "/password_reset", token)

    async def set_password(self, code: Secret, password: Secret) -> None:
        """Turn a code into a password; an invited user joins the account with it."""
        body = {"code": code.reveal(), "password": password.reveal()}
        await self._transport.ask("POST", "/v2/users/password", json=body)

    async def change_password(
        self, token: str, account_id: str, iam_id: str, *, current: Secret, password: Secret
    ) -> None:
        """Change one's own password; all of one's sessions end with it."""
        body = {"current_password": current.reveal(), "password": password.reveal()}
        path = _user(account_id, iam_id) + "/password"
        await self._transport.ask("PUT", path, token=token, json=body)

    async def accept_invitation(self, token: str, account_id: str) -> None:
        """Join an account that invited one, with a token of another account."""
        await self._json("POST", "/v2/users/accept", token, json={"account_id": account_id})

    async def account_settings(self, token: str, account_id: str, **query: str) -> Json:
        """The account's settings, as wire.account_settings.SettingsBody; `include_history="true"`."""
        return await self._json("GET", _settings(account_id), token, query=query)

    async def update_account_settings(
        self, token: str, account_id: str, body: Mapping[str, str], *, if_match: str = "*"
    ) -> Json:
        """Change the account's settings: only those that are given."""
        headers = {"If-Match": if_match}
        return await self._json("PUT", _settings(account_id), token, json=dict(body), headers=headers)

    async def list_accounts(self, token: str) -> list[Json]:
        """Every account, for the operator of the platform; for others their own."""
        accounts: list[Json] = (await self._json("GET", "/v1/accounts", token))["accounts"]
        return accounts

    async def create_account(self, token: str, name: str, owner_email: str) -> Json:
        """Make a further account; the answer has the code for its owner's password."""
        body = {"name": name, "owner_email": owner_email}
        return await self._json("POST", "/v1/accounts", token, json=body)

    async def disable_account(self, token: str, account_id: str) -> None:
        """Disable an account: its tokens and keys are refused."""
        await self._json("POST", _in("/v1/accounts", account_id) + "/disable", token)

    async def enable_account(self, token: str, account_id: str) -> None:
        """Enable an account again."""
        await self._json("DELETE", _in("/v1/accounts", account_id) + "/disable", token)

    async def list_events(self, token: str, account_id: str, **query: str) -> Json:
        """A page of audit events; the query as the door `/v1/accounts/…/events` takes it."""
        return await self._json("GET", _in("/v1/accounts", account_id) + "/events", token, query=query)

    async def list_signing_keys(self, token: str) -> list[Json]:
        """The keys that sign tokens: kid, state, created_at, signs_from."""
        found: list[Json] = (await self._json("GET", "/v1/signing_keys", token))["signing_keys"]
        return found

    async def rotate_signing_key(self, token: str) -> list[Json]:
        """Let the next key sign, within a minute; the keys as they are then."""
        found: list[Json] = (await self._json("POST", "/v1/signing_keys/rotate", token))["signing_keys"]
        return found

    async def revoke_signing_key(self, token: str, kid: str) -> None:
        """Refuse every token that a key signed."""
        await self._json("DELETE", _in("/v1/signing_keys", kid), token)

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


def _in(folder: str, entity_id: str) -> str:
    return f"{folder}/{quote(entity_id, safe='')}"


def _settings(account_id: str) -> str:
    return _in("/v1/accounts", account_id) + "/settings/identity"


def _user(account_id: str, iam_id: str) -> str:
    return _in(_in("/v2/accounts", account_id) + "/users", iam_id)


def _basic(client_id: str, secret: str) -> dict[str, str]:
    text = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {text}"}
