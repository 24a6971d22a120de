// A page of one zone: every service, its curves, and what other definitions say; printed by itself.
(() => {
  const { find, all, make, number, text, head, table, link } = dom;
  const box = find("#zone-page");
  const others = [find("#main"), find("#rest")];
  const cellOf = (service, row = shown.zone()) => rates.position(sheet, row, service);
  const judged = (cell) => ["pass", "fail"].includes(sheet.status[cell]);

  // As in the matrix, whatever its order.
  const order = () => all("#matrix tr.zone").map((line) => Number(line.dataset.row));
  function beside(step) {
    const rows = order();
    return rows[rows.indexOf(state.row) + step];
  }

  function tools() {
    const act = (name, label, click, off = false) => make("button", { type: "button", "data-act": name, disabled: off, onclick: click }, label);
    const to = (name, row, label, none) => act(name, row === undefined ? none : label(words.row(row)), () => set({ row }), row === undefined);
    return make("div", { class: "zone-tools" },
      act("back", say("js_back"), leave),
      to("previous", beside(-1), (name) => `← ${name}`, say("js_zone_before")),
      to("next", beside(1), (name) => `${name} →`, say("js_zone_after")),
      act("print", say("js_print_zone"), () => window.print()),
      act("get", say("js_get_zone"), () => download.zone(shown.zone())));
  }

  function title() {
    const row = shown.zone();
    const [parent, area, id] = [data.parents[data.zones.parent[row]], data.zones.area[row], data.zones.id[row]];
    const kind = area && say("js_area", { name: words.known(`type_${area}`, words.isolated(area)) });
    const under = [parent && words.isolated(parent), kind, say("js_id", { id: words.isolated(id) })].filter(Boolean);
    return make("h2", { id: "zone-title", tabindex: -1 }, make("bdi", {}, words.title(row)), " ", make("small", {}, under.join(" · ")));
  }
  function shortSentence() {
    const row = shown.zone();
    const cells = rates.plain(state.definition).map((key) => cellOf(key));
    if (!cells.some((cell) => Number.isFinite(sheet.target[cell]))) return say("short_no_target");
    if (!cells.some(judged)) return "";
    const { byZone, total } = summary.gaps();
    const { gap } = byZone.find((each) => each.row === row);
    if (!(gap > 0)) return say("js_zone_no_gap");
    return say("js_zone_gap", { gap: format.shortfall(gap), unit: summary.sumUnit(), share: format.percent(gap / total) });
  }

  // Place among the zones by the rate, the highest first; equal rates share one.
  function rank(service) {
    const own = sheet.rate[cellOf(service)];
    const known = rates.zones().map((row) => sheet.rate[cellOf(service, row)]).filter(Number.isFinite);
    return Number.isFinite(own) ? say("js_rank_of", { n: 1 + known.filter((rate) => rate > own).length, all: known.length }) : "";
  }
  function balance(cell) {
    if (sheet.status[cell] === "fail") return say("js_short_by", { n: format.shortfall(sheet.gap[cell]) });
    if (sheet.status[cell] !== "pass") return "";
    return say("js_to_spare", { n: format.whole(sheet.covered[cell] - sheet.target[cell] * sheet.demand[cell]) });
  }
  function serviceRow(service) {
    const cell = cellOf(service);
    const look = [service === ALL && "all", service === state.service && "on"].filter(Boolean).join(" ");
    const count = service === ALL ? NaN : locator.inside(shown.zone(), service);
    return make("tr", { class: look || null, "data-service": service },
      head(link(words.service(service), () => set({ service }), { "aria-pressed": String(service === state.service), "data-act": `service-${service}` })),
      number(format.minutes(sheet.minutes[cell])),
      number(make("b", {}, format.percent(sheet.rate[cell]) || "–")),
      text(summary.chip(cell), { class: "verdict-cell" }),
      state.minutes === null ? number(format.margin(sheet.low[cell], sheet.high[cell])) : null,
      number(balance(cell)),
      number(judged(cell) ? gaps.atTarget(cell) : ""),
      number(rank(service)),
      number(Number.isFinite(count) ? String(count) : ""));
  }
  function services() {
    const heads = [
      [say("c_service")], [say("js_limit_minutes"), "r"], [say("c_rate_short"), "r"], [say("c_status")],
      state.minutes === null ? [say("c_margin"), "r"] : null, [say("js_balance", { unit: words.unit() }), "r"], [say("js_gap_minutes"), "r"],
      [say("js_rank"), "r"], [say("js_inside"), "r"],
    ];
    return table(heads.filter(Boolean), shown.definition().services.map(serviceRow), { class: "services zone-services" });
  }
  function map() {
    const row = shown.zone();
    const count = locator.inside(row, state.service);
    const said = Number.isFinite(count) ? say("js_locator_count", { service: words.service(state.service), n: count }) : words.service(state.service);
    return make("figure", { class: "zone-map" }, locator.picture(row, state.service), make("figcaption", { class: "note" }, said));
  }
  function curve(service) {
    const cell = cellOf(service);
    const caption = make("figcaption", {}, make("b", {}, words.service(service)), " ", format.percent(sheet.rate[cell]), " ", summary.chip(cell));
    return make("figure", {}, caption, chart.picture(shown.zone(), service), panel.lines(cell), make("p", { class: "note" }, panel.rule(cell)));
  }

  // The same zone under every definition, the main one first; of a what-if at the same limit.
  function definitions() {
    if (data.definitions.length < 2) return [];
    const sheets = data.definitions.map((_, at) => (at === state.definition ? sheet : rates.compute(at, state.minutes)));
    const keys = [...new Set(data.definitions.flatMap(({ services: own }) => own))];
    const sorted = [...keys.filter((key) => key !== ALL), ...keys.filter((key) => key === ALL)];
    const heads = data.definitions.map((_, at) => [make("span", {}, words.definition(at), at ? null : make("small", {}, say("js_main"))), at === state.definition ? "r here" : "r"]);
    const rows = sorted.map((key) => make("tr", { class: key === ALL ? "all" : null }, head(words.service(key)), sheets.map((from) => under(from, key, sheets[0]))));
    return [
      make("h3", {}, say("js_zone_definitions")),
      make("div", { class: "scroll", tabindex: 0, role: "group", "aria-labelledby": "zone-title" }, table([[say("c_service")], ...heads], rows, { class: "zone-definitions" })),
      make("p", { class: "note" }, say("js_zone_definitions_note")),
    ];
  }
  function under(from, key, main) {
    const has = (one) => data.definitions[one.at].services.includes(key);
    if (!has(from)) return number("");
    const cell = rates.position(from, shown.zone(), key);
    const rate = format.percent(from.rate[cell]);
    const difference = from !== main && has(main) ? format.points(from.rate[cell] - main.rate[rates.position(main, shown.zone(), key)]) : "";
    return make("td", { class: `r ${from.verdict[cell]}` },
      make("span", { class: "nw" }, make("span", { "aria-hidden": "true" }, data.marks[from.verdict[cell]], " "), rate),
      make("span", { class: "vh" }, ` ${summary.word(cell, from)} `), make("small", {}, difference));
  }

  function draw() {
    if (!state.page) return;
    const focused = document.activeElement?.closest("#zone-page [data-act]")?.dataset.act;
    box.replaceChildren(...[
      tools(),
      make("div", { class: "zone-top" },
        make("div", { class: "zone-head" }, title(), make("p", { class: "zone-verdict" }, summary.verdictSentence(shown.zone())), make("p", {}, shortSentence())),
        map(),
        make("div", { class: "zone-table scroll", tabindex: 0, role: "group", "aria-labelledby": "zone-title" }, services())),
      make("p", { class: "note" }, say("js_zone_note")),
      make("h3", {}, say("js_zone_curves")),
      make("div", { class: "zone-curves" }, shown.definition().services.map(curve)),
      definitions(),
    ].flat());
    if (focused) (find(`[data-act="${CSS.escape(focused)}"]:not(:disabled)`, box) ?? find("#zone-title")).focus();
  }

  let from = null; // where the reader was before
  function enter() {
    from = { focused: document.activeElement, at: scrollY };
    others.forEach((part) => { part.hidden = true; });
    box.hidden = false;
    root.classList.add("zone-shown");
    // The browser's own way back leads to the report.
    if (root.dataset.ready) {
      history.replaceState(null, "", hash.text().replace("&v=zone", ""));
      history.pushState(null, "", hash.text());
    }
  }
  function goBack() {
    box.hidden = true;
    box.replaceChildren();
    others.forEach((part) => { part.hidden = false; });
    root.classList.remove("zone-shown");
    scrollTo(0, from.at);
    const back = from.focused?.isConnected && from.focused !== document.body ? from.focused : find("#matrix td[tabindex='0']");
    back?.focus({ preventScroll: true });
  }
  const leave = () => set({ page: false });

  function turn() {
    if (state.page === !box.hidden) return;
    if (!state.page) {
      goBack();
      find("#live").textContent = say("js_zone_left");
      return;
    }
    enter();
    draw();
    toTitle();
    // A browser that has just opened an address forgets the focus when it is done.
    if (document.readyState !== "complete") addEventListener("load", () => setTimeout(toTitle), { once: true });
  }
  function toTitle() {
    if (!state.page) return;
    scrollTo(0, 0);
    find("#zone-title").focus({ preventScroll: true });
  }
  function announce() {
    if (state.page) find("#live").textContent = `${words.row(shown.zone())} ${summary.verdictSentence(shown.zone())}`;
  }
  watch.add(["page"], turn);
  watch.add(["row", "definition", "minutes", "service", "language", "order"], draw);
  watch.add(["page", "row", "definition", "minutes", "language"], announce);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && state.page && !event.defaultPrevented && !event.target.closest("#bar")) leave();
  });
})();
