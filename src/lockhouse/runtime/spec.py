"""ServerSpec: what one integration server runs, from the platform or from a directory. One type, two
sources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lockhouse.errors import Mistake, Mistakes
from lockhouse.flows.bar import read_bar
from lockhouse.runtime.configuration_types import CONFIGURATION_TYPES, Provided, read_configuration
from lockhouse.runtime.flow_facts import LoadedFlow, load_flows
from lockhouse.wire.servers import Mode
from lockhouse.wire.supervision import RunningSpec

WELL_KNOWN_FILES: Mapping[str, str] = {
    "accounts.yaml": "accounts",
    "accounts.yml": "accounts",
    "setdbparms.txt": "setdbparms",
    "apiKey.json": "apikey",
}
"""Files at the top of a configuration directory whose name says their type."""


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """All that a server runs. `provided` is by configuration name; `instance_id` is empty when it is to be
    asked for.

    `sources` says where each account was found when the server was deployed, by (connector, account name).
    """

    name: str
    mode: Mode
    version: str
    flows: tuple[LoadedFlow, ...]
    provided: Mapping[str, Provided] = field(default_factory=dict)
    instance_id: str = ""
    revision: int = 0
    sources: Mapping[tuple[str, str], str] = field(default_factory=dict)
    account_id: str = ""


def spec_from_platform(running: RunningSpec) -> ServerSpec:
    """The specification that the platform gave. Raises Mistakes."""
    flows: list[LoadedFlow] = []
    for bar in running.bars:
        flows += load_flows(read_bar(bar.content, file=bar.name), bar_name=bar.name)
    return ServerSpec(
        name=running.name,
        mode=running.mode,
        version=running.version,
        flows=tuple(flows),
        provided={
            one.name: read_configuration(one.type, one.name, one.content) for one in running.configurations
        },
        instance_id=running.instance_id,
        account_id=running.account_id,
        revision=running.revision,
        sources={
            (need.connector, need.account_name): need.source
            for flow in running.flows
            for need in flow.accounts
        },
    )


def configurations_in(directory: Path) -> dict[str, tuple[str, Provided]]:
    """The configurations of a directory by name, each with its type. Raises Mistakes.

    Well-known files lie at its top, others at `<type>/<name>`.
    """
    found: dict[str, tuple[str, Provided]] = {}
    mistakes: list[Mistake] = []
    for kind, path in _files_of(directory, mistakes):
        name = str(path.relative_to(directory))
        try:
            found[name] = (kind, read_configuration(kind, name, path.read_bytes()))
        except Mistakes as error:
            mistakes += error.mistakes
        except OSError as error:
            mistakes.append(Mistake("configuration_unreadable", f"cannot be read: {error.strerror}", name))
    if mistakes:
        raise Mistakes(mistakes)
    return found


def _files_of(directory: Path, mistakes: list[Mistake]) -> Sequence[tuple[str, Path]]:
    if not directory.is_dir():
        raise Mistakes([Mistake("configuration_directory", "expected a directory", str(directory))])
    files: list[tuple[str, Path]] = []
    for path in sorted(directory.iterdir()):
        if path.name.startswith("."):
            continue  # what mounted volumes and editors leave beside
        if path.is_file() and path.name in WELL_KNOWN_FILES:
            files.append((WELL_KNOWN_FILES[path.name], path))
        elif path.is_dir() and path.name in CONFIGURATION_TYPES:
            files += [
                (path.name, one) for one in sorted(path.iterdir()) if one.is_file() and one.name[0] != "."
            ]
        else:
            message = f"expected {', '.join(WELL_KNOWN_FILES)}, or a folder named as a configuration type"
            mistakes.append(Mistake("configuration_unrecognised", message, path.name))
    return files
