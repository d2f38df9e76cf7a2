"""Reading `setdbparms.txt`: lines `resource user password`, or whole `mqsisetdbparms` commands (deployment.md
4, 5)."""

from dataclasses import dataclass

from lockhouse.errors import Mistake, Mistakes
from lockhouse.sealing import Secret

SERVER_RESOURCE = "AppConnectAPIKey"
"""The resource whose password is the API key of every flow on the server; a flow's own name serves that
flow."""
APIKEY_USER = "apikey"
COMMAND = "mqsisetdbparms"
_OPTIONS = {
    "-n": "resource",
    "-u": "user",
    "-p": "password",
    "-w": "work directory",
    "-k": "key file",
    "-d": "passphrase",
}
_MOST_LINES = 1000


@dataclass(frozen=True, slots=True)
class StoredCredential:
    """One line: a user and a password for a resource. `line` counts from 1."""

    resource: str
    user: str
    password: Secret
    line: int

    @property
    def is_apikey(self) -> bool:
        """Whether the line carries an API key: its user is the word `apikey`."""
        return self.user.lower() == APIKEY_USER


def key_resources(flow: str) -> tuple[str, ...]:
    """The resources that may carry a flow's key, the first that is there wins: its own name, then the
    server's.

    A resource is one word, so the blanks of a flow's name may be written as `_`.
    """
    return (flow, flow.replace(" ", "_"), SERVER_RESOURCE)


def read_setdbparms(text: str, *, file: str = "setdbparms.txt") -> tuple[StoredCredential, ...]:
    """The credentials of a setdbparms.txt, in order. Raises Mistakes; their text never holds a word of the
    file.

    A line is three words separated by white space; quotes of either kind are part of a word and group nothing
    (the reader of 11.0.0.12). Lines that start with `#` and empty lines are skipped. In a command, options
    come in any order, `-w` and its directory are ignored.
    """
    found: list[StoredCredential] = []
    mistakes: list[Mistake] = []
    lines = text.removeprefix("\ufeff").splitlines()
    if len(lines) > _MOST_LINES:
        raise Mistakes([Mistake("setdbparms_too_long", f"at most {_MOST_LINES} lines", file)])
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        read = _command(words, number, file) if words[0] == COMMAND else _three_words(words, number, file)
        if isinstance(read, Mistake):
            mistakes.append(read)
        elif any(one.resource == read.resource for one in found):
            message = "this resource has a line already; the later one would win without a word"
            mistakes.append(Mistake("setdbparms_twice", message, file, number, 1))
        else:
            found.append(read)
    if mistakes:
        raise Mistakes(mistakes)
    return tuple(found)


def _three_words(words: list[str], number: int, file: str) -> StoredCredential | Mistake:
    if len(words) < 3:
        message = f"too few parameters: expected `resource user password`, got {len(words)} of 3 words"
        return Mistake("setdbparms_too_few", message, file, number, 1)
    if len(words) > 3:
        message = (
            f"too many parameters: expected `resource user password`, got {len(words)} words "
            "(quotes do not group words, and no comment may follow)"
        )
        return Mistake("setdbparms_too_many", message, file, number, 1)
    return StoredCredential(words[0], words[1], Secret(words[2]), number)


def _command(words: list[str], number: int, file: str) -> StoredCredential | Mistake:
    given: dict[str, str] = {}
    rest = words[1:]
    while rest:
        option = rest.pop(0)
        if option not in _OPTIONS:
            message = f"expected one of the options {', '.join(_OPTIONS)} of {COMMAND}"
            return Mistake("setdbparms_option", message, file, number, 1)
        if not rest:
            return Mistake(
                "setdbparms_too_few", f"too few parameters: {option} has no value", file, number, 1
            )
        given[option] = rest.pop(0)
    missing = [f"{option} {_OPTIONS[option]}" for option in ("-n", "-u", "-p") if option not in given]
    if missing:
        message = f"too few parameters: {COMMAND} needs {', '.join(missing)}"
        return Mistake("setdbparms_too_few", message, file, number, 1)
    return StoredCredential(given["-n"], given["-u"], Secret(given["-p"]), number)
