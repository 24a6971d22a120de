// Tables as CSV files, made in the page: what is shown, and the numbers behind it in full precision.
// With a byte order mark, so that Excel reads Chinese; no text runs as a formula there.
const download = (() => {
  const { find, all, make } = dom;
  const FORMULA = /^'*[=+\-@\t\r]/;
  const LEVELS = ["zone", "parent", "area_type", "city", "scope", "outside"];
  const CERTAINTY = { c: "clear", u: "undecided", "-": "" };
  const KEPT_MS = 60_000;

  function entry(value) {
    if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
    const text = FORMULA.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }
  function save(name, rows) {
    const text = rows.map((row) => `${row.map(entry).join(",")}\n`).join("");
    const url = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv;charset=utf-8" }));
    const anchor = make("a", { href: url, download: name, hidden: true });
    document.body.append(anchor);
    anchor.click();
    anchor.remove();
    setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
    find("#live").textContent = say("js_saved", { name: words.isolated(name) });
  }
  // A name for a file from words that may hold anything.
  const clean = (part) => [...part.replace(/[^\p{L}\p{N}._-]+/gu, "_")].slice(0, 60).join("");
  const fileName = (...parts) => `${parts.filter(Boolean).map(clean).join("-")}.csv`;
  const varied = () => (state.minutes === null ? "" : `whatif-${state.minutes}min`);

  // A cell of coverage, as the run's table has it; `from` are the figures of its definition.
  const nameOf = (from, row) => {
    const { level, key } = data.definitions[from.at].rows[row];
    if (level === "zone") return data.zones.name[row];
    return ["city", "scope"].includes(level) ? "" : key;
  };
  const certainty = (from, cell) => (from.whatIf === null ? CERTAINTY[data.definitions[from.at].certainty[cell]] : "");
  const COVERAGE = {
    definition: ({ from }) => data.definitions[from.at].key,
    level: ({ from, row }) => data.definitions[from.at].rows[row].level,
    zone: ({ from, row }) => data.definitions[from.at].rows[row].key,
    name: ({ from, row }) => nameOf(from, row),
    parent: ({ from, row }) => data.definitions[from.at].rows[row].parent,
    service: ({ service }) => service,
    mode: ({ from, cell }) => data.modes[from.mode[cell]] ?? "",
    minutes: ({ from, cell }) => from.minutes[cell],
    demand: ({ from, cell }) => from.demand[cell],
    covered: ({ from, cell }) => from.covered[cell],
    unsnapped: ({ from, cell }) => from.unsnapped[cell],
    rate: ({ from, cell }) => from.rate[cell],
    target: ({ from, cell }) => from.target[cell],
    status: ({ from, cell }) => from.status[cell],
    gap: ({ from, cell }) => Math.max(0, from.target[cell] * from.demand[cell] - from.covered[cell]),
    rate_low: ({ from, cell }) => from.low[cell],
    rate_high: ({ from, cell }) => from.high[cell],
    certainty: ({ from, cell }) => certainty(from, cell),
    undecided_by: ({ from, cell }) => data.causes[from.by[cell]] ?? "",
    rim_exposed: ({ from, cell }) => from.rim[cell],
    cut_off: ({ from, cell }) => from.cut_off[cell],
  };
  // A what-if says so in every row, before anything else.
  const VARIED = { what_if_minutes: ({ from }) => from.whatIf };
  const columns = (own) => (state.minutes === null ? own : { ...VARIED, ...own });
  const filled = (own, cells) => [Object.keys(own), ...cells.map((cell) => Object.values(own).map((value) => value(cell)))];

  const inOrder = (at, rows) => rows.sort((a, b) => {
    const level = (row) => LEVELS.indexOf(data.definitions[at].rows[row].level);
    return level(a) - level(b) || a - b;
  });
  function cellsOf(from, wanted = () => true) {
    const { rows, services } = data.definitions[from.at];
    return inOrder(from.at, [...rows.keys()].filter(wanted)).flatMap((row) =>
      services.map((service) => ({ from, row, service, cell: rates.position(from, row, service) })));
  }
  // Every definition as the run has it; of a what-if the one that is chosen.
  const sheets = () => (state.minutes === null ? data.definitions.map((_, at) => rates.compute(at, null)) : [sheet]);

  const coverage = () => save(fileName("coverage", varied()), filled(columns(COVERAGE), sheets().flatMap((from) => cellsOf(from))));
  const zone = (row) => save(fileName("coverage", data.zones.id[row], varied()),
    filled(columns(COVERAGE), sheets().flatMap((from) => cellsOf(from, (each) => each === row))));

  function gapList() {
    const own = {
      rank: ({ at }) => at + 1,
      ...COVERAGE,
      service_name: ({ service }) => words.service(service),
      running_share: ({ running }) => running,
      minutes_at_target: ({ from, cell }) => from.at_target[cell],
    };
    const cells = gaps.found().rows.map((each, at) => ({ ...each, at, from: sheet }));
    const { parent, service } = gaps.filter;
    const where = parent === "" ? "" : data.parents[Number(parent)] ?? "no_parent";
    save(fileName("gaps", shown.definition().key, where, service, varied()), filled(columns(own), cells));
  }
  // Shares come in 65,534ths; a sixth decimal is beyond what they hold. The limit is the standard's.
  function curves() {
    const { definition, level, zone: id, name, parent, service, demand, target } = COVERAGE;
    const { minutes } = rates.arrays(state.definition);
    const own = { definition, level, zone: id, name, parent, service, minutes: ({ cell }) => minutes[cell], demand, target,
      minutes_at_target: ({ from, cell }) => from.at_target[cell] };
    for (let at = 0; at < rates.STEPS; at += 1) {
      own[`share_${at}`] = ({ cell }) => Number(rates.share(state.definition, cell, at).toFixed(6));
    }
    save(fileName("curves", shown.definition().key), filled(own, cellsOf(sheet)));
  }

  // A table that stands in the page, as it is read there.
  const shownText = (node) => node.innerText.replaceAll("\u202f", " ").replace(/\s*\n\s*/g, " ").trim();
  function tables(section) {
    const seen = all("table", section).filter((each) => each.offsetParent);
    const rows = seen.flatMap((each, at) => [...(at ? [[]] : []), ...[...each.rows].map((row) => [...row.cells].map(shownText))]);
    save(fileName(section.id.replace("sec-", ""), shown.definition().key, words.language()), rows);
  }

  const button = (key, click, attributes = {}) => make("button", { type: "button", onclick: click, ...attributes }, say(key));
  const sections = all("#rest > section:not(#sec-gap, #sec-multi)").filter((section) => find("table", section));
  function draw() {
    find("#gap-downloads").replaceChildren(
      button("js_get_gaps", gapList, { id: "get-gaps" }), button("js_get_coverage", coverage, { id: "get-coverage" }), button("js_get_curves", curves, { id: "get-curves" }));
    sections.forEach((section) => {
      find(":scope > .get", section)?.remove();
      section.prepend(button("js_get_tables", () => tables(section), { class: "get", "aria-describedby": find("h2", section).id || null }));
    });
  }
  watch.add(["language"], draw);
  return { zone };
})();
