"""Luigi's configuration files, looked at before Luigi is: it reads them while it is imported, and shows a traceback.

Imports nothing of Luigi.
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Iterator
from pathlib import Path

_PLACES = ("/etc/luigi/client.cfg", "/etc/luigi/luigi.cfg", "client.cfg", "luigi.cfg")


def found() -> list[str]:
    """The files that Luigi reads, the last of which wins; named as Luigi is told of them."""
    return [place for place in (*_PLACES, os.environ.get("LUIGI_CONFIG_PATH", "")) if place and Path(place).is_file()]


def refuse_malformed() -> None:
    """Ends this process with one line if one of the files cannot be read."""
    for problem in _problems():
        raise SystemExit(f"error: {problem}")


def _problems() -> Iterator[str]:
    for file in found():
        parser = configparser.ConfigParser()
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        try:
            parser.read(file, encoding="utf-8")
            for section in parser.sections():
                parser.items(section)
        except UnicodeDecodeError:
            yield f"{file} is not UTF-8"
        except configparser.InterpolationError as error:
            yield f"{file}: the value of [{error.section}] {error.option} has a % too many: write %%"
        except configparser.Error as error:
            yield f"{file} is not a configuration file: {type(error).__name__}{_line(error)}"
        except OSError as error:
            yield f"{file} cannot be read: {error.strerror}"


def _line(error: configparser.Error) -> str:
    """Which line it is about; not what it holds, which may be a secret."""
    lines = [number for number, _ in getattr(error, "errors", [])] or [getattr(error, "lineno", None)]
    return f" in line {lines[0]}" if lines[0] else ""
