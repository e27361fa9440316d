"""The ledger: jobs, attempts, workers, firings, audit."""

from alembic import op

revision = "ledger_0001"
down_revision = None
branch_labels = None
depends_on = None

FINAL = "('succeeded', 'failed', 'cancelled')"

DDL = f"""
create table ledger.job (
    id uuid constraint job_pkey primary key,
    kind text not null,
    version smallint not null,
    queue text not null,
    state text not null,
    priority smallint not null default 0,
    attempt integer not null default 0,
    forgiven integer not null default 0,
    deaths integer not null default 0,
    max_attempts integer not null,
    waits_for integer not null default 0,
    units integer not null default 1,
    progress_done bigint not null default 0,
    progress_total bigint,
    created_at timestamptz not null default clock_timestamp(),
    scheduled_at timestamptz,
    sent_at timestamptz,
    started_at timestamptz,
    claimed_at timestamptz,
    finished_at timestamptz,
    worker_id uuid,
    parent_id uuid,
    unblocks uuid,
    company_id uuid,
    requested_by text not null,
    cancel_requested_by text,
    unique_key text,
    args jsonb not null,
    result jsonb,
    error jsonb,
    progress_note jsonb,
    constraint job_state_known check (state in ('scheduled', 'queued', 'running', 'retrying', 'waiting', 'succeeded', 'failed', 'cancelled')),
    constraint job_finished_exactly_when_final check ((state in {FINAL}) = (finished_at is not null)),
    constraint job_running_has_worker check ((state = 'running') = (worker_id is not null)),
    constraint job_due_has_time check (state not in ('scheduled', 'retrying') or scheduled_at is not null),
    constraint job_waiting_waits check ((state = 'waiting') = (waits_for > 0)),
    constraint job_failed_has_reason check (state <> 'failed' or error is not null),
    constraint job_cancelled_by_somebody check (state <> 'cancelled' or cancel_requested_by is not null),
    constraint job_attempts_counted check (forgiven between 0 and attempt and deaths between 0 and attempt and max_attempts >= 1),
    constraint job_queue_of_its_service check (split_part(kind, '.', 1) = split_part(queue, '.', 1))
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 1, autovacuum_analyze_scale_factor = 0.05);

comment on column ledger.job.attempt is 'times claimed; also the fencing token: completion says WHERE attempt = mine';
comment on column ledger.job.forgiven is 'claims that spent no attempt: snooze, drain, a fault of PostgreSQL or Redis, a phase that waited';
comment on column ledger.job.deaths is 'claims that ended with the death of the process';
comment on column ledger.job.waits_for is 'jobs with unblocks = this id that are not final yet';
comment on column ledger.job.units is 'how much of the progress of the job it unblocks this one stands for';
comment on column ledger.job.claimed_at is 'when its last attempt began; started_at: its first';
comment on column ledger.job.sent_at is 'when Redis was last rung for it; null: not yet';

create unique index job_one_live_per_key on ledger.job (unique_key) where unique_key is not null and state not in {FINAL};
create index job_queued on ledger.job (queue, sent_at) where state = 'queued';
create index job_due on ledger.job (scheduled_at) where state in ('scheduled', 'retrying');
create index job_running on ledger.job (worker_id) where state = 'running';
create index job_of_parent on ledger.job (parent_id) where parent_id is not null;
create index job_of_company on ledger.job (company_id, id);

create table ledger.attempt (
    job_id uuid not null constraint attempt_of_job references ledger.job on delete cascade,
    number integer not null,
    worker_id uuid,
    started_at timestamptz not null,
    finished_at timestamptz not null default clock_timestamp(),
    outcome text not null,
    charged boolean not null,
    error jsonb,
    traceback text,
    constraint attempt_pkey primary key (job_id, number),
    constraint attempt_outcome_known check (outcome in
        ('succeeded', 'failed', 'cancelled', 'waiting', 'snoozed', 'given back', 'interrupted', 'timed out', 'worker died'))
);

create table ledger.worker (
    id uuid constraint worker_pkey primary key,
    service text not null,
    pool text not null,
    host text not null,
    machine text not null,
    pid integer not null,
    pid_started double precision not null,
    queues text[] not null,
    threads integer not null,
    started_at timestamptz not null default clock_timestamp(),
    heartbeat_at timestamptz not null default clock_timestamp(),
    stopped_at timestamptz,
    stop_requested_by text,
    died boolean not null default false,
    running uuid[] not null default '{{}}',
    memory_mb integer not null default 0,
    jobs_done bigint not null default 0
);
create index worker_alive on ledger.worker (heartbeat_at) where stopped_at is null;
comment on column ledger.worker.id is 'new at every start: a restarted process is never taken for the one that died';
comment on column ledger.worker.machine is 'boot and process-id namespace: workers with the same value can see each other''s pids';

create table ledger.firing (
    schedule text not null,
    due_at timestamptz not null,
    fired_at timestamptz not null default clock_timestamp(),
    job_id uuid,
    constraint firing_pkey primary key (schedule, due_at)
);
comment on table ledger.firing is 'the right to fire: one row per schedule and due time, whoever inserts it fires';

create table ledger.audit (
    id uuid constraint audit_pkey primary key,
    at timestamptz not null default clock_timestamp(),
    company_id uuid,
    actor text not null,
    action text not null,
    job_id uuid,
    detail jsonb
);
create index audit_of_company on ledger.audit (company_id, id);
"""


def upgrade() -> None:
    op.execute(DDL)
