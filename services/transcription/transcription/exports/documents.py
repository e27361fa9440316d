"""A Word document: title, facts, a table of chapters, and the text with its times in the margin."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from transcription.chapters.lists import clock
from transcription.exports import languages
from transcription.exports.transcripts import Paragraph, Transcript, parts, plain

_INK, _QUIET, _ACCENT = RGBColor(0x1F, 0x24, 0x30), RGBColor(0x7A, 0x82, 0x91), RGBColor(0x1F, 0x5F, 0x8B)
_FONT = "Calibri"

#: Where the text stands beside its times.
_INDENT = Cm(1.9)

#: The same transcript is the same file.
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def document(of: Transcript) -> bytes:
    """The transcript as .docx."""
    made = Document()
    _dressed(made)
    made.core_properties.title = plain(of.title)[:255]
    made.core_properties.author = made.core_properties.comments = ""
    made.core_properties.language = of.language
    made.core_properties.created = made.core_properties.modified = _EPOCH
    made.add_paragraph(plain(of.title) or of.say("Transcript", "Döküm"), style="Title")
    facts = [languages.name(of.language, of.locale), clock(of.duration), of.say("written by machine", "makineyle yazıldı")]
    made.add_paragraph(" · ".join(fact for fact in facts if fact), style="Facts")
    if of.chapters:
        _contents(made, of)
    for chapter, paragraphs in parts(of):
        if chapter:
            made.add_paragraph(plain(chapter.title), style="Heading 1")
        for paragraph in paragraphs:
            _spoken(made, paragraph)
    written = BytesIO()
    made.save(written)
    return _timeless(written)


def _dressed(made: Any) -> None:
    """Paper, fonts and styles."""
    page = made.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.5)
    page.top_margin = page.bottom_margin = Cm(2.2)
    _style(made.styles["Normal"], 11, _INK, after=8)
    _style(made.styles["Title"], 24, _INK, after=2, bold=True)
    _style(made.styles["Heading 1"], 14, _ACCENT, before=18, after=6, bold=True)
    made.styles["Heading 1"].paragraph_format.keep_with_next = True
    title = made.styles["Title"].element.get_or_add_pPr()
    for line in title.findall(qn("w:pBdr")):
        title.remove(line)
    facts = made.styles.add_style("Facts", WD_STYLE_TYPE.PARAGRAPH)
    facts.base_style = made.styles["Normal"]
    _style(facts, 10, _QUIET, after=14)
    spoken = made.styles.add_style("Spoken", WD_STYLE_TYPE.PARAGRAPH)
    spoken.base_style = made.styles["Normal"]
    spoken.paragraph_format.left_indent, spoken.paragraph_format.first_line_indent = _INDENT, -_INDENT
    spoken.paragraph_format.tab_stops.add_tab_stop(_INDENT, WD_TAB_ALIGNMENT.LEFT)
    spoken.paragraph_format.line_spacing = 1.2
    _numbered(page.footer.paragraphs[0])


def _style(style: Any, size: int, colour: RGBColor, *, before: int = 0, after: int = 0, bold: bool = False) -> None:
    style.font.name, style.font.size, style.font.bold, style.font.color.rgb = _FONT, Pt(size), bold, colour
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in list(fonts.attrib):
        if name.endswith("Theme"):
            del fonts.attrib[name]
    for name in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(name), _FONT)
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)


def _contents(made: Any, of: Transcript) -> None:
    """The chapters and when each begins; a title that nobody has named is marked."""
    table = made.add_table(rows=0, cols=2)
    table.alignment = WD_TABLE_ALIGNMENT.LEFT
    table.autofit = False
    table.columns[0].width, table.columns[1].width = _INDENT, Cm(14.1)
    for chapter in of.chapters:
        cells = table.add_row().cells
        cells[0].width, cells[1].width = _INDENT, Cm(14.1)
        for cell, text, colour in ((cells[0], clock(chapter.start), _QUIET), (cells[1], plain(chapter.title), _INK)):
            cell.paragraphs[0].paragraph_format.space_after = Pt(2)
            cell.paragraphs[0].add_run(text).font.color.rgb = colour
        if chapter.suggested:
            note = cells[1].paragraphs[0].add_run(of.say("  suggestion", "  öneri"))
            note.font.size, note.font.italic, note.font.color.rgb = Pt(9), True, _QUIET


def _spoken(made: Any, paragraph: Paragraph) -> None:
    line = made.add_paragraph(style="Spoken")
    time = line.add_run(f"{clock(paragraph.start)}\t")
    time.font.size, time.font.color.rgb = Pt(9), _QUIET
    if paragraph.speaker:
        line.add_run(f"{plain(paragraph.speaker)}: ").bold = True
    line.add_run(paragraph.text)


def _numbered(footer: Any) -> None:
    """The page's number, in the middle of its foot."""
    footer.alignment = 1
    run = footer.add_run()
    run.font.size, run.font.color.rgb = Pt(9), _QUIET
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = text
        run._r.append(part)  # noqa: SLF001 - the library has no fields


def _timeless(written: BytesIO) -> bytes:
    """The same archive without the moment of its making."""
    out = BytesIO()
    with ZipFile(written) as given, ZipFile(out, "w", ZIP_DEFLATED) as made:
        for entry in given.infolist():
            made.writestr(ZipInfo(entry.filename, _EPOCH.timetuple()[:6]), given.read(entry), ZIP_DEFLATED)
    return out.getvalue()
