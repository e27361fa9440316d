"""Messages of every kind, in lanes; the same to many; what providers say afterwards; how providers stand."""

from alembic import op

revision = "notify_0002"
down_revision = "notify_0001"
branch_labels = None
depends_on = None

DDL = """
create table notify.bulk (
    id uuid constraint bulk_pkey primary key,
    company_id uuid,
    job_id uuid constraint bulk_one_per_job_id unique,
    requested_by text not null,
    title text not null default '',
    channel text not null,
    kind text not null,
    text text,
    subject text,
    template text,
    in_doubt text not null default 'resend',
    rows integer not null default 0,
    refused integer not null default 0,
    repeated integer not null default 0,
    messages integer not null default 0,
    segments integer not null default 0,
    price numeric(14, 4),
    currency text,
    created_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    cancelled_by text,
    constraint bulk_in_doubt_known check (in_doubt in ('resend', 'leave'))
);

create index bulk_by_company_id_created_at on notify.bulk (company_id, created_at);
create index bulk_open on notify.bulk (job_id) where finished_at is null;

comment on column notify.bulk.text is 'what all its messages say, where they say the same; kept once';

alter table notify.message
    drop constraint message_channel_known,
    alter column job_id drop not null,
    add column kind text not null default 'informational',
    add column state text not null default 'direct',
    add column provider text,
    add column pinned boolean not null default false,
    add column bulk_id uuid constraint message_of_bulk references notify.bulk (id) on delete cascade,
    add column position integer,
    add column dedup text,
    add column sender text,
    add column text text,
    add column sealed bytea,
    add column detail jsonb,
    add column encoding text,
    add column segments integer not null default 1,
    add column price numeric(12, 4),
    add column currency text,
    add column send_at timestamptz,
    add column expires_at timestamptz,
    add column tries integer not null default 0,
    add column resends integer not null default 0,
    add column pushed_at timestamptz,
    add column accepted_at timestamptz,
    add column changed_at timestamptz not null default clock_timestamp(),
    add column code text,
    add column error_en text,
    add column error_tr text,
    add column requested_by text,
    add constraint message_channel_known check (channel in ('email', 'sms', 'telegram', 'webhook')),
    add constraint message_kind_known check (kind in ('otp', 'informational', 'commercial')),
    add constraint message_state_known check (state in ('direct', 'queued', 'sending', 'unknown', 'accepted', 'sent', 'delivered',
        'undelivered', 'failed', 'expired', 'refused', 'cancelled', 'unconfirmed')),
    add constraint message_waits_for_a_provider check (state not in ('queued', 'sending') or provider is not null),
    add constraint message_of_a_job_or_a_bulk check (state <> 'direct' or job_id is not null),
    add constraint message_secrets_are_sealed check (kind <> 'otp' or text is null),
    add constraint message_end_has_reason check (state not in ('failed', 'refused', 'unconfirmed') or (error_en is not null and error_tr is not null)),
    add constraint message_has_segments check (segments > 0);

comment on column notify.message.job_id is 'the job that asked for it; one job says one thing to one person. None: one of a bulk';
comment on column notify.message.sealed is 'the words of a password for one use, unreadable without the key; gone once they have left';
comment on column notify.message.pinned is 'leaves by this provider and no other';
comment on column notify.message.pushed_at is 'when Redis was last told of it; Redis may have forgotten';

create unique index message_once_per_dedup on notify.message (company_id, dedup) nulls not distinct where dedup is not null;
create index message_by_bulk_id_state on notify.message (bulk_id, state) where bulk_id is not null;
create index message_unpushed on notify.message (provider, send_at) where state = 'queued' and pushed_at is null;
create index message_waiting on notify.message (provider, pushed_at) where state = 'queued' and pushed_at is not null;
create index message_open_by_expires_at on notify.message (expires_at) where state = 'queued';

alter table notify.effect
    add column provider text,
    add column provider_id text,
    add column code text,
    add column asked_at timestamptz,
    add column asked integer not null default 0;

comment on column notify.effect.provider_id is 'what the provider knows it by';
comment on column notify.effect.asked_at is 'when the provider was last asked what became of it';

create index effect_by_provider_id_provider on notify.effect (provider_id, provider) where provider_id is not null;

create index effect_by_reference on notify.effect (reference);

create table notify.receipt (
    provider text not null,
    provider_id text not null,
    state text not null,
    code text not null default '',
    at timestamptz not null,
    received_at timestamptz not null default clock_timestamp(),
    effect_id uuid constraint receipt_of_effect references notify.effect (id) on delete cascade,
    constraint receipt_pkey primary key (provider, provider_id, state)
);

create index receipt_by_effect_id on notify.receipt (effect_id);
create index receipt_unmatched on notify.receipt (received_at) where effect_id is null;

create table notify.provider (
    name text constraint provider_pkey primary key,
    failures integer not null default 0,
    openings integer not null default 0,
    open_until timestamptz,
    error_en text,
    error_tr text,
    failed_at timestamptz,
    succeeded_at timestamptz
);

comment on column notify.provider.openings is 'how often in a row nothing was taken after a pause';
"""


def upgrade() -> None:
    op.execute(DDL)
