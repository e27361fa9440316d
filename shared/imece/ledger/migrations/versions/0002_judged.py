"""Whose death has been judged: what appears of such a worker later had been claimed when it was dead."""

from alembic import op

revision = "ledger_0002"
down_revision = "ledger_0001"
branch_labels = None
depends_on = None

DDL = """
alter table ledger.worker add column judged boolean not null default false;
comment on column ledger.worker.judged is 'its jobs were taken from it; a claim that is committed later was on its way when it died, and is nobody''s fault';
"""


def upgrade() -> None:
    op.execute(DDL)
