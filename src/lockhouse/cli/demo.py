"""`lockhouse demo`: the whole journey, live. Every step is a command that anybody could type."""

import contextlib
import json
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lockhouse.cli import terminal

if TYPE_CHECKING:
    from lockhouse.cli.stage import Stage

PERSON = {"first_name": "Ada", "last_name": "Lovelace", "email": "Ada@Example.com"}
ANOTHER = {"first_name": "Grace", "last_name": "Hopper", "email": "Grace@Example.com"}
CLOUD, LOCAL = "contacts-cloud", "contacts-local"
LAST_CLOUD_VERSION, LATER_VERSION = "12.0.3.0-r1", "12.0.4.0-r1"
ACCOUNT, KEY = "Account 1", "contacts-key"


def demo(
    end: Annotated[
        bool, typer.Option("--exit", help="End after the last step, instead of leaving it all up.")
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="DIR", help="Play in this directory and keep it; otherwise in a temporary one."
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(help="Port of the platform; another one where this is taken.", min=1, max=65535)
    ] = 8080,
) -> None:
    """Live the whole journey: key, configuration, BAR, servers, calls, and what happens when the key goes.

    It calls no one outside: a stand-in on this machine answers for Salesforce.
    """
    from lockhouse.cli.stage import Stage, free_port

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _folder(data) as folder, contextlib.closing(Stage(folder)) as stage:
        terminal.say(f"Lockhouse, the whole journey. All of it really happens, in {folder}")
        owner = _platform(stage, free_port(port))
        vendor = _vendor(stage, f"http://127.0.0.1:{free_port(0)}")
        cloud_managed = _cloud_managed(stage, vendor)
        local = _local(stage, vendor)
        _without_the_key(stage, cloud_managed=cloud_managed, local=local)
        terminal.say("\nThat was the journey: all of it went as told.")
        if not end:
            _leave_up(stage, owner)


def _platform(stage: "Stage", port: int) -> dict[str, str]:
    url = f"http://127.0.0.1:{port}"
    stage.environment |= {
        "LOCKHOUSE_URL": url,
        "LOCKHOUSE_PORT": str(port),
        # The stand-in lives on this machine; cloud-managed calls may otherwise reach public addresses only.
        "LOCKHOUSE_OPENED_NETWORKS": "127.0.0.1/32",
    }
    stage.step("A store: an account, its owner, an App Connect instance, a first key")
    owner: dict[str, str] = json.loads(stage.run("init", "--data", "store", "--json", quiet=True))
    stage.tell(f"account {owner['account_id']}, owner {owner['email']}, instance {owner['instance_id']}")
    stage.write("owner.json", owner)
    stage.tell("password and key are in there, and will not be shown again")
    stage.environment["LOCKHOUSE_APIKEY"] = owner["apikey"]

    stage.step("The platform: identity service, App Connect instance, console")
    stage.start("up", "up", "--data", "store", "--port", str(port))
    stage.wait_until_it_answers("up", f"{url}/readyz")
    return owner | {"url": url}


def _vendor(stage: "Stage", url: str) -> str:
    stage.step(
        "A stand-in for Salesforce: it refuses what Salesforce would refuse, and remembers what it is told"
    )
    stage.start("double", "double", "salesforce", "--port", url.rpartition(":")[2])
    stage.wait_until_it_answers("double", f"{url}/_records")
    return url


def _cloud_managed(stage: "Stage", vendor: str) -> str:
    stage.step("A Salesforce account in the App Connect instance: its credentials are sealed there")
    stage.write("credentials.yaml", _credentials() | {"loginUrl": vendor})
    stage.run("account", "create", ACCOUNT, "--connector", "salesforce", "--credentials", "credentials.yaml")
    stage.run("account", "test", ACCOUNT)

    stage.step("An API key, its value seen once: it goes to apiKey.json")
    stage.run("apikey", "create", KEY, "-d", "key of the contacts API", "--file", "apiKey.json")

    stage.step("A configuration that carries the key")
    stage.run("configuration", "create", "demo-key", "--apikey-file", "apiKey.json")

    stage.step("A BAR from an exported flow")
    example = files("lockhouse").joinpath("examples", "contacts.yaml")
    (stage.folder / "contacts.yaml").write_bytes(example.read_bytes())
    stage.run("bar", "create", "contacts.yaml", "-o", "contacts.bar")

    stage.step(f"An integration server of version {LAST_CLOUD_VERSION}, cloud-managed connectors allowed")
    url = _deploy(stage, CLOUD, configuration="demo-key", mode="all", version=LAST_CLOUD_VERSION)

    stage.step("A call: the flow maps the person, and the instance calls Salesforce with its account")
    answer = _call(stage, url, PERSON, wanted=201)
    _show_record(stage, vendor, answer["id"])
    return url


def _local(stage: "Stage", vendor: str) -> str:
    stage.step(f"The same BAR on {LATER_VERSION}: no key there, the account comes from accounts.yaml")
    entry = {"name": ACCOUNT, "authType": "OAUTH2_PASSWORD", "credentials": _credentials()}
    stage.write("accounts.yaml", {"accounts": {"salesforce": [entry | {"endpoint": {"loginUrl": vendor}}]}})
    stage.run("configuration", "create", "demo-accounts", "--type", "accounts", "--file", "accounts.yaml")
    url = _deploy(stage, LOCAL, configuration="demo-accounts", mode="local", version=LATER_VERSION)
    answer = _call(stage, url, ANOTHER, wanted=201)
    _show_record(stage, vendor, answer["id"])
    return url


def _deploy(stage: "Stage", server: str, *, configuration: str, mode: str, version: str) -> str:
    """Deploy the BAR and return the address of its operation."""
    stage.run(
        "server", "deploy", server, "--bar", "contacts.bar", "--configuration", configuration,
        "--mode", mode, "--version", version, "--wait",
    )  # fmt: skip
    shown = json.loads(stage.run("server", "show", server, "--json", hidden=True))
    url: str = shown["status"]["flows"][0]["operations"][0]["url"]
    return url


def _without_the_key(stage: "Stage", *, cloud_managed: str, local: str) -> None:
    stage.step("The key is deleted")
    stage.run("apikey", "delete", KEY)
    deleted = time.monotonic()

    stage.step("The server that used it fails with its next call, and says why")
    _call(stage, cloud_managed, PERSON, wanted=502)
    stage.tell(f"{time.monotonic() - deleted:.1f} s after the key was deleted")
    stage.run("server", "show", CLOUD)

    stage.step("The server with a local account goes on")
    _call(stage, local, PERSON, wanted=201)


def _call(stage: "Stage", url: str, person: dict[str, str], *, wanted: int) -> dict[str, Any]:
    from lockhouse.cli.stage import DemoStopped

    answer = stage.post(url, person)
    if answer.status != wanted:
        raise DemoStopped(f"expected status {wanted}, got {answer.status}")
    body: dict[str, Any] = json.loads(answer.body)
    return body


def _show_record(stage: "Stage", vendor: str, contact_id: str) -> None:
    from lockhouse.cli.stage import DemoStopped

    records = json.loads(stage.get(f"{vendor}/_records?object=Contact").body)
    for record in records:
        if record["Id"] == contact_id:
            told = {name: record[name] for name in ("Id", "FirstName", "LastName", "Email")}
            stage.tell(f"Salesforce has it: {json.dumps(told)}")
            return
    raise DemoStopped(f"Salesforce has no contact {contact_id}")


def _credentials() -> dict[str, str]:
    from lockhouse.standins.salesforce import CLIENT_ID, CLIENT_SECRET, PASSWORD, USERNAME

    return {
        "username": USERNAME,
        "password": PASSWORD,
        "clientIdentity": CLIENT_ID,
        "clientSecret": CLIENT_SECRET,
    }


def _leave_up(stage: "Stage", owner: dict[str, str]) -> None:
    program = Path(sys.executable).with_name("lockhouse")
    terminal.say(
        f"\nThe console is up: {owner['url']}\n"
        f"  sign in with  {owner['email']}\n"
        f"  password      {owner['password']}\n"
        "\nThree things to try:\n"
        "  1. Under API keys: create a key, download its apiKey.json, delete the key again.\n"
        f"  2. Under Integration servers: look why {CLOUD} is not ready, and give it a new key.\n"
        "  3. In another terminal, the same by command:\n"
        f"     LOCKHOUSE_URL={owner['url']} {program} server list --apikey-file {stage.folder}/owner.json\n"
        "\nCtrl-C ends it."
    )
    with contextlib.suppress(KeyboardInterrupt):
        ended = stage.wait_for_end()
        terminal.warn(f"lockhouse: `lockhouse {ended}` ended by itself; {stage.folder}/{ended}.log tells why")
        raise typer.Exit(1)


@contextlib.contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        yield data.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="lockhouse-demo-") as made:
        yield Path(made)
