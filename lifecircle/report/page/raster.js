// Pixels of the pictures that lie on the map: rows and columns of the web's Mercator.
const raster = (() => {
  const north = (latitude) => Math.log(Math.tan(Math.PI / 4 + (latitude * Math.PI) / 360));
  // Columns and rows of a picture, 0 at its north-west corner, whole numbers at the edges of pixels.
  function frame(width, height) {
    const [[south, west], [top, east]] = data.surface.bounds;
    const [low, high] = [north(south), north(top)];
    return {
      x: (longitude) => ((longitude - west) / (east - west)) * width,
      y: (latitude) => ((high - north(latitude)) / (high - low)) * height,
    };
  }
  function pixel({ lat, lng }, width, height) {
    const to = frame(width, height);
    return { column: Math.floor(to.x(lng)), row: Math.floor(to.y(lat)) };
  }

  // Where the outlines cross the middles of the rows, from west to east.
  function crossings(polygons, to, height) {
    const found = new Map();
    for (const ring of polygons.flat()) {
      ring.forEach(([latitude, longitude], at) => {
        const [beforeLatitude, beforeLongitude] = ring[(at || ring.length) - 1];
        const [x0, y0, x1, y1] = [to.x(beforeLongitude), to.y(beforeLatitude), to.x(longitude), to.y(latitude)];
        const last = Math.min(height, Math.max(y0, y1));
        for (let y = Math.max(0, Math.ceil(Math.min(y0, y1) - 0.5)) + 0.5; y < last; y += 1) {
          const row = y - 0.5;
          if (!found.has(row)) found.set(row, []);
          found.get(row).push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
        }
      });
    }
    return found;
  }
  let kept = null;
  // The zone in which the middle of each pixel lies, -1 where none.
  function zones(width, height) {
    if (kept?.length === width * height) return kept;
    kept = new Int16Array(width * height).fill(-1);
    const to = frame(width, height);
    data.zones.geo.forEach((packed, zone) => {
      for (const [row, xs] of crossings(pack.polygons(packed), to, height)) {
        xs.sort((a, b) => a - b);
        for (let at = 0; at + 1 < xs.length; at += 2) {
          const [first, last] = [Math.max(0, Math.ceil(xs[at] - 0.5)), Math.min(width, Math.ceil(xs[at + 1] - 0.5))];
          if (first < last) kept.fill(zone, row * width + first, row * width + last);
        }
      }
    });
    return kept;
  }
  return { pixel, zones };
})();
