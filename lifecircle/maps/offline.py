"""Maps as single files that need no network."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files
from pathlib import Path

import folium

from lifecircle.errors import InputError
from lifecircle.messages import some

LEAFLET = {"leaflet.js", "leaflet.css"}
NOT_NEEDED = re.compile(r"jquery|bootstrap|awesome|fontawesome|glyphicons", re.IGNORECASE)
"""Links that folium puts into every page; what we draw uses none of them."""
USES_THEM = re.compile(r"L\.AwesomeMarkers|\$\(|L\.Icon|L\.marker\(")
LINK = re.compile(r'<script src="([^"]*)"></script>|<link rel="stylesheet" href="([^"]*)"\s*/>')
RULE_WITH_ADDRESS = re.compile(r"[^{}]*\{[^{}]*url\([^{}]*\}")
SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
SOURCE_MAP = "//# sourceMappingURL"


def save_offline(picture: folium.Map, path: str | Path) -> None:
    """Write a map as one file that needs no network and may run nothing but its own scripts.

    Raises
    ------
    InputError
        If the map has tiles, or parts (icons, popups, plug-ins) that only the network has.
    """
    if any(isinstance(child, folium.TileLayer) for child in picture._children.values()):
        raise InputError.of("maps.tiles")
    page = offline_page(str(picture.get_root().render()))
    Path(path).write_bytes(page.encode("utf-8", errors="replace"))


def offline_page(page: str) -> str:
    """A map's page with Leaflet in it instead of its address, and with leave to run nothing else.

    Raises
    ------
    InputError
        If the map has parts that only the network has.
    """
    links = [script or style for script, style in LINK.findall(page)]
    foreign = [
        link
        for link in links
        if link.rsplit("/", 1)[-1] not in LEAFLET and not NOT_NEEDED.search(link)
    ]
    if USES_THEM.search(page):
        foreign.append("jquery, icons")
    if foreign:
        raise InputError.of("maps.assets", names=some(foreign))
    return _with_policy(LINK.sub(_inlined, page))


def _inlined(link: re.Match[str]) -> str:
    """Leaflet's own text instead of its address; nothing instead of what is not needed."""
    name = (link[1] or link[2]).rsplit("/", 1)[-1]
    if name not in LEAFLET:
        return ""
    text = (files("lifecircle") / "vendor" / "leaflet" / name).read_text("utf-8")
    if name == "leaflet.js":
        return f"<script>{text.partition(SOURCE_MAP)[0]}</script>"
    return f"<style>{RULE_WITH_ADDRESS.sub('', text)}</style>"


def _with_policy(page: str) -> str:
    """The page with a policy that names its scripts one by one and forbids all else."""
    digests = [hashlib.sha256(text.encode("utf-8")).digest() for text in SCRIPT.findall(page)]
    scripts = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return page.replace("<head>", f"<head>\n{meta}", 1)
