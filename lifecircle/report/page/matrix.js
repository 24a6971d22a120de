// Zones × services: the truth of the page. Built once for a definition, order and language; cells in
// sight are filled at once, the others when there is nothing else to do.
(() => {
  const { find, all, make } = dom;
  const box = find("#matrix");
  const ROW_PX = 26;
  const AT_ONCE = 60;
  let rows = [];
  let waiting = [];
  let timer = 0;
  let marked = [];

  const failing = (row) => rates.plain(state.definition).filter((key) => sheet.status[rates.position(sheet, row, key)] === "fail").length;
  const noted = (row) => shown.definition().services.some((key) => {
    const verdict = sheet.verdict[rates.position(sheet, row, key)];
    return verdict === "undecided" || verdict.startsWith("fail");
  });
  const last = (value, worst) => (Number.isFinite(value) ? value : worst);
  const ORDERS = {
    failing: (row) => -failing(row),
    rate: (row) => last(sheet.rate[rates.position(sheet, row, state.service)], 2),
    gap: (row) => -last(sheet.gap[rates.position(sheet, row, state.service)], -1),
    name: (row) => row,
  };
  // As the places are listed, each district before its zones; or all zones by one number.
  function order() {
    const { order: reading } = shown.definition();
    if (state.order === "parent") return reading;
    const key = ORDERS[state.order];
    const zones = rates.zones().map((row) => [key(row), row]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const isZone = (row) => row < data.zones.id.length;
    const first = reading.findIndex(isZone);
    const above = reading.slice(0, Math.max(first, 0)).filter((row) => ["scope", "city"].includes(shown.definition().rows[row].level));
    return [...above, ...zones.map(([, row]) => row)];
  }

  function rowOf(at) {
    const place = shown.definition().rows[at];
    const title = words.of(place.title);
    const head = make("th", { scope: "row", title: words.isolated(title) }, make("bdi", {}, title));
    const cells = shown.definition().services.map(() => make("td", { role: "gridcell", tabindex: -1 }, make("i", { "aria-hidden": "true" }), ""));
    const line = make("tr", { class: place.level, "data-row": at }, head, cells);
    return { at, line, head, cells };
  }
  function build() {
    const { services } = shown.definition();
    marked = [];
    rows = order().map(rowOf);
    const heads = services.map((key) => make("th", { scope: "col", "data-service": key, class: key === ALL ? "all" : null }, words.service(key)));
    const grid = make("table", { class: "matrix", role: "grid", "aria-labelledby": "h-matrix", "aria-rowcount": rows.length + 1 },
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, say("c_zone")), heads)),
      make("tbody", {}, rows.map(({ line }) => line)));
    const focused = document.activeElement?.closest("#matrix td");
    const place = focused && [focused.parentNode.dataset.row, focused.cellIndex];
    box.replaceChildren(grid);
    fill();
    if (place) find(`tr[data-row="${place[0]}"]`, box)?.cells[place[1]]?.focus();
  }

  function fillRow({ at, line, head, cells }) {
    const isZone = at < data.zones.id.length;
    const chosen = shown.row() === at && state.row !== HEAD;
    cells.forEach((node, column) => {
      const cell = at * sheet.columns + column;
      const key = shown.definition().services[column];
      const verdict = sheet.verdict[cell];
      const here = chosen && key === state.service;
      node.className = here ? `${verdict} on` : verdict;
      const rate = format.number(sheet.rate[cell]);
      node.firstChild.textContent = data.marks[verdict];
      node.lastChild.data = rate || (verdict === "no_data" ? summary.word(cell) : "");
      const gap = sheet.status[cell] === "fail" ? say("p_gap", { n: format.shortfall(sheet.gap[cell]), unit: words.unit() }) : "";
      node.setAttribute("aria-label", [head.title, words.service(key), rate && format.percent(sheet.rate[cell]), summary.word(cell), gap].filter(Boolean).join(", "));
    });
    line.classList.toggle("on", chosen);
    line.hidden = state.failing && isZone && !noted(at);
  }
  function inSight() {
    const { top, bottom } = box.getBoundingClientRect();
    if (bottom < 0 || top > innerHeight) return [];
    const first = Math.max(0, Math.floor(-top / ROW_PX) - 4);
    return rows.slice(first, first + Math.ceil(innerHeight / ROW_PX) + 10);
  }
  function idle() {
    const end = performance.now() + 12;
    while (waiting.length && performance.now() < end) fillRow(waiting.shift());
    if (waiting.length) timer = setTimeout(idle, 25);
  }
  function flush() {
    clearTimeout(timer);
    waiting.splice(0).forEach(fillRow);
  }
  function fill() {
    clearTimeout(timer);
    const now = new Set(rows.length <= AT_ONCE || state.failing ? rows : inSight());
    now.forEach(fillRow);
    waiting = rows.filter((row) => !now.has(row));
    timer = setTimeout(idle, 120);
    mark();
  }

  // Only what is chosen moves: two rows, two heads, the tab stop.
  function mark() {
    all("thead th", box).forEach((head) => head.classList.toggle("on", head.dataset.service === state.service));
    const chosen = rows.filter(({ at }) => at === shown.row());
    [...new Set([...marked, ...chosen])].forEach(fillRow);
    marked = chosen;
    all("td[tabindex='0']", box).forEach((node) => node.setAttribute("tabindex", "-1"));
    const column = shown.definition().services.indexOf(state.service);
    (chosen[0] ?? rows[0])?.cells[column]?.setAttribute("tabindex", "0");
  }
  const byNumber = () => ["rate", "gap"].includes(state.order);

  // Arrow keys walk over the cells in sight, as in a spreadsheet.
  const STEPS = {
    ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
    Home: [0, -1e9], End: [0, 1e9], PageUp: [-10, 0], PageDown: [10, 0],
  };
  function move(event, cell) {
    const lines = [...cell.closest("tbody").rows].filter((line) => !line.hidden);
    const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
    let [down, right] = STEPS[event.key];
    if (event.ctrlKey && (event.key === "Home" || event.key === "End")) down = right;
    const line = lines[clamp(lines.indexOf(cell.parentNode) + down, 0, lines.length - 1)];
    const next = line.cells[clamp(cell.cellIndex + right, 1, line.cells.length - 1)];
    cell.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  }
  const choose = (cell) => set({ row: Number(cell.parentNode.dataset.row), service: shown.definition().services[cell.cellIndex - 1] });

  box.addEventListener("click", (event) => {
    const line = event.target.closest("tbody tr");
    if (!line) return;
    const cell = event.target.closest("td");
    if (cell) choose(cell);
    else set({ row: Number(line.dataset.row) });
  });
  box.addEventListener("keydown", (event) => {
    const cell = event.target.closest("td");
    if (!cell) return;
    if (event.key in STEPS) move(event, cell);
    else if (event.key === "Enter" || event.key === " ") choose(cell);
    else if (event.key === "Escape") set({ row: HEAD });
    else return;
    event.preventDefault();
  });

  find("#order").addEventListener("change", (event) => set({ order: event.target.value }));
  find("#failing").addEventListener("change", (event) => set({ failing: event.target.checked }));
  watch.add(["language", "definition", "order"], () => {
    dom.options(find("#order"), ["parent", "failing", "rate", "gap", "name"].map((key) => [key, say(`js_order_${key}`)]), state.order);
  });
  const built = () => [state.definition, state.order, state.language, byNumber() && state.service, state.order !== "parent" && state.minutes].join("|");
  let before = "";
  watch.add(["definition", "minutes", "language", "order", "failing", "service", "row"], () => {
    const filled = `${built()}|${state.minutes}|${state.failing}`;
    if (filled === before) mark();
    else if (before.startsWith(`${built()}|`)) fill();
    else build();
    before = filled;
  });
  addEventListener("beforeprint", flush);
})();
