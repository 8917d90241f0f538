"""The words of RTF that open destinations, and those that stand for characters."""

from __future__ import annotations

SKIP, BODY, INNER_ROW = "skip", "body", "nesttableprops"
HEADERS = frozenset({"header", "headerl", "headerr", "headerf"})
FOOTERS = frozenset({"footer", "footerl", "footerr", "footerf"})
RUNNING = HEADERS | FOOTERS
HEAD = frozenset({"fonttbl", "stylesheet", "info"})
BOXES = frozenset({"shptxt", "dptxbxtext"})
STORIES = RUNNING | BOXES | {"footnote"}
CAPTURED = frozenset({"fldinst", "listtext", "pntext", "pict", "sn", "sv", "formfield", "ffl"})
TRANSPARENT = frozenset({"shppict", "shpinst", "fldrslt", "result", "picprop", "sp", "do"})
SKIPPED = frozenset(
    (
        *("colortbl", "filetbl", "revtbl", "listtable", "listoverridetable", "rsidtbl", "generator", "nonshppict"),
        *("objdata", "objclass", "annotation", "atnid", "atnauthor", "atntime", "atndate", "atnref", "atrfstart"),
        *("atrfend", "xe", "tc", "rxe", "txe", "shprslt", "nonesttables", "themedata", "datastore", "template"),
        *("ftnsep", "ftnsepc", "ftncn", "aftnsep", "aftnsepc", "aftncn", "bkmkstart", "bkmkend", "pgdsctbl"),
        *("latentstyles", "xmlnstbl", "upr", "htmltag", "colorschememapping", "mmathPr", "userprops", "docvar"),
        *("operator", "background", "pnseclvl"),
    )
)
CHARACTERS = {
    **{"tab": "\t", "line": "\n", "lbr": "\n", "emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘"},
    **{"rquote": "’", "ldblquote": "“", "rdblquote": "”", "emspace": " ", "enspace": " ", "qmspace": " "},
    **{"page": "\n", "softline": "\n", "zwj": "", "zwnj": "", "ltrmark": "", "rtlmark": ""},
}
SYMBOLS = {b"~": "\u00a0", b"_": "\u2011", b"\\": "\\", b"{": "{", b"}": "}", b"\t": "\t"}
