"""How a manifest says that deliveries are signed: what it becomes, and every mistake in it with its place."""

import pytest

from lockhouse.connectors.manifest import read_manifest
from lockhouse.errors import Mistakes

HEAD = """\
connector: shop
auth:
  KEY: {fields: {key: {secret: true}}, send: {headers: {X-Key: "{{$account.key}}"}}}
  NONE: {}
base-url: https://shop.example
objects: {order: {key: id, actions: {CREATE: {post: /orders, body: "{{$record}}"}}}}
"""


def test_every_account_of_an_application_that_signs_may_hold_its_secret() -> None:
    text = HEAD + "webhook: {secret: hookSecret, signature: {header: X-Shop}}\n"
    connector = read_manifest(text, file="connector.yaml")

    for scheme in connector.auth.values():
        assert scheme.fields["hookSecret"].secret
        assert not scheme.fields["hookSecret"].required


SIGNED = "{secret: s, signature: {header: X, %s}}"
WHOLE = "{header: X"


@pytest.mark.parametrize(
    ("webhook", "found"),
    [
        (SIGNED % "value: 'v1='", [("manifest_template", "'v1='")]),
        (SIGNED % "value: '{hex}{base64}'", [("manifest_template", "'{hex}")]),
        (SIGNED % "value: '{hex}{hex}'", [("manifest_template", "'{hex}")]),
        (SIGNED % "value: 7", [("manifest_template", "7")]),
        (SIGNED % "over: '{timestamp}'", [("manifest_template", "'{timestamp}")]),
        (SIGNED % "over: '{body}{bodey}'", [("manifest_template", "'{body}")]),
        (SIGNED % "over: '{timestamp}{body}'", [("manifest_webhook", WHOLE)]),
        (SIGNED % "within: 5", [("manifest_webhook", WHOLE)]),
        (SIGNED % "timestamp: T", [("manifest_webhook", WHOLE)]),
        (SIGNED % "hash: md5", [("manifest_unknown_word", "md5")]),
        (SIGNED % "within: soon", [("manifest_not_number", "soon")]),
        ("{secret: s, signature: {}}", [("manifest_missing_key", "{}")]),
        ("{signature: {header: X}}", [("manifest_missing_key", "{signature")]),
        ("{knows: state}", [("manifest_missing_key", "{knows")]),
        ("{items: '['}", [("manifest_template", "'['")]),
        ("{sekret: s, handshake: [X]}", [("manifest_unknown_key", "sekret"), ("manifest_not_text", "[X]")]),
        ("yes, please", [("manifest_not_mapping", "yes")]),
    ],
)
def test_a_mistake_in_it_is_named_with_its_place(webhook: str, found: list[tuple[str, str]]) -> None:
    line = f"webhook: {webhook}"
    with pytest.raises(Mistakes) as caught:
        read_manifest(f"{HEAD}{line}\n", file="connector.yaml")

    told = [(one.code, one.line, one.column) for one in caught.value.mistakes]
    assert told == [(code, 7, line.index(text) + 1) for code, text in found]
