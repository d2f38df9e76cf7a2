"""A connector's page of documentation, made from its manifest."""

from collections.abc import Iterator

from lockhouse.connectors.model import ANY_OBJECT, Action, AuthScheme, BusinessObject, Connector
from lockhouse.connectors.templates import as_text

CONFIDENCE = {
    "spec": "as the vendor's API description has it",
    "documented": "as the vendor documents it",
    "guessed": "our guess",
}


def connector_page(connector: Connector, *, made: str = "") -> str:
    """The page: what it does, accounts, objects with fields, actions with requests, limits.

    `made` is a line that says where the page comes from.
    """
    lines = [
        f"# {connector.title}",
        "",
        *((made, "") if made else ()),
        f"Connector `{connector.name}`, {connector.level}. {connector.about}".rstrip(),
        "",
    ]
    lines += ["## Accounts", ""]
    for scheme in connector.auth.values():
        lines += [*_scheme(scheme), ""]
    tested = (
        "can be tested"
        if connector.check is not None
        else "cannot be tested: the application has nothing harmless to ask"
    )
    lines += [f"An account {tested}.", "", "## Actions", ""]
    lines += ["| business object | action | request | confidence |", "| --- | --- | --- | --- |"]
    for business_object in connector.objects.values():
        for action in connector.actions_of(business_object).values() if business_object.actions else ():
            lines += list(_rows(business_object, action))
    lines.append("")
    if ANY_OBJECT in connector.objects:
        lines += [f"`{ANY_OBJECT}` stands for every object of the application, named or not.", ""]
    lines += ["## Business objects", ""]
    for business_object in connector.objects.values():
        lines += list(_object(business_object))
    if connector.limits:
        lines += ["## Limits", "", *(f"- {limit}" for limit in connector.limits), ""]
    return "\n".join(lines).rstrip() + "\n"


def _scheme(scheme: AuthScheme) -> list[str]:
    lines = [f"**`{scheme.auth_type}`** ({scheme.title})", ""]
    if not scheme.fields:
        return [*lines, "No fields."]
    lines += ["| field | place | | meaning |", "| --- | --- | --- | --- |"]
    for known in scheme.fields.values():
        marks = [mark for mark, holds in (("required", known.required), ("secret", known.secret)) if holds]
        if known.default:
            marks.append(f"default `{known.default}`")
        place = "endpoint" if known.endpoint else "credentials"
        lines.append(f"| `{known.name}` | {place} | {', '.join(marks)} | {_cell(known.title)} |")
    return lines


def _rows(business_object: BusinessObject, action: Action) -> Iterator[str]:
    for one in action.alternatives or (action,):
        request = one.request
        if request is not None:
            address = _cell(as_text(request.source[request.method.lower()]))
            told = f"`{request.method} {address}`"
            told += (
                f" when the filter gives {', '.join(f'`{name}`' for name in one.when)}" if one.when else ""
            )
        elif one.python is not None:
            told = _cell(" ".join((one.python.__doc__ or "in Python").split()).rstrip("."))
        else:
            told = "looks up, then creates or updates"
        yield f"| `{business_object.name}` | `{action.name}` | {told} | {CONFIDENCE[one.confidence]} |"


def _object(business_object: BusinessObject) -> Iterator[str]:
    if not business_object.fields:
        return
    key = f" A record is known by `{business_object.key}`." if business_object.key else ""
    yield from (f"**`{business_object.name}`** ({business_object.title}).{key}", "")
    yield from ("| field | type | |", "| --- | --- | --- |")
    for known in business_object.fields.values():
        marks = [
            mark
            for mark, holds in (
                ("required", known.required),
                ("read-only", known.read_only),
                ("only on create", known.create_only),
                ("places the call", known.place),
            )
            if holds
        ]
        if known.values:
            marks.append("one of " + ", ".join(f"`{value}`" for value in known.values))
        yield f"| `{_cell(known.name)}` | {known.type} | {', '.join(marks)} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
