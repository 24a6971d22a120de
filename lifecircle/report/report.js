"use strict";
(() => {
  // Every number arrives as its final text: this script chooses what is shown and never calculates.
  const data = JSON.parse(document.getElementById("lc-data").textContent);
  const root = document.documentElement;
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  // The row that a definition's verdict is about: the whole area, or where its target applies.
  const HEAD = -1;
  const state = { definition: data.definitions[0].key, service: data.service, row: HEAD };

  const language = () => root.lang;
  const definition = () => data.definitions.find(({ key }) => key === state.definition);
  const serviceName = (service) => definition().names[service][language()];
  const at = (row) => (row === HEAD ? definition().head : row);
  const cellOf = (row, service) => {
    const { services, cells } = definition();
    const packed = cells[at(row)][services.indexOf(service)];
    return Object.fromEntries(data.fields.map((field, i) => [field, packed[i]]));
  };
  const say = (key, values = {}) =>
    data.words[language()][key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

  const make = (tag, text, className) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (className) node.className = className;
    return node;
  };
  const verdictKey = (cell) => {
    if (cell.verdict === "undecided") return `undecided_${cell.status}`;
    if (cell.verdict === "not_in_scope" && !cell.target) return "no_target";
    return cell.status.replaceAll(" ", "_");
  };
  const word = (cell) => say(`v_${verdictKey(cell)}`);
  const known = (key, text) => (key in data.words[language()] ? say(key) : text);
  const modeWords = (mode) => mode.split("|").map((part) => known(`mode_${part}`, part)).join(say("or"));
  const chip = (cell) => make("span", `${data.marks[cell.verdict]} ${word(cell)}`, `chip ${cell.verdict}`);

  function fillSelect(select, entries, chosen) {
    select.replaceChildren(
      ...entries.map(([value, names]) => {
        const option = make("option", names[language()]);
        option.value = value;
        return option;
      }),
    );
    select.value = chosen;
  }

  function paintMap(svg, service) {
    all(".zones use", svg).forEach((zone, at) => zone.setAttribute("class", cellOf(at, service).verdict));
    all(".names text", svg).forEach((text, at) => {
      find(".m", text).textContent = data.marks[cellOf(at, service).verdict];
    });
    all(".dots g", svg).forEach((dots) => {
      dots.classList.toggle("off", dots.dataset.service !== service);
    });
  }

  function drawMaps() {
    const big = find("#big");
    paintMap(big, state.service);
    const outline = find(".outline", big);
    outline.replaceChildren();
    if (state.row !== HEAD && state.row < data.zones) {
      const copy = document.createElementNS("http://www.w3.org/2000/svg", "use");
      copy.setAttribute("href", `#z${state.row}`);
      outline.append(copy);
    }
    all(".small-maps figure").forEach((figure) => {
      const { service } = figure.dataset;
      figure.hidden = !definition().services.includes(service);
      if (figure.hidden) return;
      const cell = cellOf(HEAD, service);
      paintMap(figure, service);
      find(".name", figure).textContent = serviceName(service);
      find(".rate", figure).textContent = cell.rate;
      find(".chip", figure).replaceWith(chip(cell));
    });
    const { limit } = cellOf(HEAD, state.service);
    const title = serviceName(state.service);
    find("#map-title").textContent = limit ? `${title} · ${say("p_limit", { n: limit })}` : title;
  }

  function drawPanel() {
    const cell = cellOf(state.row, state.service);
    const unit = definition().unit[language()];
    const name = definition().rows[at(state.row)][language()];
    const title = make("h3");
    const where = make("span");
    where.append(make("bdi", name), ` · ${serviceName(state.service)}`);
    title.append(where);
    if (state.row !== HEAD) {
      const close = make("button", say("p_close", { n: definition().rows[at(HEAD)][language()] }), "link");
      close.type = "button";
      close.addEventListener("click", () => set({ row: HEAD }));
      title.append(close);
    }
    const big = make("p", cell.rate ? `${cell.rate} ` : "", "big");
    big.append(chip(cell));
    const lines = [big];
    const line = (text) => lines.push(make("p", text));
    if (cell.formula) line(say("p_formula", { formula: cell.formula, unit }));
    if (cell.gap) line(say("p_gap", { n: cell.gap, unit }));
    if (cell.spare) line(say("p_spare", { n: cell.spare, unit }));
    if (cell.at_target) line(say("p_at_target", { n: cell.at_target }));
    if (cell.low) line(say("p_margin", { low: cell.low, high: cell.high }));
    if (cell.by) line(`${say("p_undecided")} ${say("p_by", { n: known(`by_${cell.by}`, cell.by) })}`);
    for (const part of ["unsnapped", "rim", "cut_off"]) {
      if (cell[part]) line(say(`p_${part}`, { n: cell[part], unit }));
    }
    const reason = `p_${verdictKey(cell)}`;
    if (["p_no_data", "p_no_demand", "p_not_in_scope", "p_no_target"].includes(reason)) line(say(reason));
    const rule = [
      cell.limit && say("p_limit", { n: cell.limit }),
      cell.mode && say("p_mode", { n: modeWords(cell.mode) }),
      cell.target && say("p_target", { n: cell.target }),
    ].filter(Boolean);
    if (rule.length) lines.push(make("p", rule.join(" · "), "note"));
    const list = definition().lists[state.service];
    if (list && cell.status !== "no data") lines.push(make("p", say("p_list", { n: list[language()] }), "note"));
    find("#panel").replaceChildren(title, ...lines);
    find("#toast-text").textContent =
      [name, serviceName(state.service), cell.rate, word(cell)].filter(Boolean).join(" · ");
    find("#toast").hidden = state.row === HEAD;
  }

  function drawTables() {
    all("[data-definition]").forEach((part) => {
      part.hidden = part.dataset.definition !== state.definition;
    });
    all("#rest > section").forEach((section) => {
      const parts = all(".part", section);
      section.hidden = parts.length > 0 && parts.every((part) => part.hidden);
    });
    all(".services tbody tr").forEach((row) => {
      row.classList.toggle("on", row.dataset.service === state.service);
    });
    const column = definition().services.indexOf(state.service) + 1;
    all(".matrix thead th").forEach((head) => {
      head.classList.toggle("on", head.dataset.service === state.service);
    });
    all(".matrix .on").forEach((node) => {
      if (!node.closest("thead")) node.classList.remove("on");
    });
    const row = find(`[data-definition="${CSS.escape(state.definition)}"] .matrix tr[data-row="${at(state.row)}"]`);
    row?.classList.add("on");
    row?.cells[column]?.classList.add("on");
    all(".matrix td[tabindex='0']").forEach((cell) => cell.setAttribute("tabindex", "-1"));
    row?.cells[column]?.setAttribute("tabindex", "0");
  }

  function draw() {
    document.title = data.title[language()];
    find("#language").textContent = say("other_language");
    find("#language").lang = language() === "zh" ? "en" : "zh";
    const { services, names } = definition();
    fillSelect(find("#service"), services.map((service) => [service, names[service]]), state.service);
    fillSelect(find("#definition"), data.definitions.map(({ key, name }) => [key, name]), state.definition);
    drawTables();
    drawMaps();
    drawPanel();
  }

  function set(change) {
    Object.assign(state, change);
    if (!definition().services.includes(state.service)) state.service = definition().services[0];
    // Only zones stand in the same place under every definition.
    if (state.row === definition().head || (change.definition && state.row >= data.zones)) state.row = HEAD;
    draw();
  }

  const steps = {
    ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
    Home: [0, -1e9], End: [0, 1e9], PageUp: [-10, 0], PageDown: [10, 0],
  };
  function moveFocus(event, cell) {
    const rows = [...cell.closest("tbody").rows];
    const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
    const [down, right] = steps[event.key];
    const row = rows[clamp(rows.indexOf(cell.parentNode) + down, 0, rows.length - 1)];
    const next = row.cells[clamp(cell.cellIndex + right, 1, row.cells.length - 1)];
    cell.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  }

  function choose(cell) {
    set({
      row: Number(cell.parentNode.dataset.row),
      service: definition().services[cell.cellIndex - 1],
    });
  }

  all(".matrix tbody").forEach((body) => {
    all("td", body).forEach((cell) => cell.setAttribute("tabindex", "-1"));
    body.addEventListener("click", (event) => {
      const cell = event.target.closest("td");
      if (cell) choose(cell);
      else set({ row: Number(event.target.closest("tr").dataset.row) });
    });
    body.addEventListener("keydown", (event) => {
      const cell = event.target.closest("td");
      if (!cell) return;
      if (event.key in steps) moveFocus(event, cell);
      else if (event.key === "Enter" || event.key === " ") choose(cell);
      else if (event.key === "Escape") set({ row: HEAD });
      else return;
      event.preventDefault();
    });
  });
  all(".services tbody tr, .small-maps figure").forEach((part) => {
    part.addEventListener("click", () => set({ service: part.dataset.service }));
  });
  all("#big .zones use").forEach((zone, at) => zone.addEventListener("click", () => set({ row: at })));
  find("#service").addEventListener("change", (event) => set({ service: event.target.value }));
  find("#definition").addEventListener("change", (event) => set({ definition: event.target.value }));
  find("#language").addEventListener("click", () => {
    root.lang = language() === "zh" ? "en" : "zh";
    draw();
  });
  find("#print").addEventListener("click", () => window.print());
  for (const part of ["facilities", "streets"]) {
    find(`#show-${part}`)?.addEventListener("change", (event) => {
      find(part === "streets" ? "#big .streets" : "#big .dots").classList.toggle("off", !event.target.checked);
    });
  }

  root.classList.add("js");
  draw();
})();
