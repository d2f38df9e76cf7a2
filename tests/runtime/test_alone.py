"""An integration server without a platform: files in, flows out."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.flow_documents import accounts_yaml, bar_of, contact_flow, echo_flow
from tests.runtime.served import CATALOGUE
from tests.walks.house import Vendor, free_port, get, post

from lockhouse.errors import Mistakes
from lockhouse.runtime.alone import Alone, spec_alone
from lockhouse.runtime.lifeline import CANNOT_START

PERSON = {"First": "Ada", "Last": "Lovelace", "Email": "ada@example.com"}
KEY = json.dumps({"apikey": "EXAMPLE-KEY", "id": "ApiKey-1", "name": "orders"})


def _bar(folder: Path, *flows: str) -> Path:
    path = folder / "flows.bar"
    path.write_bytes(bar_of(*flows))
    return path


def _configurations(folder: Path, **files: str | bytes) -> Path:
    directory = folder / "configurations"
    directory.mkdir(exist_ok=True)
    for name, content in files.items():
        path = directory / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return directory


def _codes(given: Alone) -> list[str]:
    with pytest.raises(Mistakes) as caught:
        spec_alone(given, CATALOGUE)
    return [mistake.code for mistake in caught.value.mistakes]


def test_well_known_files_and_folders_named_as_types_are_configurations(tmp_path: Path) -> None:
    directory = _configurations(
        tmp_path,
        accounts_dot_yaml=accounts_yaml("http://127.0.0.1:9"),
        setdbparms_dot_txt="Orders apikey EXAMPLE-KEY",
        generic__files=b"x",
        apikey__shop=KEY,
    )
    spec = spec_alone(Alone(bars=[_bar(tmp_path, contact_flow())], configuration_dir=directory), CATALOGUE)

    assert sorted(spec.provided) == ["accounts.yaml", "apikey/shop", "generic/files", "setdbparms.txt"]
    assert spec.mode == "local"
    assert [key.resource for one in spec.provided.values() for key in one.keys] == [
        "AppConnectAPIKey",
        "Orders",
    ]


def test_with_a_platform_and_a_key_accounts_that_are_not_local_are_taken_to_be_in_the_instance(
    tmp_path: Path,
) -> None:
    directory = _configurations(tmp_path, apiKey_dot_json=KEY)
    bar = _bar(tmp_path, contact_flow())
    spec = spec_alone(
        Alone(bars=[bar], configuration_dir=directory, platform="http://127.0.0.1:9"), CATALOGUE
    )

    assert spec.mode == "all"
    assert list(spec.sources.values()) == ["cloud-managed"]


def test_what_cannot_run_is_told_at_once(tmp_path: Path) -> None:
    bar = _bar(tmp_path, contact_flow())
    key = _configurations(tmp_path, apiKey_dot_json=KEY)

    assert _codes(Alone(bars=[bar])) == ["account_missing"]
    assert _codes(Alone(bars=[bar], configuration_dir=key)) == ["account_missing"]
    assert _codes(Alone(bars=[bar], configuration_dir=key, version="12.0.4.0-r1", mode="all")) == [
        "cloud_managed_requires_12.0.3.0-r1_or_earlier",
        "account_missing",
    ]
    assert _codes(Alone(bars=[bar], configuration_dir=tmp_path / "nothing")) == ["configuration_directory"]
    wrong = _configurations(
        tmp_path, accounts_dot_yaml="accounts: [", unknown_dot_txt="x", setdbparms_dot_txt="a b"
    )
    assert sorted(_codes(Alone(bars=[bar], configuration_dir=wrong))) == [
        "configuration_unrecognised",
        "setdbparms_too_few",
        "yaml_syntax",
    ]


def test_a_process_serves_its_flows_until_it_is_asked_to_end(tmp_path: Path, vendor: Vendor) -> None:
    directory = _configurations(tmp_path, accounts_dot_yaml=accounts_yaml(vendor.url))
    bar, port = _bar(tmp_path, contact_flow(), echo_flow()), free_port()
    words = ["server", "run", str(bar), "--configuration-dir", str(directory), "--port", str(port)]
    process = subprocess.Popen([sys.executable, "-m", "lockhouse", *words], stdout=subprocess.PIPE, text=True)
    try:
        began = time.monotonic()
        while get(f"http://127.0.0.1:{port}/readyz").status != 200:
            assert time.monotonic() - began < 30
            time.sleep(0.02)
        made = post(f"http://127.0.0.1:{port}/Contacts/Contact", PERSON)
    finally:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)

    assert made.status == 201
    assert process.returncode == 0
    assert f"http://127.0.0.1:{port}/Contacts/Contact" in said


@pytest.mark.skipif(os.name != "posix", reason="exit codes of sysexits.h")
def test_a_process_that_cannot_run_says_why_and_ends(tmp_path: Path) -> None:
    words = ["server", "run", str(_bar(tmp_path, contact_flow())), "--port", str(free_port())]
    done = subprocess.run(
        [sys.executable, "-m", "lockhouse", *words], capture_output=True, text=True, check=False
    )

    assert done.returncode == CANNOT_START
    assert "account_missing" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
