"""Categories, stores, products and their prices; batches; deals, watches, digests."""

from datetime import UTC, datetime
from itertools import pairwise

from alembic import op

revision = "pricing_0001"
down_revision = None
branch_labels = None
depends_on = None

#: Months that have their partition of price_history from the start; later ones are made by `pricing.prices.history.prepare`.
_MONTHS = 4

CATALOGUE = """
create table pricing.category (
    id integer generated always as identity constraint category_pkey primary key,
    company_id uuid not null,
    parent_id integer,
    slug text not null,
    name text not null,
    min_price numeric(14, 2),
    max_price numeric(14, 2),
    min_rating numeric(2, 1),
    max_rating numeric(2, 1),
    min_reviews integer,
    min_discount numeric(5, 2),
    include_words text[] not null default '{}',
    exclude_words text[] not null default '{}',
    required_tags text[] not null default '{}',
    deals_only boolean not null default false,
    check_minutes integer,
    product_limit integer,
    deal_rule text,
    deal_percent numeric(5, 2),
    publish text not null default 'review',
    updated_at timestamptz not null default clock_timestamp(),
    constraint category_one_per_company_id_slug unique (company_id, slug),
    constraint category_one_per_company_id_id unique (company_id, id),
    constraint category_of_category foreign key (company_id, parent_id) references pricing.category (company_id, id),
    constraint category_slug_is_one check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    constraint category_has_name check (name <> ''),
    constraint category_not_its_own_parent check (parent_id <> id),
    constraint category_prices_possible check (min_price >= 0 and (max_price >= min_price or max_price is null or min_price is null)),
    constraint category_ratings_possible check (min_rating between 0 and 5 and max_rating between 0 and 5),
    constraint category_counts_possible check (check_minutes between 5 and 43200 and product_limit >= 0 and min_reviews >= 0),
    constraint category_percents_possible check (min_discount between 0 and 100 and deal_percent between 1 and 99),
    constraint category_deal_rule_known check (deal_rule in ('average', 'previous')),
    constraint category_publish_known check (publish in ('review', 'automatic'))
);

comment on column pricing.category.deal_rule is 'null: no deals are looked for';
comment on column pricing.category.check_minutes is 'null: the interval follows from the score';

create table pricing.store (
    id integer generated always as identity constraint store_pkey primary key,
    company_id uuid not null,
    domain text not null,
    name text not null,
    country text not null default 'TR',
    currency text not null default 'TRY',
    locale text not null default 'tr',
    policy text not null default 'page',
    active boolean not null default true,
    min_delay_ms integer not null default 2000,
    current_delay_ms integer not null default 0,
    max_parallel smallint not null default 1,
    ids_per_call smallint not null default 1,
    respect_robots boolean not null default true,
    feed_url text,
    feed_kind text,
    rule jsonb,
    bans integer not null default 0,
    blocked_until timestamptz,
    blocked_reason text,
    booked_until timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    constraint store_one_per_company_id_domain unique (company_id, domain),
    constraint store_one_per_company_id_id unique (company_id, id),
    constraint store_domain_is_one check (domain ~ '^[a-z0-9._-]+(:[0-9]{1,5})?$'),
    constraint store_has_name check (name <> ''),
    constraint store_country_is_a_code check (country ~ '^[A-Z]{2}$'),
    constraint store_currency_is_a_code check (currency ~ '^[A-Z]{3}$'),
    constraint store_policy_known check (policy in ('page', 'api', 'forbidden')),
    constraint store_pace_possible check (min_delay_ms >= 0 and current_delay_ms >= 0 and max_parallel >= 1 and ids_per_call >= 1 and bans >= 0),
    constraint store_feed_whole check ((feed_url is null) = (feed_kind is null)),
    constraint store_feed_kind_known check (feed_kind in ('merchant', 'sitemap'))
) with (fillfactor = 50); -- every claim books its stores; where their pages have room, no index must follow

comment on column pricing.store.domain is 'host, with its port where that is not the usual one';
comment on column pricing.store.rule is 'where the price stands on its pages, for the extraction';
comment on column pricing.store.booked_until is 'when the work that batches have claimed from it will be done at its pace; an estimate';

create index store_by_domain on pricing.store (domain);

create table pricing.product (
    id bigint generated always as identity constraint product_pkey primary key,
    company_id uuid not null,
    store_id integer not null,
    category_id integer,
    url text not null,
    url_hash uuid not null generated always as (md5(url)::uuid) stored,
    external_id text,
    ean text,
    title text not null default '',
    brand text,
    image_url text,
    search text not null default '',
    tags text[] not null default '{}',
    rating numeric(2, 1),
    reviews integer,
    popularity real not null generated always as (
        (case when reviews >= 5000 then 60 when reviews >= 1000 then 50 when reviews >= 500 then 40 when reviews >= 100 then 30
              when reviews >= 50 then 20 when reviews >= 10 then 10 else 0 end
         + case when rating >= 4.5 then 40 when rating >= 4.0 then 30 when rating >= 3.5 then 20 when rating >= 3.0 then 10 else 0 end)::real
    ) stored,
    active boolean not null default true,
    currency text not null,
    price numeric(14, 2),
    list_price numeric(14, 2),
    in_stock boolean,
    seller text,
    confidence real,
    source text,
    evidence text,
    pending_price numeric(14, 2),
    pending_since timestamptz,
    first_priced_at timestamptz,
    price_changed_at timestamptz,
    discount_since timestamptz,
    etag text,
    last_modified text,
    content_hash bytea,
    has_active_deal boolean not null default false,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    constraint product_one_per_company_id_url_hash unique (company_id, url_hash),
    constraint product_one_per_company_id_id unique (company_id, id),
    constraint product_of_store foreign key (company_id, store_id) references pricing.store (company_id, id),
    constraint product_of_category foreign key (company_id, category_id) references pricing.category (company_id, id),
    constraint product_currency_is_a_code check (currency ~ '^[A-Z]{3}$'),
    constraint product_prices_positive check (price > 0 and list_price > 0 and pending_price > 0),
    constraint product_priced_once_first_priced check ((price is null) = (first_priced_at is null)),
    constraint product_pending_whole check ((pending_price is null) = (pending_since is null)),
    constraint product_discounted_from_a_list_price check (discount_since is null or coalesce(list_price > price, false)),
    constraint product_rating_possible check (rating between 0 and 5 and reviews >= 0)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05); -- nothing that a check changes is indexed, so a check moves no index entry

comment on column pricing.product.search is 'title, brand and numbers, folded: what a search looks in';
comment on column pricing.product.pending_price is 'a reading that nobody is told of until a second one says the same';
comment on column pricing.product.discount_since is 'when the list price above the price was first seen; null: no discount is claimed';

create unique index product_one_per_store_id_external_id on pricing.product (store_id, external_id) where external_id is not null;
create index product_by_category_id on pricing.product (category_id) where category_id is not null;

create table pricing.sched (
    product_id bigint constraint sched_pkey primary key,
    store_id integer not null,
    tier smallint not null default 0,
    priority real not null default 0,
    variation real,
    next_check_at timestamptz not null default 'epoch',
    batch_id uuid,
    last_checked_at timestamptz,
    last_state text,
    last_error jsonb,
    fail_count smallint not null default 0,
    constraint sched_of_product foreign key (product_id) references pricing.product (id) on delete cascade,
    constraint sched_tier_known check (tier between 0 and 2),
    constraint sched_priority_possible check (priority between 0 and 100),
    constraint sched_variation_possible check (variation >= 0),
    constraint sched_fail_count_possible check (fail_count >= 0)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.1);

comment on table pricing.sched is 'when a product is looked at next; narrow, because claims read and checks write nothing else of a product that stayed as it was';
comment on column pricing.sched.variation is 'standard deviation of the price over 30 days by its mean, weighted by time; null: known for less than three days';
comment on column pricing.sched.next_check_at is 'epoch: never looked at; infinity: the product is not active; with a batch: when its lease ends';

create index sched_by_store_id_tier_next_check_at on pricing.sched (store_id, tier, next_check_at);

create table pricing.price_history (
    product_id bigint not null,
    checked_at timestamptz not null,
    price numeric(14, 2) not null,
    was numeric(14, 2),
    in_stock boolean
) partition by range (checked_at);

comment on table pricing.price_history is 'one row where the price or the stock became another';
comment on column pricing.price_history.was is 'the price in force before; null: the first one ever. So what was in force when a window opened is known from the first row inside';

create index price_history_by_product_id_checked_at on pricing.price_history (product_id, checked_at);

create table pricing.price_month (
    product_id bigint not null,
    month date not null,
    low numeric(14, 2) not null,
    high numeric(14, 2) not null,
    last numeric(14, 2) not null,
    constraint price_month_pkey primary key (product_id, month),
    constraint price_month_possible check (low <= last and last <= high)
);

comment on table pricing.price_month is 'what is kept for ever of a month whose history is dropped';

create table pricing.batch (
    id uuid constraint batch_pkey primary key,
    company_id uuid not null,
    tier smallint not null,
    origin text not null default 'due',
    state text not null default 'open',
    product_ids bigint[] not null,
    size integer not null,
    checked integer not null default 0,
    changed integer not null default 0,
    failed integer not null default 0,
    lease_until timestamptz not null,
    created_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    constraint batch_tier_known check (tier between 0 and 2),
    constraint batch_origin_known check (origin in ('due', 'asked')),
    constraint batch_state_known check (state in ('open', 'done', 'lost')),
    constraint batch_finished_unless_open check ((state = 'open') = (finished_at is null)),
    constraint batch_counts_possible check (size >= 1 and checked between 0 and size and changed between 0 and checked and failed between 0 and checked)
) with (fillfactor = 80);

comment on column pricing.batch.state is 'lost: its lease ended before its work, and others have taken some of its products';

create index batch_by_company_id_created_at on pricing.batch (company_id, created_at);
create index batch_by_created_at on pricing.batch (created_at);

create table pricing.check_hour (
    store_id integer not null,
    hour timestamptz not null,
    state text not null,
    checks integer not null,
    milliseconds bigint not null,
    constraint check_hour_pkey primary key (store_id, hour, state),
    constraint check_hour_of_store foreign key (store_id) references pricing.store (id) on delete cascade,
    constraint check_hour_counts_possible check (checks >= 0 and milliseconds >= 0)
) with (fillfactor = 50);
"""

DEALS = """
create table pricing.deal (
    id uuid constraint deal_pkey primary key,
    company_id uuid not null,
    product_id bigint not null,
    category_id integer,
    rule text not null,
    day date not null,
    price numeric(14, 2) not null,
    currency text not null,
    previous numeric(14, 2) not null,
    reference numeric(14, 2) not null,
    percent numeric(5, 2) not null,
    cheapest_days smallint,
    score real,
    state text not null default 'created',
    created_at timestamptz not null default clock_timestamp(),
    published_at timestamptz,
    published_by text,
    ended_at timestamptz,
    end_reason text,
    constraint deal_one_per_product_id_price_day unique (product_id, price, day),
    constraint deal_one_per_company_id_id unique (company_id, id),
    constraint deal_of_product foreign key (company_id, product_id) references pricing.product (company_id, id) on delete cascade,
    constraint deal_rule_known check (rule in ('average', 'previous')),
    constraint deal_state_known check (state in ('created', 'published', 'ended')),
    constraint deal_published_by_somebody check ((published_at is null) = (published_by is null)),
    constraint deal_published_has_a_time check (state <> 'published' or published_at is not null),
    constraint deal_created_has_none check (state <> 'created' or published_at is null),
    constraint deal_ended_with_a_reason check ((state = 'ended') = (ended_at is not null) and (ended_at is null) = (end_reason is null)),
    constraint deal_end_reason_known check (end_reason in ('price_rose', 'out_of_stock', 'superseded', 'expired', 'rejected', 'closed')),
    constraint deal_is_cheaper check (price > 0 and price < reference and percent between 0 and 100),
    constraint deal_currency_is_a_code check (currency ~ '^[A-Z]{3}$')
);

comment on column pricing.deal.reference is 'what the percentage is of: the 30-day average, or the previous price';
comment on column pricing.deal.cheapest_days is 'the longest of 14, 30, 90 and 180 days in which it was never cheaper, as far as it is known';

create unique index deal_one_active_per_product_id on pricing.deal (product_id) where ended_at is null;
create index deal_by_company_id_state_created_at on pricing.deal (company_id, state, created_at);
create index deal_by_created_at on pricing.deal (created_at);

create table pricing.recipient (
    id uuid constraint recipient_pkey primary key,
    company_id uuid not null,
    kind text not null,
    name text not null,
    address text not null,
    locale text not null default 'tr',
    active boolean not null default true,
    created_at timestamptz not null default clock_timestamp(),
    constraint recipient_one_per_company_id_kind_address unique (company_id, kind, address),
    constraint recipient_one_per_company_id_id unique (company_id, id),
    constraint recipient_kind_known check (kind in ('person', 'chat')),
    constraint recipient_locale_known check (locale in ('tr', 'en')),
    constraint recipient_has_name_and_address check (name <> '' and address <> '')
);

comment on column pricing.recipient.address is 'the e-mail address of a person, the id of a chat';

create table pricing.subscription (
    id uuid constraint subscription_pkey primary key,
    company_id uuid not null,
    recipient_id uuid not null,
    category_id integer,
    min_percent numeric(5, 2) not null default 0,
    constraint subscription_one_per_recipient_id_category_id unique nulls not distinct (recipient_id, category_id),
    constraint subscription_of_recipient foreign key (company_id, recipient_id) references pricing.recipient (company_id, id) on delete cascade,
    constraint subscription_of_category foreign key (company_id, category_id) references pricing.category (company_id, id) on delete cascade,
    constraint subscription_min_percent_possible check (min_percent between 0 and 100)
);

comment on column pricing.subscription.category_id is 'null: deals of every category; otherwise of this one and those below it';

create table pricing.watch (
    id uuid constraint watch_pkey primary key,
    company_id uuid not null,
    recipient_id uuid not null,
    product_id bigint,
    category_id integer,
    kind text not null,
    target numeric(14, 2),
    percent numeric(5, 2),
    days smallint,
    rearm_minutes integer not null default 1440,
    min_step_percent numeric(5, 2) not null default 1,
    active boolean not null default true,
    created_at timestamptz not null default clock_timestamp(),
    constraint watch_one_per_company_id_id unique (company_id, id),
    constraint watch_of_recipient foreign key (company_id, recipient_id) references pricing.recipient (company_id, id) on delete cascade,
    constraint watch_of_product foreign key (company_id, product_id) references pricing.product (company_id, id) on delete cascade,
    constraint watch_of_category foreign key (company_id, category_id) references pricing.category (company_id, id) on delete cascade,
    constraint watch_of_one_thing check (num_nonnulls(product_id, category_id) = 1),
    constraint watch_kind_known check (kind in ('target', 'drop', 'lowest', 'back_in_stock', 'any_change', 'fake_discount')),
    constraint watch_target_given check ((kind = 'target') = (target is not null)),
    constraint watch_percent_given check (kind not in ('drop', 'fake_discount') or percent is not null),
    constraint watch_days_given check (kind <> 'lowest' or days is not null),
    constraint watch_numbers_possible check (
        target > 0 and percent between 1 and 99 and days between 1 and 365 and rearm_minutes >= 0 and min_step_percent between 0 and 50
    )
);

comment on column pricing.watch.rearm_minutes is '0: it tells once and never again';
comment on column pricing.watch.days is 'of a drop: against the lowest of so many days; null: against the previous price';

create index watch_by_product_id on pricing.watch (product_id) where product_id is not null;
create index watch_by_category_id on pricing.watch (category_id) where category_id is not null;
create index watch_by_recipient_id on pricing.watch (recipient_id);

create table pricing.watch_state (
    watch_id uuid not null,
    product_id bigint not null,
    told_at timestamptz not null,
    told_price numeric(14, 2) not null,
    left_zone boolean not null default false,
    constraint watch_state_pkey primary key (watch_id, product_id),
    constraint watch_state_of_watch foreign key (watch_id) references pricing.watch (id) on delete cascade
);

comment on column pricing.watch_state.left_zone is 'since it told, the price has been clearly outside of what it tells of';

create table pricing.digest (
    id uuid constraint digest_pkey primary key,
    company_id uuid not null,
    recipient_id uuid not null,
    lines integer not null,
    job_id uuid not null,
    created_at timestamptz not null default clock_timestamp(),
    constraint digest_one_per_company_id_id unique (company_id, id),
    constraint digest_of_recipient foreign key (company_id, recipient_id) references pricing.recipient (company_id, id) on delete cascade,
    constraint digest_says_something check (lines >= 1)
);

create index digest_by_company_id_created_at on pricing.digest (company_id, created_at);
create index digest_by_recipient_id on pricing.digest (recipient_id);

create table pricing.notice (
    id uuid constraint notice_pkey primary key,
    company_id uuid not null,
    recipient_id uuid not null,
    product_id bigint not null,
    deal_id uuid,
    watch_id uuid,
    kind text not null,
    day date not null,
    price numeric(14, 2) not null,
    previous numeric(14, 2),
    currency text not null,
    percent numeric(5, 2),
    detail jsonb not null default '{}',
    created_at timestamptz not null default clock_timestamp(),
    digest_id uuid,
    constraint notice_one_per_recipient_id_deal_id unique (recipient_id, deal_id),
    constraint notice_one_per_watch_id_product_id_price_day unique (watch_id, product_id, price, day),
    constraint notice_of_recipient foreign key (company_id, recipient_id) references pricing.recipient (company_id, id) on delete cascade,
    constraint notice_of_product foreign key (company_id, product_id) references pricing.product (company_id, id) on delete cascade,
    constraint notice_of_deal foreign key (company_id, deal_id) references pricing.deal (company_id, id) on delete cascade,
    constraint notice_of_watch foreign key (watch_id) references pricing.watch (id) on delete set null,
    constraint notice_of_digest foreign key (company_id, digest_id) references pricing.digest (company_id, id),
    constraint notice_kind_known check (kind in ('deal', 'target', 'drop', 'lowest', 'back_in_stock', 'any_change', 'fake_discount')),
    constraint notice_of_a_deal_or_not check ((kind = 'deal') = (deal_id is not null)),
    constraint notice_currency_is_a_code check (currency ~ '^[A-Z]{3}$')
);

create index notice_unsent_by_recipient_id on pricing.notice (recipient_id) where digest_id is null;
create index notice_by_digest_id on pricing.notice (digest_id) where digest_id is not null;
create index notice_by_deal_id on pricing.notice (deal_id) where deal_id is not null;
create index notice_by_product_id on pricing.notice (product_id);
create index notice_by_created_at on pricing.notice (created_at);
"""


def upgrade() -> None:
    op.execute(CATALOGUE)
    op.execute(DEALS)
    now = datetime.now(UTC)  # noqa: TID251 (a migration stands alone: what it imports may change after it)
    months = [now.year * 12 + now.month - 1 + ahead for ahead in range(_MONTHS + 1)]
    bounds = [f"{month // 12}-{month % 12 + 1:02}-01" for month in months]
    for start, end in pairwise(bounds):
        name = f"pricing.price_history_{start[:7].replace('-', '')}"
        op.execute(f"create table {name} partition of pricing.price_history for values from ('{start} 00:00+00') to ('{end} 00:00+00')")
