"""Reads plans from Markdown, and embeds untrusted text in Markdown safely."""

from podium.dialogue.documents.formats import read_markdown
from podium.dialogue.documents.markdown_text import code_span, inline
from podium.dialogue.documents.plan_markdown import doubt_words, evidence_words

__all__ = ["code_span", "doubt_words", "evidence_words", "inline", "read_markdown"]
