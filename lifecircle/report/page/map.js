// The map: zones by class, the surface and the streets under and over them, what is chosen outlined. It is
// the second view of the matrix, for the eye and the pointer: nothing inside takes the focus.
const map = (() => {
  const { find, all, make, draw, hatch } = dom;
  const box = find("#map");
  const PADDING = [6, 6];
  const STILL = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const TOUCH = matchMedia("(pointer: coarse)").matches;
  const outlines = data.zones.geo.map(pack.polygons);
  const leaflet = L.map(box, {
    zoomSnap: 0.1, zoomDelta: 0.5, maxZoom: 20, zoomControl: false, attributionControl: false, keyboard: false, boxZoom: false,
    zoomAnimation: !STILL, fadeAnimation: false, inertia: !STILL,
  });
  const PANES = { surface: 250, streets: 420, chosen: 440, marks: 450, route: 460 };
  for (const [name, order] of Object.entries(PANES)) leaflet.createPane(name).style.zIndex = order;
  for (const name of ["surface", "streets", "chosen", "route"]) leaflet.getPane(name).style.pointerEvents = "none";
  const drawn = (pane) => L.svg({ pane, padding: 0.3 });
  leaflet.setView(L.latLngBounds(data.zones.bounds).getCenter(), 10, { animate: false });
  L.control.scale({ imperial: false, position: "bottomleft" }).addTo(leaflet);

  // Zones -----------------------------------------------------------------------------------------
  // Undecided zones keep the hatch; every other class has its colour in the style sheet.
  const renderer = drawn("overlayPane");
  const shapes = outlines.map((outline) => L.polygon(outline, {
    renderer, interactive: false, className: "zone", color: "#6b7680", weight: 1, fillColor: "url(#map-hatch)", fillOpacity: 1, smoothFactor: 0.6,
  }).addTo(leaflet));
  shapes.forEach((shape, row) => shape.getElement().setAttribute("data-row", row));
  find("svg", leaflet.getPane("overlayPane")).prepend(draw("defs", {}, hatch("map-hatch")));
  function fill() {
    shapes.forEach((shape, row) => {
      const look = `zone ${sheet.verdict[rates.position(sheet, row, state.service)]}`;
      if (shape.getElement().getAttribute("class") !== look) shape.getElement().setAttribute("class", look);
    });
  }

  // The zones of the chosen row: itself, or all of a district or an area type.
  function members(row = state.row) {
    if (row === HEAD) return [];
    const { level, key } = shown.definition().rows[row];
    if (level === "zone") return [row];
    if (level === "parent") return rates.zones().filter((zone) => data.parents[data.zones.parent[zone]] === key);
    return level === "area_type" ? rates.zones().filter((zone) => data.zones.area[zone] === key) : [];
  }
  const chosen = L.layerGroup().addTo(leaflet);
  const outlined = drawn("chosen");
  function outline() {
    chosen.clearLayers();
    const found = members().map((row) => outlines[row]);
    if (!found.length) return;
    const look = { renderer: outlined, interactive: false, fill: false, smoothFactor: 0.6 };
    chosen.addLayer(L.polygon(found, { ...look, color: "#fff", weight: 7, opacity: 0.9 }));
    chosen.addLayer(L.polygon(found, { ...look, className: "outline", color: "#16202b", weight: 3.5 }));
  }

  // What lies under and over them --------------------------------------------------------------
  const canvas = make("canvas");
  // Leaflet lays any element over an area under the name of its overlay for SVG.
  const colours = data.surface && L.svgOverlay(canvas, data.surface.bounds, { pane: "surface", className: "surface" });
  const streets = data.streets && L.imageOverlay(data.streets.png, data.streets.bounds, { pane: "streets", className: "streets" });
  const showStreets = find("#show-streets");
  showStreets.parentNode.hidden = !streets;
  function layStreets() {
    if (!streets) return;
    if (showStreets.checked) streets.addTo(leaflet);
    else streets.remove();
  }
  showStreets.addEventListener("change", layStreets);

  // The layer that is seen; without its surface, time has none.
  let seen = "status";
  const layer = () => seen;
  function laySurface() {
    seen = state.layer === "time" && surface.absence() ? "none" : state.layer;
    box.dataset.layer = seen;
    if (seen !== "time") {
      colours?.remove();
      return;
    }
    const wanted = surface.sources();
    if (!surface.ready(wanted)) {
      surface.whenRead(wanted, () => watch.changed(["layer"]));
      return;
    }
    surface.paint(canvas);
    colours.addTo(leaflet);
  }

  // What is in sight ------------------------------------------------------------------------------
  let moved = false;
  let own = false;
  let least = 0;
  function fit() {
    own = true;
    leaflet.invalidateSize({ pan: false, animate: false });
    leaflet.setMinZoom(0);
    leaflet.fitBounds(data.zones.bounds, { animate: false, padding: PADDING });
    least = leaflet.getZoom();
    leaflet.setMinZoom(least - 1);
    own = false;
    moved = false;
    hold();
  }
  // A finger moves the page while the whole area is in sight, and the map when it is not.
  function hold() {
    if (TOUCH) leaflet.dragging[leaflet.getZoom() > least + 0.05 ? "enable" : "disable"]();
  }
  leaflet.on("zoomstart dragstart autopanstart", () => { moved = moved || !own; });
  leaflet.on("zoomend", hold);
  function resized() {
    if (!box.offsetWidth) return;
    if (moved) leaflet.invalidateSize({ pan: false, animate: false });
    else fit();
  }
  new ResizeObserver(resized).observe(box);

  // The chosen zone is brought into sight if it is not; a zone that was clicked is.
  let clicked = false;
  function choose(row) {
    clicked = true;
    set({ row });
    clicked = false;
  }
  function follow() {
    const rows = members();
    if (clicked || !rows.length || !moved || !box.offsetWidth) return;
    const bounds = L.latLngBounds(rows.map((row) => shapes[row].getBounds()));
    if (leaflet.getBounds().contains(bounds)) return;
    const fits = leaflet.getBoundsZoom(bounds) >= leaflet.getZoom();
    if (fits) leaflet.panTo(bounds.getCenter(), { animate: !STILL });
    else leaflet.fitBounds(bounds, { animate: !STILL, padding: PADDING });
  }

  // Title and controls ----------------------------------------------------------------------------
  const ARROWS = { ArrowLeft: [-80, 0], ArrowRight: [80, 0], ArrowUp: [0, -80], ArrowDown: [0, 80] };
  const buttons = find("#map-buttons");
  const press = (sign, key, click) => [make("button", { type: "button", onclick: click }, sign), key];
  const controls = [
    press("+", "js_zoom_in", () => leaflet.zoomIn(0.5)),
    press("−", "js_zoom_out", () => leaflet.zoomOut(0.5)),
    press("⤢", "js_zoom_whole", fit),
  ];
  buttons.append(...controls.map(([button]) => button));
  buttons.addEventListener("keydown", (event) => {
    if (!(event.key in ARROWS)) return;
    event.preventDefault();
    moved = true;
    leaflet.panBy(ARROWS[event.key], { animate: false });
  });
  function title() {
    const limit = shown.definition().limits[state.service];
    const text = state.minutes === null ? limit && words.of(limit) : say("minutes", { n: state.minutes });
    find("#map-title").textContent = [words.service(state.service), text].filter(Boolean).join(" · ");
    for (const input of all("#layers input")) input.checked = input.value === state.layer;
  }
  function name() {
    find("#map-attribution").textContent = data.attribution;
    for (const [button, key] of controls) {
      button.title = say(key);
      button.setAttribute("aria-label", say(key));
    }
  }
  find("#layers").addEventListener("change", (event) => set({ layer: event.target.value }));

  let begun = false;
  function begin() {
    if (begun) return;
    begun = true;
    fit();
    layStreets();
  }
  watch.add(["definition", "minutes", "service", "layer", "language"], title);
  watch.add(["language"], name);
  watch.add(["definition", "minutes", "service"], fill);
  watch.add(["definition", "row"], outline);
  watch.add(["definition", "minutes", "service", "layer"], laySurface);
  watch.add(["row"], begin);
  watch.add(["row"], follow);

  return { leaflet, outlines, STILL, layer, choose, fit, members };
})();
