"""What each construct of the flow language does here, and how that is known: the docs are made from it."""

# ruff: noqa: E501 - rows of a table

from typing import NamedTuple


class Construct(NamedTuple):
    """One construct: its group, its name as documents spell it, what it does, how that is known.

    `source`: seen (in published flows), documented (by IBM), inferred (published flows are hard to explain
    otherwise), our choice.
    """

    group: str
    name: str
    behaviour: str
    source: str


CONSTRUCTS: tuple[Construct, ...] = tuple(
    Construct(group, *row)
    for group, rows in {
        "Nodes": (
            ("create-action", "calls CREATE with the map's object; status as the connector reports, 201", "inferred"),
            ("retrieve-action", "calls RETRIEVEALL with filter and limit; gives a list, status 200", "seen"),
            ("update-action", "calls UPDATEALL with map and filter; refused without conditions", "seen"),
            ("upsert-action", "calls UPSERTWITHWHERE: 200 updated, 201 created", "seen"),
            ("delete-action", "calls DELETEALL with the filter; refused without conditions", "seen"),
            ("custom-action", "calls the named action: the map is the body, the filter places the call", "inferred"),
            ("for-each", "runs an assembly for each item; one item for one object, none for nothing", "inferred"),
            ("if", "runs the first branch that holds, else `else`; its map is the output", "seen"),
            ("set-variable", "keeps the map's object under the node's own name", "seen"),
            ("parse", "JSON, CSV or XML text to a value; an object or list is taken as it is", "seen"),
            ("logging", "writes a line to the flow's log; objects as JSON", "seen"),
            ("response", "answers an API call with the first reply-map: status and body", "seen"),
            ("batch-retrieve-action", "starts a batch and goes on; a body for each record, then the completion", "documented"),
        ),
        "Results of calls": (
            ("allow-empty-output: true", "nothing found: status 204 and an empty list", "seen"),
            ("allow-empty-output: false", "nothing found: error 404", "documented"),
            ("allow-truncation: true", "more than the limit: the first ones, status 206", "our choice"),
            ("allow-truncation: false", "more than the limit: error 500 `truncated`", "our choice"),
            ("limit absent", "a retrieve asks for 10", "our choice"),
            ("pagination-type", "not needed: connectors page on their own", "inferred"),
            ("an empty list of another call", "nothing found, if the node says allow-empty-output", "our choice"),
            ("text that does not parse", "error 500 `parse_failed`", "our choice"),
            ("account-name absent", "the connector's default account", "our choice"),
        ),
        "Loops": (
            ("continue-on-error: true", "a turn that fails is logged, the next one runs", "inferred"),
            ("output of a failed turn", "left out of the loop's list", "our choice"),
            ("continue-on-error: false", "the first failure fails the node", "our choice"),
            ("mode: parallel", "up to ten turns at a time; the output keeps the source's order", "our choice"),
            ("map without targets", "the loop has no output", "our choice"),
        ),
        "Conditions": (
            ("both sides look like numbers", "compared as numbers", "documented"),
            ("otherwise", "compared as text; booleans are `true` and `false`", "documented"),
            ("=", "equal; the short form means the same", "seen"),
            ("eq", "the same as `=`", "our choice"),
            ("neq", "not equal", "seen"),
            ("gt", "greater", "seen"),
            ("gte", "greater or equal", "seen"),
            ("lt", "less", "seen"),
            ("lte", "less or equal", "seen"),
            ("contains", "the left text holds the right one", "our choice"),
            ("right side ''", "nothing, null, empty text and an empty list are empty", "our choice"),
            ("a list", "compared by its JSON text", "our choice"),
            ("hashKey", "passed over", "inferred"),
        ),
        "Ends": (
            ("terminate: info", "ends the flow well; in a loop the turn only", "our choice"),
            ("terminate: error", "ends the flow as failed; in a loop fails the turn", "our choice"),
            ("API flow without a response", "the message and status of `terminate`, else 204", "our choice"),
            ("API flow that fails", "the error's status, `{\"error\": {statusCode, name, message}}`", "our choice"),
            ("event flow that fails", "is kept for an operator, after retries of what may be retried", "our choice"),
            ("catch", "runs with trigger and `errorDetails`, without the nodes before", "documented"),
            ("errorDetails", "code, message, userAction, errorData, statusCode, nodeName, connector", "our choice"),
        ),
        "Variables": (
            ("declared and resolvable", "bound as declared", "seen"),
            ("not declared, or its node is not there", "read by its squeezed name, with a warning", "our choice"),
            ("two nodes of the same squeezed name", "the nearer one before it is read", "our choice"),
            ("else", "nothing, with a warning", "our choice"),
            ("a node inside a block", "is read inside it, and outside through the block's output", "inferred"),
        ),
        "Maps": (
            ("template without braces", "the text itself", "documented"),
            ("template with text and {{…}}", "text; lists and objects as compact JSON, nothing as nothing", "inferred"),
            ("template of one {{…}}", "the value; the target is left out when it is nothing", "our choice"),
            ("template in a field declared as text", "a number or boolean becomes its text", "our choice"),
            ("blanks around {{…}}", "kept; in conditions and parse sources cut off", "our choice"),
            ("expression", "the JSONata value with its type", "seen"),
            ("mappings", "a nested object", "seen"),
            ("expression with mappings", "the mappings laid over the expression's object", "our choice"),
            ("foreach", "a list of objects, one for each element", "seen"),
            ("foreach over a constant without elements", "one empty element", "our choice"),
            ("format: csv", "the rows as CSV text with the given columns", "documented"),
            ("format: sql", "the text of the template, values as plain text, with a warning", "inferred"),
            ("assign", "the value as it is", "seen"),
            ("anything else", "left out, with a warning", "our choice"),
        ),
        "Filters": (
            ("short form", "equals", "seen"),
            ("gt, gte, lt, contains", "handed to the connector", "seen"),
            ("lte, neq, or", "handed to the connector", "our choice"),
            ("a value that is nothing", "a condition that cannot be met, never a wider filter", "our choice"),
        ),
        "Functions beside JSONata's": (
            ("$formatDate", "milliseconds (or an ISO 8601 text) in moment's tokens, UTC or a zone", "documented"),
            ("$parseDate", "text in moment's tokens to milliseconds", "documented"),
            ("$isNull", "true for null and nothing", "our choice"),
            ("$base64encode", "the second argument, when it is utf8, is kept to; others are not", "our choice"),
            ("$base64decode", "the second argument, when it is utf8, is kept to; others are not", "our choice"),
        ),
        "API operations": (
            ("create", "POST /plural", "our choice"),
            ("retrieve", "GET /plural/{id}; the id has the name of the model's id property", "our choice"),
            ("retrieveall", "GET /plural?field=…; the list alone, or all with `next`", "our choice"),
            ("replace", "PUT /plural/{id}", "our choice"),
            ("replaceorcreate", "PUT /plural/{id}", "our choice"),
            ("update", "PATCH /plural/{id}", "our choice"),
            ("updateall", "PATCH /plural?field=…", "our choice"),
            ("upsertwithwhere", "PUT /plural?field=…", "our choice"),
            ("delete", "DELETE /plural/{id}", "our choice"),
            ("deleteall", "DELETE /plural?field=…", "our choice"),
            ("custom operations", "the model's verb and path below /plural or /plural/{id}", "our choice"),
            ("required properties", "missing ones are refused with 400, unknown ones accepted", "our choice"),
        ),
        "Schedules": (
            ("scheduleConfiguration: ''", "a warning: the flow runs only when it is started by hand", "our choice"),
            ("an unknown unit, day, zone or cron field", "refused when the flow is read", "our choice"),
        ),
        "Batches": (
            ("status", "Complete, or Retrieve failed", "our choice"),
            ("batchInstanceId, start, end, recordsProcessed", "success, error, canceled, total", "our choice"),
        ),
        "Not run": (
            ("notification", "refused when the flow is read", "documented"),
            ("situation-detector", "refused when the flow is read", "documented"),
            ("callable-flow", "refused when the flow is read", "documented"),
        ),
    }.items()
    for row in rows
)  # fmt: skip
"""Every construct, in groups."""


def constructs_tables() -> str:
    """The tables as Markdown, a heading of the third level before each."""
    lines = []
    group = ""
    for each in CONSTRUCTS:
        if each.group != group:
            group = each.group
            lines += [
                "",
                f"### {group}",
                "",
                "| construct | what it does | known from |",
                "| --- | --- | --- |",
            ]
        lines.append(f"| `{each.name}` | {each.behaviour} | {each.source} |")
    return "\n".join(lines[1:]) + "\n"
