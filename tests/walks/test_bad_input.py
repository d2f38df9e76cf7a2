"""Input that cannot be used: one clear error with a code, exit status 1, and nothing left behind."""

import io
import json
import shlex
import zipfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from tests.walks.house import House

CONTACTS = files("lockhouse").joinpath("examples/contacts.yaml").read_text(encoding="utf-8")


CONJURED = CONTACTS.replace("create-action:", "custom-action:\n              action: CONJURE")


def _zip(entries: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return packed.getvalue()


def _bar(text: str) -> bytes:
    return _zip({"Contacts.appzip": _zip({"Contacts.yaml": text.encode()})})


def _alias_bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    return "\n".join(lines) + "\n" + CONTACTS


BAD_BARS: dict[str, tuple[bytes, str]] = {
    "no zip": (b"this is no zip", "not_a_zip"),
    "empty": (b"", "zip_empty"),
    "cut short": (_bar(CONTACTS)[:-40], ""),
    "a way out": (_zip({"../../evil.appzip": b"x", "Contacts.appzip": b"x"}), "zip_"),
    "an absolute path": (_zip({"/etc/evil.appzip": b"x"}), "zip_"),
    "a bomb": (_zip({"Contacts.appzip": _zip({"Contacts.yaml": b"0" * 300_000_000})}), "zip_"),
    "no flow": (_zip({"readme.txt": b"hello"}), "bar_without_flow"),
    "a duplicate key": (_bar(CONTACTS + "models: {}\n"), "yaml_duplicate_key"),
    "an unknown node": (_bar(CONTACTS.replace("create-action:", "conjure-action:")), "node_unknown"),
    "an alias bomb": (_bar(_alias_bomb()), "yaml_too_many_nodes"),
    "an unknown connector": (_bar(CONTACTS.replace("salesforce", "salesfarce")), "unknown_connector"),
    "an unknown action": (_bar(CONJURED), "unknown_action"),
}


@pytest.fixture(scope="module")
def furnished(house: House) -> House:
    """An account, a key and a good BAR."""
    house.must(
        "account", "create", "Account 1", "--connector", "salesforce", "--credentials", "credentials.yaml"
    )
    house.must("apikey", "create", "orders", "--file", "apiKey.json")
    house.must("configuration", "create", "key", "--apikey-file", "apiKey.json")
    (house.folder / "good.bar").write_bytes(_bar(CONTACTS))
    return house


@pytest.mark.parametrize("name", BAD_BARS)
def test_a_bar_that_cannot_run_is_refused_and_nothing_of_it_stays(furnished: House, name: str) -> None:
    content, code = BAD_BARS[name]
    (furnished.folder / "bad.bar").write_bytes(content)
    before = furnished.everything()
    refused = furnished.run("server", "deploy", "bad", "--bar", "bad.bar", "--configuration", "key")

    assert refused.code == 1
    assert refused.out == ""
    assert f"[{code}" in refused.err
    assert furnished.everything() == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text + "models: {}\n", "yaml_duplicate_key"),
        (lambda text: text.replace("create-action:", "conjure-action:"), "node_unknown"),
        (lambda text: _alias_bomb(), "yaml_too_many_nodes"),
        (lambda text: "not: a flow\n", ""),
        (lambda text: "\x00", ""),
    ],
)
def test_a_flow_that_cannot_run_makes_no_bar_and_its_mistakes_have_a_place(
    furnished: House, change: Callable[[str], str], code: str
) -> None:
    (furnished.folder / "bad.yaml").write_text(change(CONTACTS))
    refused = furnished.run("bar", "create", "bad.yaml", "-o", "never.bar")

    assert refused.code == 1
    assert "lockhouse: bad.yaml:" in refused.err
    assert f"[{code}" in refused.err
    assert not (furnished.folder / "never.bar").exists()


def test_a_missing_account_is_told_before_anything_is_stored_with_the_nearest_name(furnished: House) -> None:
    (furnished.folder / "other.bar").write_bytes(_bar(CONTACTS.replace("Account 1", "Acount 1")))
    before = furnished.everything()
    refused = furnished.run("server", "deploy", "other", "--bar", "other.bar", "--configuration", "key")

    assert refused.code == 1
    assert "[account_missing]" in refused.err
    assert "did you mean 'Account 1'" in refused.err
    assert furnished.everything() == before


REFUSED = [
    ("configuration create c --type nonsense --file credentials.yaml", "configuration_type_unknown"),
    ("configuration create c --type accounts --file good.bar", ""),
    ("configuration create ../c --type accounts --file accounts.yaml", "name_characters"),
    ("configuration create c --apikey-file credentials.yaml", "apikey_file_no_value"),
    ("account create A -c salesfarce --credentials credentials.yaml", "unknown_connector"),
    ("account create 'Account 1' -c salesforce --credentials credentials.yaml", "account_exists"),
    ("account create A -c salesforce --credentials good.bar", ""),
    ("account test 'Acount 1'", "account_not_found"),
    ("account delete 'Acount 1' -c salesforce", "account_missing"),
    ("server deploy s --bar good.bar -c keys", "configuration_not_found"),
    ("server deploy s --bar good.bar -c key --version twelve", ""),
    ("server deploy ../s --bar good.bar -c key", "name_characters"),
    ("server show nobody", "server_not_found"),
    ("server logs nobody", "server_not_found"),
    ("server delete nobody", "server_not_found"),
    ("configuration delete nobody", "configuration_not_found"),
    ("apikey delete nobody", "key_not_found"),
    ("apikey show ApiKey-00000000-0000-4000-8000-000000000000", ""),
    ("apikey create '' --file never.json", ""),
    ("apikey create x --file never.json --expires-at yesterday", ""),
    ("account list --instance 00000000-0000-4000-8000-000000000000", ""),
]


@pytest.mark.parametrize(("command", "code"), REFUSED)
def test_what_cannot_be_done_is_refused_with_a_code_and_changes_nothing(
    furnished: House, command: str, code: str
) -> None:
    before = furnished.everything()
    refused = furnished.run(*shlex.split(command))

    assert refused.code == 1
    assert refused.out == ""
    assert refused.err.startswith("lockhouse: ")
    assert f"[{code}" in refused.err
    assert "[internal_error]" not in refused.err
    assert furnished.everything() == before
    assert not (furnished.folder / "never.json").exists()


def test_a_key_that_is_none_opens_nothing(furnished: House) -> None:
    for words in (["apikey", "list"], ["server", "list"], ["account", "list"], ["configuration", "list"]):
        refused = furnished.run(*words, LOCKHOUSE_APIKEY="EXAMPLE-KEY-NOT-REAL-EXAMPLE-KEY-NOT-REAL-00")

        assert refused.code == 1
        assert "[BXNIM0415E]" in refused.err


def test_a_key_of_another_house_opens_nothing_here(furnished: House, tmp_path: Path) -> None:
    stranger = furnished.run("init", "--data", str(tmp_path / "other"), "--json", LOCKHOUSE_DATABASE_URL="")
    key = json.loads(stranger.out)["apikey"]
    refused = furnished.run("server", "list", LOCKHOUSE_APIKEY=key)

    assert refused.code == 1
    assert key not in refused.err
