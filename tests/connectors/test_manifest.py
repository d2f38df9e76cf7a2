"""A manifest's mistakes: all of them, each with its place."""

from pathlib import Path

import pytest

from lockhouse.connectors.catalogue import load_catalogue, load_folder
from lockhouse.connectors.errors import UnknownConnector
from lockhouse.connectors.manifest import read_manifest
from lockhouse.errors import Mistakes

GOOD = """\
connector: shop
title: Shop
auth:
  API_KEY:
    fields: {key: {title: Key, secret: true, required: true}}
    send: {headers: {X-Key: "{{$account.key}}"}}
base-url: https://shop.example
objects:
  order:
    key: id
    fields: {name: string required, id: string read-only}
    actions:
      CREATE: {post: /orders, body: "{{$record}}"}
"""


def codes(text: str) -> list[tuple[str, int, int]]:
    with pytest.raises(Mistakes) as caught:
        read_manifest(text, file="connector.yaml")
    return [(mistake.code, mistake.line, mistake.column) for mistake in caught.value.mistakes]


def test_a_manifest_becomes_a_connector() -> None:
    connector = read_manifest(GOOD, file="connector.yaml")
    described = connector.describe()
    assert described["auth"][0]["fields"] == [
        {"name": "key", "title": "Key", "required": True, "secret": True, "place": "credentials"}
    ]
    assert described["actions"] == [{"business_object": "order", "action": "CREATE", "title": ""}]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("title: Shop", "titel: Shop", ("manifest_unknown_key", 2, 1)),
        ("connector: shop", "connector: The Shop", ("manifest_name", 1, 12)),
        ("base-url: https://shop.example\n", "", ("manifest_missing_key", 1, 1)),
        ("post: /orders", "pots: /orders", ("manifest_unknown_key", 13, 16)),
        ("post: /orders", "post: orders", ("manifest_template", 13, 22)),
        ("post: /orders", "post: /orders, get: /orders", ("manifest_method", 13, 15)),
        ('"{{$record}}"', '"{{$record}}", form: {}', ("manifest_bodies", 13, 15)),
        ('"{{$record}}"', '"{{$record.}}"', ("manifest_template", 13, 37)),
        ("string required", "text required", ("manifest_unknown_word", 11, 20)),
        ("string required", "string needed", ("manifest_field_word", 11, 20)),
        ("secret: true", "secret: yes", ("manifest_not_flag", 5, 40)),
        ("{{$account.key}}", "{{$account.key", ("manifest_template", 6, 29)),
        (
            'body: "{{$record}}"',
            'body: "{{$record}}", next: {offset: true, page: true}',
            ("manifest_paging", 13, 58),
        ),
        ('body: "{{$record}}"', 'body: "{{$record}}", filter: sql', ("manifest_unknown_language", 13, 60)),
        ('body: "{{$record}}"', 'body: "{{$record}}", items: "a..[b"', ("manifest_template", 13, 59)),
        ("CREATE: {post: /orders", "CREATE: {python: make, post: /orders", ("manifest_no_python", 13, 24)),
        ('{post: /orders, body: "{{$record}}"}', "[{post: /orders}]", ("manifest_alternatives", 13, 15)),
        ("title: Shop", "title: Shop\nerrors: {rules: [{raise: oops}]}", ("manifest_unknown_word", 3, 26)),
        ("title: Shop", "title: Shop\nlevel: gold", ("manifest_unknown_word", 3, 8)),
        (
            "title: Shop",
            "title: Shop\nlanguages: {q: {operators: {'=': x}, bare: '['}}",
            ("manifest_template", 3, 44),
        ),
    ],
)
def test_a_mistake_is_named_with_line_and_column(
    before: str, after: str, found: tuple[str, int, int]
) -> None:
    assert before in GOOD
    assert found in codes(GOOD.replace(before, after, 1))


def test_all_mistakes_are_named_at_once() -> None:
    text = (
        GOOD.replace("title: Shop", "titel: Shop")
        .replace("post: /orders", "post: orders")
        .replace("secret: true", "secret: 1")
    )
    assert len(codes(text)) == 3


def test_a_text_that_is_no_manifest_is_refused() -> None:
    assert codes("- a\n- b\n")[0][0] == "manifest_not_mapping"
    assert codes("")[0][0] in ("manifest_not_mapping", "manifest_missing_key")
    assert codes("a: [")[0][0].startswith("yaml")


def test_a_folder_with_python_beside_it_is_loaded(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "connector.yaml").write_text(GOOD.replace('post: /orders, body: "{{$record}}"', "python: make"))
    (folder / "actions.py").write_text(
        "async def make(call, session):\n    return 1\n\ndef other():\n    pass\n"
    )
    assert load_catalogue([tmp_path]).get("shop").objects["order"].actions["CREATE"].python is not None

    (folder / "connector.yaml").write_text(
        GOOD.replace('post: /orders, body: "{{$record}}"', "python: other")
    )
    with pytest.raises(Mistakes, match="async def"):
        load_folder(folder)
    (folder / "actions.py").unlink()
    with pytest.raises(Mistakes, match=r"actions\.py"):
        load_folder(folder)


def test_a_folder_of_connectors_adds_to_the_catalogue_and_wins(tmp_path: Path) -> None:
    for name in ("shop", "slack"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "connector.yaml").write_text(GOOD.replace("connector: shop", f"connector: {name}"))
    catalogue = load_catalogue([tmp_path])
    assert {"shop", "slack", "salesforce"} <= set(catalogue.names())
    assert catalogue.get("slack").title == "Shop"
    with pytest.raises(UnknownConnector, match="did you mean 'shop'"):
        catalogue.get("shp")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Mistakes, match="connectors_folder"):
        load_catalogue([tmp_path / "nowhere"])
