// What paper cannot be asked: which limit, service and zone the page shows, at its head and at every foot.
(() => {
  const { find, make } = dom;
  const line = make("p", { id: "print-state" });
  find("#top").append(line);

  const limit = () => {
    if (state.minutes !== null) return ""; // the strip says it
    const own = shown.definition().limits[state.service];
    return say("js_print_limit", { limit: own ? `${words.service(state.service)} ${words.of(own)}` : words.service(state.service) });
  };
  function draw() {
    const zone = shown.zone() !== null && !state.page ? say("js_print_zone_chosen", { name: words.row(state.row) }) : "";
    line.textContent = [say("js_print_service", { service: words.service(state.service) }), limit(), zone].filter(Boolean).join(" · ");
  }

  // A text between quotes in a style rule: whatever is no letter or digit goes by its number.
  const quoted = (said) => `"${[...said].slice(0, 90).map((letter) => (/[\p{L}\p{N}]/u.test(letter) ? letter : `\\${letter.codePointAt(0).toString(16)} `)).join("")}"`;
  const known = "adoptedStyleSheets" in document;
  const own = known ? new CSSStyleSheet() : null;
  if (known) document.adoptedStyleSheets = [...document.adoptedStyleSheets, own];
  function foot() {
    if (!known) return; // an older browser prints its own foot
    const varied = state.minutes === null ? "" : `${say("js_print_varied", { n: state.minutes })} · `;
    own.replaceSync(`@page{@bottom-left{content:${quoted(varied + words.of(data.meta.title))};font-size:8pt;color:#4a5764}}`);
  }
  watch.add(["definition", "service", "minutes", "row", "page", "language"], draw);
  watch.add(["minutes", "language"], foot);
})();
