"""Senders, parties, batches, letters."""

from alembic import op

revision = "documents_0001"
down_revision = None
branch_labels = None
depends_on = None

DDL = """
create table documents.sender (
    company_id uuid constraint sender_pkey primary key,
    title text not null,
    address text not null,
    city text not null,
    tax_number text not null,
    tax_office text,
    mersis text,
    phone text,
    email text not null,
    kep text,
    contact text,
    legal text,
    privacy_url text,
    accent text not null default '#1f3a5f',
    logo_key text,
    updated_at timestamptz not null default clock_timestamp(),
    constraint sender_has_title check (title <> ''),
    constraint sender_tax_number_is_one check (tax_number ~ '^[0-9]{10,11}$'),
    constraint sender_accent_is_a_colour check (accent ~ '^#[0-9a-f]{6}$')
);

create table documents.party (
    id uuid constraint party_pkey primary key,
    company_id uuid not null,
    tax_number text not null,
    title text,
    tax_office text,
    email text,
    phone text,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    constraint party_one_per_company_id_tax_number unique (company_id, tax_number),
    constraint party_one_per_company_id_id unique (company_id, id),
    constraint party_tax_number_is_one check (tax_number ~ '^[0-9]{10,11}$'),
    constraint party_title_not_blank check (title <> '')
);

comment on column documents.party.title is 'null: only its tax number is known, as the old workbook layout gives it';

create table documents.batch (
    id uuid constraint batch_pkey primary key,
    company_id uuid not null,
    job_id uuid not null constraint batch_one_per_job_id unique,
    workbook_key text,
    workbook_sha256 text not null,
    stage text not null,
    locale text not null,
    issued_on date not null,
    sender jsonb not null,
    rows integer,
    refused integer not null default 0,
    letters integer not null default 0,
    letters_failed integer not null default 0,
    no_address integer not null default 0,
    mails integer not null default 0,
    mails_failed integer not null default 0,
    refusals jsonb not null default '[]',
    faults_key text,
    archive_key text,
    created_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    constraint batch_one_per_company_id_id unique (company_id, id),
    constraint batch_stage_known check (stage in ('reading', 'packing', 'telling', 'done')),
    constraint batch_locale_known check (locale in ('tr', 'en')),
    constraint batch_workbook_sha256_is_one check (workbook_sha256 ~ '^[0-9a-f]{64}$'),
    constraint batch_finished_exactly_when_done check ((stage = 'done') = (finished_at is not null)),
    constraint batch_counted_once_read check ((stage = 'reading') = (rows is null)),
    constraint batch_counts_possible check (
        rows >= 0 and refused >= 0 and letters >= 0 and mails >= 0 and no_address between 0 and letters
        and letters_failed between 0 and letters and mails_failed between 0 and mails
    )
);

comment on column documents.batch.workbook_key is 'null: pruned';
comment on column documents.batch.refusals is 'the first refused rows with their reasons; faults_key holds all of them';
comment on column documents.batch.sender is 'the letterhead as it was when the batch began; a later edit does not change its letters';

create index batch_by_company_id_workbook_sha256 on documents.batch (company_id, workbook_sha256);
create index batch_by_created_at on documents.batch (created_at);

create table documents.numbering (
    company_id uuid not null,
    year smallint not null,
    last integer not null,
    constraint numbering_pkey primary key (company_id, year),
    constraint numbering_possible check (last >= 0 and year between 2000 and 2999)
);

create table documents.letter (
    id uuid constraint letter_pkey primary key,
    company_id uuid not null,
    batch_id uuid not null,
    party_id uuid not null,
    number text not null,
    as_of date not null,
    period_start date,
    receiver jsonb not null,
    state text not null,
    pdf_key text,
    sha256 text,
    job_id uuid,
    constraint letter_one_per_company_id_number unique (company_id, number),
    constraint letter_one_per_company_id_id unique (company_id, id),
    constraint letter_of_batch foreign key (company_id, batch_id) references documents.batch (company_id, id) on delete cascade,
    constraint letter_of_party foreign key (company_id, party_id) references documents.party (company_id, id),
    constraint letter_number_is_one check (number ~ '^MUT-[0-9]{4}-[0-9]{6,}$'),
    constraint letter_state_known check (state in ('draft', 'ready', 'failed', 'queued', 'sent', 'unsent', 'unknown')),
    constraint letter_period_forward check (period_start <= as_of),
    constraint letter_frozen_once_ready check ((state in ('draft', 'failed')) = (pdf_key is null) and (pdf_key is null) = (sha256 is null)),
    constraint letter_sha256_is_one check (sha256 ~ '^[0-9a-f]{64}$')
) with (fillfactor = 50); -- every letter changes three times; where its page has room, no index must follow

comment on column documents.letter.receiver is 'the party as it was when the letter was issued';
comment on column documents.letter.job_id is 'the documents.render_letters job that made the PDF';

create index letter_by_batch_id_number on documents.letter (batch_id, number);
create index letter_by_party_id on documents.letter (party_id);

create table documents.letter_line (
    letter_id uuid not null,
    position integer not null,
    company_id uuid not null,
    dealer_code text,
    description text,
    currency text not null,
    debit numeric(18, 3) not null,
    credit numeric(18, 3) not null,
    balance numeric(18, 3) not null,
    constraint letter_line_pkey primary key (letter_id, position),
    constraint letter_line_of_letter foreign key (company_id, letter_id) references documents.letter (company_id, id) on delete cascade,
    constraint letter_line_currency_is_a_code check (currency ~ '^[A-Z]{3}$'),
    constraint letter_line_sides_not_negative check (debit >= 0 and credit >= 0),
    constraint letter_line_balance_is_the_difference check (balance = debit - credit),
    constraint letter_line_position_counts_from_one check (position >= 1)
);
"""


def upgrade() -> None:
    op.execute(DDL)
