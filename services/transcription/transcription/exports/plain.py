"""Plain text: the title, chapters as lines of their own, paragraphs."""

from transcription.exports.transcripts import Transcript, parts, plain


def text(of: Transcript) -> str:
    """What was said, to be read; nothing but that."""
    blocks = [plain(of.title)] if plain(of.title) else []
    for chapter, paragraphs in parts(of):
        if chapter:
            blocks.append(f"{plain(chapter.title)}\n{'-' * len(plain(chapter.title))}")
        blocks += [(f"{plain(one.speaker)}: " if one.speaker else "") + one.text for one in paragraphs]
    return "\n\n".join(blocks) + "\n" if blocks else ""
