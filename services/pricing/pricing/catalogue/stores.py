"""
Stores: where products are sold, how each may be asked, at what pace, and how that goes.

A company keeps its own stores; the pace belongs to the shop itself, so what one company learns of a domain (it is blocked, it answers slowly) holds
for every company of the house that watches it.
"""

import ipaddress
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from imece.errors import Invalid, NotFound
from imece.text import sort_key
from pricing.extraction.rules import Rule
from pricing.fetching.terms import interface_of
from pricing.models import Store

#: Longest address that is taken, in characters.
LONGEST_URL = 2048

#: What a store's own rule may say, as CSS or XPath (see `extraction.rules`).
SELECTORS = ("price", "list_price", "availability", "in_stock", "out_of_stock")

_LONGEST_SELECTOR = 500

#: What a person or a program may set of a store.
EDITABLE = frozenset(
    {
        "name",
        "country",
        "currency",
        "locale",
        "policy",
        "active",
        "min_delay_ms",
        "max_parallel",
        "ids_per_call",
        "respect_robots",
        "feed_url",
        "feed_kind",
        "rule",
    }
)

_HOLD = """
    update pricing.store set blocked_until = greatest(blocked_until, clock_timestamp() + %(seconds)s * interval '1 second'), blocked_reason = %(reason)s,
        bans = bans + 1, updated_at = clock_timestamp()
    where domain = %(domain)s"""

_PACE = """
    update pricing.store s set current_delay_ms = v.delay, bans = case when v.fine then 0 else s.bans end
    from unnest(%(domains)s::text[], %(delays)s::integer[], %(fine)s::boolean[]) v(domain, delay, fine)
    where s.domain = v.domain and (s.current_delay_ms <> v.delay or (v.fine and s.bans > 0))"""

# The rows are taken in one order, so that two writers cannot wait for each other.
_COUNT = """
    insert into pricing.check_hour (store_id, hour, state, checks, milliseconds)
    select s.id, date_trunc('hour', clock_timestamp()), v.state, sum(v.checks), sum(v.milliseconds)
    from unnest(%(stores)s::integer[], %(states)s::text[], %(checks)s::integer[], %(milliseconds)s::bigint[]) v(store_id, state, checks, milliseconds)
    join pricing.store s on s.id = v.store_id
    group by s.id, v.state order by s.id, v.state
    on conflict (store_id, hour, state) do update
        set checks = check_hour.checks + excluded.checks, milliseconds = check_hour.milliseconds + excluded.milliseconds"""

_HEALTH = """
    select s.id, s.domain, s.name, s.policy, s.active, greatest(s.min_delay_ms, s.current_delay_ms) as delay_ms, s.bans,
        case when s.blocked_until > clock_timestamp() then s.blocked_until end as blocked_until, s.blocked_reason,
        coalesce(c.checks, 0) as checks, coalesce(c.good, 0) as good, coalesce(c.blocked, 0) as blocked, c.mean_ms
    from pricing.store s
    left join (
        select store_id, sum(checks) as checks, sum(checks) filter (where state in ('ok', 'unchanged')) as good,
            sum(checks) filter (where state = 'blocked') as blocked, (sum(milliseconds) / nullif(sum(checks), 0))::float8 as mean_ms
        from pricing.check_hour where hour > clock_timestamp() - %(hours)s * interval '1 hour' group by store_id
    ) c on c.store_id = s.id
    where s.company_id = %(company)s"""


class Outcomes(NamedTuple):
    """How `checks` looks at a store ended, and the time they took together."""

    store_id: int
    state: str
    checks: int
    milliseconds: int


class Health(NamedTuple):
    """How a store does. `checks`, `good` (a price was read, or nothing had changed), `blocked` and the mean time are of the hours asked for."""

    id: int
    domain: str
    name: str
    policy: str
    active: bool
    delay_ms: int
    bans: int
    blocked_until: datetime | None
    blocked_reason: str | None
    checks: int
    good: int
    blocked: int
    mean_ms: float | None


def domain_of(url: str, *, allow_private: bool = False) -> str:
    """
    The domain of the store that `url` belongs to, in small letters, without `www.`, with its port where that is not the usual one.

    Raises Invalid for what is no address of a public page: another scheme than http(s), a name with a password, no host, an address of this machine
    or of a private network (unless `allow_private`), control characters, more than 2,048 characters. A host's name is not looked up here.
    """
    if len(url) > LONGEST_URL:
        raise Invalid(f"An address has at most {LONGEST_URL} characters.", f"Bir adres en çok {LONGEST_URL} karakter olabilir.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Invalid("This is not an address of a page.", "Bu bir sayfa adresi değil.") from None
    if parts.scheme not in {"http", "https"} or not host or any(c <= " " or c == "\x7f" for c in url):
        raise Invalid(
            "An address begins with http:// or https:// and names a host.",
            "Adres http:// veya https:// ile başlamalı ve bir alan adı içermeli.",
        )
    if parts.username is not None or parts.password is not None:
        raise Invalid("An address must not carry a user name or password.", "Adres kullanıcı adı ya da parola içeremez.")
    if not allow_private:
        _refuse_private(host)
    try:
        name = host.encode("idna").decode("ascii").lower().removeprefix("www.").rstrip(".")
    except UnicodeError:
        raise Invalid("The host of this address is not one.", "Adresteki alan adı geçersiz.") from None
    usual = port is None or port == {"http": 80, "https": 443}[parts.scheme]
    return name if usual else f"{name}:{port}"


def known(session: Session, company_id: UUID, domains: Collection[str]) -> dict[str, Store]:
    """The company's stores of these domains, by domain. Those it does not have are made: polite, and after the country of their name."""
    new = [{"company_id": company_id, "domain": domain, "name": domain, **_customs(domain)} for domain in sorted(domains)]
    if not new:
        return {}
    session.execute(insert(Store).on_conflict_do_nothing(index_elements=[Store.company_id, Store.domain]), new)
    found = session.scalars(
        sa.select(Store).where(Store.company_id == company_id, Store.domain == sa.any_(sa.literal(list(domains), sa.ARRAY(sa.Text))))
    )
    return {store.domain: store for store in found}


def find(session: Session, company_id: UUID, store_id: int) -> Store:
    """The store. Raises NotFound when the company has none of this id."""
    store = session.scalar(sa.select(Store).where(Store.company_id == company_id, Store.id == store_id))
    if store is None:
        raise NotFound("There is no such store.", "Böyle bir mağaza yok.")
    return store


def of_company(session: Session, company_id: UUID) -> list[Store]:
    """All stores of the company, by name, in Turkish order; one without a name of its own is called as its domain."""
    found = session.scalars(sa.select(Store).where(Store.company_id == company_id))
    return sorted(found, key=lambda store: (sort_key(store.name), store.domain))


def edit(session: Session, company_id: UUID, store_id: int, **changes: Any) -> Store:
    """Change what may be changed (`EDITABLE`). Raises NotFound; Invalid for an unknown field or a value that cannot be."""
    if unknown := changes.keys() - EDITABLE:
        raise Invalid(f"A store has no {', '.join(sorted(unknown))}.", f"Mağazada böyle bir alan yok: {', '.join(sorted(unknown))}.")
    store = find(session, company_id, store_id)
    if changes.get("rule") is not None:
        _check_rule(changes["rule"])
    try:
        with session.begin_nested():
            for name, value in changes.items():
                setattr(store, name, value)
            store.updated_at = sa.func.clock_timestamp()
    except (sa.exc.IntegrityError, sa.exc.DataError):
        session.expire(store)
        raise Invalid("A store cannot be like this.", "Mağaza için geçersiz bir değer.") from None
    return store


def _check_rule(rule: Any) -> None:
    """Raise Invalid for a rule that would fail every look at the store: selectors that are none, an interface with unknown fields."""
    shaped = Invalid(
        f"A store's rule is an object of selectors ({', '.join(SELECTORS)}) and interface.",
        f"Mağaza kuralı, seçicilerden ({', '.join(SELECTORS)}) ve interface alanından oluşan bir nesnedir.",
    )
    if not isinstance(rule, dict) or set(rule) - {*SELECTORS, "interface"}:
        raise shaped
    selectors = [rule[name] for name in SELECTORS if rule.get(name) is not None]
    if not all(isinstance(selector, str) and len(selector) <= _LONGEST_SELECTOR for selector in selectors):
        raise shaped
    Rule.of(rule)
    try:
        interface_of(rule)
    except TypeError:
        raise shaped from None


def hold(session: Session, domain: str, wait: timedelta, reason: str) -> None:
    """Ask this shop nothing for `wait` from now, for every company of the house; a longer hold that is under way stays."""
    session.connection().exec_driver_sql(_HOLD, {"domain": domain, "seconds": wait.total_seconds(), "reason": reason})


def release(session: Session, company_id: UUID, store_id: int) -> None:
    """A person ends a hold. Raises NotFound."""
    store = find(session, company_id, store_id)
    store.blocked_until = store.blocked_reason = None
    store.bans = 0


def record_pace(session: Session, paces: Iterable[tuple[str, int, bool]]) -> None:
    """
    Write down the delay that each domain is asked with now, as (domain, milliseconds, whether it answers well); claims reckon with it.

    A domain that answers well has its bans forgotten.
    """
    rows = sorted(paces)
    if rows:
        domains, delays, fine = zip(*rows, strict=True)
        session.connection().exec_driver_sql(_PACE, {"domains": list(domains), "delays": list(delays), "fine": list(fine)})


def count(connection: sa.Connection, outcomes: Sequence[Outcomes]) -> None:
    """Add to the counts of this hour. Harmless to lose: give it `db.quick()`, after the results themselves are committed."""
    if outcomes:
        stores, states, checks, milliseconds = zip(*outcomes, strict=True)
        connection.exec_driver_sql(
            _COUNT, {"stores": list(stores), "states": list(states), "checks": list(checks), "milliseconds": list(milliseconds)}
        )


def health(session: Session, company_id: UUID, hours: int = 24) -> list[Health]:
    """How each store of the company did in the last `hours`, in the order of `of_company`."""
    found = session.connection().exec_driver_sql(_HEALTH, {"company": company_id, "hours": hours})
    return sorted((Health(*row) for row in found), key=lambda store: (sort_key(store.name), store.domain))


def prune(session: Session, *, keep_days: int = 30) -> int:
    """Forget the counts of older hours; returns how many."""
    done: sa.CursorResult[Any] = session.connection().exec_driver_sql(
        "delete from pricing.check_hour where hour < clock_timestamp() - %(days)s * interval '1 day'", {"days": keep_days}
    )
    return done.rowcount


def _refuse_private(host: str) -> None:
    try:
        outside = ipaddress.ip_address(host).is_global
    except ValueError:
        outside = host != "localhost" and not host.endswith((".localhost", ".local", ".internal"))
    if not outside:
        raise Invalid("This is an address of a private network.", "Bu, özel bir ağın adresi.")


def _customs(domain: str) -> dict[str, str]:
    """Country, currency and language that a domain suggests; a Turkish company's `.com` is Turkish."""
    country, currency, locale = _CUSTOMS.get(domain.partition(":")[0].rpartition(".")[2], ("TR", "TRY", "tr"))
    return {"country": country, "currency": currency, "locale": locale}


_CUSTOMS = {
    "uk": ("GB", "GBP", "en"),
    "us": ("US", "USD", "en"),
    "de": ("DE", "EUR", "de"),
    "at": ("AT", "EUR", "de"),
    "fr": ("FR", "EUR", "fr"),
    "it": ("IT", "EUR", "it"),
    "es": ("ES", "EUR", "es"),
    "nl": ("NL", "EUR", "nl"),
}
