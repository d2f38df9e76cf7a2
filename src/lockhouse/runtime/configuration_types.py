"""CONFIGURATION_TYPES: what each type of configuration holds and gives a server (deployment.md, section
4)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lockhouse.errors import Mistake, Mistakes
from lockhouse.runtime.setdbparms import SERVER_RESOURCE, read_setdbparms
from lockhouse.sealing import Secret
from lockhouse.wire.accounts import ConnectorAccount, read_accounts
from lockhouse.wire.apikey_file import read_apikey_file

MOST_BYTES = 700 * 1024
"""In base64 and JSON it still fits into the megabyte that a body may have."""


@dataclass(frozen=True, slots=True)
class ProvidedKey:
    """An API key that a configuration carries for a flow (`resource` is its name) or for all
    (AppConnectAPIKey)."""

    configuration: str
    resource: str
    value: Secret
    apikey_id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Provided:
    """What a configuration gives to the server that lists it."""

    keys: tuple[ProvidedKey, ...] = ()
    accounts: tuple[ConnectorAccount, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfigurationType:
    """One type. `read` checks the content and says what it provides; None: stored, listed, and not applied
    here.

    `most` is how many of it one server may list, None for any number.
    """

    title: str
    read: Callable[[str, bytes], Provided] | None = None
    secret: bool = True
    most: int | None = None


def _accounts(name: str, content: bytes) -> Provided:
    return Provided(accounts=tuple(read_accounts(content, file=name)))


def _setdbparms(name: str, content: bytes) -> Provided:
    lines = read_setdbparms(_text(name, content), file=name)
    return Provided(
        keys=tuple(ProvidedKey(name, one.resource, one.password) for one in lines if one.is_apikey)
    )


def _apikey(name: str, content: bytes) -> Provided:
    file = read_apikey_file(_text(name, content), file=name)
    return Provided(keys=(ProvidedKey(name, SERVER_RESOURCE, file.apikey, file.id, file.name),))


CONFIGURATION_TYPES: Mapping[str, ConfigurationType] = {
    "accounts": ConfigurationType("Accounts", _accounts, most=1),
    "adminssl": ConfigurationType("REST Admin SSL files", most=1),
    "agenta": ConfigurationType("Agenta", most=1),
    "agentx": ConfigurationType("Agentx", most=1),
    "apikey": ConfigurationType("API key (apiKey.json)", _apikey),
    "barauth": ConfigurationType("BarAuth"),
    "credentials": ConfigurationType("Credentials"),
    "generic": ConfigurationType("Generic files"),
    "keystore": ConfigurationType("Keystore"),
    "localcredentials": ConfigurationType("Local credentials"),
    "loopbackdatasource": ConfigurationType("Loopback data source", most=1),
    "mqccdt": ConfigurationType("MQ client channel definition table"),
    "mqccred": ConfigurationType("MQ client credentials"),
    "odbc": ConfigurationType("odbc.ini", secret=False, most=1),
    "persistencerate": ConfigurationType("Persistence rate", secret=False),
    "policyproject": ConfigurationType("Policy project", secret=False),
    "privatenetworkagent": ConfigurationType("Private network agent"),
    "resiliencykafkacredentials": ConfigurationType("Resiliency Kafka credentials"),
    "s3credentials": ConfigurationType("S3Credentials"),
    "serverconf": ConfigurationType("server.conf.yaml", secret=False, most=1),
    "setdbparms": ConfigurationType("setdbparms.txt", _setdbparms),
    "truststore": ConfigurationType("Truststore"),
    "truststorecertificate": ConfigurationType("Truststore certificate"),
    "vault": ConfigurationType("Vault"),
    "vaultkey": ConfigurationType("Vault key"),
    "workdiroverride": ConfigurationType("Work directory override", secret=False),
}
"""`apikey` is ours: the content of an apiKey.json, so that the key's id is known (deployment.md, section
5)."""


def read_configuration(kind: str, name: str, content: bytes) -> Provided:
    """Check a configuration's content. Raises Mistakes, without a word of the content."""
    known = CONFIGURATION_TYPES.get(kind)
    if known is None:
        message = f"expected one of the types {', '.join(CONFIGURATION_TYPES)}"
        raise Mistakes([Mistake("configuration_type_unknown", message, name, field="spec.type")])
    if len(content) > MOST_BYTES:
        message = f"a configuration holds at most {MOST_BYTES} bytes"
        raise Mistakes([Mistake("configuration_too_large", message, name, field="spec.data")])
    return known.read(name, content) if known.read else Provided()


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Mistakes([Mistake("configuration_not_text", "expected UTF-8 text", name)]) from None
