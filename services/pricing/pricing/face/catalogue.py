"""Pages about products: the list, one product with its chart, what can be asked for from there, and files in and out."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask

from imece import clock, db, face, ledger
from imece.contracts import Contract, Role
from imece.contracts.pricing import MOST_NAMED, CheckProducts, FetchProducts, ImportProducts, ScorePrices
from imece.errors import Invalid
from pricing.catalogue import categories, exports, products, stores
from pricing.deals import deals, recipients, watches
from pricing.face import chart, words
from pricing.face.asking import PAGE, Caller, Products, Sent, Wanted
from pricing.face.drawing import page, part
from pricing.prices import discounts, history
from pricing.settings import settings

router = APIRouter(prefix="/pricing")

SPANS = (30, 90, 365)

#: Of the columns of an export, those that an import reads.
_UNDERSTOOD = frozenset({"URL", "Title", "SKU", "EAN", "Brand", "Category", "Currency"})

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("")
def index(request: Request, caller: Caller, wanted: Products, *, alone: Annotated[bool, Query(alias="part")] = False) -> Response:
    """The list of products; with `part` only its rows."""
    with db.transaction() as session:
        known = listed(session, caller.company_id, wanted)
        if alone:
            return part(request, "rows.html", **known)
        known |= {"shops": stores.of_company(session, caller.company_id), "shelves": categories.of_company(session, caller.company_id)}
    return page(request, "products.html", ("Products", "Ürünler"), **known)


@router.post("")
def add(caller: Caller, sent: Sent) -> Response:
    """Watch one more product, by its address."""
    caller.must(Role.OPERATOR)
    draft = products.Draft(url=sent.text("url") or "", title=sent.text("title"), category_id=sent.whole("category"))
    with db.transaction() as session:
        recorded = products.record(session, caller.company_id, [draft], allow_private=bool(settings().allowed_networks))
    if recorded.faults:
        raise Invalid(recorded.faults[0].en, recorded.faults[0].tr)
    return _to(f"/pricing/products/{recorded.ids[0]}")


@router.get("/products/{product_id}")
def show(product_id: int, request: Request, caller: Caller, days: int = 90) -> Response:
    """One product: its price now and over time, its deals, who watches it."""
    days = days if days in SPANS else 90
    company = caller.company_id
    with db.transaction() as session:
        product = products.find(session, company, product_id)
        steps = history.chart(session, company, product_id, days)
        known: dict[str, Any] = {
            "product": product,
            "store": stores.find(session, company, product.store_id),
            "shelf": categories.find(session, company, product.category_id) if product.category_id else None,
            "schedule": products.schedule_of(session, company, product_id),
            "labels": discounts.of_products(session, company, [product_id]).get(product_id, []),
            "deals": deals.search(session, company, product_id=product_id, limit=10),
            "watches": watches.of_company(session, company, product_id=product_id),
            "people": {one.id: one for one in recipients.of_company(session, company)},
            "chart": chart.draw(steps, caller.locale),
            "steps": list(reversed(steps.points)),
            "days": days,
            "spans": SPANS,
            "sentence": discounts.sentence,
            "now": clock.now(),
        }
        return page(request, "product.html", (product.title or product.url,) * 2, **known)


@router.post("/products/{product_id}/check")
def check_one(product_id: int, caller: Caller) -> Response:
    """Look at one product now."""
    with db.transaction() as session:
        products.find(session, caller.company_id, product_id)
        return _to_job(submit(session, caller, CheckProducts(product_ids=(product_id,))))


@router.post("/products/{product_id}/switch")
def switch(product_id: int, caller: Caller, sent: Sent) -> Response:
    """Watch a product, or no longer."""
    caller.must(Role.OPERATOR)
    with db.transaction() as session:
        products.find(session, caller.company_id, product_id)
        products.switch(session, caller.company_id, [product_id], active=sent.flag("active"))
    return _to(f"/pricing/products/{product_id}")


@router.post("/check")
def check_many(caller: Caller, wanted: Products) -> Response:
    """Look at everything the list shows, all pages of it."""
    with db.transaction() as session:
        return _to_job(submit(session, caller, meant(session, caller.company_id, wanted)))


@router.post("/score")
def score(caller: Caller) -> Response:
    """Compute every priority anew."""
    with db.transaction() as session:
        return _to_job(submit(session, caller, ScorePrices()))


@router.post("/fetch")
def fetch(caller: Caller, sent: Sent) -> Response:
    """Take what a store's feed names."""
    with db.transaction() as session:
        store = stores.find(session, caller.company_id, sent.whole("store") or 0)
        return _to_job(submit(session, caller, FetchProducts(store_id=store.id)))


@router.get("/import")
def upload(request: Request, caller: Caller) -> Response:
    """Where a list is uploaded. The file goes the way of all files: to the gateway, which asks for the job."""
    with db.transaction() as session:
        shelves = categories.of_company(session, caller.company_id)
    headings = [column.named(caller.locale) for column in exports.PRODUCTS if column.en in _UNDERSTOOD]
    return page(request, "import.html", ("Import", "İçe aktar"), shelves=shelves, kind=ImportProducts.kind, headings=headings)


@router.get("/export.{kind}")
def export(kind: Literal["csv", "xlsx"], caller: Caller, wanted: Products) -> Response:
    """Everything the list shows, all pages of it, as a file."""
    return exported(kind, caller, exports.PRODUCTS, exports.product_rows(caller.company_id, wanted.filter), ("products", "urunler"))


def listed(session: Session, company_id: UUID, wanted: Wanted) -> dict[str, Any]:
    """One page of the list and how many there are."""
    found = products.search(session, company_id, wanted.filter, order=wanted.order, limit=PAGE + 1, offset=(wanted.page - 1) * PAGE)
    return {
        "rows": found[:PAGE],
        "total": products.count(session, company_id, wanted.filter),
        "first": (wanted.page - 1) * PAGE + 1,
        "more": len(found) > PAGE,
        "wanted": wanted,
        "any": wanted.narrowed or bool(found) or bool(products.count(session, company_id, products.Filter(active=None))),
        "orders": list(words.ORDERS),
    }


def meant(session: Session, company_id: UUID, wanted: Wanted) -> CheckProducts:
    """The contract that looks at what a list shows. A list that the contract cannot describe is named product by product, up to its limit."""
    chosen = wanted.filter
    if chosen.tier is None and chosen.active:
        return CheckProducts(
            text=chosen.text, category_id=chosen.category_id, store_id=chosen.store_id, state=chosen.state, has_deal=chosen.has_deal
        )
    ids = products.ids_of(session, company_id, chosen, limit=MOST_NAMED)
    if not ids:
        raise Invalid("There is nothing to look at.", "Bakılacak bir şey yok.")
    return CheckProducts(product_ids=tuple(ids))


def submit(session: Session, caller: face.Caller, contract: Contract) -> UUID:
    """Ask for a job for the caller's company. Raises Forbidden for a role that may not."""
    caller.must(contract.role)
    return ledger.submit(session, contract, company_id=caller.company_id, requested_by=caller.name)


def exported(kind: str, caller: face.Caller, columns: Any, rows: Iterator[Any], names: tuple[str, str]) -> Response:
    """The rows as a file that is called after `names` (English, Turkish) and the day."""
    name = f"{names[caller.locale == 'tr']}-{clock.now().astimezone(clock.ISTANBUL):%Y-%m-%d}.{kind}"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    if kind == "csv":
        return StreamingResponse(exports.as_csv(columns, rows, caller.locale), media_type="text/csv; charset=utf-8", headers=disposition)
    folder = Path(tempfile.mkdtemp(prefix="imece-"))
    leave = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    try:
        exports.as_xlsx(columns, rows, folder / name, caller.locale, title=names[caller.locale == "tr"])
    except BaseException:
        leave.func(*leave.args, **leave.kwargs)
        raise
    return FileResponse(folder / name, media_type=_XLSX, headers=disposition, background=leave)


def _to(address: str) -> RedirectResponse:
    return RedirectResponse(address, status_code=303)


def _to_job(job_id: UUID) -> RedirectResponse:
    return _to(f"/jobs/{job_id}")
