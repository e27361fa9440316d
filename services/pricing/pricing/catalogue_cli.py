"""`imece pricing store|category|recipient|deals`: what a company watches, how, and who is told."""

import json
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from pricing.models import Category, Store

stores = typer.Typer(help="Shops: how each may be asked, and how that goes. / Mağazalar.", no_args_is_help=True)
categories = typer.Typer(help="Shelves, and what counts as a deal there. / Kategoriler.", no_args_is_help=True)
recipients = typer.Typer(help="People and chats that are told. / Haber verilenler.", no_args_is_help=True)
deals = typer.Typer(help="Prices worth telling of. / Fırsatlar.", no_args_is_help=True)

Company = Annotated[UUID, typer.Option("--company", help="The company's id")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout")]


class _Policy(StrEnum):
    PAGE = "page"
    API = "api"
    FORBIDDEN = "forbidden"


class _Rule(StrEnum):
    AVERAGE = "average"
    PREVIOUS = "previous"
    NONE = "none"


class _Publish(StrEnum):
    REVIEW = "review"
    AUTOMATIC = "automatic"


class _FeedKind(StrEnum):
    MERCHANT = "merchant"
    SITEMAP = "sitemap"


class _RecipientKind(StrEnum):
    PERSON = "person"
    CHAT = "chat"


class _Locale(StrEnum):
    TR = "tr"
    EN = "en"


@stores.command("set")
def set_store(
    domains: Annotated[list[str], typer.Argument(help="Domain, with the port where that is not the usual one; several are set alike")],
    company: Company,
    name: Annotated[str | None, typer.Option()] = None,
    policy: Annotated[_Policy | None, typer.Option(help="How it may be asked")] = None,
    delay: Annotated[float | None, typer.Option(min=0, max=3600, help="Seconds between two requests, at least")] = None,
    parallel: Annotated[int | None, typer.Option(min=1, max=1000, help="Requests at once")] = None,
    currency: Annotated[str | None, typer.Option(help="Of prices that name none")] = None,
    locale: Annotated[str | None, typer.Option(help="How it writes numbers: tr, de-CH")] = None,
    feed: Annotated[str | None, typer.Option(help="Address of its feed or sitemap; {domain} stands for the domain")] = None,
    feed_kind: Annotated[_FeedKind | None, typer.Option()] = None,
    rule: Annotated[str | None, typer.Option(help='Where prices stand on its pages, as JSON: {"price": "#fiyat"}')] = None,
) -> None:
    """Make stores, or change what is given."""
    from imece import db  # noqa: PLC0415 (--help stays quick)
    from imece.errors import Invalid  # noqa: PLC0415 (see above)
    from pricing.catalogue import stores as domain_of_stores  # noqa: PLC0415 (see above)

    changes: dict[str, Any] = {
        "name": name,
        "policy": policy and policy.value,
        "min_delay_ms": None if delay is None else round(delay * 1000),
        "max_parallel": parallel,
        "currency": currency,
        "locale": locale,
        "feed_url": feed,
        "feed_kind": feed_kind.value if feed_kind else ("merchant" if feed else None),
    }
    if rule is not None:
        try:
            changes["rule"] = json.loads(rule)
        except json.JSONDecodeError:
            raise Invalid("--rule is not JSON.", "--rule JSON değil.") from None
    changed = {field: value for field, value in changes.items() if value is not None}
    with db.transaction() as session:
        found = domain_of_stores.known(session, company, domains)
        for domain in domains:
            own = {"feed_url": feed.replace("{domain}", domain)} if feed else {}
            if changed:
                domain_of_stores.edit(session, company, found[domain].id, **changed | own)
            typer.echo(f"{found[domain].id} {domain}")


@stores.command("list")
def list_stores(company: Company, hours: Annotated[int, typer.Option(min=1)] = 24, as_json: Json = False) -> None:
    """How each store did in the last hours."""
    from imece import db  # noqa: PLC0415 (--help stays quick)
    from imece.cli import output  # noqa: PLC0415 (see above)
    from pricing.catalogue import stores as domain_of_stores  # noqa: PLC0415 (see above)

    with db.transaction() as session:
        found = [health._asdict() for health in domain_of_stores.health(session, company, hours)]
    output.rows(
        found,
        ["id", "domain", "policy", "delay_ms", "checks", "good", "blocked", "mean_ms", "blocked_until", "blocked_reason"],
        as_json=as_json,
    )


@categories.command("set")
def set_category(
    name: Annotated[str, typer.Argument(help="Its name; its slug follows from it")],
    company: Company,
    parent: Annotated[str | None, typer.Option(help="Slug of the category above it")] = None,
    deal_rule: Annotated[_Rule | None, typer.Option(help="average: against 30 days; previous: against the price before; none")] = None,
    deal_percent: Annotated[int | None, typer.Option(min=1, max=99, help="From this fall on it is a deal")] = None,
    publish: Annotated[_Publish | None, typer.Option(help="Whether somebody reviews deals before they are told")] = None,
    check_minutes: Annotated[int | None, typer.Option(min=5, help="Interval, in place of the score's")] = None,
) -> None:
    """Make a category, or change what is given."""
    from imece import db  # noqa: PLC0415 (--help stays quick)
    from pricing.catalogue import categories as shelves  # noqa: PLC0415 (see above)

    given: dict[str, Any] = {"deal_percent": deal_percent, "publish": publish and publish.value, "check_minutes": check_minutes}
    changes = {field: value for field, value in given.items() if value is not None}
    if deal_rule is not None:
        changes["deal_rule"] = None if deal_rule is _Rule.NONE else deal_rule.value
    with db.transaction() as session:
        if parent:
            changes["parent_id"] = category_of(session, company, parent).id
        category = shelves.put(session, company, name, **changes)
        typer.echo(f"{category.id} {category.slug}")


@categories.command("list")
def list_categories(company: Company, as_json: Json = False) -> None:
    """All categories, by slug."""
    from imece import db  # noqa: PLC0415 (--help stays quick)
    from imece.cli import output  # noqa: PLC0415 (see above)
    from pricing.catalogue import categories as shelves  # noqa: PLC0415 (see above)

    fields = ["id", "slug", "name", "parent_id", "deal_rule", "deal_percent", "publish", "check_minutes", "product_limit"]
    with db.transaction() as session:
        found = [{field: getattr(category, field) for field in fields} for category in shelves.of_company(session, company)]
    output.rows(found, fields, as_json=as_json)


@recipients.command("add")
def add_recipient(
    address: Annotated[str, typer.Argument(help="E-mail address of a person; number of a Telegram chat, or @name of a channel")],
    company: Company,
    name: Annotated[str | None, typer.Option()] = None,
    kind: Annotated[_RecipientKind, typer.Option()] = _RecipientKind.PERSON,
    locale: Annotated[_Locale, typer.Option()] = _Locale.TR,
    category: Annotated[list[str] | None, typer.Option(help="Slug of a category whose deals are told; without one, all deals")] = None,
    min_percent: Annotated[str, typer.Option(help="Only deals of so many percent")] = "0",
) -> None:
    """Tell somebody of published deals."""
    from imece import db  # noqa: PLC0415 (--help stays quick)
    from pricing.deals import recipients as people  # noqa: PLC0415 (see above)

    try:
        percent = Decimal(min_percent)
    except InvalidOperation:
        raise typer.BadParameter(f"{min_percent} is not a number", param_hint="--min-percent") from None
    with db.transaction() as session:
        recipient = people.put(session, company, kind=kind.value, name=name or address, address=address, locale=locale.value)
        for slug in category or (None,):
            shelf = category_of(session, company, slug).id if slug else None
            people.subscribe(session, company, recipient.id, category_id=shelf, min_percent=percent)
        typer.echo(str(recipient.id))


@recipients.command("list")
def list_recipients(company: Company, as_json: Json = False) -> None:
    """Everybody who is told."""
    from imece import db  # noqa: PLC0415 (--help stays quick)
    from imece.cli import output  # noqa: PLC0415 (see above)
    from pricing.deals import recipients as people  # noqa: PLC0415 (see above)

    fields = ["id", "kind", "name", "address", "locale", "active"]
    with db.transaction() as session:
        found = [{field: getattr(recipient, field) for field in fields} for recipient in people.of_company(session, company)]
    output.rows(found, fields, as_json=as_json)


@deals.command("list")
def list_deals(
    company: Company,
    state: Annotated[str | None, typer.Option(help="created, published or ended")] = None,
    limit: int = 30,
    as_json: Json = False,
) -> None:
    """The newest deals first."""
    from imece import db  # noqa: PLC0415 (--help stays quick)
    from imece.cli import output  # noqa: PLC0415 (see above)
    from pricing.catalogue import products  # noqa: PLC0415 (see above)
    from pricing.deals import deals as found_deals  # noqa: PLC0415 (see above)
    from pricing.models import DealState  # noqa: PLC0415 (see above)

    if state is not None and state not in list(DealState):
        raise typer.BadParameter(f"{state} is none of {', '.join(DealState)}", param_hint="--state")
    fields = ["id", "product_id", "rule", "previous", "price", "currency", "percent", "cheapest_days", "state", "created_at"]
    with db.transaction() as session:
        rows = [
            {field: getattr(deal, field) for field in fields} | {"title": products.find(session, company, deal.product_id).title}
            for deal in found_deals.search(session, company, state=DealState(state) if state else None, limit=limit)
        ]
    output.rows(rows, ["id", "title", *fields[2:]], as_json=as_json)


@deals.command()
def publish(deal: UUID, company: Company) -> None:
    """Tell the subscribers of a deal that waits for its review."""
    import getpass  # noqa: PLC0415 (--help stays quick)

    from imece import db  # noqa: PLC0415 (see above)
    from pricing.deals import deals as found_deals  # noqa: PLC0415 (see above)

    with db.transaction() as session:
        found_deals.publish(session, company, deal, by=f"cli:{getpass.getuser()}")


@deals.command()
def end(deal: UUID, company: Company) -> None:
    """End a deal."""
    from imece import db  # noqa: PLC0415 (--help stays quick)
    from pricing.deals import deals as found_deals  # noqa: PLC0415 (see above)

    with db.transaction() as session:
        found_deals.end(session, company, deal)


def store_of(session: "Session", company_id: UUID, domain: str) -> "Store":
    """The company's store of this domain. Raises NotFound."""
    from imece.errors import NotFound  # noqa: PLC0415 (--help stays quick)
    from pricing.catalogue import stores as domain_of_stores  # noqa: PLC0415 (see above)

    for store in domain_of_stores.of_company(session, company_id):
        if store.domain == domain:
            return store
    raise NotFound(f"There is no store {domain}.", f"{domain} adlı bir mağaza yok.")


def category_of(session: "Session", company_id: UUID, slug: str) -> "Category":
    """The company's category of this slug. Raises NotFound."""
    from imece.errors import NotFound  # noqa: PLC0415 (--help stays quick)
    from pricing.catalogue import categories as shelves  # noqa: PLC0415 (see above)

    for category in shelves.of_company(session, company_id):
        if category.slug == slug:
            return category
    raise NotFound(f"There is no category {slug}.", f"{slug} adlı bir kategori yok.")
