"""Dates in moment's tokens (`YYYY-MM-DD HH:mm`), as `$formatDate`, `$parseDate` and polls use them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lockhouse.errors import LockhouseError

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TOKEN = re.compile(
    r"\[[^\]]*\]|YYYY|YY|Y|Q|MMMM|MMM|MM|Mo|M|DDDD|DDDo|DDD|DD|Do|D|dddd|ddd|dd|do|d|E|e|WW|Wo|W|GGGG|GG"
    r"|HH|H|hh|h|kk|k|mm|m|ss|s|S{1,9}|ZZ|Z|zz|z|X|x|A|a|LTS|LT|LLLL|LLL|LL|L"
)
_LONG_FORMS = {"LTS": "h:mm:ss A", "LT": "h:mm A", "LLLL": "dddd, MMMM D, YYYY h:mm A",
               "LLL": "MMMM D, YYYY h:mm A", "LL": "MMMM D, YYYY", "L": "MM/DD/YYYY"}  # fmt: skip


class NoSuchDate(LockhouseError):
    """A text is no date in this format, a number is outside of the calendar, or a zone is unknown."""


@lru_cache(maxsize=256)
def zone_named(name: str) -> tzinfo:
    """A zone by its tz name, or an offset such as `+02:00`. Raises NoSuchDate."""
    offset = re.fullmatch(r"([+-])(\d\d):?(\d\d)", name)
    if offset:
        length = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        if length < timedelta(hours=24):
            return timezone(-length if offset[1] == "-" else length)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise NoSuchDate(f"{name[:40]!r} is not the name of a time zone") from None


def moment_of(millis: float, zone: str = "UTC") -> datetime:
    """The moment so many milliseconds after 1970, in a zone. Raises NoSuchDate."""
    try:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=millis)).astimezone(
            zone_named(zone)
        )
    except (OverflowError, ValueError):
        raise NoSuchDate(f"{millis} milliseconds are outside of the calendar") from None


def format_moment(moment: datetime, pattern: str) -> str:
    """The moment as text; what is no token stands as it is, `[…]` without its brackets."""
    return _TOKEN.sub(lambda found: _piece(moment, found.group()), pattern)


def _piece(moment: datetime, token: str) -> str:
    if token[0] == "[":
        return token[1:-1]
    if token in _LONG_FORMS:
        return format_moment(moment, _LONG_FORMS[token])
    if token[0] == "S":
        return f"{moment.microsecond * 1000:09d}"[: len(token)]
    return _PIECES[token](moment)


def _ordinal(number: int) -> str:
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _offset(moment: datetime, colon: str) -> str:
    minutes = int((moment.utcoffset() or timedelta()).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}{colon}{rest:02d}"


def _day_of_year(moment: datetime) -> int:
    return moment.timetuple().tm_yday


_PIECES: dict[str, Callable[[datetime], str]] = {
    "YYYY": lambda m: f"{m.year:04d}", "YY": lambda m: f"{m.year % 100:02d}", "Y": lambda m: str(m.year),
    "Q": lambda m: str((m.month + 2) // 3),
    "MMMM": lambda m: MONTHS[m.month - 1], "MMM": lambda m: MONTHS[m.month - 1][:3],
    "MM": lambda m: f"{m.month:02d}", "Mo": lambda m: _ordinal(m.month), "M": lambda m: str(m.month),
    "DDDD": lambda m: f"{_day_of_year(m):03d}", "DDDo": lambda m: _ordinal(_day_of_year(m)),
    "DDD": lambda m: str(_day_of_year(m)),
    "DD": lambda m: f"{m.day:02d}", "Do": lambda m: _ordinal(m.day), "D": lambda m: str(m.day),
    "dddd": lambda m: DAYS[m.weekday()], "ddd": lambda m: DAYS[m.weekday()][:3],
    "dd": lambda m: DAYS[m.weekday()][:2], "do": lambda m: _ordinal(m.isoweekday() % 7),
    "d": lambda m: str(m.isoweekday() % 7), "e": lambda m: str(m.isoweekday() % 7),
    "E": lambda m: str(m.isoweekday()),
    "WW": lambda m: f"{m.isocalendar().week:02d}", "Wo": lambda m: _ordinal(m.isocalendar().week),
    "W": lambda m: str(m.isocalendar().week), "GGGG": lambda m: f"{m.isocalendar().year:04d}",
    "GG": lambda m: f"{m.isocalendar().year % 100:02d}",
    "HH": lambda m: f"{m.hour:02d}", "H": lambda m: str(m.hour),
    "hh": lambda m: f"{m.hour % 12 or 12:02d}", "h": lambda m: str(m.hour % 12 or 12),
    "kk": lambda m: f"{m.hour or 24:02d}", "k": lambda m: str(m.hour or 24),
    "mm": lambda m: f"{m.minute:02d}", "m": lambda m: str(m.minute),
    "ss": lambda m: f"{m.second:02d}", "s": lambda m: str(m.second),
    "A": lambda m: "AM" if m.hour < 12 else "PM", "a": lambda m: "am" if m.hour < 12 else "pm",
    "Z": lambda m: _offset(m, ":"), "ZZ": lambda m: _offset(m, ""),
    "z": lambda m: m.tzname() or "", "zz": lambda m: m.tzname() or "",
    "X": lambda m: str(int(m.timestamp())), "x": lambda m: str(millis_of(m)),
}  # fmt: skip


def millis_of(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


# Token → the group of the pattern that reads it, and what it says.
_NUMBER = r"\d{1,2}"
_MONTH = "|".join(name for month in MONTHS for name in dict.fromkeys((month, month[:3])))
_DAY = "|".join(name for day in DAYS for name in (day, day[:3], day[:2]))
_READ: dict[str, tuple[str, str]] = {
    "YYYY": (r"[+-]?\d{1,4}", "year"), "Y": (r"\d{1,4}", "year"), "YY": (r"\d{2}", "short_year"),
    "MMMM": (_MONTH, "month_name"), "MMM": (_MONTH, "month_name"),
    "MM": (_NUMBER, "month"), "M": (_NUMBER, "month"), "Mo": (r"\d{1,2}[a-z]{2}", "month"),
    "DD": (_NUMBER, "day"), "D": (_NUMBER, "day"), "Do": (r"\d{1,2}[a-z]{2}", "day"),
    "DDDD": (r"\d{1,3}", "day_of_year"), "DDD": (r"\d{1,3}", "day_of_year"),
    "dddd": (_DAY, "day_name"), "ddd": (_DAY, "day_name"), "dd": (_DAY, "day_name"),
    "HH": (_NUMBER, "hour"), "H": (_NUMBER, "hour"), "hh": (_NUMBER, "hour"), "h": (_NUMBER, "hour"),
    "kk": (_NUMBER, "hour"), "k": (_NUMBER, "hour"),
    "mm": (_NUMBER, "minute"), "m": (_NUMBER, "minute"), "ss": (_NUMBER, "second"), "s": (_NUMBER, "second"),
    "A": (r"[AaPp]\.?[Mm]?\.?", "half"), "a": (r"[AaPp]\.?[Mm]?\.?", "half"),
    "Z": (r"[Zz]|[+-]\d\d:?\d\d", "offset"), "ZZ": (r"[Zz]|[+-]\d\d:?\d\d", "offset"),
    "X": (r"[+-]?\d{1,12}(?:\.\d{1,3})?", "seconds_since"), "x": (r"[+-]?\d{1,15}", "millis_since"),
}  # fmt: skip


@lru_cache(maxsize=256)
def _reader(pattern: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    for name, long_form in _LONG_FORMS.items():
        pattern = re.sub(rf"(?<![A-Za-z\[]){name}(?![A-Za-z\]])", long_form, pattern)
    meanings: list[str] = []
    text, position = "", 0
    for found in _TOKEN.finditer(pattern):
        text += re.escape(pattern[position : found.start()])
        position = found.end()
        token = found.group()
        if token[0] == "[":
            text += re.escape(token[1:-1])
            continue
        group, meaning = (r"\d{1,9}", "fraction") if token[0] == "S" else _READ.get(token, ("", "unread"))
        if meaning == "unread":
            raise NoSuchDate(f"the token {token!r} of the format cannot be read")
        if meaning in meanings:
            # Said twice it means nothing, and many groups side by side would take the matcher years.
            raise NoSuchDate(f"the format {pattern[:60]!r} names the {meaning} twice")
        text += f"({group})"
        meanings.append(meaning)
    return re.compile(text + re.escape(pattern[position:]), re.IGNORECASE), tuple(meanings)


def parse_moment(text: str, pattern: str, zone: str = "UTC") -> datetime:
    """The moment a text tells in this format; in the zone, if it has no offset. Raises NoSuchDate."""
    reader, meanings = _reader(pattern)
    found = reader.fullmatch(text.strip())
    if found is None:
        raise NoSuchDate(f"{text[:60]!r} is no date in the format {pattern[:60]!r}")
    said = dict(zip(meanings, found.groups(), strict=True))
    try:
        return _told(said, zone_named(zone))
    except (ValueError, OverflowError):
        raise NoSuchDate(f"{text[:60]!r} is no date in the calendar") from None


def _told(said: dict[str, str], zone: tzinfo) -> datetime:
    if "millis_since" in said:
        return moment_of(float(said["millis_since"]))
    if "seconds_since" in said:
        return moment_of(float(said["seconds_since"]) * 1000)
    offset = said.get("offset", "")
    if offset:
        zone = UTC if offset in "Zz" else zone_named(offset)
    first = datetime(
        _year(said), _month(said), int(re.sub(r"\D", "", said.get("day", "1"))), _hour(said),
        int(said.get("minute", "0")), int(said.get("second", "0")),
        int(f"{said.get('fraction', '0'):0<6}"[:6]), tzinfo=zone,
    )  # fmt: skip
    return first + timedelta(days=int(said.get("day_of_year", "1")) - 1)


def _year(said: dict[str, str]) -> int:
    if "short_year" in said:
        short = int(said["short_year"])
        return short + (1900 if short > 68 else 2000)
    return int(said.get("year", "1970"))


def _month(said: dict[str, str]) -> int:
    name = said.get("month_name")
    if name is None:
        return int(re.sub(r"\D", "", said.get("month", "1")))
    for number, month in enumerate(MONTHS, 1):
        if name.lower() in (month.lower(), month[:3].lower()):
            return number
    raise ValueError("no month")


def _hour(said: dict[str, str]) -> int:
    hour, half = int(said.get("hour", "0")), said.get("half", "")[:1].lower()
    if half:
        return hour % 12 + (12 if half == "p" else 0)
    return 0 if hour == 24 else hour
