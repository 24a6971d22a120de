"""Workbooks as a spreadsheet program sees them: LibreOffice recalculates, converts, prints."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
needs_office = pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")

ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "Err:")


def without_results(path: Path, out: Path) -> Path:
    """The same workbook in which no formula has a result, so that a program must compute all."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            text = source.read(name)
            if name.startswith("xl/worksheets/"):
                text = re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", text)
            target.writestr(name, text)
    return out


def converted(path: Path, kind: str, folder: Path) -> Path:
    """What LibreOffice makes of a file, saved as another kind."""
    out = folder / f"as_{kind}"
    profile = (folder / "profile").as_uri()
    subprocess.run(
        [
            str(OFFICE), f"-env:UserInstallation={profile}", "--headless", "--convert-to", kind,
            "--outdir", str(out), str(path),
        ],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    return out / f"{path.stem}.{kind}"
