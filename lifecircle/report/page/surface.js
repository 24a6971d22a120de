// The walking time everywhere, of the main definition: a picture per service whose grey is minutes rounded
// up. It is read once and coloured here, so that blue turns to orange exactly at the limit that is shown.
const surface = (() => {
  const GREY_STEP = 7;
  const COARSE = 20; // from here on minutes are in steps of two
  const MOST = 30;
  const MORE = 31;
  const NOTHING = 32;
  const WITHIN = ["#084081", "#2b6eaa", "#6ba0cd", "#aacde6", "#d2e6f2"];
  const BEYOND = ["#fddbb2", "#f5b473", "#e2873c", "#b95514", "#6e2805"];
  const UNKNOWN = "#b9c1c8";
  const OPACITY = 242;
  const pictures = new Map(); // by service: its values, or null where the picture cannot be read
  const waiting = new Map();

  function values(image) {
    const canvas = dom.make("canvas", { width: image.naturalWidth, height: image.naturalHeight });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    const { data: parts, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
    const found = new Uint8Array(width * height);
    for (let at = 0; at < found.length; at += 1) {
      found[at] = Math.round(parts[4 * at] / GREY_STEP);
      // A browser that blurs what pages read of pictures: better no colours than wrong ones.
      if (found[at] > NOTHING) return null;
    }
    return { found, width, height };
  }
  function read(service) {
    if (!waiting.has(service)) {
      waiting.set(service, new Promise((done) => {
        const image = new Image();
        const keep = (picture) => done(pictures.set(service, picture));
        image.onload = () => keep(values(image));
        image.onerror = () => keep(null);
        image.src = data.surface.png[service];
      }));
    }
    return waiting.get(service);
  }
  const ready = (services) => services.every((key) => pictures.has(key));
  // Runs `then` when the pictures have been read: at once where they have been before.
  function whenRead(services, then) {
    if (ready(services)) then();
    else Promise.all(services.map(read)).then(then);
  }

  // The services whose pictures show the chosen one: all at once takes as long as the farthest of them.
  const sources = () => (state.service === ALL ? shown.definition().together ?? [] : [state.service]);
  const limitsOf = (keys) => {
    const found = rates.zones().flatMap((row) => keys.map((key) => sheet.minutes[rates.position(sheet, row, key)]));
    return [...new Set(found.filter(Number.isFinite))].sort((a, b) => a - b);
  };
  // Why there is nothing to show, in a sentence; empty where there is something.
  function absence() {
    if (state.definition !== 0) return say("js_surface_main", { d: words.definition(state.definition) });
    if (!data.surface) return say(data.dropped.includes("surfaces") ? "js_surface_dropped" : "js_surface_none");
    const keys = sources();
    const limits = limitsOf(keys);
    if (state.service === ALL && limits.length !== 1) return say("js_surface_all");
    if (!limits.length || !keys.every((key) => key in data.surface.png)) {
      return say(data.dropped.includes("surfaces") ? "js_surface_dropped" : "js_surface_service");
    }
    if (keys.some((key) => pictures.get(key) === null)) return say("js_surface_falsified");
    return "";
  }

  // The classes of a limit: whole minutes up to which each goes, and the colours. `edge` is the last value
  // within the limit, which differs from it where the picture does not know the minute.
  function scale(limit) {
    const known = (minutes) => (minutes > COARSE ? 2 * Math.floor(minutes / 2) : Math.floor(minutes));
    const near = (minutes) => (minutes > COARSE ? 2 * Math.round(minutes / 2) : Math.round(minutes));
    const edge = known(Math.min(limit, MOST));
    const parts = [1, 2, 3, 4];
    const inside = [...new Set([...parts.map((part) => near((limit * part) / 5)), edge])].filter((up) => up <= edge && up >= 0);
    const steps = parts.map((part) => near(edge + ((MOST - edge) * part) / 5));
    const outside = [...new Set(steps)].filter((up) => up > edge && up <= MOST);
    const spread = (ups, colours) => ups.map((up, at) => ({ up, colour: colours[ups.length > 1 ? Math.round((at * 4) / (ups.length - 1)) : 2] }));
    return {
      limit, edge,
      within: spread(inside.sort((a, b) => a - b), WITHIN),
      beyond: limit > MOST ? [] : spread([...outside, Infinity], BEYOND),
    };
  }
  // The colour of each value, as the bytes of a picture.
  function table({ within, beyond }) {
    const bytes = new Uint8ClampedArray(4 * (NOTHING + 1));
    for (let value = 0; value <= MORE; value += 1) {
      const colour = [...within, ...beyond].find(({ up }) => value <= up)?.colour ?? UNKNOWN;
      bytes.set([1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)), 4 * value);
      bytes[4 * value + 3] = OPACITY;
    }
    return new Uint32Array(bytes.buffer);
  }

  function farthest(keys) {
    const [first, ...others] = keys.map((key) => pictures.get(key));
    if (!others.length) return first;
    const found = first.found.slice();
    for (const other of others) for (let at = 0; at < found.length; at += 1) found[at] = Math.max(found[at], other.found[at]);
    return { ...first, found };
  }
  // Draws the chosen service on a canvas. Where zones have limits of their own, each pixel has its zone's.
  function paint(canvas) {
    const keys = sources();
    const { found, width, height } = farthest(keys);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const image = context.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const limits = limitsOf(keys);
    const tables = limits.map((limit) => table(scale(limit)));
    if (tables.length === 1) {
      for (let at = 0; at < pixels.length; at += 1) pixels[at] = tables[0][found[at]];
    } else {
      const zone = raster.zones(width, height);
      const own = rates.zones().map((row) => tables[limits.indexOf(sheet.minutes[rates.position(sheet, row, state.service)])]);
      for (let at = 0; at < pixels.length; at += 1) pixels[at] = own[zone[at]]?.[found[at]] ?? 0;
    }
    context.putImageData(image, 0, 0);
  }

  // The value at a place; nothing outside the picture.
  function at(service, place) {
    const picture = pictures.get(service);
    if (!picture) return NOTHING;
    const { column, row } = raster.pixel(place, picture.width, picture.height);
    const inside = column >= 0 && row >= 0 && column < picture.width && row < picture.height;
    return inside ? picture.found[row * picture.width + column] : NOTHING;
  }
  const here = (place) => Math.max(...sources().map((key) => at(key, place)));
  const text = (value) => {
    if (value === NOTHING) return say("js_time_nothing");
    if (value === MORE) return say("js_time_more", { n: MOST });
    return say("js_time", { n: value });
  };
  // Whether minutes are within a limit; undefined where their step holds it, and where nothing is known.
  function within(value, limit) {
    if (value === NOTHING || !Number.isFinite(limit)) return undefined;
    if (value < MORE && value <= limit) return true;
    const least = value === MORE ? MOST : value > COARSE ? value - 2 : value - 1;
    return least >= limit ? false : undefined;
  }

  const readable = () => data.surface && state.definition === 0;
  const limits = () => limitsOf(sources());
  return { absence, sources, whenRead, ready, paint, scale, limits, at, here, text, within, readable, MOST, UNKNOWN };
})();
