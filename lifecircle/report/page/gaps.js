// The gap list: where, which service, how many people short; the most first.
const gaps = (() => {
  const { find, all, make, number, text, head, table, link, options } = dom;
  const section = find("#sec-gap");
  const FIRST = 40;
  const ON_PAPER = 80;
  const RESTS_MS = 200;
  const ANY = "";
  const filter = { parent: ANY, service: ANY };
  const reading = { whole: false, printed: false };

  const parentFilter = make("select", { id: "gap-parent", onchange: (event) => choose({ parent: event.target.value }) });
  const serviceFilter = make("select", { id: "gap-service", onchange: (event) => choose({ service: event.target.value }) });
  const parentLabel = make("label", {}, make("span", {}), parentFilter);
  const serviceLabel = make("label", {}, make("span", {}), serviceFilter);
  const sum = make("p", { id: "gap-sum", role: "status" });
  const list = make("div", { id: "gap-list", class: "scroll", tabindex: 0, role: "group", "aria-labelledby": "h-gap" });
  const more = make("button", { id: "gap-more", type: "button", hidden: true, onclick: showMore });
  const rest = make("p", { id: "gap-rest" });
  section.append(make("div", { class: "choose" }, parentLabel, serviceLabel, make("div", { id: "gap-downloads" })), sum, list, more, rest, make("p", { class: "note" }));

  const parentOf = (row) => data.parents[data.zones.parent[row]] ?? "";
  const services = () => rates.plain(state.definition).filter((key) => [ANY, key].includes(filter.service));
  const kept = (row) => [ANY, String(data.zones.parent[row])].includes(filter.parent);
  const listed = (cell) => sheet.verdict[cell] === "undecided" || summary.lacks(cell);

  // The rows that the filters leave, and their sum, which is the verdict's where nothing is left out.
  function found() {
    const rows = [];
    for (const row of rates.zones().filter(kept)) {
      for (const service of services()) {
        const cell = rates.position(sheet, row, service);
        if (listed(cell)) rows.push({ row, service, cell, gap: summary.lacks(cell) ? sheet.gap[cell] : 0 });
      }
    }
    rows.sort((a, b) => b.gap - a.gap);
    const { byZone } = summary.gaps(services());
    const total = byZone.filter(({ row }) => kept(row)).reduce((sofar, { gap }) => sofar + gap, 0);
    let running = 0;
    for (const each of rows) {
      running += each.gap;
      each.running = summary.lacks(each.cell) ? Math.min(1, running / total) : NaN;
    }
    return { rows, total };
  }
  const undecidedPart = (rows) => rows.filter(({ cell }) => sheet.verdict[cell] === "undecided").reduce((sofar, { gap }) => sofar + gap, 0);

  const hasTarget = () => rates.plain(state.definition).some((key) => Number.isFinite(sheet.target[rates.position(sheet, shown.definition().head, key)]));
  function sentence({ rows, total }) {
    if (!hasTarget()) return say("short_no_target");
    const where = filter.parent === ANY ? "" : words.isolated(parentFilter.selectedOptions[0].textContent);
    const what = filter.service === ANY ? "" : words.service(filter.service);
    const chosen = [where, what].filter(Boolean).join(" · ");
    if (!rows.length) return chosen ? say("js_gap_none", { chosen }) : say("short_none");
    const unit = filter.service === ANY ? summary.sumUnit() : words.unit();
    const said = { n: format.amount(rows.length), gap: format.shortfall(total), undecided: format.shortfall(undecidedPart(rows)), unit };
    const counted = say(state.minutes === null ? "js_gap_sum" : "js_gap_sum_varied", said);
    return chosen ? say("js_gap_chosen", { chosen, counted }) : counted;
  }

  // Minutes in which the target would be reached with the facilities there are.
  function atTarget(cell) {
    const { searched } = shown.definition();
    return format.minutesUp(sheet.at_target[cell]) || (searched > 0 ? `> ${format.minutes(searched)}` : "");
  }
  function shortOf({ cell, gap }, most) {
    if (!summary.lacks(cell)) return text(make("div", { class: "bar" }, make("b", {}, "–")));
    const bar = make("i", {});
    bar.style.width = `${Math.max(1, (gap / most) * 100).toFixed(1)}%`;
    return make("td", {}, make("div", { class: "bar" }, make("b", {}, format.shortfall(gap)), make("span", { "aria-hidden": "true" }, bar)));
  }
  function line(each, at, most) {
    const { row, service, cell } = each;
    return make("tr", { "data-row": row, "data-service": service },
      number(String(at + 1)),
      head(link(make("bdi", {}, words.title(row)), () => set({ row, service }), { title: words.row(row) })),
      data.parents.length ? text(make("bdi", {}, parentOf(row)), { class: "parent", title: words.isolated(parentOf(row)) }) : null,
      text(words.service(service), { class: "service" }),
      number(format.percent(sheet.rate[cell])),
      text(summary.chip(cell), { class: "verdict-cell" }),
      shortOf(each, most),
      number(format.percent(each.running)),
      number(atTarget(cell)));
  }
  function heads() {
    return [
      ["#", "r"], [say("c_zone")], data.parents.length ? [say("js_parent")] : null, [say("c_service")], [say("c_rate_short"), "r"],
      [say("c_status")], [say("js_gap_short", { unit: words.unit() }), "short"], [say("js_gap_running"), "r"], [say("js_gap_minutes"), "r"],
    ].filter(Boolean);
  }

  function drawFilters() {
    const some = data.zones.parent.some((at) => at < 0);
    const parents = data.parents.map((name, at) => [String(at), words.isolated(name)]);
    if (some) parents.push(["-1", say("js_no_parent")]);
    if (!rates.plain(state.definition).includes(filter.service)) filter.service = ANY;
    options(parentFilter, [[ANY, say("js_all_parents")], ...parents], filter.parent);
    options(serviceFilter, [[ANY, say("js_all_services")], ...rates.plain(state.definition).map((key) => [key, words.service(key)])], filter.service);
    parentLabel.firstChild.textContent = say("js_parent");
    serviceLabel.firstChild.textContent = say("c_service");
    parentLabel.hidden = !data.parents.length;
  }
  // A list of hundreds of rows waits until the slider rests.
  let timer = 0;
  function changed() {
    clearTimeout(timer);
    if (reading.whole) timer = setTimeout(draw, RESTS_MS);
    else draw();
  }
  function draw() {
    clearTimeout(timer);
    const gathered = found();
    const { rows } = gathered;
    const most = rows.length ? rows[0].gap : 0;
    const count = reading.printed ? ON_PAPER : reading.whole ? rows.length : FIRST;
    sum.textContent = sentence(gathered);
    list.replaceChildren(rows.length ? table(heads(), rows.slice(0, count).map((each, at) => line(each, at, most)), { class: "gaps" }) : "");
    list.hidden = !rows.length;
    more.hidden = rows.length <= FIRST;
    more.textContent = reading.whole ? say("js_gap_fewer", { n: FIRST }) : say("js_gap_all", { n: format.amount(rows.length) });
    rest.hidden = !reading.printed || rows.length <= ON_PAPER;
    rest.textContent = say(state.minutes === null ? "js_gap_rest" : "js_gap_rest_varied", { n: format.amount(rows.length - ON_PAPER) });
    section.lastChild.textContent = say("js_gap_note");
    section.lastChild.hidden = !rows.length;
    mark();
  }
  // Of what is chosen only the look changes, so that the button that was pressed keeps the focus.
  function mark() {
    all("tbody tr", list).forEach((each) => {
      each.classList.toggle("on", Number(each.dataset.row) === state.row);
      const here = Number(each.dataset.row) === state.row && each.dataset.service === state.service;
      find(".link", each).setAttribute("aria-pressed", String(here));
    });
  }
  function choose(change) {
    Object.assign(filter, change);
    draw();
  }
  function showMore() {
    reading.whole = !reading.whole;
    draw();
  }
  function print(printed) {
    reading.printed = printed;
    draw();
  }

  // Controls have their names before the list is drawn.
  watch.add(["definition", "language"], drawFilters);
  watch.add(["definition", "minutes", "language"], changed, section);
  watch.add(["row", "service"], mark, section);
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  return { found, filter, parentOf, atTarget };
})();
