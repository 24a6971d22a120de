// The result: the verdict in a sentence, four figures, and one line a service.
const summary = (() => {
  const { find, make, draw, number, text, head, table, link } = dom;
  const WIDTH = 300;
  const TICKS = { pass: [7, 19], fail: [5, 21], undecided: [7, 19] };
  const tick = (verdict) => (verdict.startsWith("fail") ? "fail" : verdict);

  // The verdict in words; `from` are the figures of the definition that is shown, or of another.
  const word = (cell, from = sheet) => {
    const verdict = from.verdict[cell];
    const status = from.status[cell];
    if (verdict === "undecided") return say(`v_undecided_${status}`);
    if (verdict === "not_in_scope" && !Number.isFinite(from.target[cell])) return say("v_no_target");
    return say(`v_${status.replaceAll(" ", "_")}`);
  };
  const chip = (cell) => make("span", { class: `chip ${sheet.verdict[cell]}` }, `${data.marks[sheet.verdict[cell]]} ${word(cell)}`);
  const sumUnit = () => words.of(shown.definition().sum_unit);
  const lacks = (cell) => sheet.status[cell] === "fail" && Number.isFinite(sheet.gap[cell]);

  // People short in failing cells: of one zone over the services, and of all zones together.
  function gaps(services = rates.plain(state.definition)) {
    const byZone = rates.zones().map((row) => {
      let gap = 0;
      for (const key of services) {
        const cell = rates.position(sheet, row, key);
        if (lacks(cell)) gap += sheet.gap[cell];
      }
      return { row, gap };
    });
    return { byZone, total: byZone.reduce((sum, { gap }) => sum + gap, 0) };
  }

  function kind(cell) {
    const verdict = sheet.verdict[cell];
    if (["pass", "undecided", "no_data"].includes(verdict)) return verdict;
    if (verdict === "not_in_scope" && !Number.isFinite(sheet.target[cell])) return "no_target";
    return sheet.status[cell] === "fail" ? "fail" : "other";
  }
  function verdictSentence(row = shown.definition().head) {
    const cell = (key) => rates.position(sheet, row, key);
    const rate = (key) => (Number.isFinite(sheet.rate[cell(key)]) ? sheet.rate[cell(key)] : Infinity);
    const keys = rates.plain(state.definition).sort((a, b) => rate(a) - rate(b));
    const parts = ["fail", "undecided", "pass", "no_data", "no_target", "other"].flatMap((each) => {
      const those = keys.filter((key) => kind(cell(key)) === each);
      if (!those.length) return [];
      const named = those.map((key) => [words.service(key), format.percent(sheet.rate[cell(key)])].filter(Boolean).join(" "));
      return [say(`verdict_${each}`, { n: those.length, names: words.listed(named) })];
    });
    return say("verdict", { n: keys.length, parts: parts.join(words.language() === "zh" ? "；" : "; ") });
  }
  function shortSentence() {
    const services = rates.plain(state.definition);
    const target = (key) => sheet.target[rates.position(sheet, shown.definition().head, key)];
    if (!services.some((key) => Number.isFinite(target(key)))) return say("short_no_target");
    const { byZone, total } = gaps();
    if (!(total > 0)) return say("short_none");
    const worst = byZone.filter(({ gap }) => gap > 0).sort((a, b) => b.gap - a.gap).slice(0, 3);
    return say("short", {
      gap: format.shortfall(total),
      unit: sumUnit(),
      share: format.percent(worst.reduce((sum, { gap }) => sum + gap, 0) / total),
      zones: words.listed(worst.map(({ row }) => words.row(row))),
    });
  }

  function figures() {
    const { services, head: row, persons } = shown.definition();
    const keys = rates.plain(state.definition);
    const cells = rates.zones().map((zone) => keys.map((key) => rates.position(sheet, zone, key)));
    const judged = cells.filter((own) => own.some((cell) => ["pass", "fail"].includes(sheet.status[cell])));
    const passing = judged.filter((own) => !own.some((cell) => sheet.status[cell] === "fail"));
    const found = [];
    if (services.includes(ALL)) {
      const rate = format.percent(sheet.rate[rates.position(sheet, row, ALL)]) || "–";
      const names = words.listed(shown.definition().together.map((key) => words.service(key)), 6);
      found.push([rate, say(persons ? "figure_all_persons" : "figure_all", { names })]);
    }
    if (judged.length) {
      found.push([`${passing.length} / ${judged.length}`, say("figure_zones")]);
      found.push([format.shortfall(gaps().total), say("figure_gap", { unit: sumUnit() })]);
    }
    if (state.minutes === null) {
      const undecided = cells.flat().filter((cell) => sheet.verdict[cell] === "undecided").length;
      found.push([String(undecided), say("figure_undecided")]);
    }
    return found.map(([value, label]) => make("div", {}, make("dt", {}, label), make("dd", {}, value)));
  }

  const at = (share) => (6 + share * (WIDTH - 12)).toFixed(1);
  const axis = () => make("span", { class: "axis", "aria-hidden": "true" }, ["0", "50", "100 %"].map((each) => make("span", {}, each)));

  // One tick a zone on an axis of 0 to 100 %, the target across, the zone that is chosen marked.
  function strip(key) {
    const { in_scope: inScope } = shown.definition();
    const paths = { pass: "", fail: "", undecided: "" };
    for (const row of rates.zones()) {
      const cell = rates.position(sheet, row, key);
      const kept = tick(sheet.verdict[cell]);
      if (!inScope[row] || !(kept in TICKS) || !Number.isFinite(sheet.rate[cell])) continue;
      paths[kept] += `M${at(sheet.rate[cell])} ${TICKS[kept][0]}V${TICKS[kept][1]}`;
    }
    const whole = rates.position(sheet, shown.definition().head, key);
    const picture = draw("svg", { viewBox: `0 0 ${WIDTH} 26`, preserveAspectRatio: "none", role: "img", "aria-label": stripLabel(key, whole) },
      draw("path", { class: "base", d: `M6 13H${WIDTH - 6}` }),
      Object.entries(paths).map(([kept, d]) => d && draw("path", { class: `t-${kept}`, d })));
    const { target } = sheet;
    if (Number.isFinite(target[whole])) picture.append(draw("path", { class: "goal", d: `M${at(target[whole])} 0V26` }));
    const zone = shown.zone();
    const own = zone === null ? NaN : sheet.rate[rates.position(sheet, zone, key)];
    if (Number.isFinite(own)) picture.append(draw("path", { class: "mine", d: `M${at(own)} 7l-5 -7h10z` }));
    return picture;
  }
  const counts = (key) => {
    const zones = rates.zones().filter((row) => shown.definition().in_scope[row]).map((row) => rates.position(sheet, row, key));
    return {
      failing: zones.filter((cell) => sheet.verdict[cell].startsWith("fail")).length,
      undecided: zones.filter((cell) => sheet.verdict[cell] === "undecided").length,
      gap: zones.filter(lacks).reduce((sum, cell) => sum + sheet.gap[cell], 0),
    };
  };
  const stripLabel = (key, whole) => {
    const { failing, undecided } = counts(key);
    return say("js_strip", { service: words.service(key), rate: format.percent(sheet.rate[whole]) || "–", failing, undecided });
  };

  function serviceRow(key) {
    const cell = rates.position(sheet, shown.definition().head, key);
    const judged = Number.isFinite(sheet.rate[cell]) && Number.isFinite(sheet.target[cell]);
    const { failing, undecided, gap } = counts(key);
    const own = shown.definition().limits[key];
    const limit = state.minutes !== null ? say("minutes", { n: state.minutes }) : own ? words.of(own) : "";
    const look = [key === ALL && "all", key === state.service && "on"].filter(Boolean).join(" ");
    return make("tr", { class: look || null, "data-service": key, onclick: () => set({ service: key }) },
      head(link(words.service(key), () => set({ service: key }), { "aria-pressed": String(key === state.service) })),
      text(limit, { class: "lim" }),
      number(make("b", {}, format.percent(sheet.rate[cell]))),
      text(chip(cell), { class: "verdict-cell" }),
      text(strip(key), { class: "strip" }),
      number(judged ? `${failing} / ${undecided}` : ""),
      number(judged ? format.shortfall(gap) : ""));
  }
  function drawServices() {
    const focused = document.activeElement?.closest("#services tr")?.dataset.service;
    const rate = shown.definition().head === shown.definition().city ? "c_rate" : "c_rate_scope";
    const heads = [
      [say("c_service")], [say("c_limit"), "lim"], [say(rate), "r"], [say("c_status")],
      [[say("c_strip"), axis()], "strip"], [say("js_failing"), "r"], [say("c_gap", { unit: words.unit() }), "r"],
    ];
    find("#services").replaceChildren(table(heads, shown.definition().services.map(serviceRow), { class: "services" }));
    if (focused) find(`#services tr[data-service="${CSS.escape(focused)}"] button`)?.focus();
  }
  function drawResult() {
    const sentence = verdictSentence();
    find("#verdict").textContent = sentence;
    find("#short").textContent = shortSentence();
    find("#figures").replaceChildren(...figures());
  }
  // What Python wrote for each definition: that of the chosen one, and no section without any.
  function drawWritten() {
    dom.all("[data-definition]").forEach((part) => {
      part.hidden = part.dataset.definition !== shown.definition().key;
    });
    dom.all("#rest > section").forEach((section) => {
      const parts = dom.all(".part", section);
      section.hidden = parts.length > 0 && parts.every((part) => part.hidden);
    });
  }

  watch.add(["definition", "minutes", "language"], drawResult);
  watch.add(["definition", "minutes", "language", "service", "row"], drawServices);
  watch.add(["definition"], drawWritten);
  return { word, chip, gaps, lacks, sumUnit, verdictSentence };
})();
