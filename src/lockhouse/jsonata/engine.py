"""Compile and evaluate JSONata, within limits. The only file that knows who evaluates.

What was measured of jlens 0.25 and shaped this file: values given as bindings are converted whole at each
call (4.6 ms for 10,000 records), values of the input only where the expression reaches them (1 µs). So
variables are passed as fields of the input and bound by a prefix, unless the expression reads its input
itself. The engine has no limit of bytes and takes up to 6 GB a second: so an expression is tried for a
moment, and for longer ones while it is modest. What no limit of the engine stops has a guard (guards.py).
"""

import json
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import jlens

from lockhouse.clock import utc_now
from lockhouse.jsonata.errors import ExpressionFailed, ExpressionMistake
from lockhouse.jsonata.extent import judge_extent
from lockhouse.jsonata.functions import APP_CONNECT_FUNCTIONS
from lockhouse.jsonata.guards import ARRAY_ITEMS, FOR_REGEX, GUARD_FUNCTIONS, GUARDED, prefix_for
from lockhouse.jsonata.memory import Growth


class _Nothing:
    """The type of NOTHING: JSONata's missing value, which is not null."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NOTHING"

    def __bool__(self) -> bool:
        return False


NOTHING: Final = _Nothing()

MOMENTS = (0.02, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6)
"""Seconds of the wall's clock that the tries of one evaluation may take; most end in the first."""
CPU_SECONDS = 0.1
MOST_BYTES = 96 * 1024 * 1024
STEPS = 1_000_000
DEPTH = 1000
STRING_BYTES = 2 * 1024 * 1024
RESULT_BYTES = 32 * 1024 * 1024
LONGEST_TEXT = 64 * 1024
ROOM = 192 * 1024 * 1024

# Codes of jlens by which it tells that a limit was met.
_TIMED_OUT = "D1012"
_LIMITS = frozenset({"D1011", _TIMED_OUT, "U1001", "U1006"})


class Budget:
    """What the expressions of one run may still cost together, and the clock that they see.

    `room` is what its templates and maps may still make, in bytes, roughly.
    """

    __slots__ = ("clock", "room", "seconds")

    def __init__(self, seconds: float = 4.0, clock: Callable[[], datetime] = utc_now) -> None:
        self.seconds = seconds
        self.clock = clock
        self.room = ROOM

    def take(self, size: int) -> None:
        """Take room for what is made. Raises ExpressionFailed when there is none."""
        self.room -= size
        if self.room < 0:
            raise ExpressionFailed("what this run made is too much together", code="budget")


KNOWN_FUNCTIONS: Final = frozenset(
    {
        "abs", "append", "assert", "average", "base64decode", "base64encode", "boolean", "ceil",
        "clone", "contains", "count", "decodeUrl", "decodeUrlComponent", "distinct", "each",
        "encodeUrl", "encodeUrlComponent", "error", "eval", "exists", "filter", "floor",
        "formatBase", "formatInteger", "formatNumber", "fromMillis", "join", "keys", "length",
        "lookup", "lowercase", "map", "match", "max", "merge", "millis", "min", "not", "now",
        "number", "pad", "parseInteger", "power", "random", "reduce", "replace", "reverse", "round",
        "shuffle", "sift", "single", "sort", "split", "spread", "sqrt", "string", "substring",
        "substringAfter", "substringBefore", "sum", "toMillis", "trim", "type", "uppercase", "zip",
    }
)  # fmt: skip
"""JSONata's own functions."""
HOST_FUNCTIONS: Final = frozenset(name for name, _, _ in APP_CONNECT_FUNCTIONS)

# An unknown name counts as called only when a parenthesis or a pipe makes it so; all others are values.
_CALLED = re.compile(r"\$(\w+)\s*\(")
_PIPED = re.compile(r"~>\s*\$(\w+)")
_NAMES = re.compile(r"\$(\w+)")
_TEXTS = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`|/\*.*?\*/', re.DOTALL)
_LAMBDA = re.compile(r"\bfunction\b|λ")
_STEP = r"""\s*\.\s*(?:(?:[^\W\d]\w*)|"[^"\\]*"|`[^`]*`)"""
_SIMPLE_PATH = re.compile(rf"\s*\$(\w+)((?:{_STEP})*)\s*")
_STEP_NAMES = re.compile(r"""([^\W\d]\w*)|"([^"\\]*)"|`([^`]*)`""")
_WORDS = frozenset({"and", "or", "in", "null", "true", "false", "function"})


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression.

    `variables` are the names (without `$`) that it reads from outside; `reads_all`: `$eval` may read any.
    `functions` are the built-in and App Connect functions that it names, `unknown` those nobody defines.
    `path` is a variable and names of fields, if the expression is no more than that.
    """

    text: str
    variables: frozenset[str]
    functions: frozenset[str]
    unknown: frozenset[str]
    reads_all: bool
    path: tuple[str, ...] | None
    _compiled: jlens.Expression
    _as_input: bool
    _tells_time: bool
    _may_deepen: bool

    def evaluate(
        self, bindings: Mapping[str, Any], budget: Budget | None = None, *, context: Any = None
    ) -> Any:
        """The value, or NOTHING; None is JSON's null. Raises ExpressionFailed.

        `context` is what a bare name refers to; flows have none. Values are what JSON has: dict, list, str,
        int, float, bool, None. What comes back may share parts with what went in: treat it as read-only.
        """
        if self.path is not None:
            value = walk(bindings.get(self.path[0], NOTHING), self.path[1:])
            if value is not UNCERTAIN:
                return value
        return self._by_engine(bindings, budget or Budget(), context)

    def _by_engine(self, bindings: Mapping[str, Any], budget: Budget, context: Any) -> Any:
        if budget.seconds <= 0:
            raise ExpressionFailed("the expressions of this run took too long together", code="budget")
        given = bindings if isinstance(bindings, dict) else dict(bindings)
        started = time.perf_counter()
        try:
            value = self._in_time(given, budget, context)
        except jlens.JlensError as error:
            code = "budget" if error.code in _LIMITS else error.code
            raise ExpressionFailed(str(error)[:500], code=code) from None
        except (TypeError, ValueError, RecursionError) as error:
            raise ExpressionFailed(f"a value that is not JSON: {error}"[:500], code="value") from None
        finally:
            budget.seconds -= time.perf_counter() - started
        if self._may_deepen:
            judge_extent(value)
        return value

    def _in_time(self, bindings: dict[str, Any], budget: Budget, context: Any) -> Any:
        """Evaluate; what ran out of time is tried again for longer, if the machine was slow or it is modest.

        The engine's clock is that of the wall. Asking for the CPU's at each evaluation would double its cost.
        """
        try:
            return self._evaluated(bindings, budget, context, MOMENTS[0])
        except jlens.JlensError as error:
            if error.code != _TIMED_OUT:
                raise
        for seconds in MOMENTS[1:-1]:
            growth, started = Growth(), time.thread_time()
            try:
                return self._evaluated(bindings, budget, context, seconds)
            except jlens.JlensError as error:
                used = time.thread_time() - started
                # A function of the host cannot be stopped: one try may take longer than it was given.
                if error.code != _TIMED_OUT or min(seconds, used) > CPU_SECONDS or used > 3 * CPU_SECONDS:
                    raise
            if growth.bytes() > MOST_BYTES:
                raise ExpressionFailed("the expression took too much memory", code="budget")
        return self._evaluated(bindings, budget, context, MOMENTS[-1])

    def _evaluated(self, bindings: dict[str, Any], budget: Budget, context: Any, seconds: float) -> Any:
        if self._as_input:
            return self._run(self._compiled.evaluate, bindings, None, budget, seconds).get("v", NOTHING)
        found = self._run(self._compiled.evaluate, context, bindings, budget, seconds)
        if found is not None:
            return found
        if self._run(_json_result(self._compiled), context, bindings, budget, seconds) is None:
            return NOTHING
        return found

    def _run(
        self, evaluate: Any, context: Any, bindings: dict[str, Any] | None, budget: Budget, seconds: float
    ) -> Any:
        return evaluate(
            context,
            bindings,
            timeout=seconds,
            max_steps=STEPS,
            max_depth=DEPTH,
            max_string_length=STRING_BYTES,
            max_array_length=ARRAY_ITEMS,
            max_result_size=RESULT_BYTES,
            now=budget.clock() if self._tells_time else None,
        )


def _json_result(compiled: jlens.Expression) -> Callable[..., str | None]:
    """Like `evaluate`, but null is text and nothing is None."""

    def evaluate(context: Any, bindings: Any, **limits: Any) -> str | None:
        text = None if context is None else json.dumps(context)
        return compiled.evaluate_json(text, bindings, **limits)

    return evaluate


_LARGEST_WHOLE = 1e21
UNCERTAIN: Final = object()
"""What `walk` answers where only the engine knows."""


def walk(value: Any, names: tuple[str, ...]) -> Any:
    """A path through objects, as most templates are: five times faster than asking the engine."""
    for name in names:
        if type(value) is dict:
            value = value.get(name, NOTHING)
        elif isinstance(value, list | tuple):
            return UNCERTAIN
        else:
            return NOTHING
    if type(value) is not float:
        return value
    if value.is_integer():
        return int(value) if abs(value) < _LARGEST_WHOLE else value  # as the engine does
    return value if math.isfinite(value) else UNCERTAIN


@lru_cache(maxsize=8192)
def compile_expression(text: str, given: frozenset[str] = frozenset()) -> Expression:
    """Compile an expression. Raises ExpressionMistake.

    `given` are variables that are named as a function is: such a name is the variable, unless it is called.
    """
    if len(text) > LONGEST_TEXT:
        raise ExpressionMistake("the expression is too long", text=text[:80], code="too_long", position=0)
    try:
        plain = jlens.Expression(text)
        for name, function, signature in APP_CONNECT_FUNCTIONS:
            plain.register_function(name, function, signature)
        reads = plain.reads()
    except UnicodeEncodeError as error:
        said = "half of a surrogate pair"
        raise ExpressionMistake(said, text=text, code="surrogate", position=error.start) from None
    except jlens.JlensError as error:
        raise ExpressionMistake(
            str(error), text=text, code=error.code, position=error.position or 0
        ) from None
    bare = _TEXTS.sub('""', text)
    reads_all = bool(reads.get("everyBinding"))
    names, called = frozenset(_NAMES.findall(bare)), frozenset(_CALLED.findall(bare) + _PIPED.findall(bare))
    given = (given & names) - called
    functions = (names & KNOWN_FUNCTIONS) - reads["bindings"].keys() - given
    variables = (frozenset(reads["bindings"]) - HOST_FUNCTIONS) | given
    unknown = variables & called
    as_input = "input" not in reads and not reads_all
    guarded = _to_guard(bare, functions, reads_all=reads_all)
    return Expression(
        text=text,
        variables=variables - unknown,
        functions=functions | (names & HOST_FUNCTIONS - given),
        unknown=unknown,
        reads_all=reads_all,
        path=_simple_path(text, variables) if as_input else None,
        _compiled=_made(text, variables if as_input else None, guarded),
        _as_input=as_input,
        _tells_time=reads_all or not functions.isdisjoint({"now", "millis"}),
        _may_deepen=reads_all or _LAMBDA.search(bare) is not None,
    )


def _to_guard(bare: str, functions: frozenset[str], *, reads_all: bool) -> frozenset[str]:
    """The functions that need their guard in this expression; all of them where `$eval` may call any."""
    if reads_all:
        return GUARDED
    guarded = functions & GUARDED
    return guarded if "/" in bare else guarded - FOR_REGEX


def _made(text: str, variables: frozenset[str] | None, guarded: frozenset[str]) -> jlens.Expression:
    """The expression with its prefix; as a field of an object, if that can tell null from nothing.

    An expression that reads its context stays bare: an object constructor would go through a context's items.
    """
    extra = prefix_for(guarded)
    if variables is None:
        compiled = jlens.Expression(f"({extra}\n{text}\n)" if extra else text)
    else:
        bound = "".join(f"${name}:=$.{json.dumps(name)};" for name in sorted(variables))
        compiled = jlens.Expression(f'({bound}{extra}{{"v":\n{text}\n}})')
    for name, function, signature in APP_CONNECT_FUNCTIONS:
        compiled.register_function(name, function, signature)
    for name, function, signature in GUARD_FUNCTIONS if guarded else ():
        compiled.register_function(name, function, signature)
    return compiled


def _simple_path(text: str, variables: frozenset[str]) -> tuple[str, ...] | None:
    found = _SIMPLE_PATH.fullmatch(text)
    if found is None:
        return None
    names = [a or b or c for a, b, c in _STEP_NAMES.findall(found.group(2))]
    bare = [a for a, _, _ in _STEP_NAMES.findall(found.group(2)) if a]
    if not _WORDS.isdisjoint(bare) or found.group(1) not in variables:
        return None
    return (found.group(1), *names)
