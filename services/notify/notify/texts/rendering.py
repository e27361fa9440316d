"""
Texts with places for variables, such as `Sayın {{ ad }}, {{ tutar|para }} borcunuz {{ vade|tarih }} tarihinde doluyor`.

Templates are written by customers, so they may do little: put values in, through a few filters, and decide between words with `if`. There is no
loop, no call, no attribute in this language, hence nothing in it that costs time or reaches further than its variables.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, NoReturn

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, Undefined, UndefinedError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from imece.errors import Invalid, Permanent
from notify.texts import wording
from notify.texts.wording import Locale

#: Characters of a body, and of what it becomes.
LONGEST_SOURCE, LONGEST_TEXT = 50_000, 200_000

Value = Any  #: str, int, Decimal, date or None

_DEFAULTS = frozenset({"default", "varsayilan", "d"})

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Filter, nodes.If, nodes.CondExpr, nodes.Compare,
    nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Test, nodes.Concat, nodes.Add, nodes.Sub, nodes.Neg, nodes.Keyword, nodes.Tuple, nodes.List,
)  # fmt: skip


def _default(value: Any, otherwise: Any = "") -> Any:
    """The value, or something else where there is none."""
    return otherwise if isinstance(value, Undefined) or value is None or value == "" else value


#: What a template may ask of a value, under its Turkish and its English name.
_PLAIN_FILTERS: dict[str, Callable[..., Any]] = {
    "saat": wording.hour, "time": wording.hour,
    "buyuk": wording.upper, "upper": wording.upper,
    "kucuk": wording.lower, "lower": wording.lower,
    "baslik": wording.title, "title": wording.title,
    "kisalt": wording.short, "short": wording.short,
    "varsayilan": _default, "default": _default, "d": _default,
}  # fmt: skip
_SPOKEN_FILTERS: dict[str, Callable[..., str]] = {
    "para": wording.money, "money": wording.money,
    "sayi": wording.number, "number": wording.number,
    "tarih": wording.day, "date": wording.day,
}  # fmt: skip

FILTERS = tuple(_SPOKEN_FILTERS | _PLAIN_FILTERS)


class Missing(Permanent):
    """A template cannot be filled: values are missing. `names` are theirs."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        said = ", ".join(sorted(names))
        super().__init__(f"The template needs a value for: {said}.", f"Şablonda şu alanlar boş kalıyor: {said}.")


class Unplaced(Invalid):
    """Values that the template has no place for. `names` are theirs."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        said = ", ".join(sorted(names))
        super().__init__(f"The template does not know: {said}.", f"Şablon şu alanları tanımıyor: {said}.")


def check(source: str, *, escape: bool = False) -> None:
    """Raise Invalid for a text that is no template of ours: with the line, and what is wrong there."""
    _template(source, "tr", escape)


@lru_cache(maxsize=512)
def places(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """The variables of a template: those that must have a value, and those that may (asked for with `varsayilan`, or `is defined`)."""
    tree = _tree(source)
    everything = {name.name for name in tree.find_all(nodes.Name)}
    optional = {node.node.name for node in tree.find_all(nodes.Filter) if node.name in _DEFAULTS and isinstance(node.node, nodes.Name)}
    optional |= {node.node.name for node in tree.find_all(nodes.Test) if isinstance(node.node, nodes.Name)}
    return frozenset(everything - optional), frozenset(optional)


def render(source: str, variables: Mapping[str, Value], locale: Locale, *, escape: bool = False) -> str:
    """
    The text; with `escape` the values are written as HTML needs them. An empty value counts as missing.

    Raises Missing, and Permanent where a value is not what its filter asks for.
    """
    given = {name: value for name, value in variables.items() if value is not None and value != ""}
    if missing := places(source)[0] - given.keys():
        raise Missing(missing)
    try:
        text = _template(source, locale, escape).render(given)
    except UndefinedError as error:
        raise Permanent(f"The template cannot be filled: {error.message}", f"Şablon doldurulamadı: {error.message}") from None
    except (TypeError, ValueError, ArithmeticError) as error:
        raise Permanent(f"The template cannot be filled: {error}", f"Şablon doldurulamadı: {error}") from None
    if len(text) > LONGEST_TEXT:
        raise Permanent("The text becomes too long.", "Metin çok uzun oluyor.")
    return text


@lru_cache(maxsize=4)
def _environment(locale: Locale, escape: bool) -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=escape, keep_trailing_newline=True, cache_size=0)
    made.globals.clear()
    made.filters = _PLAIN_FILTERS | {name: partial(spoken, locale=locale) for name, spoken in _SPOKEN_FILTERS.items()}
    made.tests = {name: made.tests[name] for name in ("defined", "undefined", "none")}
    return made


@lru_cache(maxsize=512)
def _template(source: str, locale: Locale, escape: bool) -> Template:
    _tree(source)  # first: compiling already computes what is constant
    try:
        return _environment(locale, escape).from_string(source)
    except (TemplateError, RecursionError) as error:
        _wrong(error)


@lru_cache(maxsize=512)
def _tree(source: str) -> nodes.Template:
    """The template, read and found to ask for nothing that it may not."""
    if len(source) > LONGEST_SOURCE:
        raise Invalid(f"The text is longer than {LONGEST_SOURCE} characters.", f"Metin {LONGEST_SOURCE} karakterden uzun.")
    try:
        tree = _environment("tr", escape=False).parse(source)
    except (TemplateError, RecursionError) as error:
        _wrong(error)
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _ALLOWED):
            word = type(node).__name__.lower()
            raise Invalid(
                f"Line {node.lineno}: “{word}” is not possible in a template.", f"Satır {node.lineno}: şablonda “{word}” kullanılamaz."
            )
    return tree


def _wrong(error: Exception) -> NoReturn:
    line = error.lineno if isinstance(error, TemplateSyntaxError) else 1
    what = error.message if isinstance(error, TemplateError) else type(error).__name__
    raise Invalid(f"Line {line}: this cannot be read as a template: {what}", f"Satır {line}: şablon okunamadı: {what}") from error
