"""Who is logged in: a sealed cookie with the tokens; the proof that a form is ours; forms that work once."""

import base64
import binascii
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from lockhouse.client.iam import IamClient
from lockhouse.client.transport import Problem
from lockhouse.clock import Clock
from lockhouse.errors import LockhouseError
from lockhouse.sealing import CannotOpen, Keyring, Sealed, Secret, new_token_value, same
from lockhouse.wire.tokens import TokenPair

IDLE = timedelta(hours=2)
"""A session that nobody used for so long is over (session_invalidation_in_seconds, iam-identity-api.md 6)."""
WHOLE = timedelta(hours=24)
"""And it is over after so long in any case (session_expiration_in_seconds)."""
FORM_LIFE = timedelta(hours=1)
_RENEW_BEFORE = timedelta(minutes=5)
_RENEW_AFTER = timedelta(minutes=5)
"""Of a session that somebody uses, IAM learns so: it ends sessions whose refresh token rests too long."""
_OVER = (400, 401, 403)
_PURPOSE = "console session"


class NotLoggedIn(LockhouseError):
    """The page needs somebody who is logged in."""


class FormTooOld(LockhouseError):
    """The form was made too long ago, in another session, or before this process started."""


class FormUsed(LockhouseError):
    """The form was posted before; what it asks for was done then."""


class _Ticket(msgspec.Struct, frozen=True, array_like=True):
    """What the cookie holds, sealed. Times are Unix seconds; without tokens nobody is logged in.

    `access` is the token as header, payload and signature; see `_taken_apart`.
    """

    id: str
    access: tuple[str, str, str] | None = None
    refresh: str = ""
    began: int = 0
    seen: int = 0


class _Account(msgspec.Struct, frozen=True):
    bss: str


class Claims(msgspec.Struct, frozen=True):
    """What the pages say of the person who is logged in; IAM verified it when it made the token.

    `roles` are those of that moment: they choose what a page offers, never what it may do.
    """

    iam_id: str
    account: _Account
    exp: int
    iat: int = 0
    name: str = ""
    email: str = ""
    roles: tuple[str, ...] = ()

    @property
    def account_id(self) -> str:
        """The IAM account in which the person is logged in."""
        return self.account.bss

    @property
    def administrator(self) -> bool:
        """Whether pages offer to manage what belongs to others."""
        return not {"Owner", "Administrator"}.isdisjoint(self.roles)

    @property
    def editor(self) -> bool:
        """Whether pages offer to change the account's settings."""
        return self.administrator or not {"Operator", "Editor"}.isdisjoint(self.roles)

    @property
    def viewer(self) -> bool:
        """Whether pages lead to what belongs to others, and to the audit trail."""
        return self.editor or "Viewer" in self.roles


@dataclass(frozen=True, slots=True)
class Login:
    """A person who is logged in: who it is, and the tokens to ask IAM with."""

    who: Claims
    access: Secret
    refresh: Secret
    began: int

    @property
    def token(self) -> str:
        """The access token, for the client that sends it."""
        return self.access.reveal()


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser. `csrf` goes into every form; `id` changes when somebody logs in or out."""

    id: str
    csrf: str
    login: Login | None = None


class Sessions:
    """Opens and seals the cookies. IAM knows which sessions live; here is nothing that may not be lost."""

    def __init__(self, *, keyring: Keyring, iam: IamClient, clock: Clock) -> None:
        self._keyring = keyring
        self._iam = iam
        self._clock = clock
        self._started = self._now()
        self._spent: OrderedDict[str, int] = OrderedDict()

    def arrive(self) -> Visitor:
        """A browser of which nothing is known."""
        return self._visitor(new_token_value(16).reveal())

    async def log_in(self, email: str, password: Secret, *, address: str) -> Visitor:
        """Begin a session under a new id. `address` is where the browser is. Raises Problem."""
        pair = await self._iam.password_token(email, password, address=address)
        return self._visitor(self.arrive().id, _login(pair, began=self._now()))

    async def resume(self, cookie: str) -> Visitor:
        """The visitor whose cookie this is; a new one when it does not open or is over. Raises Problem."""
        try:
            sealed = Sealed(cookie + "=" * (-len(cookie.rpartition(".")[2]) % 4))
            text = self._keyring.open(sealed, purpose=_PURPOSE).reveal()
            ticket = msgspec.json.decode(zlib.decompress(base64.b85decode(text)), type=_Ticket)
        except (CannotOpen, msgspec.DecodeError):
            return self.arrive()
        if ticket.access is None:
            return self._visitor(ticket.id)
        now = self._now()
        if now - ticket.seen > IDLE.total_seconds() or now - ticket.began > WHOLE.total_seconds():
            return self.arrive()
        login = await self._living(ticket)
        return self._visitor(ticket.id, login) if login is not None else self.arrive()

    async def log_out(self, visitor: Visitor) -> Visitor:
        """End the session in IAM: a cookie that somebody kept opens nothing any more. Raises Problem."""
        if visitor.login is not None:
            await self._iam.revoke(visitor.login.refresh)
        return self.arrive()

    def cookie(self, visitor: Visitor) -> str:
        """The cookie's text: another one each time, so that no browser shows a page from before again."""
        ticket = _Ticket(visitor.id)
        if visitor.login is not None:
            login = visitor.login
            access = _taken_apart(login.token)
            ticket = _Ticket(visitor.id, access, login.refresh.reveal(), login.began, self._now())
        packed = base64.b85encode(zlib.compress(msgspec.json.encode(ticket))).decode()
        # Without padding: `=` would be put in quotes, which not every client of cookies reads alike.
        return self._keyring.seal(Secret(packed), purpose=_PURPOSE).rstrip("=")

    def new_nonce(self, visitor: Visitor) -> str:
        """A word for one post of one form: when it was made, something random, a digest that ties both to
        him."""
        stem = f"{self._now()}.{new_token_value(12).reveal()}"
        return f"{stem}.{self._digest('nonce', visitor.id, stem)}"

    def spend(self, visitor: Visitor, nonce: str) -> None:
        """Use a form's word. Raises FormTooOld, FormUsed."""
        stem, _, digest = nonce.rpartition(".")
        if not same(digest, self._digest("nonce", visitor.id, stem)):
            raise FormTooOld("the form belongs to another session")
        now, made = self._now(), int(stem.partition(".")[0])
        if made < self._started or now - made > FORM_LIFE.total_seconds():
            # What an earlier process accepted is not known here, so it counts as too old.
            raise FormTooOld("the form was made too long ago")
        while self._spent and next(iter(self._spent.values())) < now - FORM_LIFE.total_seconds():
            self._spent.popitem(last=False)
        if stem in self._spent:
            raise FormUsed("the form was posted before")
        self._spent[stem] = now

    def key_value(self, visitor: Visitor, nonce: str) -> Secret:
        """The value of the API key that a form makes: 44 characters, unguessable without the digest key.

        The same post asks for the same value again, and IAM has each value once: so of two posts that reach
        two processes at the same time one makes a key.
        """
        digests = (self._keyring.digest(Secret(f"console key {n} {visitor.id} {nonce}")) for n in (1, 2))
        return Secret(base64.urlsafe_b64encode(b"".join(digests)[:33]).decode())

    def _visitor(self, visitor_id: str, login: Login | None = None) -> Visitor:
        return Visitor(visitor_id, self._digest("csrf", visitor_id), login)

    def _digest(self, *words: str) -> str:
        return base64.urlsafe_b64encode(self._keyring.digest(Secret(" ".join(("console", *words))))).decode()

    def _now(self) -> int:
        return int(self._clock().timestamp())

    async def _living(self, ticket: _Ticket) -> Login | None:
        """The login, renewed when its token ends soon; None when IAM says that its session is over."""
        token = _put_together(*ticket.access) if ticket.access else ""
        login = Login(_claims(token), Secret(token), Secret(ticket.refresh), ticket.began)
        left, age = login.who.exp - self._now(), self._now() - login.who.iat
        if left <= _RENEW_BEFORE.total_seconds() or age >= _RENEW_AFTER.total_seconds():
            try:
                login = _login(await self._iam.refresh(login.refresh), began=login.began)
            except Problem as problem:
                if problem.status in _OVER:
                    return None
                raise
        # A token lives for an hour, a session until it is ended: IAM knows, at the price of one call a page.
        active = (await self._iam.introspect(login.access)).get("active") is True
        return login if active else None


def _login(pair: TokenPair, *, began: int) -> Login:
    return Login(_claims(pair.access_token), Secret(pair.access_token), Secret(pair.refresh_token), began)


def _taken_apart(token: str) -> tuple[str, str, str]:
    """Header and payload as the JSON that they are, which can be squeezed.

    A browser keeps 4 KB of a cookie, and a name of 256 letters stands six times in a token.
    """
    header, payload, signature = token.split(".")
    return _decoded(header).decode(), _decoded(payload).decode(), signature


def _put_together(header: str, payload: str, signature: str) -> str:
    return ".".join((_encoded(header.encode()), _encoded(payload.encode()), signature))


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def _claims(access_token: str) -> Claims:
    """The claims of a token that came from IAM itself. Raises Problem when it is none."""
    try:
        return msgspec.json.decode(_decoded(access_token.split(".")[1]), type=Claims)
    except (IndexError, binascii.Error, msgspec.DecodeError) as error:
        message = "IAM gave a token that cannot be read"
        raise Problem(status=502, code="token_unreadable", message=message) from error
