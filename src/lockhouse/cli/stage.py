"""Where the demo plays: a folder, child processes, commands that are really run, and what they said."""

import asyncio
import contextlib
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from yarl import URL

from lockhouse.cli import terminal
from lockhouse.errors import LockhouseError
from lockhouse.outbound import Answer, OutboundError, Reach, Request, fetch, open_session
from lockhouse.runtime.lifeline import die_with_parent
from lockhouse.supervisor.child import clean_environment

_START_SECONDS = 30.0
_STOP_SECONDS = 30.0
_LOOK_SECONDS = 0.05


class DemoStopped(LockhouseError):
    """Something did not go as the demo tells it."""


@dataclass(slots=True)
class Stage:
    """`folder` holds everything; `environment` is what commands and children are given of ours."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    _steps: int = 0
    _children: list[tuple[str, subprocess.Popen[bytes]]] = field(default_factory=list)

    def step(self, title: str) -> None:
        """Begin a step."""
        self._steps += 1
        terminal.say(f"\n{self._steps:2}  {title}")

    def tell(self, text: str) -> None:
        """Say what happened, below the step."""
        for line in text.rstrip().splitlines():
            terminal.say(f"    {line}")

    def run(self, *words: str, quiet: bool = False, hidden: bool = False) -> str:
        """Run a `lockhouse` command in the folder, show it and what it said. Raises DemoStopped.

        `quiet` shows the command only; `hidden` neither.
        """
        if not hidden:
            self.tell("$ " + shlex.join(["lockhouse", *words]))
        done = subprocess.run(  # noqa: S603 - our own command, words of the demo
            [sys.executable, "-m", "lockhouse", *words],
            cwd=self.folder, env=self._environ(), stdin=subprocess.DEVNULL,
            capture_output=True, check=False, text=True,
        )  # fmt: skip
        if done.returncode != 0:
            raise DemoStopped(f"`lockhouse {words[0]} …` failed:\n{done.stderr.rstrip()}")
        if not (quiet or hidden):
            self.tell(done.stdout)
        return done.stdout

    def start(self, name: str, *words: str) -> None:
        """Start a `lockhouse` command that goes on; its output goes to `<name>.log` in the folder."""
        self.tell("$ " + shlex.join(["lockhouse", *words]) + " &")
        with self._log(name).open("wb") as log:
            self._children.append((name, self._child(words, log)))

    def wait_until_it_answers(self, name: str, url: str) -> None:
        """Wait until a started command answers 200 at this address. Raises DemoStopped when it does not."""
        child = dict(self._children)[name]
        began = time.monotonic()
        while time.monotonic() - began < _START_SECONDS and child.poll() is None:
            with contextlib.suppress(OutboundError):
                if self.get(url).status == 200:
                    self.tell(f"{url} answers after {time.monotonic() - began:.1f} s")
                    return
            time.sleep(_LOOK_SECONDS)
        said = self._log(name).read_text(errors="replace")[-2000:]
        raise DemoStopped(f"`lockhouse {name}` does not answer at {url}:\n{said}")

    def write(self, name: str, document: Mapping[str, Any]) -> None:
        """Write a file, as YAML that is JSON, readable by its owner alone."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        self.tell(f"wrote {name}")

    def get(self, url: str) -> Answer:
        """GET an address."""
        return asyncio.run(_send(Request("GET", URL(url))))

    def post(self, url: str, body: Mapping[str, Any]) -> Answer:
        """POST JSON, show request and answer."""
        text = json.dumps(body).encode()
        self.tell(f"$ curl -X POST {url} -H 'Content-Type: application/json' -d '{text.decode()}'")
        answer = asyncio.run(_send(Request("POST", URL(url), {"Content-Type": "application/json"}, text)))
        self.tell(f"{answer.status} {answer.body.decode(errors='replace')}")
        return answer

    def wait_for_end(self) -> str:
        """Wait until a child ends by itself, and return its name."""
        while True:
            for name, child in self._children:
                if child.poll() is not None:
                    return name
            time.sleep(0.5)

    def close(self) -> None:
        """End the children: politely, then not."""
        for _, child in reversed(self._children):
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        for _, child in reversed(self._children):
            try:
                child.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def _child(self, words: Sequence[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
        # In a session of its own: Ctrl-C reaches the demo alone, which then ends its children in order.
        parent = os.getpid()
        return subprocess.Popen(  # noqa: S603 - our own command, words of the demo
            [sys.executable, "-m", "lockhouse", *words],
            cwd=self.folder, env=self._environ(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(parent),  # noqa: PLW1509 - the demo has no threads
        )  # fmt: skip

    def _environ(self) -> dict[str, str]:
        return clean_environment() | self.environment

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def free_port(wanted: int) -> int:
    """The wanted port of the loopback if nobody listens there, else another that is free."""
    for port in (wanted, 0):
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                listener.bind(("127.0.0.1", port))
                return int(listener.getsockname()[1])
    raise DemoStopped("no port is free on 127.0.0.1")


async def _send(request: Request) -> Answer:
    async with open_session(Reach.PLATFORM, seconds=30) as session:
        return await fetch(session, request)
