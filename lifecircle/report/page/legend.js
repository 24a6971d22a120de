// What the colours mean, and what the map does not show: only classes that occur under what is chosen.
const legend = (() => {
  const { find, make } = dom;
  const CLASSES = ["pass", "undecided", "fail_1", "fail_2", "fail_3", "not_in_scope", "no_demand", "no_data"];
  const item = (text, attributes = {}) => make("li", attributes, text);
  const plain = (text) => item(text, { class: "plain-words" });

  // The classes of these rows, in every service.
  function classes(rows) {
    const found = new Map();
    for (const row of rows) {
      for (let cell = row * sheet.columns; cell < (row + 1) * sheet.columns; cell += 1) {
        const verdict = sheet.verdict[cell];
        const key = verdict === "not_in_scope" && !Number.isFinite(sheet.target[cell]) ? "no_target" : verdict;
        found.set(key, verdict);
      }
    }
    return [...CLASSES, "no_target"].filter((key) => found.has(key)).map((key) => {
      const verdict = found.get(key);
      return item(`${data.marks[verdict]} ${say(`l_${key}`)}`, { class: verdict });
    });
  }

  const dark = (colour) => parseInt(colour.slice(1, 3), 16) * 0.3 + parseInt(colour.slice(3, 5), 16) * 0.59 + parseInt(colour.slice(5), 16) * 0.11 < 125;
  function swatch({ up, colour }, before) {
    const text = Number.isFinite(up) ? `≤ ${up}` : `> ${before}`;
    const found = item(text, { class: "swatch" });
    Object.assign(found.style, { background: colour, color: dark(colour) ? "#fff" : "#16202b" });
    return found;
  }
  // Minutes up to which each colour goes; a line each where zones have limits of their own.
  function minutes() {
    const limits = surface.limits();
    return limits.flatMap((limit) => {
      const { within, beyond, edge } = surface.scale(limit);
      const own = limits.length > 1 ? [plain(say("p_limit", { n: format.minutes(limit) }))] : [];
      const last = beyond.length > 1 ? beyond.at(-2).up : edge;
      const farther = beyond.length ? [plain(say("js_beyond")), ...beyond.map((step) => swatch(step, last))]
        : [swatch({ up: Infinity, colour: surface.UNKNOWN }, surface.MOST)];
      return [...own, plain(say("js_within")), ...within.map((step) => swatch(step)), ...farther,
        plain(say("js_min"))];
    });
  }
  function people() {
    const sizes = marks.samples();
    if (!sizes.length) return [plain(say("js_no_gap"))];
    const unsure = rates.zones().some((row) => {
      const cell = rates.position(sheet, row, state.service);
      return sheet.verdict[cell] === "undecided" && sheet.gap[cell] > 0;
    });
    const circles = sizes.map((size) => make("li", { class: "plain-words size" }, marks.sample(size), format.amount(size)));
    return [plain(say("js_circle", { unit: words.unit() })), ...circles, unsure && plain(say("js_circle_unsure"))].filter(Boolean);
  }

  // What there is to know about what is not, or not exactly, in the picture.
  function notes() {
    const left = (what) => data.dropped.includes(what);
    const stepped = surface.readable() && surface.limits().find((limit) => limit <= surface.MOST && surface.scale(limit).edge !== limit);
    const found = [
      state.layer === "time" && surface.absence(),
      map.layer() === "time" && stepped && say("js_surface_step", { limit: format.minutes(stepped), edge: surface.scale(stepped).edge }),
      map.layer() === "time" && left("resolution") && say("js_surface_coarse"),
      find("#show-facilities").checked && !data.facilities[state.service] && say("js_no_facilities"),
      find("#show-facilities").checked && left("names") && say("js_names_dropped"),
      !data.streets && say(left("streets") ? "js_streets_dropped" : "js_streets_none"),
    ];
    return found.filter(Boolean).join(words.language() === "zh" ? "" : " ");
  }
  function drawMap() {
    const items = { status: () => classes(rates.zones()), gap: people, time: minutes, none: () => [] }[map.layer()]();
    find("#map-legend").replaceChildren(...items);
    const text = notes();
    find("#map-note").textContent = text;
    find("#map-note").hidden = !text;
  }
  watch.add(["definition", "minutes", "service", "layer", "language"], drawMap);
  watch.add(["definition", "minutes", "language"], () => find("#matrix-legend").replaceChildren(...classes(shown.definition().order)));
  find("#show-facilities").addEventListener("change", drawMap);
  map.leaflet.on("zoomend resize", () => { if (map.layer() === "gap") drawMap(); });
  return { classes };
})();
