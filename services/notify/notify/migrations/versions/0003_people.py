"""Texts with versions, and what people want: opt-outs, consents, quiet hours."""

from alembic import op

revision = "notify_0003"
down_revision = "notify_0002"
branch_labels = None
depends_on = None

DDL = """
create table notify.template (
    id uuid constraint template_pkey primary key,
    company_id uuid not null,
    name text not null,
    version integer not null,
    bodies jsonb not null,
    note text not null default '',
    retired boolean not null default false,
    created_by text not null,
    created_at timestamptz not null default clock_timestamp(),
    constraint template_one_per_company_id_name_version unique (company_id, name, version),
    constraint template_versions_count check (version > 0),
    constraint template_name_plain check (name ~ '^[a-z0-9][a-z0-9_.-]*$')
);

comment on column notify.template.bodies is 'by language, then by what it is for: subject, text, html, sms, telegram';
comment on column notify.template.retired is 'not offered any more; a newer version brings it back';

create table notify.opt_out (
    id uuid constraint opt_out_pkey primary key,
    company_id uuid not null,
    channel text not null,
    recipient text not null,
    scope text not null default 'commercial',
    source text not null,
    by text not null,
    at timestamptz not null default clock_timestamp(),
    constraint opt_out_one_per_company_id_channel_recipient unique (company_id, channel, recipient),
    constraint opt_out_channel_known check (channel in ('email', 'sms', 'telegram')),
    constraint opt_out_scope_known check (scope in ('commercial', 'all')),
    constraint opt_out_source_known check (source in ('link', 'console', 'api', 'provider', 'import'))
);

create index opt_out_by_company_id_at on notify.opt_out (company_id, at);

create table notify.consent (
    id uuid constraint consent_pkey primary key,
    company_id uuid not null,
    channel text not null,
    recipient text not null,
    recipient_type text not null default 'BIREYSEL',
    status text not null,
    source text not null,
    consent_date timestamptz not null,
    recorded_by text not null,
    recorded_at timestamptz not null default clock_timestamp(),
    constraint consent_channel_known check (channel in ('email', 'sms', 'telegram')),
    constraint consent_recipient_type_known check (recipient_type in ('BIREYSEL', 'TACIR')),
    constraint consent_status_known check (status in ('ONAY', 'RET'))
);

comment on column notify.consent.source is 'where it was said: HS_WEB, HS_FIZIKSEL_ORTAM, ...';

create index consent_by_company_id_channel_recipient_consent_date on notify.consent (company_id, channel, recipient, consent_date);
create index consent_by_company_id_recorded_at on notify.consent (company_id, recorded_at);

create table notify.company_rules (
    company_id uuid constraint company_rules_pkey primary key,
    quiet_from time not null default '21:00',
    quiet_until time not null default '09:00',
    zone text not null default 'Europe/Istanbul',
    quiet_kinds text[] not null default array['commercial'],
    needs_consent boolean not null default true,
    changed_by text not null,
    changed_at timestamptz not null default clock_timestamp(),
    constraint company_rules_passwords_are_never_held check (quiet_kinds <@ array['commercial', 'informational']),
    constraint company_rules_quiet_is_no_whole_day check (quiet_from <> quiet_until)
);

-- Effects begin in the order in which they are written: for the figures of the last hour a few pages of them are enough.
create index effect_recent on notify.effect using brin (started_at);
"""


def upgrade() -> None:
    op.execute(DDL)
