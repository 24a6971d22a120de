"""Bring the layers of the Shanghai example here: `python scripts/shanghai.py --from DIR`.

DIR holds the files that the project files in `data/shanghai` name; its README says where they come
from. Nothing is copied unless all of them are there.
"""

import argparse
import re
import shutil
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent.parent / "data" / "shanghai"


def main() -> None:
    """Copy the layers, or say which are missing."""
    parser = argparse.ArgumentParser(description="Bring the layers of the Shanghai example.")
    parser.add_argument("--from", dest="source", type=Path, required=True, metavar="DIR")
    source = parser.parse_args().source
    texts = [path.read_text("utf-8") for path in sorted(EXAMPLE.glob("*.toml"))]
    names = dict.fromkeys(re.findall(r'"layers/([^"]+)"', "".join(texts)))
    if missing := [name for name in names if not (source / name).is_file()]:
        parser.exit(2, "\n  ".join([f"{source} lacks:", *missing]) + "\n")
    (EXAMPLE / "layers").mkdir(exist_ok=True)
    for name in names:
        shutil.copyfile(source / name, EXAMPLE / "layers" / name)
    print(f"{len(names)} files are in {EXAMPLE / 'layers'}")


if __name__ == "__main__":
    main()
