// What the pointer says: a hint at the zone or facility under it, and on the surface, by a click, the
// minutes to every service. Made of nodes, never of markup; one hint for all, so that no zone takes focus.
(() => {
  const { make } = dom;
  const { leaflet } = map;
  const hint = L.tooltip({ direction: "top", offset: [0, -8], className: "hint" });
  const answer = L.popup({ closeButton: false, autoClose: true, closeOnClick: false, maxWidth: 300, className: "answer" });
  const line = (text, look) => (text ? make("div", { class: look }, text) : null);
  const zoneAt = (event) => {
    const row = event.originalEvent.target.getAttribute?.("data-row");
    return row === null || row === undefined ? null : Number(row);
  };

  function zoneHint(row) {
    const cell = rates.position(sheet, row, state.service);
    const verdict = `${data.marks[sheet.verdict[cell]]} ${summary.word(cell)}`;
    const gap = sheet.status[cell] === "fail" && say("p_gap", { n: format.shortfall(sheet.gap[cell]), unit: words.unit() });
    return [
      make("b", {}, words.row(row)),
      line([words.service(state.service), format.percent(sheet.rate[cell]), verdict].filter(Boolean).join(" ")), line(gap),
    ];
  }
  function timeHint(row, minutes) {
    return [row === null ? null : make("b", {}, words.row(row)), line(`${words.service(state.service)} ${surface.text(minutes)}`)];
  }
  const lists = new Map();
  function facilityHint(at) {
    if (!lists.has(state.service)) {
      const { n, names, people, within } = data.facilities[state.service];
      lists.set(state.service, { names: names?.split("\n") ?? [], people: pack.list(people, n), within: pack.list(within, n) });
    }
    const { names, people, within } = lists.get(state.service);
    const unit = words.of(data.definitions[0].unit);
    const served = Number.isFinite(people[at]) && say("js_facility", { people: format.amount(people[at]), within: format.amount(within[at]), unit });
    return [make("b", {}, names[at] ? words.isolated(names[at]) : say("js_facility_unnamed")), line(words.service(state.service)), line(served)];
  }

  let said = "";
  function still() {
    hint.remove();
    said = "";
  }
  // What there is to say at the pointer: a key to know it again, and the lines.
  function about(event) {
    const facility = marks.facilityAt(event.layerPoint);
    if (facility >= 0) return [`f${facility}`, () => facilityHint(facility)];
    const row = zoneAt(event);
    if (map.layer() === "time" && surface.ready(surface.sources())) {
      const minutes = surface.here(event.latlng);
      return [`t${row}:${minutes}`, () => timeHint(row, minutes)];
    }
    return row === null ? ["", null] : [`z${row}`, () => zoneHint(row)];
  }
  function hover(event) {
    const [key, lines] = about(event);
    if (!key) {
      still();
      return;
    }
    if (key !== said) hint.setContent(make("div", {}, lines()));
    said = key;
    const { x, y } = event.containerPoint;
    const side = x < 150 ? "right" : x > leaflet.getSize().x - 150 ? "left" : y < 90 ? "bottom" : "top";
    hint.options.direction = side;
    hint.options.offset = { top: [0, -8], bottom: [0, 20], right: [12, 0], left: [-12, 0] }[side];
    hint.setLatLng(event.latlng);
    if (!leaflet.hasLayer(hint)) hint.addTo(leaflet);
  }

  // The minutes to every service at a place, each beside the limit of the zone it lies in.
  function answerRow(service, place, row) {
    const minutes = surface.at(service, place);
    const limit = sheet.minutes[rates.position(sheet, row ?? shown.definition().head, service)];
    const within = surface.within(minutes, limit);
    const mark = within === undefined ? "" : data.marks[within ? "pass" : "fail_1"];
    return make("tr", { class: service === state.service ? "on" : null },
      make("th", { scope: "row" }, words.service(service)), make("td", {}, surface.text(minutes)),
      make("td", { class: within === false ? "late" : null }, mark));
  }
  let asked = null;
  function show() {
    if (!asked) return;
    const { place, row } = asked;
    const services = rates.plain(0).filter((key) => key in data.surface.png);
    surface.whenRead(services, () => {
      if (asked?.place !== place) return;
      const head = row === null ? say("js_outside_zones") : words.row(row);
      const content = make("div", { onclick: forget }, make("b", {}, head), line(`${place.lng.toFixed(5)}, ${place.lat.toFixed(5)}`, "mono"),
        make("table", {}, make("tbody", {}, services.map((key) => answerRow(key, place, row)))),
        line(say("js_reach", { n: format.amount(Math.round(data.surface.reach_m)) }), "note"));
      answer.setLatLng(place).setContent(content);
      if (!leaflet.hasLayer(answer)) leaflet.openPopup(answer);
    });
  }
  function forget() {
    asked = null;
    answer.remove();
  }
  leaflet.on("mousemove", hover);
  leaflet.on("mouseout movestart", still);
  leaflet.on("click", (event) => {
    const row = zoneAt(event);
    if (row !== null) map.choose(row);
    if (state.layer !== "time" || !surface.readable()) return;
    still();
    asked = { place: event.latlng, row };
    show();
  });
  addEventListener("keydown", (event) => { if (event.key === "Escape") forget(); });
  watch.add(["definition", "service", "minutes", "language", "layer"], () => {
    still();
    if (state.layer === "time" && surface.readable()) show();
    else forget();
  });
})();
