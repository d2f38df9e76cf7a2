"""What the catalogue loads, and what it leaves alone until somebody needs it."""

import subprocess
import sys
from pathlib import Path

import pytest

import lockhouse.connectors.builtin
from lockhouse.connectors.catalogue import load_catalogue, load_folder

PACKAGE = lockhouse.connectors.builtin
FOLDERS = sorted(path.parent for path in Path(PACKAGE.__path__[0]).glob("*/connector.yaml"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_python_action_that_a_manifest_of_ours_names_is_there(folder: Path) -> None:
    connector = load_folder(folder, module=f"{PACKAGE.__name__}.{folder.name}.actions")

    assert connector.name == folder.name


def test_python_of_a_connector_is_loaded_when_it_is_first_called() -> None:
    script = (
        "import sys; from lockhouse.connectors.catalogue import load_catalogue\n"
        "catalogue = load_catalogue(); [catalogue.get(name) for name in catalogue.names()]\n"
        "print([name for name in sys.modules if name.startswith('lockhouse.connectors.builtin.')])"
    )
    done = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_python_action_tells_what_it_does_before_it_is_called() -> None:
    action = load_catalogue().get("http").objects["request"].actions["INVOKE"].python

    assert action is not None
    assert "flow's request" in (action.__doc__ or "")
