// The same picture small, a map for every service, and for paper the chosen service large: plain drawings
// with one path for each class.
(() => {
  const { find, make, draw, link, hatch } = dom;
  const SIDE = 600; // units of the longer side; outlines are rounded to whole ones
  const NAMES = 14;
  const MARKS = 40;
  const MARKED = ["undecided", "fail_1", "fail_2", "fail_3", "no_demand", "no_data", "not_in_scope"];
  const section = find("#sec-multi");

  // Local scale, the same both ways, north up. Borders that zones share stay shared, as the same corners
  // are rounded to the same units.
  const frame = (() => {
    const [[south, west], [north, east]] = data.zones.bounds;
    const stretch = Math.cos(((south + north) / 2) * (Math.PI / 180));
    const scale = SIDE / Math.max((east - west) * stretch, north - south, 1e-9);
    const [width, height] = [Math.ceil((east - west) * stretch * scale), Math.ceil((north - south) * scale)];
    return { width, height, x: (longitude) => (longitude - west) * stretch * scale, y: (latitude) => (north - latitude) * scale };
  })();
  function ringPath(ring) {
    let [path, before] = ["", ""];
    let corners = 0;
    for (const [latitude, longitude] of ring) {
      const corner = `${Math.round(frame.x(longitude))} ${Math.round(frame.y(latitude))}`;
      if (corner === before) continue;
      path += (path ? "L" : "M") + corner;
      before = corner;
      corners += 1;
    }
    return corners > 2 ? `${path}Z` : "";
  }
  let paths = null;
  const outlines = () => (paths ??= map.outlines.map((polygons) => polygons.flat().map(ringPath).join("")));
  const spans = map.outlines.map((polygons) => {
    const xs = polygons.flat(2).map(([, longitude]) => frame.x(longitude));
    return xs.reduce((a, b) => Math.max(a, b), -Infinity) - xs.reduce((a, b) => Math.min(a, b), Infinity);
  });

  const verdictOf = (row, service) => sheet.verdict[rates.position(sheet, row, service)];
  function names(service, size, named) {
    const inside = { size, left: 0, right: frame.width };
    const weight = (row) => { const at = MARKED.indexOf(verdictOf(row, service)); return at >= 1 && at <= 3 ? 0 : at === 0 ? 1 : 2; };
    const wanted = rates.zones().map((row) => {
      const [longitude, latitude] = data.zones.label[row];
      const verdict = verdictOf(row, service);
      const mark = MARKED.includes(verdict) ? data.marks[verdict] : "";
      return { row, x: frame.x(longitude), y: frame.y(latitude), room: spans[row] * 1.5, short: mark, long: named && `${mark} ${labels.name(row)}`.trim() };
    });
    wanted.sort((a, b) => weight(a.row) - weight(b.row) || spans[b.row] - spans[a.row] || a.row - b.row);
    return labels.place(wanted, inside).map(({ text, x, y }) => draw("text", { x: x.toFixed(0), y: (y + size * 0.35).toFixed(0), "font-size": size }, text));
  }
  // One path a class; hatches need names of their own in a page.
  function picture(service, { id, size, dense, named = false }) {
    const pattern = hatch(id);
    pattern.setAttribute("patternTransform", `rotate(45) scale(${dense})`);
    const byClass = new Map();
    rates.zones().forEach((row) => {
      const verdict = verdictOf(row, service);
      byClass.set(verdict, (byClass.get(verdict) ?? "") + outlines()[row]);
    });
    const zones = [...byClass].map(([verdict, d]) => draw("path", { class: `zone ${verdict}`, d, fill: `url(#${id})` }));
    const chosen = map.members().map((row) => outlines()[row]).join("");
    return draw("svg", { viewBox: `-3 -3 ${frame.width + 6} ${frame.height + 6}`, role: "img", "aria-label": spoken(service) },
      draw("defs", {}, pattern), zones, chosen && draw("path", { class: "outline", d: chosen }),
      draw("g", { class: "names" }, names(service, size, named)));
  }

  const head = (service) => rates.position(sheet, shown.definition().head, service);
  const judged = (cell) => Number.isFinite(sheet.rate[cell]) && Number.isFinite(sheet.target[cell]);
  function failing(service) {
    const inScope = rates.zones().filter((row) => shown.definition().in_scope[row]);
    return inScope.filter((row) => verdictOf(row, service).startsWith("fail")).length;
  }
  function spoken(service) {
    const rate = format.percent(sheet.rate[head(service)]);
    return say("js_small_map", { service: words.service(service), rate: rate || summary.word(head(service)), n: failing(service) });
  }
  function small(service, at) {
    const cell = head(service);
    const rate = format.percent(sheet.rate[cell]);
    const choose = () => set({ service });
    const caption = make("figcaption", {}, link(words.service(service), choose, { "aria-pressed": String(service === state.service) }), " ",
      make("span", { class: "nw" }, [rate, `${data.marks[sheet.verdict[cell]]} ${summary.word(cell)}`].filter(Boolean).join(" ")), " ",
      judged(cell) ? make("small", {}, say("js_zones_failing", { n: failing(service) })) : "");
    const found = make("figure", { class: service === state.service ? "small-map on" : "small-map", "data-service": service }, caption, picture(service, { id: `hatch-${at}`, size: MARKS, dense: 2.2 }));
    found.lastChild.addEventListener("click", choose);
    return found;
  }

  const box = make("div", { id: "small-maps" });
  const classes = make("ul", { class: "legend" });
  section.append(classes, box);
  function drawAll() {
    const focused = document.activeElement?.closest("#small-maps figure")?.dataset.service;
    classes.replaceChildren(...legend.classes(rates.zones()));
    box.replaceChildren(...shown.definition().services.map(small));
    if (focused) find(`figure[data-service="${CSS.escape(focused)}"] button`, box)?.focus();
  }
  // Which service is chosen moves a frame; nothing is drawn anew.
  function mark() {
    for (const figure of box.children) {
      const on = figure.dataset.service === state.service;
      figure.classList.toggle("on", on);
      find("button", figure).setAttribute("aria-pressed", String(on));
    }
  }
  watch.add(["definition", "minutes", "language", "row"], drawAll, section);
  watch.add(["service"], mark, section);

  // On paper the map of the chosen service stands under the verdict.
  function drawPrint() {
    find("#print-map").replaceChildren(make("figcaption", {}, find("#map-title").textContent),
      picture(state.service, { id: "hatch-print", size: NAMES, dense: 1.4, named: true }),
      make("ul", { class: "legend" }, legend.classes(rates.zones())));
  }
  addEventListener("beforeprint", drawPrint);
  matchMedia("print").addEventListener("change", ({ matches }) => { if (matches) drawPrint(); });
})();
