"""`lockhouse connector`: begun, checked and imported connectors."""

import json
from pathlib import Path

import pytest

from lockhouse.cli.double import account_entry
from lockhouse.cli.root import run
from lockhouse.connectors.catalogue import load_folder
from lockhouse.documents import read_yaml

OPENAPI = {"openapi": "3.0.0", "info": {"title": "Shop"}, "paths": {"/a": {"get": {}, "trace": {}}}}


def test_a_connector_is_begun_and_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["connector", "new", "shop", "-o", str(tmp_path)]) == 0
    assert run(["connector", "check", str(tmp_path / "shop")]) == 0
    assert "can be loaded" in capsys.readouterr().out
    assert run(["connector", "new", "shop", "-o", str(tmp_path)]) == 1
    assert "there already" in capsys.readouterr().err
    assert run(["connector", "new", "The Shop", "-o", str(tmp_path)]) == 2


def test_every_mistake_is_told_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["connector", "new", "shop", "-o", str(tmp_path)])
    file = tmp_path / "shop" / "connector.yaml"
    file.write_text(
        file.read_text().replace("title: Shop", "titel: Shop").replace("post: /things", "post: things")
    )
    capsys.readouterr()
    assert run(["connector", "check", str(tmp_path / "shop")]) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert f"{file}:3:1" in told[0]
    assert "[manifest_template]" in told[1]
    assert run(["connector", "check", "--json", str(tmp_path / "shop")]) == 1
    shown = json.loads(capsys.readouterr().out)
    assert (shown["ok"], shown["mistakes"][0]["line"]) == (False, 3)


def test_advice_is_given_for_what_users_will_miss(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["connector", "new", "shop", "-o", str(tmp_path)])
    file = tmp_path / "shop" / "connector.yaml"
    text = file.read_text().replace("check: {get: /me}\n", "").replace("    key: id\n", "")
    file.write_text(text.partition("# How the application")[0])
    capsys.readouterr()
    assert run(["connector", "check", str(tmp_path / "shop")]) == 0
    told = capsys.readouterr().out
    assert "no `check`" in told
    assert "no `key`" in told
    assert "double.refusals" in told


def test_an_api_is_imported_and_what_is_not_carried_is_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(OPENAPI))
    assert run(["connector", "import", str(document), "--name", "shop", "-o", str(tmp_path), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["operations"], shown["auth"]) == (1, ["NONE"])
    assert [note["code"] for note in shown["not_carried"]] == ["openapi_method"]
    assert run(["connector", "check", str(tmp_path / "shop")]) == 0
    document.write_text("{}")
    assert run(["connector", "import", str(document), "--name", "other", "-o", str(tmp_path)]) == 1
    assert not (tmp_path / "other").exists()


def test_the_catalogue_is_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["connector", "list", "--json"]) == 0
    names = [one["name"] for one in json.loads(capsys.readouterr().out)]
    assert {"salesforce", "slack", "http"} <= set(names)
    assert run(["connector", "show", "slack"]) == 0
    assert "| `message` | `CREATE` |" in capsys.readouterr().out
    assert run(["connector", "show", "slak"]) == 1
    assert "did you mean 'slack'" in capsys.readouterr().err


def test_a_double_shows_the_account_that_reaches_it(tmp_path: Path) -> None:
    run(["connector", "new", "shop", "-o", str(tmp_path)])
    shown = account_entry(load_folder(tmp_path / "shop"), "http://127.0.0.1:1")
    assert read_yaml(shown, file="accounts.yaml").value == {
        "accounts": {
            "shop": [
                {
                    "name": "Account 1",
                    "authType": "API_KEY",
                    "credentials": {"apiKey": "EXAMPLE-apiKey"},
                    "endpoint": {"standInUrl": "http://127.0.0.1:1"},
                }
            ]
        }
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("openapi: 3.0.0\npaths: {/a: {get: {}}", ":3:1"),
        ('{"openapi": "3.0.0",\n "paths": }', ":2:11"),
        ("openapi: 3.0.0\npaths: []\n", ":1:1"),
        ("a: &a [*a]\n", ":1:"),
        ("a0: &a0 [x, x]\n" + "".join(f"a{at + 1}: &a{at + 1} [*a{at}, *a{at}]\n" for at in range(40)), ":"),
        ("\x00", ":1:"),
        ("openapi: 3.0.0\npaths: {/a: {get: {operationId: 1" + "[" * 500, ":"),
    ],
)
def test_a_description_that_cannot_be_read_is_said_with_line_and_column(
    text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "openapi.yaml"
    file.write_text(text)
    assert run(["connector", "import", str(file), "--name", "shop", "-o", str(tmp_path)]) == 1
    assert f"{file}{told}" in capsys.readouterr().err
    assert not (tmp_path / "shop").exists()


@pytest.mark.parametrize("wrong", ["0", "[1]", "{x: 1}", "null", "true", "'{{$x'"])
def test_a_manifest_with_values_of_the_wrong_kind_is_said_with_line_and_column(
    wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["connector", "new", "shop", "-o", str(tmp_path)])
    file = tmp_path / "shop" / "connector.yaml"
    whole = file.read_text().splitlines()
    for number, line in enumerate(whole):
        key, colon, value = line.partition(": ")
        if not colon or not value or line.lstrip().startswith("#"):
            continue
        file.write_text("\n".join([*whole[:number], f"{key}: {wrong}", *whole[number + 1 :]]))
        capsys.readouterr()
        status = run(["connector", "check", str(tmp_path / "shop")])
        told = capsys.readouterr().err.splitlines()
        assert status in (0, 1), line
        assert all(said.removeprefix("lockhouse: ").startswith(f"{file}:") for said in told), line


@pytest.mark.parametrize("connector", ["postgresql", "sftp", "email", "http"])
def test_what_has_no_double_says_so(connector: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["double", connector, "--port", "0"]) == 2
    assert f"{connector} has no double" in capsys.readouterr().err


def test_a_port_that_is_none_is_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["double", "slack", "--port", "99999"]) == 2
    assert "--port" in capsys.readouterr().err
