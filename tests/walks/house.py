"""A Lockhouse of real processes, entered by its public doors only: the command line and HTTP."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from lockhouse.standins import salesforce

WAIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its standard output as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Answered:
    """What an HTTP address answered."""

    status: int
    text: str

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)


@dataclass(slots=True)
class House:
    """A folder to work in and a platform that may be started, killed and started again."""

    folder: Path
    port: int
    environment: dict[str, str] = field(default_factory=dict)
    account_id: str = ""
    _up: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the platform is."""
        return f"http://127.0.0.1:{self.port}"

    def run(self, *words: str, **environment: str) -> Done:
        """Run a command in the folder."""
        done = subprocess.run(
            [sys.executable, "-m", "lockhouse", *words], cwd=self.folder, env=self._environ() | environment,
            stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True, timeout=120,
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a command in the folder and do not wait for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "lockhouse", *words], cwd=self.folder, env=self._environ(),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def must(self, *words: str) -> Done:
        """Run a command that has to work."""
        done = self.run(*words)
        assert done.code == 0, f"lockhouse {' '.join(words)}:\n{done.err}"
        return done

    def init(self) -> dict[str, str]:
        """Make the store and sign in as its owner."""
        first: dict[str, str] = self.must("init", "--data", "store", "--json").json
        self.account_id = first["account_id"]
        self.environment |= {"LOCKHOUSE_APIKEY": first["apikey"], "LOCKHOUSE_URL": self.url}
        return first

    def up(self) -> None:
        """Start the platform and wait until it is ready."""
        with (self.folder / "up.log").open("ab") as log:
            self._up = subprocess.Popen(
                [sys.executable, "-m", "lockhouse", "up", "--data", "store", "--port", str(self.port)],
                cwd=self.folder, env=self._environ(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        up = self._up
        ready = f"{self.url}/readyz"
        self.wait_until(lambda: get(ready).status == 200 or up.poll() is not None, "the platform is ready")
        assert up.poll() is None, (self.folder / "up.log").read_text(errors="replace")

    def deploy(self, name: str, *words: str) -> str:
        """Deploy a server and return the address of its first flow's first operation."""
        server = self.must("server", "deploy", name, *words, "--wait", "--json").json
        url: str = server["status"]["flows"][0]["operations"][0]["url"]
        assert url.startswith(server["status"]["endpoints"][0]["uri"])
        return url

    def everything(self) -> dict[str, list[str]]:
        """The names of all that is stored, as the HTTP API lists it."""
        form = (
            f"grant_type=urn:ibm:params:oauth:grant-type:apikey&apikey={self.environment['LOCKHOUSE_APIKEY']}"
        )
        token = _ask(urllib.request.Request(f"{self.url}/identity/token", form.encode())).json["access_token"]
        (instance,) = self._listed("/appconnect/instances", token)["instances"]
        return {
            "servers": _names(self._listed("/api/v1/integration-servers", token)["integrationServers"]),
            "configurations": _names(self._listed("/api/v1/configurations", token)["configurations"]),
            "bars": _names(self._listed("/api/v1/bar-files", token)["barFiles"]),
            "accounts": _names(
                self._listed(f"/appconnect/{instance['id']}/api/v1/accounts", token)["accounts"]
            ),
            "keys": _names(self._listed(f"/v1/apikeys?account_id={self.account_id}", token)["apikeys"]),
        }

    def _listed(self, path: str, token: str) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        return _ask(urllib.request.Request(f"{self.url}{path}", headers=headers)).json

    def stop(self) -> int:
        """Ask it to end, as an operating system does, and return its exit status."""
        assert self._up is not None
        self._up.send_signal(signal.SIGTERM)
        return self._up.wait(35)

    def close(self) -> None:
        """End it, whatever state it is in."""
        if self._up is not None and self._up.poll() is None:
            self._up.send_signal(signal.SIGTERM)
            try:
                self._up.wait(35)
            except subprocess.TimeoutExpired:
                self._up.kill()
                self._up.wait()

    def children(self, module: str) -> list[int]:
        """The process ids of our platform's children that run a module."""
        assert self._up is not None
        found = []
        for child in psutil.Process(self._up.pid).children(recursive=True):
            try:
                if module in child.cmdline():
                    found.append(child.pid)
            except psutil.Error:
                continue
        return found

    def kill(self, pid: int) -> None:
        """End a process at once, with no chance to tidy up."""
        os.kill(pid, signal.SIGKILL)

    def wait_until(self, holds: Callable[[], bool], what: str, seconds: float = WAIT_SECONDS) -> float:
        """Wait until something holds and return after how many seconds it did."""
        began = time.monotonic()
        while not holds():
            if time.monotonic() - began > seconds:
                log = (self.folder / "up.log").read_text(errors="replace")[-3000:]
                raise AssertionError(f"not within {seconds} s: {what}\n{log}")
            time.sleep(0.02)
        return time.monotonic() - began

    def _environ(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LOCKHOUSE_")}
        return clean | self.environment


@dataclass(slots=True)
class Vendor:
    """The stand-in for Salesforce, a process of its own."""

    url: str
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls) -> "Vendor":
        """Start it and wait until it answers."""
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "lockhouse", "double", "salesforce", "--port", str(port)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        vendor = cls(f"http://127.0.0.1:{port}", process)
        began = time.monotonic()
        while get(f"{vendor.url}/_records").status != 200:
            assert time.monotonic() - began < WAIT_SECONDS, "the stand-in does not answer"
            time.sleep(0.02)
        return vendor

    def contacts(self) -> list[dict[str, Any]]:
        """The contacts that were made, oldest first."""
        made: list[dict[str, Any]] = get(f"{self.url}/_records?object=Contact").json
        return made

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(10)

    def write_account(self, folder: Path) -> None:
        """Write credentials.yaml and accounts.yaml for it."""
        fields = {
            "username": salesforce.USERNAME,
            "password": salesforce.PASSWORD,
            "clientIdentity": salesforce.CLIENT_ID,
            "clientSecret": salesforce.CLIENT_SECRET,
        }
        endpoint = {"loginUrl": self.url}
        (folder / "credentials.yaml").write_text(json.dumps(fields | endpoint))
        entry = {
            "name": "Account 1",
            "credentials": fields,
            "endpoint": endpoint,
            "authType": "OAUTH2_PASSWORD",
        }
        (folder / "accounts.yaml").write_text(json.dumps({"accounts": {"salesforce": [entry]}}))


def free_port() -> int:
    """A port of the loopback that is free now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def get(url: str) -> Answered:
    """GET an address; status 0 when nobody answers."""
    return _ask(urllib.request.Request(url))


def post(url: str, body: Any) -> Answered:
    """POST JSON to an address; status 0 when nobody answers."""
    data, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
    return _ask(urllib.request.Request(url, data, headers, method="POST"))


def _names(listed: list[dict[str, Any]]) -> list[str]:
    return [one.get("metadata", one)["name"] for one in listed]


def _ask(request: urllib.request.Request) -> Answered:
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return Answered(answer.status, answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answered(error.code, error.read().decode())
    except OSError:
        return Answered(0, "")
