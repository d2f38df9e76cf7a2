"""The one expression language: JSONata with App Connect's additions, and text with {{…}}."""

from lockhouse.jsonata.engine import NOTHING, Budget, Expression, compile_expression
from lockhouse.jsonata.errors import ExpressionFailed, ExpressionMistake
from lockhouse.jsonata.extent import judge_extent
from lockhouse.jsonata.template import Template, as_text, compile_template

__all__ = [
    "NOTHING",
    "Budget",
    "Expression",
    "ExpressionFailed",
    "ExpressionMistake",
    "Template",
    "as_text",
    "compile_expression",
    "compile_template",
    "judge_extent",
]
