// Places drawn by lot whose minutes a reviewer can recompute, each with its way on the map.
(() => {
  const { find, all, make, number, text, head, table, link } = dom;
  const { leaflet } = map;
  const box = find("#audit");
  const drawn = L.layerGroup();
  const renderer = L.svg({ pane: "route", padding: 0.5 });
  const COLOUR = "#0b5394";
  const ROOM = [100, 56]; // pixels around the way for the names of its ends
  let shownAt = null;

  // Centimetres; the sum is that of what is shown, so that it can be added up.
  const metres = (centimetres) => (centimetres / 100).toFixed(2);
  function legs(each) {
    const [access, path, last] = [each.access_m, each.path_m, each.facility_access_m].map((leg) => Math.round(leg * 100));
    return say("js_legs", { access: metres(access), path: metres(path), last: metres(last), sum: metres(access + path + last) });
  }
  const facilityName = (each) => (each.name ? words.isolated(each.name) : each.facility);

  function mark(place, label, look, side) {
    const content = make("span", {}, label);
    drawn.addLayer(L.circleMarker(place, { renderer, interactive: false, radius: 6, weight: 3, color: "#16202b", fillOpacity: 1, fillColor: look }));
    drawn.addLayer(L.tooltip({ permanent: true, direction: side, offset: [0, side === "top" ? -8 : 8], className: "hint route-end" }).setLatLng(place).setContent(content));
  }
  function drawWay(each) {
    const way = pack.line(each.path);
    const place = [each.lat, each.lon];
    const look = { renderer, interactive: false, lineCap: "round" };
    drawn.clearLayers();
    drawn.addLayer(L.polyline([place, ...way], { ...look, color: "#fff", weight: 9, opacity: 0.95 }));
    drawn.addLayer(L.polyline([place, way[0] ?? place], { ...look, className: "leg", color: COLOUR, weight: 4, dashArray: "1 7" }));
    drawn.addLayer(L.polyline(way, { ...look, className: "way", color: COLOUR, weight: 5 }));
    const end = way.at(-1) ?? place;
    const northward = end[0] >= place[0];
    mark(place, say("js_audit_place"), "#fff", northward ? "bottom" : "top");
    mark(end, `${words.service(each.service)} · ${facilityName(each)}`, "#ffdf6b", northward ? "top" : "bottom");
    drawn.addTo(leaflet);
    return L.latLngBounds([place, ...way]);
  }

  const back = make("button", { type: "button", class: "back", hidden: true, onclick: () => clear({ back: true }) });
  find("#map-buttons").append(back);
  function press() {
    all("button[data-place]", box).forEach((button) => {
      const on = Number(button.dataset.place) === shownAt;
      button.textContent = say(on ? "js_audit_hide" : "js_audit_show");
      button.setAttribute("aria-pressed", String(on));
    });
    back.hidden = shownAt === null;
    back.textContent = say("js_audit_back");
  }
  function clear({ back: return_ = false } = {}) {
    if (shownAt === null) return;
    const button = find(`button[data-place="${shownAt}"]`, box);
    drawn.remove();
    shownAt = null;
    press();
    map.fit();
    if (return_) button?.focus();
  }
  function show(at) {
    if (shownAt === at) {
      clear();
      return;
    }
    const each = data.audit[at];
    shownAt = at;
    set({ definition: 0, service: each.service, row: each.row });
    find("#map-group").scrollIntoView({ block: "center" });
    leaflet.fitBounds(drawWay(each), { animate: false, maxZoom: 17, padding: ROOM });
    press();
  }
  addEventListener("keydown", (event) => { if (event.key === "Escape") clear({ back: true }); });

  function row(each, at) {
    const minutes = make("b", {}, each.minutes.toFixed(2));
    return make("tr", {},
      text([make("span", { class: "mono" }, `${each.lon.toFixed(5)}, ${each.lat.toFixed(5)}`), make("br"), make("small", { class: "mono" }, words.isolated(each.id))]),
      head(words.isolated(words.of(data.definitions[0].rows[each.row].title))), text(words.service(each.service, 0)), text(facilityName(each)),
      number(legs(each)), number(minutes),
      text(link("", () => show(at), { "data-place": at })));
  }
  function draw() {
    const title = make("h3", { id: "h-audit" }, say("js_audit"));
    if (!data.audit.length) {
      box.replaceChildren(title, make("p", {}, say("js_audit_none")));
      return;
    }
    const heads = [[say("js_audit_place")], [say("c_zone")], [say("c_service")], [say("js_audit_facility")], [say("js_audit_legs"), "r"], [say("js_chart_minutes"), "r"], [make("span", { class: "vh" }, say("js_audit_show"))]];
    box.replaceChildren(title, make("p", { class: "note" }, say("js_audit_note", { n: data.audit.length })),
      make("div", { class: "scroll", tabindex: 0, role: "group", "aria-labelledby": "h-audit" }, table(heads, data.audit.map(row), { class: "plain" })));
    press();
  }
  watch.add(["language"], draw);
  watch.add(["language", "definition"], () => { if (shownAt !== null && state.definition !== 0) clear(); });
})();
