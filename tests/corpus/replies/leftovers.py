"""Words of tools and of the reply that stay in the text: in the middle, behind it, before it."""

import random
from functools import partial

from tests.corpus.replies.kind import Family, Kind
from tests.corpus.replies.victim import Span, Victim

_READ_TOOLS: dict[str, str] = {
    "brackets": "[output truncated: lines {a} to {b} of {total} were left out]",
    "dots and count": "... ({n} more lines)",
    "pager": "--More--({p}%)",
    "offset": "(file goes on; read from line {b} to see the rest)",
    "angle": "<truncated {n} lines>",
    "stars": "*** {n} lines skipped ***",
    "result limit": "Result is limited to {a} lines. Ask for a smaller range.",
    "reminder": "<reminder>Lines {a}-{b} were not loaded into the context.</reminder>",
    "ellipsis sign": "⋮",
    "tokens": "[... {n} tokens trimmed ...]",
    "characters": "…{n} characters hidden…",
    "head tail": "==> {path} <==",
    "begin again": "--- {path} (continued) ---",
    "note": "NOTE: only the first {a} of {total} lines are shown",
    "german": "[Ausgabe gekürzt, {n} Zeilen fehlen]",
    "chinese": "（已截断，共 {total} 行）",
    "dashes": "----- 8< ----- {n} lines ----- >8 -----",
    "total": "(Showing {a} lines. File has {total} lines in total.)",
    "json": '{{"truncated": true, "next_line": {b}}}',
    "bar": "│ … {n} lines folded",
}
_AFTER: dict[str, str] = {
    "close file": "</file>",
    "close content": "</file_content>",
    "close write": "</write_to_file>",
    "close new text": "</new_text>",
    "close answer": "</answer>",
    "close two": "</content>\n</edit>",
    "close parameter": "</parameter>\n</call>",
    "end token": "<|end|>",
    "end of text": "<|endoftext|>",
    "end of file": "[end of file]",
    "eof marks": "=== EOF ===",
    "end word": "END_OF_FILE",
    "done": "[DONE]",
    "json tail": '"}}',
    "fence": "```",
    "fence tilde": "~~~",
    "summary": "I changed the lookup so that missing keys no longer raise.",
    "bold": "**What changed:** the check now comes first.",
    "bullets": "- added a guard\n- kept the public names\n- no other file is touched",
    "offer": "Tell me if you want tests for this as well!",
    "explanation": "This version handles empty input and leaves everything else as it was.",
    "fence and words": "```\n\nThis should fix the failing test.",
    "heading": "## Notes\n\nThe function above is now safe for threads.",
    "french": "Dites-moi si vous souhaitez d'autres modifications.",
    "german": "Damit sollte der Fehler behoben sein.",
    "spanish": "Con este cambio la prueba debería pasar.",
    "russian": "Готово! Проверьте, пожалуйста, результат.",
    "chinese": "以上是修改后的完整文件。",
    "japanese": "以上で修正は完了です。",
    "thought": "<thinking>The user may also want a changelog entry.</thinking>",
    "tool call": '<tool name="run">\n<arg>make test</arg>\n</tool>',
    "question": "Should I go on with the other module?",
    "shell": "$ make test",
    "exit code": "Process finished with exit code 0",
    "written": "Wrote {n} lines to {path}",
    "rule": "---\n\nLast edited by the assistant.",
}
_BEFORE: dict[str, str] = {
    "here is": "Here is the whole file with the change:",
    "sure": "Sure, this is the new version of `{path}`.",
    "bold path": "**{path}**",
    "path": "{path}",
    "path colon": "File: {path}",
    "heading": "### {path}",
    "tag": '<file path="{path}">',
    "content": "<file_content>",
    "answer": "<answer>",
    "begin token": "<|start|>assistant",
    "fence": "```{language}",
    "fence path": "```{language} {path}",
    "words fence": "The corrected code:\n\n```{language}",
    "thought": "<thinking>\nFirst find where the value is read.\n</thinking>",
    "plan": "1. Read the file\n2. Move the check\n3. Run the tests",
    "bold": "**Updated file**",
    "role": "assistant:",
    "french": "Voici le fichier corrigé :",
    "german": "Hier ist die angepasste Datei:",
    "spanish": "Este es el archivo actualizado:",
    "portuguese": "Segue o arquivo alterado:",
    "russian": "Вот исправленный файл:",
    "chinese": "以下是更新后的文件：",
    "japanese": "修正したファイルは次のとおりです。",
    "korean": "수정된 파일입니다:",
    "understood": "Understood. I kept the signature and moved the loop.",
    "need": "I need to rewrite the parser first, then the caller.",
    "line count": "{total} lines",
    "header": "==> {path} <==",
    "command": "$ cat {path}",
    "separator": "----- BEGIN {path} -----",
    "language": "{language}",
}


def _fields(victim: Victim, span: Span) -> dict[str, object]:
    total = len(victim.lines)
    share = 100 * span.first // max(total, 1)
    language = "" if victim.language == "other" else victim.language
    return {
        "a": span.first,
        "b": span.last + 1,
        "n": span.last - span.first,
        "p": share,
        "total": total,
        "path": victim.edit.path,
        "language": language or "text",
    }


def _words(form: str, victim: Victim, span: Span) -> list[str]:
    return form.format(**_fields(victim, span)).split("\n")


def _in_middle(form: str, victim: Victim, rng: random.Random) -> str | None:
    """Lines are missing, and the tool's words stand for them."""
    total = len(victim.lines)
    first = rng.randrange(total // 5, total // 2)
    last = min(first + max(3, total // rng.choice((3, 6, 12))), total - 3)
    if last - first < 2:
        return None
    span = Span(first, last)
    return victim.replaced(span, _words(form, victim, span))


def _at_end(form: str, victim: Victim, rng: random.Random) -> str | None:
    total = len(victim.lines)
    span = Span(rng.randrange(total // 3, total - 2), total)
    return victim.replaced(span, _words(form, victim, span))


def _after(form: str, victim: Victim, rng: random.Random) -> str:
    whole = Span(0, len(victim.lines))
    gap = rng.choice(([], [""]))
    return victim.with_lines([*victim.lines, *gap, *_words(form, victim, whole)])


def _before(form: str, victim: Victim, rng: random.Random) -> str:
    whole = Span(0, len(victim.lines))
    gap = rng.choice(([], [""]))
    return victim.with_lines([*_words(form, victim, whole), *gap, *victim.lines])


_PLACES = (
    (Family.READ_MIDDLE, _READ_TOOLS, _in_middle),
    (Family.READ_END, _READ_TOOLS, _at_end),
    (Family.AFTER, _AFTER, _after),
    (Family.BEFORE, _BEFORE, _before),
)
KINDS = tuple(
    Kind(family, variant, partial(damage, form))
    for family, forms, damage in _PLACES
    for variant, form in forms.items()
)
