// What stands on the zones: names with marks, circles of people short, dots of facilities. One drawing in
// the map's own pixels, made anew when the map has moved.
const marks = (() => {
  const { find, draw } = dom;
  const { leaflet } = map;
  const SIZE = 12;
  const [ROOM, ROOM_OF_GAPS] = [1.6, 3]; // a label may be so many times as wide as its zone
  const NEAR_PX = 8;
  const [SMALLEST_PX, LARGEST_PX] = [10, 26];
  const GROWN = 2.5; // gaps of a what-if may have so many times the area of the largest at the standard
  const picture = draw("svg", { class: "leaflet-zoom-hide marks", width: 1, height: 1 });
  leaflet.getPane("marks").append(picture);
  const showFacilities = find("#show-facilities");
  const cellOf = (row) => rates.position(sheet, row, state.service);
  const places = data.zones.label.map(([longitude, latitude]) => L.latLng(latitude, longitude));
  const short = (row) => sheet.status[cellOf(row)] === "fail" && sheet.gap[cellOf(row)] > 0;

  // Circles: area by people short. The scale stays while the limit is varied, as far as there is room.
  let standard = { key: "", most: 0 };
  const most = (one) => rates.zones().reduce((largest, row) => {
    const cell = rates.position(one, row, state.service);
    return one.status[cell] === "fail" && one.gap[cell] > largest ? one.gap[cell] : largest;
  }, 0);
  function reference() {
    const key = `${state.definition}|${state.service}`;
    if (standard.key !== key) standard = { key, most: most(state.minutes === null ? sheet : rates.compute(state.definition, null)) };
    return Math.max(standard.most, most(sheet) / GROWN);
  }
  // The largest is about as wide as zones are apart.
  function radii() {
    const [southWest, northEast] = data.zones.bounds.map((corner) => leaflet.latLngToLayerPoint(corner));
    const apart = Math.sqrt(((northEast.x - southWest.x) * (southWest.y - northEast.y)) / places.length);
    const largest = Math.max(SMALLEST_PX, Math.min(LARGEST_PX, apart * 0.9));
    const whole = reference();
    return (people) => largest * Math.sqrt(people / whole);
  }
  function circles() {
    const radius = radii();
    const rows = rates.zones().filter(short).sort((a, b) => sheet.gap[cellOf(b)] - sheet.gap[cellOf(a)] || a - b);
    return rows.map((row) => {
      const { x, y } = leaflet.latLngToLayerPoint(places[row]);
      const look = sheet.verdict[cellOf(row)] === "undecided" ? "circle unsure" : "circle";
      return draw("circle", { class: look, "data-row": row, cx: x, cy: y, r: radius(sheet.gap[cellOf(row)]).toFixed(2) });
    });
  }

  // Labels: on the layer of classes a mark and a name, on circles the people, on the surface what is chosen.
  const WEIGHT = { fail_3: 0, fail_2: 1, undecided: 2, fail_1: 3, pass: 4, not_in_scope: 5, no_data: 6, no_demand: 7 };
  function texts(row) {
    const verdict = sheet.verdict[cellOf(row)];
    if (map.layer() === "gap") {
      const people = short(row) ? format.shortfall(sheet.gap[cellOf(row)]) : "";
      return { short: people, long: people && `${labels.name(row)} ${people}` };
    }
    const mark = verdict === "pass" ? "" : data.marks[verdict];
    return { short: WEIGHT[verdict] < WEIGHT.pass ? mark : "", long: `${mark} ${labels.name(row)}`.trim() };
  }
  const norths = map.outlines.map((polygons) => polygons.flat(2).reduce((most, [latitude]) => Math.max(most, latitude), -90));
  function wanted(row) {
    const { x, y } = leaflet.latLngToLayerPoint(places[row]);
    const [west, east] = spans[row].map((longitude) => leaflet.latLngToLayerPoint([places[row].lat, longitude]).x);
    const chosen = row === state.row;
    const first = chosen || map.layer() === "gap";
    const room = chosen ? Infinity : (east - west) * (map.layer() === "gap" ? ROOM_OF_GAPS : ROOM);
    const gap = short(row) ? sheet.gap[cellOf(row)] : 0;
    // A name that would hide the outline of what is chosen stands above it.
    const hides = chosen && labels.width(texts(row).long, SIZE) > 1.2 * (east - west);
    const top = leaflet.latLngToLayerPoint([norths[row], places[row].lng]).y - SIZE;
    return { row, x, y: hides ? top : y, room, first, chosen, weight: WEIGHT[sheet.verdict[cellOf(row)]], gap, width: east - west, ...texts(row) };
  }
  const spans = map.outlines.map((polygons) => {
    const longitudes = polygons.flat(2).map(([, longitude]) => longitude);
    return [longitudes.reduce((a, b) => Math.min(a, b), Infinity), longitudes.reduce((a, b) => Math.max(a, b), -Infinity)];
  });
  // The box of the buttons that stand on the map, in its own pixels.
  function controls() {
    const { offsetLeft: x, offsetTop: y, offsetWidth: width, offsetHeight: height } = find("#map-buttons");
    const [corner, end] = [[x, y], [x + width, y + height]].map((point) => leaflet.containerPointToLayerPoint(point));
    return { left: corner.x, top: corner.y, right: end.x, bottom: end.y };
  }
  function names() {
    const { min, max } = leaflet.getPixelBounds();
    const origin = leaflet.getPixelOrigin();
    const frame = { size: SIZE, left: min.x - origin.x + 2, right: max.x - origin.x - 2, blocked: [controls()] };
    const [top, bottom] = [min.y - origin.y + SIZE / 2, max.y - origin.y - SIZE / 2];
    const rows = ["status", "gap"].includes(map.layer()) ? rates.zones() : map.members().filter((row) => row === state.row);
    const seen = rows.map(wanted).filter(({ x, y }) => x > frame.left && x < frame.right && y > top && y < bottom);
    const weight = (a, b) => (map.layer() === "gap" ? 0 : a.weight - b.weight);
    seen.sort((a, b) => b.chosen - a.chosen || weight(a, b) || b.gap - a.gap || b.width - a.width || a.row - b.row);
    return labels.place(seen, frame).map(({ text, x, y, row }) => draw("text", { x: x.toFixed(1), y: (y + SIZE * 0.35).toFixed(1), "data-row": row }, text));
  }

  // Facilities: all dots of a service are two paths, a ring and its white.
  const points = new Map();
  let dots = null;
  function facilities() {
    const packed = data.facilities[state.service];
    if (!showFacilities.checked || !packed) return null;
    if (!points.has(state.service)) points.set(state.service, pack.points(packed.xy));
    return points.get(state.service).map((place) => leaflet.latLngToLayerPoint(place));
  }
  function dotPaths() {
    dots = facilities();
    if (!dots) return [];
    const [thin, edge] = dots.length > 1500 ? [1.6, 1.6] : dots.length > 300 ? [3.5, 2] : [6, 3];
    const width = thin * 1.25 ** Math.min(5, Math.max(0, leaflet.getZoom() - leaflet.getMinZoom() - 1));
    const path = dots.map(({ x, y }) => `M${x} ${y}h.01`).join("");
    return [["ring", width + edge], ["dot", width]].map(([look, stroke]) => draw("path", { class: `facility ${look}`, d: path, "stroke-width": stroke.toFixed(1) }));
  }
  // The facility under the pointer, by its position in the list; -1 where there is none.
  function facilityAt(point) {
    let [found, nearest] = [-1, NEAR_PX ** 2];
    dots?.forEach(({ x, y }, at) => {
      const off = (x - point.x) ** 2 + (y - point.y) ** 2;
      if (off < nearest) [found, nearest] = [at, off];
    });
    return found;
  }

  function redraw() {
    if (!leaflet.getSize().x) return;
    picture.replaceChildren(
      draw("g", {}, map.layer() === "gap" ? circles() : []),
      draw("g", { class: "facilities" }, dotPaths()),
      draw("g", { class: "names" }, names()),
    );
    const known = Boolean(data.facilities[state.service]);
    showFacilities.disabled = !known;
  }
  // A circle for the legend, as large as on the map.
  function sample(people) {
    const radius = radii()(people);
    const side = Math.ceil(2 * radius + 3);
    return draw("svg", { width: side, height: side, "aria-hidden": "true" }, draw("circle", { class: "circle", cx: side / 2, cy: side / 2, r: radius.toFixed(2) }));
  }
  // Round numbers of people for the legend: near the largest circle, a third and a tenth of it.
  function samples() {
    const largest = most(sheet);
    const round = (people) => {
      const unit = 10 ** Math.floor(Math.log10(people));
      return Math.max(1, [5, 2, 1].find((times) => times * unit <= people) * unit);
    };
    return largest > 0 ? [...new Set([1, 0.25, 0.06].map((part) => round(largest * part)))].filter((people) => people <= largest) : [];
  }

  leaflet.on("moveend resize", redraw);
  showFacilities.addEventListener("change", redraw);
  watch.add(["definition", "minutes", "service", "row", "layer", "language"], redraw);
  return { facilityAt, sample, samples };
})();
