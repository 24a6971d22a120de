// A small map of one zone among its neighbours, in the classes of the chosen service, with its facilities.
const locator = (() => {
  const { draw, hatch } = dom;
  const [WIDTH, HEIGHT] = [380, 300];
  const AROUND = 2.1; // how much more is seen than the zone itself
  const LONGEST_NAME = 112;
  const once = (make) => {
    const kept = new Map();
    return (key) => {
      if (!kept.has(key)) kept.set(key, make(key));
      return kept.get(key);
    };
  };
  const shape = once((row) => pack.polygons(data.zones.geo[row]));
  const box = once((row) => {
    const found = [Infinity, Infinity, -Infinity, -Infinity];
    for (const [lat, lon] of shape(row).flat(2)) {
      found[0] = Math.min(found[0], lat);
      found[1] = Math.min(found[1], lon);
      found[2] = Math.max(found[2], lat);
      found[3] = Math.max(found[3], lon);
    }
    return found;
  });
  const points = once((service) => pack.points(data.facilities[service].xy));

  // Facilities of a service inside a zone's outline; nothing where none are in the page.
  function within(polygons, [lat, lon]) {
    let odd = false;
    for (const ring of polygons.flat()) {
      for (let at = 0, before = ring.length - 1; at < ring.length; before = at, at += 1) {
        const [[y, x], [y2, x2]] = [ring[at], ring[before]];
        if (y > lat !== y2 > lat && lon < ((x2 - x) * (lat - y)) / (y2 - y) + x) odd = !odd;
      }
    }
    return odd;
  }
  const known = (service) => Boolean(data.facilities) && service in data.facilities;
  function inside(row, service) {
    if (!known(service)) return NaN;
    const [south, west, north, east] = box(row);
    const near = ([lat, lon]) => lat >= south && lat <= north && lon >= west && lon <= east;
    return points(service).filter((point) => near(point) && within(shape(row), point)).length;
  }

  // From degrees to the picture, the zone in its middle.
  function view(row) {
    const [south, west, north, east] = box(row);
    const narrow = Math.cos(((south + north) / 2) * (Math.PI / 180));
    const [middle, centre] = [(south + north) / 2, (west + east) / 2];
    const scale = Math.min(WIDTH / (AROUND * (east - west) * narrow || 1), HEIGHT / (AROUND * (north - south) || 1));
    const at = ([lat, lon]) => [WIDTH / 2 + (lon - centre) * narrow * scale, HEIGHT / 2 - (lat - middle) * scale];
    const seen = (other) => {
      const [x, y] = at([box(other)[2], box(other)[1]]);
      const [right, bottom] = at([box(other)[0], box(other)[3]]);
      return right > 0 && x < WIDTH && bottom > 0 && y < HEIGHT;
    };
    return { at, seen };
  }
  function path(row, at) {
    const ring = (corners) => `M${corners.map((corner) => at(corner).map((value) => value.toFixed(1)).join(" ")).join("L")}Z`;
    return shape(row).flat().map(ring).join("");
  }
  const width = (letters) => letters.reduce((sum, letter) => sum + (letter > "\u2e80" ? 12 : 6.6), 0);
  function cut(name) {
    const letters = [...name];
    while (width(letters) > LONGEST_NAME) letters.pop();
    return letters.length < [...name].length ? `${letters.join("")}…` : name;
  }
  function names(rows, service, at) {
    const taken = [];
    return rows.map((row) => {
      const [lon, lat] = data.zones.label[row];
      const [x, y] = at([lat, lon]);
      const name = cut(data.zones.name[row] || data.zones.id[row]);
      const half = (width([...name]) + 14) / 2;
      if (x < half || x > WIDTH - half || y < 12 || y > HEIGHT - 8) return null;
      if (taken.some(([x2, y2, half2]) => Math.abs(x - x2) < half + half2 && Math.abs(y - y2) < 16)) return null;
      taken.push([x, y, half]);
      const mark = data.marks[sheet.verdict[rates.position(sheet, row, service)]];
      return draw("text", { x, y: y + 4, "text-anchor": "middle" }, `${mark} ${words.isolated(name)}`);
    });
  }

  function picture(row, service) {
    const { at, seen } = view(row);
    const rows = [row, ...rates.zones().filter((other) => other !== row && seen(other))];
    const verdict = (other) => sheet.verdict[rates.position(sheet, other, service)];
    const zone = (other) => draw("path", {
      class: verdict(other), d: path(other, at), fill: verdict(other) === "undecided" ? "url(#locator-hatch)" : null,
    });
    const dots = (known(service) ? points(service) : []).map(at).filter(([x, y]) => x > 0 && x < WIDTH && y > 0 && y < HEIGHT);
    return draw("svg", { class: "locator", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": say("js_locator", { name: words.row(row) }) },
      draw("defs", {}, hatch("locator-hatch")),
      [...rows].reverse().map(zone),
      draw("path", { class: "here", d: path(row, at) }),
      dots.map(([x, y]) => draw("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 3 })),
      names(rows, service, at));
  }
  return { picture, inside };
})();
