"""Which codec the bytes of an RTF file are in: the file's, or that of the font."""

from __future__ import annotations

import codecs

CODEC_OF_CHARSET = {
    **{77: "mac_roman", 128: "cp932", 129: "cp949", 134: "gbk", 136: "big5", 161: "cp1253", 162: "cp1254"},
    **{163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250"},
    **{255: "cp437"},
}
SYMBOL_CHARSET = 2
DEFAULT = "cp1252"
FILE_CODECS = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850", "ansi": DEFAULT}


def codec_of_page(number: int | None) -> str:
    """The codec of a Windows code page, Windows Latin 1 if there is none of that number."""
    name = "utf-8" if number == 65001 else f"cp{number}"
    try:
        codecs.lookup(name)
    except LookupError:
        return DEFAULT
    return name
