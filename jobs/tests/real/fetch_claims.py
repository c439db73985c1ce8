#!/usr/bin/env python3
"""Fetches claims of an insurer and writes every 13th of them, beside the mappings: see README.md beside this file."""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "chainladder==0.10.1"
FILE = "chainladder/utils/data/prism.csv"
EACH, COUNT = 13, 2500
MAPPINGS = ["prism_mapping.json", "prism_mapping_leaky.json"]


def claims(folder):
    """The lines of the file, its header first."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--dest", folder, PACKAGE], check=True)
    (wheel,) = Path(folder).glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(FILE).decode("utf-8").splitlines()


def main():
    here = Path(__file__).parent
    out = Path(sys.argv[1] if len(sys.argv) > 1 else here / "fetched")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        header, *lines = claims(folder)
    chosen = lines[: EACH * COUNT : EACH]
    (out / "prism.csv").write_text("\n".join([header, *chosen]) + "\n", encoding="utf-8")
    for mapping in MAPPINGS:
        shutil.copy(here / mapping, out / mapping)
    print(f"{len(chosen)} claims in {out / 'prism.csv'}")


if __name__ == "__main__":
    main()
