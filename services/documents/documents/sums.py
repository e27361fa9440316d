"""
What a row says in money: debit and credit per currency, out of whichever amount columns a sheet has.

A sheet may have debit and credit; a balance with a sign, or with B/A behind it or beside it; a balance in two columns, one per side; and
any of these once per currency. Where it has a balance beside debit and credit, they must agree.
"""

from dataclasses import dataclass
from decimal import Decimal

from documents import amounts
from documents.amounts import Amount, Mark, Side
from documents.columns import Header
from documents.headings import Field
from imece.errors import Invalid
from imece.workbooks import Cell

_NOTHING = Decimal(0)
_SIDES: tuple[tuple[Field, Side], ...] = (
    (Field.DEBIT, "debit"),
    (Field.CREDIT, "credit"),
    (Field.DEBIT_BALANCE, "debit"),
    (Field.CREDIT_BALANCE, "credit"),
)


class Misfit(Invalid):
    """The amounts of a row do not fit together. `column` is where it shows; None: nowhere in particular."""

    def __init__(self, column: int | None, en: str, tr: str) -> None:
        """`column` counts from 0."""
        super().__init__(en, tr)
        self.column = column


@dataclass(frozen=True, slots=True)
class Sum:
    """What a row says in one currency; neither side is negative."""

    currency: str
    debit: Decimal
    credit: Decimal


class Sums:
    """
    The amount columns under one header, and which decimal mark each has shown so far.

    Look at every row first, then settle each: only then is it known how a column writes its numbers.
    """

    def __init__(self, header: Header, *, currency: str | None, decimal_mark: Mark | None) -> None:
        self._header = header
        self._currency = currency or "TRY"
        self._mark = decimal_mark
        self._shown: dict[int, set[Mark]] = {column: set() for columns in header.sums.values() for column in columns.values()}

    @property
    def columns(self) -> list[int]:
        """Every column that holds an amount."""
        return list(self._shown)

    def look(self, column: int, cell: Cell) -> Amount | None:
        """The amount in a cell, None for a blank one. Raises Invalid for what is no amount."""
        amount = amounts.parse(cell)
        if amount is not None and amount.mark:
            self._shown[column].add(amount.mark)
        return amount

    def settle(self, given: dict[int, Amount], currency: str | None, side: Side | None) -> list[Sum]:
        """
        The sums of a row, one per currency. `given` are its amounts by column, `currency` and `side` what the columns for those say.

        Raises Misfit.
        """
        found = []
        for named, columns in self._header.sums.items():
            here = {what: given[column] for what, column in columns.items() if column in given}
            if here:
                code = self._one_currency(columns, here, named, currency)
                found.append(self._sum(code, columns, here, side))
        if not found:
            raise Misfit(min(self._shown), "There is no amount.", "Tutar yok.")
        return found

    def _one_currency(self, columns: dict[Field, int], here: dict[Field, Amount], named: str | None, currency: str | None) -> str:
        said = {code for code in (named, currency, *(amount.currency for amount in here.values())) if code}
        if len(said) > 1:
            codes = ", ".join(sorted(said))
            raise Misfit(columns[next(iter(here))], f"Two currencies at once: {codes}.", f"Aynı anda iki para birimi: {codes}.")
        return said.pop() if said else self._currency

    def _sum(self, currency: str, columns: dict[Field, int], here: dict[Field, Amount], side: Side | None) -> Sum:
        values = {what: self._value(columns[what], amount, currency) for what, amount in here.items()}
        for what, own in _SIDES:
            if values.get(what, _NOTHING) < 0:
                raise Misfit(
                    columns[what],
                    "A debit or credit is never negative; use a balance column.",
                    "Borç ve alacak eksi olmaz; bakiye sütunu kullanın.",
                )
            if what in here and here[what].side not in {None, own}:
                raise Misfit(
                    columns[what], "The letter behind the amount says the other side.", "Tutarın yanındaki harf öbür tarafı gösteriyor."
                )
        apart = _difference(values, Field.DEBIT_BALANCE, Field.CREDIT_BALANCE)
        if values.get(Field.DEBIT_BALANCE) and values.get(Field.CREDIT_BALANCE):
            raise Misfit(columns[Field.DEBIT_BALANCE], "A balance is on one side only.", "Bakiye iki tarafta birden olmaz.")
        moved = _difference(values, Field.DEBIT, Field.CREDIT)
        if moved is not None:
            for what, balance in ((Field.BALANCE, values.get(Field.BALANCE)), (Field.DEBIT_BALANCE, apart)):
                if balance is not None and abs(balance) != abs(moved):  # programs differ in the sign they show
                    raise Misfit(
                        columns[what],
                        f"Debit less credit is {amounts.shown(moved, 'en')}, but the balance says {amounts.shown(balance, 'en')}.",
                        f"Borç eksi alacak {amounts.shown(moved)} ediyor, bakiyede {amounts.shown(balance)} yazıyor.",
                    )
            return _sum(currency, values.get(Field.DEBIT, _NOTHING), values.get(Field.CREDIT, _NOTHING))
        if apart is None:
            apart = self._signed(columns[Field.BALANCE], here[Field.BALANCE], values[Field.BALANCE], side)
        return _sum(currency, max(apart, _NOTHING), max(-apart, _NOTHING))

    def _value(self, column: int, amount: Amount, currency: str) -> Decimal:
        shown = self._shown[column]
        mark = self._mark or (next(iter(shown)) if len(shown) == 1 else None)
        try:
            return amounts.settled(amount.under(mark), currency, exact=amount.exact)
        except Invalid as wrong:
            raise Misfit(column, wrong.en, wrong.tr) from None

    def _signed(self, column: int, amount: Amount, value: Decimal, side: Side | None) -> Decimal:
        """A balance with its sign: by the letter behind it or in the column for it, else by its own sign."""
        said = {letter for letter in (amount.side, side) if letter}
        if len(said) > 1 or (said and value < 0):
            raise Misfit(column, "The sign and the B/A letter do not agree.", "Eksi işareti ile B/A harfi uyuşmuyor.")
        if not said and value and Field.SIDE in self._header.places:
            raise Misfit(self._header.places[Field.SIDE], "The side (B or A) is missing.", "Bakiyenin yönü (B ya da A) boş.")
        return -value if said == {"credit"} else value


def _difference(values: dict[Field, Decimal], debit: Field, credit: Field) -> Decimal | None:
    return values.get(debit, _NOTHING) - values.get(credit, _NOTHING) if debit in values or credit in values else None


def _sum(currency: str, debit: Decimal, credit: Decimal) -> Sum:
    """Both sides with the currency's decimals."""
    return Sum(currency, amounts.settled(debit, currency, exact=True), amounts.settled(credit, currency, exact=True))
