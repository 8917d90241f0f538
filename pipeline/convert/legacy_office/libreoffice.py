"""Rewrites a binary Office file as DOCX, XLSX or PPTX with LibreOffice: no macros, no links followed, no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from pipeline.convert.legacy_office import guard
from pipeline.convert.legacy_office.encryption import is_encrypted
from pipeline.datadir import leftovers
from pipeline.errors import ErrorCode, PermanentError

SUCCESSOR = {"doc": "docx", "xls": "xlsx", "xlsb": "xlsx", "ppt": "pptx"}
FILTER = {
    "docx": "docx:MS Word 2007 XML",
    "xlsx": "xlsx:Calc MS Excel 2007 XML",
    "pptx": "pptx:Impress MS PowerPoint 2007 XML",
}
PROGRAMS = ("soffice", "libreoffice")
MAC_PROGRAM = Path("/Applications/LibreOffice.app/Contents/MacOS/soffice")
MAX_SECONDS = 600
NOWHERE = "http://127.0.0.1:9"  # as a proxy: whatever asks the network is refused
SETTINGS = {
    "Common/Security/Scripting": {
        "MacroSecurityLevel": "3",
        "DisableMacrosExecution": "true",
        "DisableActiveContent": "true",
        "DisableOLEAutomation": "true",
        "BlockUntrustedRefererLinks": "true",
    },
    "Writer/Content/Update": {"Link": "0"},
    "Calc/Content/Update": {"Link": "0"},
    "Common/Load": {"UpdateDocMode": "0"},
    "Common/Misc": {"UseSystemFileDialog": "false", "FirstRun": "false"},
}


def program() -> str | None:
    """LibreOffice's command, if it is installed."""
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    return found or (str(MAC_PROGRAM) if MAC_PROGRAM.is_file() else None)


def modernised(data: bytes, kind: str) -> bytes:
    """The file as LibreOffice writes it in the format that followed. Raises PermanentError."""
    if is_encrypted(data):
        raise PermanentError(
            "The document is protected by a password: publish a copy without one.", ErrorCode.ENCRYPTED
        )
    command = program()
    if command is None:
        raise PermanentError(
            f"LibreOffice, which reads {kind.upper()} files, is not installed: install it and run `nic retry`, or save "
            f"the document as {SUCCESSOR[kind].upper()}.",
            ErrorCode.UNSUPPORTED,
        )
    with leftovers.private_folder() as folder:
        (folder / f"source.{kind}").write_bytes(data)
        status = _run(command, folder, kind)
        result = folder / "out" / f"source.{SUCCESSOR[kind]}"
        if result.is_file():
            return result.read_bytes()
    if status == guard.KILLED:
        raise PermanentError(
            f"LibreOffice took longer than {MAX_SECONDS} s: split the document or save it as "
            f"{SUCCESSOR[kind].upper()}.",
            ErrorCode.TIMEOUT,
        )
    raise PermanentError(
        f"LibreOffice cannot open the {kind.upper()} file: save it as {SUCCESSOR[kind].upper()}.", ErrorCode.CORRUPT
    )


def _run(command: str, folder: Path, kind: str) -> int:
    """LibreOffice with a profile of its own, which no other one and no user's settings share."""
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_registry(), encoding="utf-8")
    target = FILTER[SUCCESSOR[kind]]
    options = ("--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck", "--nofirststartwizard")
    paths = ("--convert-to", target, "--outdir", str(folder / "out"), str(folder / f"source.{kind}"))
    guarded = [sys.executable, "-I", guard.__file__, str(MAX_SECONDS), str(folder)]
    arguments = [*guarded, command, f"-env:UserInstallation={profile.as_uri()}", *options, *paths]
    process = subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=folder, env=_environment(folder)
    )
    try:
        return process.wait()
    finally:
        process.stdin.close()  # type: ignore[union-attr]  # which ends LibreOffice, if it still runs
        process.wait()


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of this process's environment, which may hold secrets, but what finds programs and languages."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")}
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "ftp_proxy", "all_proxy"), NOWHERE)
    return {**kept, **proxies, "HOME": str(folder), "TMPDIR": str(folder), "SAL_USE_VCLPLUGIN": "svp"}


def _registry() -> str:
    items = "".join(
        f'<item oor:path="/org.openoffice.Office.{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>"
        for path, values in SETTINGS.items()
        for name, value in values.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"{items}</oor:items>"
    )
