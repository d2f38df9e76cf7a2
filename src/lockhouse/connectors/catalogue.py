"""Which connectors there are: built-in folders, installed packages, directories of the operator. Read when
used.
"""

import importlib
import importlib.util
import inspect
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from lockhouse.connectors.errors import UnknownConnector
from lockhouse.connectors.manifest import read_manifest
from lockhouse.connectors.manifest_requests import LoadPython
from lockhouse.connectors.model import Connector, PythonAction
from lockhouse.connectors.reading import nearest
from lockhouse.errors import LockhouseError, Mistake, Mistakes
from lockhouse.wire.actions import ActionCall

MANIFEST = "connector.yaml"
ENTRY_POINTS = "lockhouse.connectors"
_BUILTIN = Path(__file__).parent / "builtin"


class CannotLoad(LockhouseError):
    """A connector of the catalogue cannot be used: its manifest has mistakes."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a connector's folder is, and the module with its Python actions. `is_ours`: the product's own."""

    folder: Path
    module: str = ""
    is_ours: bool = False


class _Later:
    """A Python action of the product's own, looked for when it is first called: most never are in a process.

    That each is there is for tests to see, not for every start.
    """

    def __init__(self, find: LoadPython, name: str) -> None:
        self._function = cache(partial(find, name))

    def __call__(self, call: ActionCall, session: Any) -> Awaitable[Any]:
        return self._function()(call, session)

    __doc__ = property(lambda self: self._function().__doc__)


class Catalogue:
    """The connectors by name; a manifest is read the first time somebody asks for it."""

    def __init__(self, sources: dict[str, Source]) -> None:
        self._sources = sources
        self._loaded: dict[str, Connector] = {}

    def names(self) -> tuple[str, ...]:
        """The names of all connectors, sorted. Reads nothing."""
        return tuple(sorted(self._sources))

    def get(self, name: str) -> Connector:
        """A connector. Raises UnknownConnector, and Mistakes when its manifest cannot be used."""
        loaded = self._loaded.get(name)
        if loaded is None:
            source = self._sources.get(name)
            if source is None:
                raise UnknownConnector(f"there is no connector {name!r}{nearest(name, self._sources)}")
            loaded = self._loaded[name] = _load(source)
        return loaded

    def nearest(self, name: str) -> str:
        """The name that is most like this one, or an empty text."""
        import difflib

        near = difflib.get_close_matches(name, list(self._sources), n=1, cutoff=0.6)
        return near[0] if near else ""

    def __contains__(self, name: object) -> bool:
        return name in self._sources


def load_catalogue(extra_dirs: Sequence[Path | str] = ()) -> Catalogue:
    """The catalogue. A folder of `extra_dirs` is a connector, or holds folders that are; later ones win."""
    sources = dict(_builtin())
    for point in entry_points(group=ENTRY_POINTS):
        sources[point.name] = _installed(point)
    for directory in extra_dirs:
        for folder in _folders(Path(directory)):
            sources[folder.name] = Source(folder)
    return Catalogue(sources)


def load_folder(folder: Path, *, module: str = "") -> Connector:
    """Read the connector in a folder, its Python actions too. Raises Mistakes."""
    return _read(folder, partial(_function, folder, module))


def _load(source: Source) -> Connector:
    find = partial(_function, source.folder, source.module)
    return _read(source.folder, partial(_Later, find) if source.is_ours else find)


def _read(folder: Path, load_python: LoadPython) -> Connector:
    file = folder / MANIFEST
    try:
        data = file.read_bytes()
    except OSError:
        raise Mistakes(
            [Mistake("manifest_unreadable", f"expected a file {MANIFEST} in the folder", str(folder))]
        ) from None
    return read_manifest(data, file=str(file), load_python=load_python)


def _function(folder: Path, module: str, name: str) -> PythonAction:
    """A Python action. Raises LookupError, ImportError."""
    found = getattr(_actions(folder, module), name, None)
    if not inspect.iscoroutinefunction(found):
        raise LookupError(f"expected `async def {name}(call, session)`")
    return found


@cache
def _builtin() -> dict[str, Source]:
    package = "lockhouse.connectors.builtin"
    return {
        folder.name: Source(folder, f"{package}.{folder.name}.actions", is_ours=True)
        for folder in _folders(_BUILTIN)
    }


def _folders(directory: Path) -> Iterator[Path]:
    if (directory / MANIFEST).is_file():
        yield directory
    elif directory.is_dir():
        yield from (path for path in sorted(directory.iterdir()) if (path / MANIFEST).is_file())
    else:
        raise Mistakes([Mistake("connectors_folder", f"expected a folder with {MANIFEST}", str(directory))])


def _installed(point: EntryPoint) -> Source:
    # An entry point names a package (`shop = "acme_shop"`): the folder is where that package lies.
    spec = importlib.util.find_spec(point.module)
    locations = list(spec.submodule_search_locations or []) if spec else []
    if not locations:
        raise Mistakes(
            [Mistake("connectors_package", f"{point.value} is no package with {MANIFEST}", point.name)]
        )
    return Source(Path(locations[0]), f"{point.module}.actions")


def _actions(folder: Path, module: str) -> ModuleType:
    if module:
        return importlib.import_module(module)
    file = folder / "actions.py"
    spec = importlib.util.spec_from_file_location(f"lockhouse_connector_{folder.name}", file)
    if spec is None or spec.loader is None or not file.is_file():
        raise ImportError("there is no actions.py beside the manifest")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded
