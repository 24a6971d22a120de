// One place and service: the rate with its division, gap or spare, minutes at the target, margin, curve.
const panel = (() => {
  const { find, make, link } = dom;
  const amount = (key, value) => (value > 0 ? say(key, { n: format.amount(value), unit: words.unit() }) : "");

  function division(cell) {
    if (!Number.isFinite(sheet.rate[cell])) return "";
    const formula = `${format.exact(sheet.rate[cell])} = ${format.amount(sheet.covered[cell])} ÷ ${format.amount(sheet.demand[cell])}`;
    return say("p_formula", { formula, unit: words.unit() });
  }
  function reason(cell) {
    const verdict = sheet.verdict[cell];
    if (verdict === "not_in_scope" && !Number.isFinite(sheet.target[cell])) return say("p_no_target");
    return ["no_data", "no_demand", "not_in_scope"].includes(verdict) ? say(`p_${verdict}`) : "";
  }
  function atTarget(cell) {
    if (!["pass", "fail"].includes(sheet.status[cell])) return "";
    const minutes = format.minutesUp(sheet.at_target[cell]);
    if (minutes) return say("p_at_target", { n: minutes });
    const { searched } = shown.definition();
    return Number.isFinite(searched) ? say("js_not_reached", { n: format.minutes(searched) }) : "";
  }
  function margin(cell) {
    const ends = sheet.low[cell] <= sheet.high[cell] ? format.margin(sheet.low[cell], sheet.high[cell]) : "";
    if (!ends) return "";
    const low = { low: format.percent(sheet.low[cell]), high: format.percent(sheet.high[cell]) };
    return say("p_margin", low);
  }
  function undecided(cell) {
    if (sheet.verdict[cell] !== "undecided") return "";
    const by = data.causes[sheet.by[cell]] ?? "";
    return by ? `${say("p_undecided")} ${say("p_by", { n: words.known(`by_${by}`, by) })}` : say("p_undecided");
  }
  function rule(cell) {
    const mode = data.modes[sheet.mode[cell]] ?? "";
    const parts = [
      Number.isFinite(sheet.minutes[cell]) && say("p_limit", { n: format.minutes(sheet.minutes[cell]) }),
      mode && say("p_mode", { n: words.mode(mode) }),
      Number.isFinite(sheet.target[cell]) && say("p_target", { n: format.target(sheet.target[cell]) }),
    ];
    return parts.filter(Boolean).join(" · ");
  }

  // What there is to say about a cell, in the order of its weight.
  function lines(cell) {
    const fails = sheet.status[cell] === "fail";
    const spare = sheet.covered[cell] - sheet.target[cell] * sheet.demand[cell];
    return [
      division(cell),
      fails && make("b", {}, say("p_gap", { n: format.shortfall(sheet.gap[cell]), unit: words.unit() })),
      sheet.status[cell] === "pass" && say("p_spare", { n: format.whole(spare), unit: words.unit() }),
      atTarget(cell), margin(cell), undecided(cell),
      amount("p_unsnapped", sheet.unsnapped[cell]), amount("p_rim", sheet.rim[cell]), amount("p_cut_off", sheet.cut_off[cell]),
      reason(cell),
    ].filter(Boolean).map((line) => make("p", {}, line));
  }
  function draw() {
    const row = shown.row();
    const cell = shown.cell();
    const title = make("h3", {}, make("span", {}, make("bdi", {}, words.title(row)), ` · ${words.service(state.service)}`));
    if (state.row !== HEAD) title.append(link(say("p_close", { n: words.row(shown.definition().head) }), () => set({ row: HEAD })));
    if (shown.zone() !== null) title.append(link(say("js_zone_page"), () => set({ page: true })));
    const big = make("p", { class: "big" }, format.percent(sheet.rate[cell]), " ", summary.chip(cell));
    const facts = make("div", {}, big, lines(cell), make("p", { class: "note" }, rule(cell)));
    const list = shown.definition().lists[state.service];
    if (list && sheet.status[cell] !== "no data") facts.append(make("p", { class: "note" }, say("p_list", { n: words.of(list) })));
    if (state.row === HEAD) facts.append(make("p", { class: "note" }, say("js_panel_help")));
    const curve = chart.picture(row, state.service, { lines: state.row === HEAD });
    find("#panel").replaceChildren(title, make("div", { class: "halves" }, facts, curve));
  }
  watch.add(["definition", "minutes", "service", "row", "language"], draw);

  // What is chosen, for those who hear the page, and for phones, where the panel is out of sight.
  function announce() {
    const cell = shown.cell();
    const said = [words.row(shown.row()), words.service(state.service), format.percent(sheet.rate[cell]), summary.word(cell)];
    const what = said.filter(Boolean).join(words.language() === "zh" ? "，" : ", ");
    const varied = state.minutes === null ? "" : say("js_what_if", { n: state.minutes });
    find("#live").textContent = [state.row === HEAD && summary.verdictSentence(), what, varied].filter(Boolean).join(" ");
    find("#toast-text").textContent = what;
    find("#toast").hidden = state.row === HEAD;
  }
  watch.add(["definition", "minutes", "service", "row", "language"], announce);
  find("#toast").addEventListener("click", (event) => {
    event.preventDefault();
    find("#panel").scrollIntoView();
  });

  return { lines, rule, division };
})();
