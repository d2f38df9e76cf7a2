"""A vendor's query language read back by the manifest's own words for it, so that a double can run it."""

import contextlib
import re
from datetime import UTC, datetime
from typing import Any

from lockhouse.connectors.model import QueryLanguage


def parse_conditions(text: str, language: QueryLanguage) -> list[tuple[str, str, Any]] | None:
    """Conditions that must all hold, as (field, operator, value), or None for a text that the language has
    not.
    """
    joint = language.joint_and.strip()
    patterns = [(operator, _pattern(template, language)) for operator, template in language.operators.items()]
    # The longest words first: `>=` before `>`.
    patterns.sort(key=lambda pair: -len(language.operators[pair[0]]))
    found: list[tuple[str, str, Any]] = []
    names = {written: name for name, written in language.fields.items()}
    position = 0
    while position < len(text):
        read = _first(patterns, text, position, joint)
        if read is None:
            return None
        operator, match = read
        written = match["field"]
        found.append((names.get(written, written), operator, _value(match, language)))
        position = _after_blanks(text, match.end())
        if text.startswith(joint, position):
            position = _after_blanks(text, position + len(joint))
    return found


def _first(
    patterns: list[tuple[str, re.Pattern[str]]], text: str, position: int, joint: str
) -> tuple[str, re.Match[str]] | None:
    for operator, pattern in patterns:
        match = pattern.match(text, position)
        rest = text[match.end() :] if match else ""
        if match and (
            not rest or (joint and rest.lstrip().startswith(joint)) or (not joint and rest[0].isspace())
        ):
            return operator, match
    return None


def _after_blanks(text: str, position: int) -> int:
    return position + len(text[position:]) - len(text[position:].lstrip())


def _pattern(template: str, language: QueryLanguage) -> re.Pattern[str]:
    quote = re.escape(language.quote)
    if language.quote:
        escaped = "|".join(re.escape(written) for written in language.escapes.values()) or "(?!)"
        quoted = f"{quote}(?P<value>(?:{escaped}|(?!{quote}).)*){quote}"
        if language.bare is not None:
            quoted = f"(?:{quoted}|(?P<bare>{language.bare.pattern}))"
        loose = f"(?P<value>(?:{escaped}|(?!{quote}).)*?)"
    else:
        stop = re.escape(language.joint_and.strip() or language.joint_and)
        escaped = "|".join(re.escape(written) for written in language.escapes.values()) or "(?!)"
        quoted = loose = f"(?P<value>(?:{escaped}|(?!{stop}).)*)"
    source = re.escape(template)
    source = source.replace(re.escape("{field}"), r"(?P<field>[\w.-]+)")
    source = source.replace(re.escape("{value}"), quoted).replace(re.escape("{text}"), loose)
    if language.quote and template.endswith(("{value}", "{text}")):
        # What has no quotes ends where the next condition begins.
        joint = re.escape(language.joint_and.strip())
        source += rf"(?=\s*{joint}|$)" if joint else r"(?=\s|$)"
    return re.compile(source, re.DOTALL)


def _value(match: re.Match[str], language: QueryLanguage) -> str:
    if match["value"] is None:
        return _plain(match["bare"], language.moments)
    text = match["value"]
    for sign, written in reversed(list(language.escapes.items())):
        text = text.replace(written, sign)
    return text


def _plain(text: str, form: str) -> str:
    """A value without quotes; a moment as records have it, not as the language writes it."""
    with contextlib.suppress(ValueError):
        if form:
            moment = datetime.strptime(text, form).replace(tzinfo=UTC)
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return text
