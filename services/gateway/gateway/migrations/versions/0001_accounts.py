"""Companies, API keys, accounts, visits, knocks, submissions."""

from alembic import op

revision = "gateway_0001"
down_revision = None
branch_labels = None
depends_on = None

DDL = """
create table gateway.company (
    id uuid constraint company_pkey primary key,
    name text not null constraint company_name_unique unique,
    created_at timestamptz not null default clock_timestamp(),
    constraint company_has_name check (btrim(name) <> '')
);

create table gateway.api_key (
    id uuid constraint api_key_pkey primary key,
    company_id uuid constraint api_key_of_company references gateway.company,
    name text not null,
    role text not null,
    token_hash bytea not null constraint api_key_token_unique unique,
    prefix text not null,
    created_at timestamptz not null default clock_timestamp(),
    last_used_at timestamptz,
    revoked_at timestamptz,
    constraint api_key_role_known check (role in ('viewer', 'operator', 'admin'))
);
create index api_key_by_company on gateway.api_key (company_id, id);
comment on column gateway.api_key.company_id is 'null: the whole installation';
comment on column gateway.api_key.token_hash is 'SHA-256 of a token of 256 random bits';
comment on column gateway.api_key.prefix is 'the beginning of the token, to tell keys apart';

create table gateway.account (
    id uuid constraint account_pkey primary key,
    company_id uuid constraint account_of_company references gateway.company,
    email text not null constraint account_email_unique unique,
    password_hash text not null,
    role text not null,
    locale text not null default 'tr',
    created_at timestamptz not null default clock_timestamp(),
    signed_in_at timestamptz,
    disabled_at timestamptz,
    constraint account_role_known check (role in ('viewer', 'operator', 'admin')),
    constraint account_locale_known check (locale in ('tr', 'en'))
);
comment on column gateway.account.company_id is 'null: the whole installation';

create table gateway.visit (
    id bytea constraint visit_pkey primary key,
    account_id uuid not null constraint visit_of_account references gateway.account on delete cascade,
    created_at timestamptz not null default clock_timestamp(),
    used_at timestamptz not null default clock_timestamp()
);
create index visit_by_account on gateway.visit (account_id);
create index visit_by_use on gateway.visit (used_at);

create table gateway.knock (
    id uuid constraint knock_pkey primary key,
    email text not null,
    address text not null,
    at timestamptz not null default clock_timestamp()
);
create index knock_by_email on gateway.knock (email, at);
create index knock_by_address on gateway.knock (address, at);
comment on table gateway.knock is 'tries to sign in that have not succeeded; five for one e-mail within 15 minutes close its door';

create table gateway.submission (
    company_id uuid not null constraint submission_of_company references gateway.company,
    key text not null,
    digest bytea not null,
    job_id uuid not null,
    at timestamptz not null default clock_timestamp(),
    constraint submission_pkey primary key (company_id, key)
);
create index submission_by_age on gateway.submission (at);
comment on table gateway.submission is 'Idempotency-Key to job, kept for a day';
"""


def upgrade() -> None:
    op.execute(DDL)
