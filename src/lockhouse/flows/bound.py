"""Expressions and templates of a flow, compiled when it is loaded, with their variables resolved."""

from collections.abc import Callable, Mapping
from typing import Any

from lockhouse.flows.context import Context, Reads
from lockhouse.flows.reading import Part
from lockhouse.flows.refs import Key
from lockhouse.flows.scope import Scope
from lockhouse.jsonata import (
    NOTHING,
    Expression,
    ExpressionMistake,
    as_text,
    compile_expression,
    compile_template,
)
from lockhouse.jsonata.engine import HOST_FUNCTIONS, KNOWN_FUNCTIONS, UNCERTAIN, walk

_FUNCTIONS = KNOWN_FUNCTIONS | HOST_FUNCTIONS

Evaluate = Callable[[Context], Any]
"""A value of the flow's document at run time, or NOTHING. Raises ExpressionFailed."""


def bind_template(part: Part, scope: Scope, inputs: Mapping[str, str], *, trimmed: bool = False) -> Evaluate:
    """The template at a part; a mistake in it is noted at the part, and the value is nothing."""
    text = part.text()
    return bind_template_text(text.strip() if trimmed else text, part, scope, inputs)


def bind_template_text(text: str, part: Part, scope: Scope, inputs: Mapping[str, str]) -> Evaluate:
    """The same for a text that is not the part's value, such as a condition's left side."""
    try:
        template = compile_template(text, _named_as_functions(inputs))
    except ExpressionMistake as mistake:
        return _noted(mistake, part)
    if template.is_constant:
        return lambda _context: text
    pieces = [
        one if isinstance(one, str) else _evaluator(one, tuple(_reads(one, part, scope, inputs)))
        for one in template.parts
    ]
    if template.is_single and not isinstance(pieces[0], str):
        return pieces[0]

    def joined(context: Context) -> str:
        texts = []
        for one in pieces:
            text = one if isinstance(one, str) else as_text(one(context))
            context.budget.take(len(text))
            texts.append(text)
        return "".join(texts)

    return joined


def bind_expression(part: Part, scope: Scope, inputs: Mapping[str, str]) -> Evaluate:
    """The expression at a part, with the same answer to a mistake."""
    text = part.required_text().strip()
    if not text:
        return lambda _context: NOTHING
    try:
        expression = compile_expression(text, _named_as_functions(inputs))
    except ExpressionMistake as mistake:
        return _noted(mistake, part)
    return _evaluator(expression, tuple(_reads(expression, part, scope, inputs)))


def _evaluator(expression: Expression, reads: Reads) -> Evaluate:
    evaluate = expression.evaluate

    def by_engine(context: Context) -> Any:
        return evaluate(context.bindings(reads), context.budget)

    if expression.path is None or not reads:
        return by_engine
    return _path_reader(reads[0][1], expression.path[1:], by_engine)


def _path_reader(key: Key, names: tuple[str, ...], by_engine: Evaluate) -> Evaluate:
    """Reads a path straight from the context: what most templates of a flow are."""

    def read(context: Context) -> Any:
        value = walk(context.values.get(key, NOTHING), names)
        return by_engine(context) if value is UNCERTAIN else value

    return read


def _noted(mistake: ExpressionMistake, part: Part) -> Evaluate:
    code = "template_unclosed" if mistake.code == "template_unclosed" else "expression_syntax"
    part.mistake(code, f"{mistake} (character {mistake.position + 1}) [{mistake.code}]")
    return lambda _context: NOTHING


def _named_as_functions(inputs: Mapping[str, str]) -> frozenset[str]:
    """Declared variables with the name of a function: a node may be called `count`."""
    return _FUNCTIONS.intersection(inputs)


def _reads(
    expression: Expression, part: Part, scope: Scope, inputs: Mapping[str, str]
) -> list[tuple[str, Any]]:
    scope.found.functions |= expression.functions
    for name in sorted(expression.unknown):
        part.warn("function_unknown", f"${name}() is no function of JSONata or App Connect: it will fail")
    names = set(expression.variables)
    if expression.reads_all:
        names |= inputs.keys() | scope.iterators
    keys = [(name, scope.resolve(name, inputs, part)) for name in sorted(names)]
    return [(name, key) for name, key in keys if key is not None]
