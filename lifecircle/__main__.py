"""`python -m lifecircle`, and the command `lifecircle`."""

from __future__ import annotations

import io
import sys


def main() -> None:
    """Runs the command line; a console that cannot print a character gets a replacement."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        from lifecircle.command.cli import app

        app(prog_name="lifecircle")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
