"""`lockhouse flow`: check, draw, run, test."""

# ruff: noqa: E501 - rows of tables and of documents

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lockhouse.cli.flow import app
from lockhouse.connectors.writing import scaffold

FLOW = """
$integration: http://ibm.com/appconnect/integration/v2/integrationFile
integration:
  type: api
  name: Orders
  trigger-interfaces:
    t1:
      type: api-trigger
      triggers: {createOrder: {assembly: {$ref: '#/integration/assemblies/a1'}}}
      options:
        resources:
          - {business-object: Order, model: {$ref: '#/models/Order'}, triggers: {create: createOrder}}
  action-interfaces:
    i1: {type: api-action, connector-type: salesforce, business-object: Contact, actions: {CREATE: {}}}
  assemblies:
    a1:
      assembly:
        execute:
          - create-action:
              name: Make
              target: {$ref: '#/integration/action-interfaces/i1'}
              map:
                input: [{variable: Request, $ref: '#/trigger/payload'}]
                mappings: [{LastName: {template: '{{$uppercase($Request.name)}}'}}, {When: {expression: $now()}}]
          - response: {name: R, reply-maps: [{status-code: 201, map: {mappings: [{id: {template: '{{$Make.Id}}'}}]}}]}
models:
  Order: {name: Order, plural: Orders, properties: {id: {type: string, id: true}}}
"""


def lockhouse(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    path = tmp_path / "orders.yaml"
    path.write_text(FLOW)
    return path


def test_check_tells_in_one_object_a_line_what_a_document_needs(flow: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(
        FLOW.replace("create-action", "teleport-action").replace("'{{$Make.Id}}'", "'{{$Make.'")
    )
    status, output = lockhouse("check", flow, broken, tmp_path / "none.yaml", "--json")
    good, bad, missing = (json.loads(line) for line in output.splitlines())

    assert status == 1
    assert good["file"] == str(flow)
    assert (good["ok"], good["errors"]) == (True, [])
    assert good["connectors"] == ["salesforce"]
    assert good["operations"] == ["salesforce|Contact|CREATE"]
    assert good["node_kinds"] == ["create-action", "response"]
    assert good["functions"] == ["$now", "$uppercase"]
    assert good["accounts"] == [{"connector": "salesforce", "account_name": None}]
    assert [(each["code"], each["line"] > 0, each["column"] > 0) for each in good["warnings"]] == [
        ("variable_undeclared", True, True)
    ]
    assert (good["runs_here"], good["not_installed"]) == (True, [])
    assert bad["ok"] is False
    assert [(each["code"], each["line"]) for each in bad["errors"]] == [
        ("node_unknown", 19),
        ("template_unclosed", 25),
    ]
    assert missing["errors"][0]["code"] == "file_unusable"


def test_check_ends_well_when_all_documents_are_good(flow: Path) -> None:
    status, output = lockhouse("check", flow)

    assert status == 0
    assert "can run here" in output
    assert "salesforce|Contact|CREATE" in output


@pytest.mark.parametrize(
    ("old", "new", "missing"),
    [("connector-type: salesforce", "connector-type: sailsforce", "sailsforce"),
     ("connector-type: salesforce", "connector-type: trello", "trello|Contact|CREATE")],
)  # fmt: skip
def test_check_tells_what_is_not_installed_without_blaming_the_document(
    flow: Path, old: str, new: str, missing: str
) -> None:
    flow.write_text(FLOW.replace(old, new))
    status, output = lockhouse("check", flow, "--json")
    report = json.loads(output)

    assert (status, report["ok"], report["runs_here"]) == (0, True, False)
    assert report["not_installed"] == [missing]


def test_check_finds_ones_own_connectors_and_tells_what_is_wrong_with_them(
    flow: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow.write_text(FLOW.replace("connector-type: salesforce", "connector-type: shop"))
    manifest = tmp_path / "own" / "shop" / "connector.yaml"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(scaffold("shop"))
    monkeypatch.setenv("LOCKHOUSE_CONNECTORS", str(tmp_path / "own"))
    _, output = lockhouse("check", flow, "--json")
    assert json.loads(output)["not_installed"] == ["shop|Contact|CREATE"]

    manifest.write_text(manifest.read_text().replace("title: Shop", "titel: Shop"))
    _, output = lockhouse("check", flow, "--json")
    report = json.loads(output)
    assert report["not_installed"] == ["shop"]
    assert [f"{manifest}:3:1" in text for text in report["broken_connectors"]] == [True]
    assert "did you mean 'title'" in lockhouse("check", flow)[1]


def test_check_finds_business_objects_and_actions_however_they_are_spelt(flow: Path) -> None:
    flow.write_text(FLOW.replace("business-object: Contact", "business-object: contact"))
    _, output = lockhouse("check", flow, "--json")

    assert json.loads(output)["not_installed"] == []


def test_check_counts_the_documents_that_find_every_application(flow: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.yaml"
    stranger.write_text(flow.read_text().replace("connector-type: salesforce", "connector-type: nobody"))

    status, output = lockhouse("check", flow, stranger)

    assert status == 0
    assert output.splitlines()[-1] == ("2 documents: 2 can be run, 1 find every application that they call.")


def test_check_accepts_every_published_flow_and_names_the_three_that_are_malformed(shared: Path) -> None:
    status, output = lockhouse("check", *sorted((shared / "corpus/flows").glob("*.yaml")), "--json")
    reports = [json.loads(line) for line in output.splitlines()]
    malformed = {
        (each["code"], each["line"])
        for report in reports
        for each in report["errors"] + report["warnings"]
        if not each["code"].startswith(("variable", "assembly", "schedule", "sql"))
    }

    assert (status, len(reports)) == (0, 279)
    assert malformed == {("yaml_tab", 59), ("map_malformed", 195), ("action_missing", 72)}


def test_draw_writes_an_svg(flow: Path, tmp_path: Path) -> None:
    status, _ = lockhouse("draw", flow, "-o", tmp_path / "flow.svg")

    assert status == 0
    assert (tmp_path / "flow.svg").read_text().startswith("<svg ")


def run(flow: Path, folder: Path, event: Any, answers: Any, *more: str) -> dict[str, Any]:
    (folder / "event.json").write_text(json.dumps(event))
    (folder / "answers.json").write_text(json.dumps(answers))
    status, output = lockhouse(
        "run", flow, "--event", folder / "event.json", "--answers", folder / "answers.json", "--json", *more
    )
    assert status == 0
    ended: dict[str, Any] = json.loads(output)
    return ended


def test_run_tells_in_one_object_how_a_flow_went(flow: Path, tmp_path: Path) -> None:
    ended = run(
        flow, tmp_path, {"body": {"name": "Ada"}}, [{"payload": {"Id": "7"}}],
        "--operation", "create", "--now", "2024-03-14T12:00:00Z",
    )  # fmt: skip

    assert ended == {
        "status": "completed",
        "calls": [
            {"node": "Make", "connector": "salesforce", "business_object": "Contact", "action": "CREATE",
             "filter": None, "limit": None, "input": {"LastName": "ADA", "When": "2024-03-14T12:00:00.000Z"},
             "output": {"Id": "7"}},
        ],
        "response": {"status_code": 201, "body": {"id": "7"}},
        "log": [],
        "variables": [],
        "error": None,
    }  # fmt: skip


def test_run_tells_how_a_flow_failed(flow: Path, tmp_path: Path) -> None:
    ended = run(
        flow, tmp_path, {"body": {"name": "Ada"}}, [{"error": {"status_code": 429, "message": "slow"}}]
    )

    assert ended["status"] == "failed"
    assert ended["response"]["status_code"] == 429
    assert ended["error"] == {
        "code": "rate_limited", "message": "slow", "status_code": 429, "node": "Make", "connector": "salesforce",
    }  # fmt: skip


TESTS = """
flow: orders.yaml
tests:
  - name: An order becomes a contact
    operation: create
    event: {body: {name: Ada}}
    now: '2024-03-14T12:00:00Z'
    answers: {salesforce|Contact|CREATE: {payload: {Id: '7'}}}
    expect:
      status: completed
      calls: [{node: Make, input: {LastName: ADA, When: '2024-03-14T12:00:00.000Z'}}]
      response: {status_code: 201, body: {id: '7'}}
"""


def test_tests_of_a_user_are_run_and_differences_told(flow: Path, tmp_path: Path) -> None:
    file = tmp_path / "orders.test.yaml"
    file.write_text(TESTS)
    assert lockhouse("test", file) == (0, f"ok     {file}: An order becomes a contact\n1 of 1 as expected\n")

    file.write_text(TESTS.replace("LastName: ADA", "LastName: Ada"))
    status, output = lockhouse("test", file, "--json")

    assert status == 1
    assert json.loads(output) == [
        {"file": str(file), "name": "An order becomes a contact", "passed": False,
         "differences": ['calls[0].input.LastName: expected "Ada", found "ADA"']},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("flow: orders.yaml", "file: orders.yaml", "test_without_flow"),
        ("tests:", "test:", "test_file_empty"),
        ("    event:", "    events:", "test_key_unknown"),
        ("      status:", "      result:", "expect_key_unknown"),
        ("name: An order becomes a contact", "name: ''", "test_without_name"),
        ("'2024-03-14T12:00:00Z'", "noon", "test_time"),
    ],
)
def test_a_mistake_in_a_test_file_is_told_with_its_place(
    flow: Path, tmp_path: Path, old: str, new: str, code: str
) -> None:
    from lockhouse.errors import Mistakes

    file = tmp_path / "orders.test.yaml"
    file.write_text(TESTS.replace(old, new))
    with pytest.raises(Mistakes) as refused:
        lockhouse("test", file)

    assert [(mistake.code, mistake.line > 0) for mistake in refused.value.mistakes] == [(code, True)]
