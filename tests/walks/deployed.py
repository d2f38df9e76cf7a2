"""Published documents on deployed servers: once with cloud-managed accounts, once with local ones."""

import asyncio
import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.tenants import Tenant
from tests.walks.applications import Applications
from tests.walks.house import Answered, House, _ask, get, post

from lockhouse.wire.instances import NewAccount


@dataclass(frozen=True)
class Server:
    """A deployed server with all the documents; `flows` are what those call themselves."""

    flows: Mapping[str, str]
    house: House
    name: str
    token: str
    urls: Mapping[str, str]
    described: Mapping[str, str]

    def call(self, document: str, body: Any) -> Answered:
        """POST to the document's first operation."""
        return post(self.urls[document], body)

    def look(self, document: str, more: str = "") -> Answered:
        """GET the document's first operation."""
        return get(self.urls[document].replace("/{id}", "") + more)

    def start(self, document: str, event: Any) -> None:
        """Hand the document's flow an event, by the authenticated door."""
        flow = quote(self.flows[document], safe="")
        address = f"{self.house.url}/api/v1/integration-servers/{self.name}/events/{flow}"
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = _ask(urllib.request.Request(address, json.dumps(event).encode(), headers, method="POST"))
        assert answer.status == 202, answer.text

    def dead_letters(self) -> Any:
        """The runs that failed for good."""
        address = f"{self.house.url}/api/v1/integration-servers/{self.name}/dead-letters"
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {self.token}"})
        return _ask(request).json["deadLetters"]


async def accounts_made(tenant: Tenant, entries: Mapping[str, list[dict[str, Any]]]) -> None:
    """Give the App Connect instance the accounts of an accounts.yaml."""
    async with tenant.clients() as clients:
        for connector, (entry,) in entries.items():
            kind = entry.pop("authType")
            await clients.appconnect.create_account(NewAccount(connector=connector, auth_type=kind, **entry))


def deployed(
    house: House, tenant: Tenant, apps: Applications, folder: Path, flows: Mapping[str, str]
) -> dict[str, Server]:
    """Deploy the documents of a folder twice; `flows` are what those call themselves."""
    accounts = apps.accounts()
    (house.folder / "accounts.yaml").write_text(json.dumps(accounts))
    asyncio.run(accounts_made(tenant, apps.accounts()["accounts"]))
    house.must("apikey", "create", "documents", "--file", "apiKey.json")
    house.must("configuration", "create", "key", "--apikey-file", "apiKey.json")
    house.must("configuration", "create", "accounts", "--type", "accounts", "--file", "accounts.yaml")
    house.must("bar", "create", *(str(folder / f"{name}.yaml") for name in flows), "-o", "all.bar")
    words = {
        "cloud": ["--configuration", "key", "--mode", "all", "--version", "12.0.3.0-r1"],
        "local": ["--configuration", "accounts", "--mode", "local", "--version", "12.0.9.0-r1"],
    }
    return {name: one_deployed(house, name, said, flows) for name, said in words.items()}


def one_deployed(house: House, name: str, words: list[str], names: Mapping[str, str]) -> Server:
    """Deploy the documents to one server and learn where they answer."""
    server = house.must("server", "deploy", name, "--bar", "all.bar", *words, "--wait", "--json").json
    named = {flow["name"]: flow for flow in server["status"]["flows"]}
    flows = {document: named[flow] for document, flow in names.items()}
    sources = {need["source"] for flow in flows.values() for need in flow.get("accounts", [])}
    assert sources == {"cloud-managed" if name == "cloud" else "local"}
    urls = {document: flow["operations"][0]["url"] for document, flow in flows.items() if "url" in flow}
    form = "grant_type=urn:ibm:params:oauth:grant-type:apikey&apikey=" + house.environment["LOCKHOUSE_APIKEY"]
    token = _ask(urllib.request.Request(f"{house.url}/identity/token", form.encode())).json["access_token"]
    described = {document: flow["openapi"] for document, flow in flows.items() if "openapi" in flow}
    return Server(names, house, name, token, urls, described)
