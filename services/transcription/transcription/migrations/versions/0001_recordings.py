"""Recordings, windows, segments, edits, chapters, the glossary; what a search finds."""

from alembic import op

revision = "transcription_0001"
down_revision = None
branch_labels = None
depends_on = None

DDL = """
create table transcription.recording (
    id uuid constraint recording_pkey primary key,
    company_id uuid not null,
    job_id uuid not null constraint recording_one_per_job_id unique,
    requested_by text not null,
    title text not null,
    stage text not null,
    locale text not null,
    address text,
    source_key text,
    media_key text,
    audio_key text,
    model text not null,
    wish jsonb not null,
    language text,
    language_probability double precision,
    asked boolean not null default false,
    media jsonb not null default '{}',
    duration double precision,
    speech double precision,
    truncated boolean not null default false,
    warnings jsonb not null default '[]',
    words integer not null default 0,
    files jsonb not null default '{}',
    created_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    constraint recording_one_per_company_id_id unique (company_id, id),
    constraint recording_stage_known check (stage in ('fetching', 'preparing', 'listening', 'done')),
    constraint recording_locale_known check (locale in ('tr', 'en')),
    constraint recording_has_title check (title <> ''),
    constraint recording_language_is_a_code check (language ~ '^[a-z]{2,3}$'),
    constraint recording_finished_exactly_when_done check ((stage = 'done') = (finished_at is not null)),
    constraint recording_measured_once_prepared check (stage in ('fetching', 'preparing') or duration is not null),
    constraint recording_counts_possible check (duration >= 0 and speech >= 0 and words >= 0)
);

comment on column transcription.recording.source_key is 'the file as it came; null: not fetched yet, or deleted since';
comment on column transcription.recording.media_key is 'what is transcribed: the source, or what was trimmed out of it; null: deleted';
comment on column transcription.recording.audio_key is 'a small copy of its sound, for the player and for hearing a window again; stays when the source has gone';
comment on column transcription.recording.language is 'null: not known yet, or nobody speaks';
comment on column transcription.recording.asked is 'the present listening has been asked for; parts that are not heard by then have failed';
comment on column transcription.recording.files is 'key of each written file by format; {} once deleted';

create index recording_by_company_id_created_at on transcription.recording (company_id, created_at);
create index recording_by_created_at on transcription.recording (created_at);

create table transcription.window (
    recording_id uuid not null,
    idx integer not null,
    company_id uuid not null,
    t0 double precision not null,
    t1 double precision not null,
    state text not null default 'planned',
    attempts integer not null default 0,
    model text,
    avg_logprob double precision,
    second_try boolean not null default false,
    dropped boolean not null default false,
    heard_at timestamptz,
    constraint window_pkey primary key (recording_id, idx),
    constraint window_of_recording foreign key (company_id, recording_id) references transcription.recording (company_id, id) on delete cascade,
    constraint window_possible check (idx >= 0 and t0 >= 0 and t1 > t0),
    constraint window_state_known check (state in ('planned', 'heard')),
    constraint window_heard_by_a_model check ((state = 'heard') = (heard_at is not null and model is not null)),
    constraint window_attempts_counted check (attempts >= 0)
);

comment on column transcription.window.second_try is 'the first hearing was not good enough, and the slower decoder was asked';
comment on column transcription.window.dropped is 'what was heard was invented out of silence or noise, and is left out';

create table transcription.segment (
    id uuid constraint segment_pkey primary key,
    company_id uuid not null,
    recording_id uuid not null,
    window_idx integer not null,
    position integer not null,
    t0 double precision not null,
    t1 double precision not null,
    text text not null,
    words jsonb not null default '[]',
    speaker text not null default '',
    marks jsonb not null default '{}',
    version integer not null default 1,
    constraint segment_one_per_recording_id_window_idx_position unique (recording_id, window_idx, position),
    constraint segment_of_recording foreign key (company_id, recording_id) references transcription.recording (company_id, id) on delete cascade,
    constraint segment_times_possible check (t0 >= 0 and t1 >= t0),
    constraint segment_counts_possible check (position >= 0 and version >= 1)
);

create index segment_by_recording_id_t0 on transcription.segment (recording_id, t0);

create table transcription.edit (
    id uuid constraint edit_pkey primary key,
    company_id uuid not null,
    recording_id uuid not null,
    window_idx integer not null,
    segment_id uuid,
    reason text not null,
    before text not null,
    after text not null,
    by text not null,
    at timestamptz not null default clock_timestamp(),
    constraint edit_of_recording foreign key (company_id, recording_id) references transcription.recording (company_id, id) on delete cascade,
    constraint edit_reason_known check (reason in ('edit', 'rehear')),
    constraint edit_of_a_segment_when_by_hand check ((reason = 'edit') = (segment_id is not null))
);

comment on column transcription.edit.segment_id is 'the segment as it was called then; a window that is heard again has new ones';

create index edit_by_recording_id_at on transcription.edit (recording_id, at);

create table transcription.chapter (
    recording_id uuid not null,
    position integer not null,
    company_id uuid not null,
    start double precision not null,
    title text not null,
    suggested boolean not null default true,
    constraint chapter_pkey primary key (recording_id, position),
    constraint chapter_of_recording foreign key (company_id, recording_id) references transcription.recording (company_id, id) on delete cascade,
    constraint chapter_possible check (position >= 0 and start >= 0),
    constraint chapter_has_title check (title <> '')
);

create table transcription.term (
    company_id uuid not null,
    term text not null,
    added_by text not null,
    added_at timestamptz not null default clock_timestamp(),
    constraint term_pkey primary key (company_id, term),
    constraint term_is_one check (term ~ '\\S' and length(term) <= 80)
);
"""

# A search finds a word in three shapes: stemmed as Turkish, stemmed as English, and as it begins, without the dots and tails of Turkish letters.
# The letters are made small by this table and not by the database's locale, which thinks that I is i: in Turkish it is ı, and İ is i.
SEARCH = """
create function transcription.small(said text) returns text
language sql immutable strict parallel safe as $$
    select lower(translate(said, 'IİÇĞÖŞÜÂÎÛÄËÏÉÈÊÀÁÓÒÔÚÙÑ', 'ıiçğöşüâîûäëïéèêàáóòôúùñ') collate "C")
$$;

create function transcription.plain(said text) returns text
language sql immutable strict parallel safe as $$
    select translate(transcription.small(said), 'çğıöşüâîûäëïéèêàáóòôúùñ', 'cgiosuaiuaeieeeaaooouun')
$$;

create function transcription.searchable(said text) returns tsvector
language sql immutable strict parallel safe as $$
    select to_tsvector('pg_catalog.turkish', transcription.small(said))
        || to_tsvector('pg_catalog.english', transcription.plain(said))
        || to_tsvector('pg_catalog.simple', transcription.plain(said))
$$;

create function transcription.asked(words text) returns tsquery
language sql immutable strict parallel safe as $$
    select websearch_to_tsquery('pg_catalog.turkish', transcription.small(words))
        || websearch_to_tsquery('pg_catalog.english', transcription.plain(words))
        || case when words ~ '["-]|\\mor\\M' then ''::tsquery else coalesce(
            (select string_agg(quote_literal(word) || ':*', ' & ')
             from regexp_split_to_table(transcription.plain(words), '[^[:alnum:]]+') as word where word <> '')::tsquery, ''::tsquery) end
$$;

create index segment_by_searchable on transcription.segment using gin (transcription.searchable(text));
"""


def upgrade() -> None:
    op.execute(DDL)
    op.execute(SEARCH)
