"""How Sphinx builds the site; `scripts/site.py` calls it with the pages it made."""

from __future__ import annotations

import inspect
import itertools
import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

import lifecircle

project = "lifecircle"
author = "The lifecircle developers"
project_copyright = (
    "The lifecircle developers; maps and sample © OpenStreetMap contributors, ODbL 1.0"
)
version = release = lifecircle.__version__

extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "myst_nb"]
exclude_patterns = ["extra/**", "templates/**"]
templates_path = ["templates"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "off"
nb_merge_streams = True

# Single backticks in docstrings are names and values.
default_role = "literal"
add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_type_aliases = {name: name for name in ("Floats", "Ints", "Bools", "Added", "Progress")}
python_use_unqualified_type_names = True
maximum_signature_line_length = 80
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

html_theme = "furo"
html_title = f"lifecircle {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_extra_path = ["extra"]
html_show_sourcelink = False
html_copy_source = False
# Summaries are fetched, which a browser forbids pages that are opened from disk.
html_show_search_summary = False
html_search_language = "en-zh"
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}

RETURNS = re.compile(r"^(Returns|Yields)$")


def with_return_type(
    _app: Sphinx, _what: str, _name: str, thing: Any, _options: Any, lines: list[str]
) -> None:
    """Put the type of what comes back, which our signatures alone say, where numpydoc looks."""
    for at in range(len(lines) - 2):
        if RETURNS.match(lines[at]) and lines[at + 2].startswith(" "):
            annotation = inspect.get_annotations(thing).get("return", "")
            lines.insert(at + 2, str(annotation) or "-")
            return


class SearchBoth(SearchEnglish):
    """English by words, Chinese by every two characters that stand side by side."""

    lang = "en-zh"
    js_splitter_code = r"""
var splitQuery = (query) =>
  (query.match(/[\u3400-\u9fff]+|(?:(?![\u3400-\u9fff])[\p{L}\p{N}_])+/gu) || []).flatMap((piece) =>
    /^[\u3400-\u9fff]{2,}$/.test(piece)
      ? [...piece].slice(1).map((letter, at) => piece[at] + letter)
      : [piece]
  );
"""

    def split(self, text: str) -> list[str]:
        """The words of a page, as the script above splits what is searched."""
        words = []
        for piece in re.findall(r"[\u3400-\u9fff]+|[^\W\u3400-\u9fff]+", text):
            chinese = "\u3400" <= piece[0] <= "\u9fff" and len(piece) > 1
            pairs = [a + b for a, b in itertools.pairwise(piece)]
            words += pairs if chinese else [piece]
        return words


def setup(app: Sphinx) -> None:
    """Our search; and go before numpydoc, which has the usual priority of 500."""
    app.add_search_language(SearchBoth)
    app.connect("autodoc-process-docstring", with_return_type, priority=400)
