"""BARs, configurations and servers, by the management door."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.flow_documents import accounts_yaml, bar_of, contact_flow, echo_flow, vendor_credentials
from tests.tenants import Clients, Tenant

from lockhouse.client.transport import Problem
from lockhouse.outbound import Reach, open_session
from lockhouse.wire.instances import NewAccount
from lockhouse.wire.servers import ServerSpec

NOWHERE = "http://127.0.0.1:9"


def _spoilt(data: bytes) -> bytes:
    """The BAR with one byte of its content changed."""
    return data[:120] + bytes([data[120] ^ 1]) + data[121:]


@pytest.fixture
async def ours(tenant: Tenant) -> AsyncIterator[Clients]:
    """The first account's clients."""
    async with tenant.clients() as clients:
        yield clients


@pytest.fixture
async def theirs(stranger: Tenant) -> AsyncIterator[Clients]:
    """Another account's clients."""
    async with stranger.clients() as clients:
        yield clients


@pytest.fixture
async def sales(ours: Clients) -> AsyncIterator[None]:
    """The instance has the account 'Sales' for the length of a test."""
    await ours.appconnect.create_account(
        NewAccount(
            connector="salesforce",
            name="Sales",
            credentials=vendor_credentials(),
            endpoint={"loginUrl": NOWHERE},
            auth_type="OAUTH2_PASSWORD",
        )
    )
    yield
    await ours.appconnect.delete_account("salesforce", "Sales")


async def _refusal(work: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        await work
    return caught.value


def _codes(problem: Problem) -> list[str]:
    return [mistake["code"] for mistake in problem.body["error"]["mistakes"]]


async def test_a_bar_tells_what_is_in_it(ours: Clients) -> None:
    bar = await ours.runtime.put_bar("contacts", bar_of(contact_flow(), echo_flow()))

    contacts, echo = bar.status.flows
    assert (contacts.name, contacts.kind, echo.name) == ("Contacts", "api", "Echo")
    assert contacts.operations[0].method == "POST"
    assert contacts.operations[0].path == "/Contact"
    assert contacts.actions == ["salesforce|Contact|CREATE"]
    assert [(need.connector, need.account_name) for need in contacts.accounts] == [
        ("salesforce", "Account 1")
    ]
    assert bar.status.digest.startswith("sha256:")
    assert await ours.runtime.bar("contacts") == bar
    assert bar in await ours.runtime.bars()


@pytest.mark.parametrize(
    "data",
    [b"", b"no zip", bar_of(echo_flow())[:-10], _spoilt(bar_of(echo_flow()))],
)
async def test_what_is_no_bar_is_refused_and_leaves_nothing(ours: Clients, data: bytes) -> None:
    problem = await _refusal(ours.runtime.put_bar("broken", data))

    assert 400 <= problem.status < 500
    assert problem.body["error"]["mistakes"]
    assert "broken" not in [bar.metadata.name for bar in await ours.runtime.bars()]


async def test_every_mistake_of_every_flow_is_told_with_its_place(ours: Clients) -> None:
    wrong = [
        contact_flow("One").replace("create-action", "creat-action"),
        contact_flow("Two").replace("$map", "$mop"),
    ]
    problem = await _refusal(ours.runtime.put_bar("wrong", bar_of(*wrong)))

    first = problem.body["error"]["mistakes"][0]
    assert first["code"] == "node_unknown"
    assert first["file"] == "wrong/One.yaml"
    assert first["line"] > 1


@pytest.mark.parametrize("name", ["a/b", "..", ".hidden", "a\x00b", "x" * 300, " ", 'q"q', "a<b>"])
async def test_a_harmful_name_is_refused(ours: Clients, name: str) -> None:
    for work in (
        ours.runtime.put_bar(name, bar_of(echo_flow())),
        ours.runtime.put_configuration(name, kind="generic", content=b"x"),
        ours.runtime.deploy(name, ServerSpec()),
    ):
        problem = await _refusal(work)
        assert 400 <= problem.status < 500


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("nonsense", b"x", "configuration_type_unknown"),
        ("accounts", b"accounts: [", "yaml_syntax"),
        ("accounts", b"nothing: here", "accounts_missing"),
        ("setdbparms", b"AppConnectAPIKey EXAMPLE-VALUE", "setdbparms_too_few"),
        ("setdbparms", b"A b c d", "setdbparms_too_many"),
        ("setdbparms", b"\xff\xfe", "configuration_not_text"),
        ("apikey", b'{"name": "no value"}', "apikey_file_no_value"),
        ("apikey", b"EXAMPLE-VALUE", "apikey_file_not_json"),
        ("generic", b"x" * 1_100_000, "configuration_too_large"),
    ],
)
async def test_a_configuration_is_checked_and_its_content_is_in_no_answer(
    ours: Clients, kind: str, content: bytes, code: str
) -> None:
    problem = await _refusal(ours.runtime.put_configuration("bad", kind=kind, content=content))

    assert 400 <= problem.status < 500
    if problem.status != 413:
        assert problem.code == code
    assert "EXAMPLE-VALUE" not in json.dumps(problem.body)
    assert (await _refusal(ours.runtime.configuration("bad"))).code == "configuration_not_found"


async def test_an_account_is_held_against_its_connector(ours: Clients) -> None:
    content = accounts_yaml(NOWHERE).replace(b"username", b"usernme")
    problem = await _refusal(ours.runtime.put_configuration("accs", kind="accounts", content=content))

    assert "account_unknown_field" in _codes(problem)
    assert "did you mean" in str(problem.body)
    assert vendor_credentials()["password"] not in str(problem.body)


async def test_content_never_comes_back_and_lies_sealed(ours: Clients, tenant: Tenant, running: Any) -> None:
    secret = b"EXAMPLE-SECRET-CONTENT"
    await ours.runtime.put_configuration("files", kind="generic", content=secret)

    shown = await ours.runtime.configuration("files")
    async with (
        open_session(Reach.PLATFORM) as session,
        session.get(
            f"{tenant.url}/api/v1/configurations/files",
            headers={"Authorization": f"Bearer {await ours.tokens.token()}"},
        ) as answer,
    ):
        text = await answer.text()
    assert shown.status.size == len(secret)
    assert shown.spec.data == ""
    assert [condition.type for condition in shown.status.conditions] == ["TypeNotApplied"]
    for form in (secret, base64.b64encode(secret)):
        assert form.decode() not in text
        assert all(form not in path.read_bytes() for path in running.data.rglob("*") if path.is_file())


@pytest.mark.parametrize(("resource", "name"), [("AppConnectAPIKey", "server-key"), ("Orders", "flow-key")])
async def test_a_pasted_key_is_known_by_its_id(
    ours: Clients, tenant: Tenant, resource: str, name: str
) -> None:
    content = f"{resource} apikey {tenant.apikey}".encode()
    made = await ours.runtime.put_configuration(name, kind="setdbparms", content=content)
    file = json.dumps({"apikey": tenant.apikey, "id": "ApiKey-claimed", "name": "first"}).encode()
    by_file = await ours.runtime.put_configuration(f"{name}-file", kind="apikey", content=file)

    assert made.status.keys[0].resource == resource
    assert made.status.keys[0].apikey_id.startswith("ApiKey-")
    assert by_file.status.keys[0].apikey_id == made.status.keys[0].apikey_id
    assert by_file.status.keys[0].fingerprint == made.status.keys[0].fingerprint
    assert tenant.apikey not in str(made)


async def test_what_servers_use_cannot_be_deleted(ours: Clients) -> None:
    await ours.runtime.put_bar("used", bar_of(contact_flow("Used")))
    await ours.runtime.put_configuration("used-accounts", kind="accounts", content=accounts_yaml(NOWHERE))
    server = await ours.runtime.deploy("user", ServerSpec(bar_url="used", configurations=["used-accounts"]))

    assert server.status.mode == "local"
    bar, configuration = (
        await _refusal(ours.runtime.delete_bar("used")),
        await _refusal(ours.runtime.delete_configuration("used-accounts")),
    )
    assert (bar.status, bar.code, bar.body["error"]["details"]["used_by"]) == (409, "bar_in_use", "user")
    assert (configuration.status, configuration.code) == (409, "configuration_in_use")
    assert (await ours.runtime.bar("used")).status.used_by == ["user"]

    await ours.runtime.delete_server("user")
    await ours.runtime.delete_bar("used")
    await ours.runtime.delete_configuration("used-accounts")
    assert (await _refusal(ours.runtime.server("user"))).code == "server_not_found"


async def test_a_server_goes_on_with_what_it_was_deployed_with(ours: Clients) -> None:
    first = await ours.runtime.put_bar("pinned", bar_of(echo_flow("Pinned")))
    await ours.runtime.deploy("pinned", ServerSpec(bar_url=["pinned"]))
    second = await ours.runtime.put_bar("pinned", bar_of(echo_flow("Pinned"), echo_flow("More")))

    assert first.status.digest != second.status.digest
    assert [flow.name for flow in (await ours.runtime.server("pinned")).status.flows] == ["Pinned"]
    again = await ours.runtime.deploy("pinned", ServerSpec(bar_url=["pinned"]))
    assert [flow.name for flow in again.status.flows] == ["More", "Pinned"]
    await ours.runtime.delete_server("pinned")


async def test_a_refused_deployment_leaves_nothing(ours: Clients) -> None:
    await ours.runtime.put_bar("contacts", bar_of(contact_flow(account="Sales")))
    spec = ServerSpec(bar_url=["contacts", "nothing"], configurations=["nothing"], version="12.0.9.0-r1")
    problem = await _refusal(ours.runtime.deploy("never", spec))

    assert problem.status == 422
    assert _codes(problem) == ["bar_not_found", "configuration_not_found", "account_missing"]
    assert "never" not in [server.metadata.name for server in await ours.runtime.servers()]


@pytest.mark.usefixtures("sales")
async def test_the_nearest_account_of_the_instance_is_proposed(ours: Clients) -> None:
    await ours.runtime.put_bar("near", bar_of(contact_flow("Near", account="Slaes")))
    problem = await _refusal(ours.runtime.deploy("near", ServerSpec(bar_url=["near"])))

    assert problem.code == "account_missing"
    assert "did you mean 'Sales'" in problem.message


@pytest.mark.usefixtures("sales")
async def test_a_dead_key_is_refused_when_it_is_deployed(ours: Clients) -> None:
    token = await ours.tokens.token()
    made = await ours.iam.create_api_key(token, {"name": "dead", "iam_id": _iam_id(token)})
    await ours.runtime.put_configuration("dead", kind="apikey", content=json.dumps(made).encode())
    await ours.runtime.put_bar("dead", bar_of(contact_flow("Dead", account="Sales")))
    spec = ServerSpec(bar_url=["dead"], configurations=["dead"])
    assert (await ours.runtime.deploy("alive", spec)).status.mode == "all"

    await ours.iam.disable_api_key(token, made["id"])
    disabled = await _refusal(ours.runtime.deploy("dead", spec))
    await ours.iam.delete_api_key(token, made["id"])
    deleted = await _refusal(ours.runtime.deploy("dead", spec))

    for problem, reason in ((disabled, "disabled"), (deleted, "deleted")):
        assert problem.code == "cloud_key_rejected"
        assert made["id"] in problem.message
        assert "configuration 'dead'" in problem.message
        assert reason in problem.message
    await ours.runtime.delete_server("alive")


@pytest.mark.usefixtures("sales")
async def test_a_key_of_another_account_is_refused(ours: Clients, stranger: Tenant) -> None:
    content = f"AppConnectAPIKey apikey {stranger.apikey}".encode()
    await ours.runtime.put_configuration("foreign", kind="setdbparms", content=content)
    await ours.runtime.put_bar("foreign", bar_of(contact_flow("Foreign", account="Sales")))
    problem = await _refusal(
        ours.runtime.deploy("foreign", ServerSpec(bar_url=["foreign"], configurations=["foreign"]))
    )

    assert problem.code == "cloud_instance_forbidden"


async def test_a_changed_configuration_may_not_break_its_servers(ours: Clients, tenant: Tenant) -> None:
    await ours.runtime.put_bar("kept", bar_of(contact_flow("Kept")))
    await ours.runtime.put_configuration("kept", kind="accounts", content=accounts_yaml(NOWHERE))
    spec = ServerSpec(bar_url=["kept"], configurations=["kept"], version="12.0.9.0-r1")
    await ours.runtime.deploy("kept", spec)

    renamed = ours.runtime.put_configuration(
        "kept", kind="accounts", content=accounts_yaml(NOWHERE, "Another name")
    )
    assert (await _refusal(renamed)).code == "account_missing"
    key = ours.runtime.put_configuration(
        "kept", kind="setdbparms", content=b"AppConnectAPIKey apikey EXAMPLE"
    )
    assert "cloud_managed_requires_12.0.3.0-r1_or_earlier" in _codes(await _refusal(key))
    same = await ours.runtime.put_configuration(
        "kept", kind="accounts", content=accounts_yaml(NOWHERE, password="EXAMPLE-other")
    )
    assert same.status.used_by == ["kept"]
    await ours.runtime.delete_server("kept")


async def test_another_account_sees_and_touches_nothing(ours: Clients, theirs: Clients) -> None:
    await ours.runtime.put_bar("private", bar_of(echo_flow("Private")))
    await ours.runtime.put_configuration("private", kind="generic", content=b"x")
    await ours.runtime.deploy("private", ServerSpec(bar_url=["private"]))

    assert await theirs.runtime.bars() == []
    assert await theirs.runtime.configurations() == []
    assert await theirs.runtime.servers() == []
    for work in (
        theirs.runtime.bar("private"),
        theirs.runtime.delete_bar("private"),
        theirs.runtime.configuration("private"),
        theirs.runtime.delete_configuration("private"),
        theirs.runtime.server("private"),
        theirs.runtime.restart("private"),
        theirs.runtime.logs("private"),
        theirs.runtime.delete_server("private"),
    ):
        assert (await _refusal(work)).status == 404
    await theirs.runtime.put_bar("private", bar_of(echo_flow("Other")))
    assert [flow.name for flow in (await ours.runtime.bar("private")).status.flows] == ["Private"]
    await ours.runtime.delete_server("private")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/bar-files"),
        ("PUT", "/api/v1/bar-files/x"),
        ("DELETE", "/api/v1/configurations/x"),
        ("GET", "/api/v1/integration-servers/x/logs"),
        ("POST", "/api/v1/integration-servers/x/restart"),
    ],
)
async def test_nobody_gets_in_without_a_token(tenant: Tenant, method: str, path: str) -> None:
    async with open_session(Reach.PLATFORM) as session:
        for headers in ({}, {"Authorization": "Bearer nonsense"}):
            async with session.request(method, tenant.url + path, headers=headers) as answer:
                body = await answer.json()
            assert answer.status == 401
            assert body["error"]["code"] in {"token_missing", "invalid_access_token"}


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"metadata": {"name": 1}}', b'{"spec": {}}', b'{"a":1,"a":2}', b"\xff"]
)
async def test_a_document_of_the_wrong_shape_is_a_4xx(ours: Clients, tenant: Tenant, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {await ours.tokens.token()}", "Content-Type": "application/json"}
    async with open_session(Reach.PLATFORM) as session:
        for collection in ("configurations", "integration-servers"):
            url = f"{tenant.url}/api/v1/{collection}/x"
            async with session.put(url, data=body, headers=headers) as answer:
                assert 400 <= answer.status < 500
                assert (await answer.json())["error"]["code"]


async def test_members_that_we_do_not_know_have_no_effect(ours: Clients, tenant: Tenant) -> None:
    document = {
        "metadata": {"name": "extra", "labels": {"a": "b"}},
        "spec": {"barURL": [], "license": {"accept": True}, "replicas": 2, "router": {"timeout": "120s"}},
        "status": {"phase": "Ready"},
        "account_id": "0" * 32,
    }
    headers = {"Authorization": f"Bearer {await ours.tokens.token()}"}
    async with (
        open_session(Reach.PLATFORM) as session,
        session.put(
            f"{tenant.url}/api/v1/integration-servers/extra", json=document, headers=headers
        ) as answer,
    ):
        assert answer.status == 201
        assert (await answer.json())["status"]["phase"] == "Pending"
    await ours.runtime.delete_server("extra")


async def test_a_deleted_key_does_not_get_in_any_more_although_its_token_would(
    ours: Clients, tenant: Tenant
) -> None:
    token = await ours.tokens.token()
    made = await ours.iam.create_api_key(token, {"name": "gone", "iam_id": _iam_id(token)})
    async with tenant.clients(apikey=made["apikey"]) as gone:
        await gone.tokens.token()
        await ours.iam.delete_api_key(token, made["id"])
        problem = await _refusal(gone.runtime.servers())

    assert (problem.status, problem.code) == (401, "cloud_key_rejected")
    assert problem.body["error"]["details"]["reason"] == "deleted"
    assert problem.body["error"]["details"]["apikey_id"] == made["id"]


def _iam_id(token: str) -> str:
    payload = token.split(".")[1]
    claims: dict[str, str] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims["iam_id"]
