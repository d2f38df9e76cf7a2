"""A filter's `where`: read, split between address, parameters, query language and our own comparing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from lockhouse.connectors.coercion import moment_text
from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.model import Action, BusinessObject, Field, QueryLanguage
from lockhouse.connectors.templates import as_text

OPERATORS = {
    "=": "=", "eq": "=", "neq": "neq", "ne": "neq", "!=": "neq", "gt": "gt", ">": "gt",
    "gte": "gte", ">=": "gte", "lt": "lt", "<": "lt", "lte": "lte", "<=": "lte", "contains": "contains",
}  # fmt: skip
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*", re.ASCII)
_STAMP = re.compile(r"\s*\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}", re.ASCII)
_IGNORED = frozenset({"hashKey", "$$hashKey"})  # remnants of the editor
MOST_CONDITIONS = 200


@dataclass(frozen=True, slots=True)
class Condition:
    """One field compared with one value."""

    field: str
    operator: str
    value: Any


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which all (`and`) or one (`or`) must hold. An `or` of nothing never holds."""

    joint: str
    members: tuple["Condition | Group", ...]


NEVER = Group("or", ())
ALWAYS = Group("and", ())
Tree = Condition | Group


def read_where(where: Mapping[str, Any] | None) -> Group:
    """The conditions of a filter. None as a value can never be met. Raises Rejected."""
    if where is None:
        return ALWAYS
    tree = _read(where, 0)
    if _count(tree) > MOST_CONDITIONS:
        raise Rejected(f"a filter has at most {MOST_CONDITIONS} conditions")
    if tree == NEVER or (isinstance(tree, Group) and tree.joint == "and"):
        return tree
    return Group("and", (tree,))


def _read(where: Any, depth: int) -> Tree:
    if not isinstance(where, Mapping) or depth > 20:
        raise Rejected(
            "a filter is an object of fields with values, or of `and` and `or` with lists of such objects"
        )
    members: list[Tree] = []
    for name, value in where.items():
        if name in _IGNORED:
            continue
        if name in ("and", "or") and isinstance(value, Sequence) and not isinstance(value, str):
            members.append(_joined(name, [_read(inner, depth + 1) for inner in value]))
        else:
            members.append(_condition(name, value))
    return _joined("and", members)


def _joined(joint: str, members: list[Tree]) -> Tree:
    if joint == "and" and NEVER in members:
        return NEVER
    if joint == "or":
        if ALWAYS in members:
            raise Rejected("an `or` of a filter holds an empty condition")
        members = [member for member in members if member != NEVER]
        return members[0] if len(members) == 1 else Group("or", tuple(members))
    flat: list[Tree] = []
    for member in members:
        flat.extend(member.members if isinstance(member, Group) and member.joint == "and" else (member,))
    return flat[0] if len(flat) == 1 else Group("and", tuple(flat))


def _condition(name: str, value: Any) -> Tree:
    operator = "="
    if isinstance(value, Mapping):
        given = [key for key in value if key not in _IGNORED]
        if len(given) != 1 or given[0] not in OPERATORS:
            raise Rejected(
                f"the condition on {name} needs one operator of {', '.join(sorted(set(OPERATORS.values())))}"
            )
        operator, value = OPERATORS[given[0]], value[given[0]]
    if value is None:
        return NEVER
    if isinstance(value, list):
        return _one_of(name, operator, value)
    return Condition(name, operator, value)


def _one_of(name: str, operator: str, values: list[Any]) -> Tree:
    if operator not in ("=", "neq"):
        raise Rejected(f"the condition on {name} compares with a list")
    present = [Condition(name, operator, value) for value in values if value is not None]
    return _joined("or" if operator == "=" else "and", list(present)) if present else NEVER


def _count(tree: Tree) -> int:
    return sum(_count(member) for member in tree.members) if isinstance(tree, Group) else 1


@dataclass(slots=True)
class Plan:
    """Where each part of a filter goes: `places` the address, `query` parameters, `text` the language, `rest`
    us. `named` are the fields that every item must have, since the vendor drops conditions on others.
    """

    places: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    rest: Group = ALWAYS
    named: frozenset[str] = frozenset()


def equalities(tree: Group) -> dict[str, Any]:
    """The fields that must equal a value for the filter to hold."""
    return {
        member.field: member.value
        for member in tree.members
        if isinstance(member, Condition) and member.operator == "=" and tree.joint == "and"
    }


def choose(action: Action, tree: Group) -> Action:
    """The alternative of an action whose `when` fields the filter gives. Raises Rejected if none."""
    given = equalities(tree)
    for alternative in action.alternatives or (action,):
        if all(name in given for name in alternative.when):
            return alternative
    alternatives = action.alternatives or (action,)
    wanted = " or ".join(" and ".join(alternative.when) for alternative in alternatives)
    raise Rejected(f"the filter must give {wanted}")


def plan(action: Action, business_object: BusinessObject, tree: Group) -> Plan:
    """Split a filter for an action. Raises Rejected when a field that places the call is not given by `=`."""
    found = Plan()
    rest: list[Tree] = []
    for member in tree.members:
        if isinstance(member, Condition) and member.field in action.ignored:
            continue  # it only narrowed a list in the flow's editor
        if isinstance(member, Condition) and _places(member, action, business_object):
            known = business_object.fields.get(member.field)
            value = _in_form(member.value, known.format) if known else member.value
            if found.places.get(member.field, value) != value:
                raise Rejected(f"the filter gives two values for {member.field}")
            found.places[member.field] = value
        elif isinstance(member, Condition) and (name := _parameter(member, action)):
            parameter = action.parameters[member.field]
            found.query[name] = _in_form(member.value, parameter.moments)
            if parameter.recheck:
                rest.append(replace(member, value=found.query[name]))
        else:
            rest.append(member)
    _say(found, action, business_object, rest)
    return found


def _say(found: Plan, action: Action, business_object: BusinessObject, rest: list[Tree]) -> None:
    """Put into the query language what it can say; what it cannot, or not exactly, is compared here."""
    language = action.language
    pushed = [member for member in rest if language is not None and expressible(member, language)]
    if language is not None:
        texts = [written(member, language, business_object.fields) for member in pushed]
        found.text = language.joint_and.join([*texts, *filter(None, [action.always])]) or language.empty
        if action.checks_names:
            names = (language.fields.get(name, name) for member in pushed for name in _fields(member))
            found.named = frozenset(name.partition(".")[0] for name in names)
    ours = rest if action.recheck else [member for member in rest if member not in pushed]
    found.rest = Group("and", tuple(ours))


def _places(condition: Condition, action: Action, business_object: BusinessObject) -> bool:
    # A field that places calls, but not this one, is compared here: it must not be dropped, that would widen
    # the call.
    known = business_object.fields.get(condition.field)
    if known is not None and known.place and condition.operator != "=":
        raise Rejected(f"{condition.field} says where to look: it can only be compared with `=`")
    return condition.operator == "=" and (condition.field in action.uses or condition.field in action.when)


def _parameter(condition: Condition, action: Action) -> str:
    parameter = action.parameters.get(condition.field)
    return parameter.names.get(condition.operator, "") if parameter else ""


def several(tree: Group) -> frozenset[str]:
    """The fields for which the filter gives a choice of values."""
    return frozenset(name for member in tree.members if isinstance(member, Group) for name in _fields(member))


def _fields(tree: Tree) -> list[str]:
    if isinstance(tree, Group):
        return [name for member in tree.members for name in _fields(member)]
    return [tree.field]


def expressible(tree: Tree, language: QueryLanguage) -> bool:
    """Whether the vendor's language can say it."""
    if isinstance(tree, Group):
        joint = language.joint_or if tree.joint == "or" else language.joint_and
        if joint is None or (tree.joint == "or" and _nests(tree) and not _brackets(joint, language)):
            return False
        return all(expressible(member, language) for member in tree.members)
    return tree.operator in language.operators and (not language.only or tree.field in language.fields)


def _in_form(value: Any, form: str) -> Any:
    """A value, in the vendor's form if it is a moment and there is such a form."""
    is_moment = form and isinstance(value, str) and _MOMENT.fullmatch(value.strip())
    return moment_text(value.strip(), form) if is_moment else value


def _nests(tree: Group) -> bool:
    return any(isinstance(member, Group) for member in tree.members)


def _brackets(joint: str, language: QueryLanguage) -> bool:
    return bool(language.quote) or " " in joint


def written(tree: Tree, language: QueryLanguage, fields: Mapping[str, Field]) -> str:
    """The vendor's words for a condition; `fields` are those of the business object."""
    if isinstance(tree, Group):
        joint = (language.joint_or or "") if tree.joint == "or" else language.joint_and
        inner = joint.join(written(member, language, fields) for member in tree.members)
        return f"({inner})" if _brackets(joint, language) else inner
    name = language.fields.get(tree.field, tree.field)
    text = as_text(tree.value)
    text = _in_form(text, language.moments)
    known = fields.get(tree.field)
    is_text = tree.operator == "contains" or (known is not None and known.type == "string")
    is_bare = not is_text and language.bare is not None and language.bare.fullmatch(text) is not None
    quote = "" if is_bare else language.quote
    for sign, replacement in () if is_bare else language.escapes.items():
        text = text.replace(sign, replacement)
    return (
        language.operators[tree.operator]
        .replace("{field}", name)
        .replace("{value}", f"{quote}{text}{quote}")
        .replace("{text}", text)
    )


def holds(tree: Tree, item: Any) -> bool:
    """Whether an item meets a filter, compared here."""
    if isinstance(tree, Group):
        results = (holds(member, item) for member in tree.members)
        return all(results) if tree.joint == "and" else any(results)
    value: Any = item
    for step in [tree.field] if isinstance(item, Mapping) and tree.field in item else tree.field.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return compare(value, tree.operator, tree.value)


def compare(value: Any, operator: str, wanted: Any) -> bool:
    """One comparison: of numbers, of moments, else of texts. A list holds a value when one of its elements
    does; nothing equals the empty text.
    """
    if isinstance(value, list) and operator != "neq":
        return any(compare(element, operator, wanted) for element in value)
    left, right = "" if value is None else as_text(value), as_text(wanted)
    if operator == "contains":
        return right.lower() in left.lower()
    if operator in ("=", "neq"):
        one, other = _comparable(left, right)
        return (one == other) is (operator == "=")
    if value is None:
        return False
    one, other = _comparable(left, right)
    greater, equal = one > other, one == other  # type: ignore[operator]  # both are numbers or both texts
    return {"gt": greater, "gte": greater or equal, "lt": not (greater or equal), "lte": not greater}[
        operator
    ]


def _comparable(left: str, right: str) -> tuple[float | str, float | str]:
    """Two texts as numbers if both are, or as moments (in UTC if they name no zone), else as texts."""
    for read in (_as_number, _as_moment):
        one, other = read(left), read(right)
        if one is not None and other is not None:
            return one, other
    return left, right


def _as_number(text: str) -> float | None:
    digits = text.strip().lstrip("+-").replace(".", "", 1)
    try:
        return float(text) if digits.isdecimal() else None
    except ValueError:
        return None


def _as_moment(text: str) -> float | None:
    if not _STAMP.match(text):
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
