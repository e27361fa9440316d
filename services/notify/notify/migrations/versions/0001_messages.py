"""Messages and their effects."""

from alembic import op

revision = "notify_0001"
down_revision = None
branch_labels = None
depends_on = None

DDL = """
create table notify.message (
    id uuid constraint message_pkey primary key,
    company_id uuid,
    job_id uuid not null constraint message_one_per_job_id unique,
    channel text not null,
    recipient text not null,
    subject text not null,
    locale text not null,
    created_at timestamptz not null default clock_timestamp(),
    constraint message_channel_known check (channel in ('email')),
    constraint message_locale_known check (locale in ('tr', 'en')),
    constraint message_has_recipient check (recipient <> '')
);

comment on column notify.message.job_id is 'the job that asked for it; one job says one thing to one person';

create index message_by_company_id_created_at on notify.message (company_id, created_at);
create index message_by_created_at on notify.message (created_at);

create table notify.effect (
    id uuid constraint effect_pkey primary key,
    message_id uuid not null constraint effect_of_message references notify.message (id) on delete cascade,
    key text not null constraint effect_one_per_key unique,
    reference text not null,
    state text not null,
    attempt integer not null default 0,
    claim uuid,
    answer text,
    error_tr text,
    error_en text,
    address_refused boolean not null default false,
    asked_by text,
    started_at timestamptz,
    settled_at timestamptz,
    constraint effect_state_known check (state in ('intended', 'sending', 'done', 'unknown', 'failed')),
    constraint effect_attempts_counted check (attempt >= 0 and (attempt = 0) = (started_at is null)),
    constraint effect_sent_by_right_of_a_claim check ((attempt = 0) = (claim is null)),
    constraint effect_written_down_before_tried check (state not in ('sending', 'done', 'unknown') or attempt > 0),
    constraint effect_settled_exactly_then check ((state in ('done', 'unknown', 'failed')) = (settled_at is not null)),
    constraint effect_done_by_the_providers_word check (state <> 'done' or answer is not null),
    constraint effect_fault_has_reason check (state not in ('unknown', 'failed') or (error_tr is not null and error_en is not null))
);

comment on column notify.effect.claim is 'who may send: the fencing token, new at every claim';
comment on column notify.effect.reference is 'what the provider knows it by; for e-mail the Message-ID';
comment on column notify.effect.asked_by is 'who had it sent again after it was unknown or failed';

create index effect_by_message_id on notify.effect (message_id);
create index effect_open_by_started_at on notify.effect (started_at) where state in ('sending', 'unknown');
"""


def upgrade() -> None:
    op.execute(DDL)
