"""Signing keys by command."""

from tests.cli.conftest import Command


def test_a_key_is_rotated_and_an_old_one_revoked(command: Command) -> None:
    before = command("signing-key", "list", "--json").json
    rotated = command("signing-key", "rotate", "--json").json

    assert [key["state"] for key in before] == ["current", "next"]
    assert [key["state"] for key in rotated] == ["current", "next", "next"]
    assert command("signing-key", "rotate").code == 1
    assert command("signing-key", "revoke", before[0]["kid"], "--yes").code == 0
    assert "revoked" in command("signing-key", "list").out
    assert command("signing-key", "revoke", "unknown", "--yes").code == 1
