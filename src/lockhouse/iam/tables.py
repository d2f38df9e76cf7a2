"""IAM's tables. Moments are Unix milliseconds; texts that end in `_json` hold JSON; nothing secret is in
clear."""

import sqlalchemy as sa

METADATA = sa.MetaData()

# Sorted byte by byte on both databases, so that pages are cut alike.
SORTED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

ACCOUNTS = sa.Table(
    "iam_accounts",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("owner_iam_id", sa.Text, nullable=False),
    # The account that the store was made with: its owner looks after the platform itself.
    sa.Column("first", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("disabled_at", sa.BigInteger),
    sa.Column("disabled_by", sa.Text),
    sa.Column("settings_json", sa.Text, nullable=False),
    sa.Column("settings_tag", sa.Text, nullable=False),
)

USERS = sa.Table(
    "iam_users",
    METADATA,
    sa.Column("iam_id", sa.Text, primary_key=True),
    sa.Column("email", sa.Text, nullable=False, unique=True),
    sa.Column("password_hash", sa.Text),
    sa.Column("password_changed_at", sa.BigInteger),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)

IDENTITIES = sa.Table(
    "iam_identities",
    METADATA,
    sa.Column("account_id", sa.Text, sa.ForeignKey("iam_accounts.id"), primary_key=True),
    sa.Column("iam_id", SORTED, primary_key=True),
    sa.Column("id", SORTED, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", SORTED, nullable=False),
    sa.Column("description", SORTED),
    sa.Column("email", sa.Text),
    sa.Column("given_name", sa.Text),
    sa.Column("family_name", sa.Text),
    sa.Column("roles_json", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("locked", sa.Boolean, nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("disabled_at", sa.BigInteger),
    sa.Column("disabled_by", sa.Text),
    sa.Column("group_id", sa.Text),
    sa.Column("details_json", sa.Text, nullable=False),
    sa.Column("entity_tag", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("modified_at", sa.BigInteger, nullable=False),
    sa.Index("iam_identities_id", "id"),
    sa.Index("iam_identities_by_name", "account_id", "kind", "name", "iam_id"),
    sa.Index("iam_identities_by_age", "account_id", "kind", "created_at", "iam_id"),
)

_LIVE = sa.text("deleted_at IS NULL")

API_KEYS = sa.Table(
    "iam_api_keys",
    METADATA,
    sa.Column("id", SORTED, primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("account_id", sa.Text, sa.ForeignKey("iam_accounts.id"), nullable=False),
    sa.Column("iam_id", sa.Text, nullable=False),
    sa.Column("name", SORTED, nullable=False),
    sa.Column("description", SORTED, nullable=False),
    sa.Column("sealed_value", sa.Text),
    sa.Column("support_sessions", sa.Boolean, nullable=False),
    sa.Column("action_when_leaked", sa.Text, nullable=False),
    sa.Column("expires_text", sa.Text),
    sa.Column("expires_at", sa.BigInteger),
    sa.Column("locked", sa.Boolean, nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("disabled_at", sa.BigInteger),
    sa.Column("disabled_by", sa.Text),
    sa.Column("entity_tag", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("created_by", SORTED, nullable=False),
    sa.Column("modified_at", sa.BigInteger, nullable=False),
    # A deleted key leaves its row behind: no API shows it, but the servers that used it are told why they
    # fail.
    sa.Column("deleted_at", sa.BigInteger),
    sa.Column("deleted_by", sa.Text),
)
for _name, _unique, _columns in (
    ("iam_api_keys_digest", True, ("digest",)),
    ("iam_api_keys_of_identity", False, ("account_id", "iam_id", "created_at", "id")),
    ("iam_api_keys_by_age", False, ("account_id", "created_at", "id")),
    ("iam_api_keys_by_name", False, ("account_id", "name", "id")),
):
    sa.Index(
        _name,
        *(API_KEYS.c[column] for column in _columns),
        unique=_unique,
        sqlite_where=_LIVE,
        postgresql_where=_LIVE,
    )

SIGNING_KEYS = sa.Table(
    "iam_signing_keys",
    METADATA,
    sa.Column("kid", sa.Text, primary_key=True),
    sa.Column("sealed_private_key", sa.Text, nullable=False),
    sa.Column("public_json", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("signs_from", sa.BigInteger),
    sa.Column("revoked_at", sa.BigInteger),
    sa.Column("revoked_by", sa.Text),
)

SESSIONS = sa.Table(
    "iam_sessions",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, sa.ForeignKey("iam_accounts.id"), nullable=False),
    sa.Column("iam_id", sa.Text, nullable=False),
    sa.Column("apikey_id", sa.Text),
    sa.Column("grant_type", sa.Text, nullable=False),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("client_digest", sa.LargeBinary),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("used_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Column("revoked_at", sa.BigInteger),
    sa.Column("revoked_by", sa.Text),
    sa.Index("iam_sessions_of_identity", "account_id", "iam_id"),
)

REFRESH_TOKENS = sa.Table(
    "iam_refresh_tokens",
    METADATA,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("session_id", sa.Text, sa.ForeignKey("iam_sessions.id", ondelete="CASCADE"), nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Column("spent_at", sa.BigInteger),
    sa.Index("iam_refresh_tokens_of_session", "session_id"),
)

REVOKED_TOKENS = sa.Table(
    "iam_revoked_tokens",
    METADATA,
    sa.Column("jti", sa.Text, primary_key=True),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Column("revoked_at", sa.BigInteger, nullable=False),
    sa.Column("revoked_by", sa.Text, nullable=False),
)

ACTIVITY = sa.Table(
    "iam_activity",
    METADATA,
    sa.Column("entity_id", sa.Text, primary_key=True),
    sa.Column("last_authn", sa.BigInteger, nullable=False),
    sa.Column("authn_count", sa.BigInteger, nullable=False),
)

AUDIT = sa.Table(
    "iam_audit",
    METADATA,
    sa.Column(
        "number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
    ),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("actor_account", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("change", sa.Text),
    sa.Column("params_json", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("trace", sa.Text, nullable=False),
)
sa.Index("iam_audit_of_account", AUDIT.c.account_id, AUDIT.c.number)
# History is read from the audit trail: only changes are found by their target, token issues are far more.
sa.Index(
    "iam_audit_of_target",
    AUDIT.c.target,
    AUDIT.c.number,
    sqlite_where=sa.text("change IS NOT NULL"),
    postgresql_where=sa.text("change IS NOT NULL"),
)

SERVICE_ID_GROUPS = sa.Table(
    "iam_serviceid_groups",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, sa.ForeignKey("iam_accounts.id"), nullable=False),
    sa.Column("name", SORTED, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("entity_tag", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("modified_at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("account_id", "name", name="iam_serviceid_groups_name"),
)

PROFILE_RULES = sa.Table(
    "iam_profile_rules",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("profile_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("realm_name", sa.Text, nullable=False),
    sa.Column("cr_type", sa.Text, nullable=False),
    sa.Column("expiration", sa.BigInteger, nullable=False),
    sa.Column("conditions_json", sa.Text, nullable=False),
    sa.Column("entity_tag", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("modified_at", sa.BigInteger, nullable=False),
    sa.Index("iam_profile_rules_of", "profile_id"),
)

PROFILE_LINKS = sa.Table(
    "iam_profile_links",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("profile_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("cr_type", sa.Text, nullable=False),
    sa.Column("link_json", sa.Text, nullable=False),
    sa.Column("is_cross_account", sa.Boolean, nullable=False),
    sa.Column("entity_tag", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("modified_at", sa.BigInteger, nullable=False),
    sa.Index("iam_profile_links_of", "profile_id"),
)

PROFILE_IDENTITIES = sa.Table(
    "iam_profile_identities",
    METADATA,
    sa.Column("profile_id", sa.Text, primary_key=True),
    sa.Column("type", sa.Text, primary_key=True),
    sa.Column("identifier", SORTED, primary_key=True),
    sa.Column("iam_id", sa.Text, nullable=False),
    sa.Column("accounts_json", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
)

INVITATIONS = sa.Table(
    "iam_invitations",
    METADATA,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("account_id", sa.Text, sa.ForeignKey("iam_accounts.id"), nullable=False),
    sa.Column("iam_id", sa.Text, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Index("iam_invitations_of", "iam_id"),
)

REPORTS = sa.Table(
    "iam_reports",
    METADATA,
    sa.Column("reference", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, sa.ForeignKey("iam_accounts.id"), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("hours", sa.BigInteger, nullable=False),
    sa.Index("iam_reports_of", "account_id", "created_at"),
)

POSITIONS = sa.Table(
    "iam_positions",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)
