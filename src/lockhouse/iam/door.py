"""IAM's doors, opened: everything they share is made here."""

from litestar import Router
from litestar.di import Provide
from litestar.types import Scope

from lockhouse.clock import Clock
from lockhouse.iam.access import ACCESS
from lockhouse.iam.account_api import ACCOUNTS
from lockhouse.iam.account_settings_api import ACCOUNT_SETTINGS
from lockhouse.iam.apikey_api import API_KEYS
from lockhouse.iam.audit_lines import AuditLines
from lockhouse.iam.errors import (
    AddressNotAllowed,
    CodeInvalid,
    Conflict,
    CredentialsWrong,
    NotAllowed,
    NotFound,
    RequestInvalid,
    TokenDead,
    TooManyTries,
)
from lockhouse.iam.event_api import EVENTS
from lockhouse.iam.form_door import FormCall
from lockhouse.iam.issues import TokenIssues
from lockhouse.iam.limits_api import LIMITS
from lockhouse.iam.list_query import provide_list_query
from lockhouse.iam.login_limits import LoginLimits
from lockhouse.iam.mfa_api import MFA
from lockhouse.iam.preference_api import PREFERENCES
from lockhouse.iam.profile_api import PROFILES
from lockhouse.iam.profile_parts_api import PROFILE_PARTS
from lockhouse.iam.report_api import REPORTS
from lockhouse.iam.room import Guest, Room, Stranger, verified_claims
from lockhouse.iam.serviceid_api import SERVICE_ID_GROUPS, SERVICE_IDS
from lockhouse.iam.signing import SigningKeys
from lockhouse.iam.signing_key_api import SIGNING_KEYS
from lockhouse.iam.template_api import TEMPLATES
from lockhouse.iam.token_api import doors
from lockhouse.iam.token_paths import PATHS
from lockhouse.iam.upkeep import Upkeep
from lockhouse.iam.user_api import USERS, USERS_V3
from lockhouse.sealing import Keyring
from lockhouse.settings import Settings
from lockhouse.storage import AlreadyThere, Database, NotStorable, StorageUnavailable
from lockhouse.web.address import base_url_of, read_networks
from lockhouse.web.answers import Answer, Answers, exception_handler, identity_style
from lockhouse.web.bearer import TokenMissing, TokenRefused
from lockhouse.web.door import Door

ANSWERS: Answers = {
    RequestInvalid: Answer(400, "BXNIM0109E"),
    NotStorable: Answer(400, "BXNIM0109E"),
    CredentialsWrong: Answer(400, "BXNIM0602E", "The credentials you provided are incorrect."),
    CodeInvalid: Answer(400, "BXNIM0498E", "The code is unknown, used, or too old."),
    TokenMissing: Answer(401, "BXNIM0308E", "No authorization header found"),
    TokenRefused: Answer(401, "BXNIM0407E"),
    TokenDead: Answer(401, "BXNIM0407E"),
    NotAllowed: Answer(403, "BXNIM0513E"),
    AddressNotAllowed: Answer(403, "BXNIM0496E"),
    NotFound: Answer(404, "BXNIM0404E"),
    Conflict: Answer(409, "BXNIM0409E"),
    AlreadyThere: Answer(409, "BXNIM0409E", "The change does not fit: another was made at the same time."),
    TooManyTries: Answer(429, "BXNIM0429E"),
    StorageUnavailable: Answer(503, "BXNIM0503E", "The service cannot reach its store. Try again later."),
}


def open_iam(*, db: Database, keyring: Keyring, clock: Clock, settings: Settings) -> Door:
    """IAM with its doors. `start` reads the signing keys, so a store that was not initialised shows at
    once."""
    room = Room(
        db=db,
        keyring=keyring,
        clock=clock,
        settings=settings,
        keys=SigningKeys(keyring),
        issues=TokenIssues(db),
        limits=LoginLimits(enabled=settings.rate_limits),
        proxies=read_networks(settings.trusted_proxies),
    )

    async def provide_guest(scope: Scope) -> Guest:
        call = FormCall(room, scope, {})
        claims = await verified_claims(room, call.headers.get(b"authorization", b"").decode("latin-1"))
        base_url = settings.external_url.rstrip("/") or base_url_of(scope)
        return Guest(room, claims, call.visit(), base_url=base_url, path=scope["path"])

    async def provide_stranger(scope: Scope) -> Stranger:
        return Stranger(room, FormCall(room, scope, {}).visit())

    async def read_keys() -> None:
        now = room.now
        await db.read(lambda tx: room.keys.load(tx, now=now))
        room.keys.warm(now=now)

    api = Router(
        path="/",
        route_handlers=[
            API_KEYS,
            SERVICE_IDS,
            SERVICE_ID_GROUPS,
            PROFILES,
            PROFILE_PARTS,
            ACCOUNT_SETTINGS,
            ACCOUNTS,
            USERS,
            USERS_V3,
            EVENTS,
            LIMITS,
            MFA,
            PREFERENCES,
            REPORTS,
            SIGNING_KEYS,
            TEMPLATES,
        ],
        dependencies={
            "guest": Provide(provide_guest),
            "stranger": Provide(provide_stranger),
            "listed": Provide(provide_list_query),
        },
        exception_handlers={Exception: exception_handler(ANSWERS, identity_style)},
    )
    # Stopped in reverse: what waits in memory is written first, then the last lines of the audit trail.
    at_work: list[AuditLines | Upkeep | TokenIssues] = [Upkeep(room), room.issues]
    if settings.audit_file:
        at_work.insert(0, AuditLines(db, settings.audit_file, clock))
    return Door(
        handlers=[api],
        hot=doors(room),
        described=PATHS,
        access=ACCESS,
        start=[read_keys, *(one.start for one in at_work)],
        stop=[one.stop for one in at_work],
    )
