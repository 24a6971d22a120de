// Arrays as they are packed in the data block: base64 of little-endian numbers, and varints.
const pack = (() => {
  function bytes(text) {
    const letters = atob(text);
    const found = new Uint8Array(letters.length);
    for (let i = 0; i < letters.length; i += 1) found[i] = letters.charCodeAt(i);
    return found;
  }
  const shares = (text) => new Uint16Array(bytes(text).buffer);

  // Whole numbers of any sign, the small ones in a byte; past 32 bits by multiplication.
  function varints(text) {
    const found = [];
    let value = 0;
    let scale = 1;
    for (const byte of bytes(text)) {
      value += (byte & 127) * scale;
      if (byte & 128) scale *= 128;
      else {
        found.push(value % 2 ? -(value + 1) / 2 : value / 2);
        value = 0;
        scale = 1;
      }
    }
    return found;
  }

  const number = (value) => (value === null ? NaN : value);
  function list(packed, size) {
    if ("all" in packed) return new Float64Array(size).fill(number(packed.all));
    if ("v" in packed) return Float64Array.from(varints(packed.v));
    return new Float64Array(bytes(packed.f8).buffer);
  }
  function matrix(packed, rows, columns) {
    if (!("columns" in packed)) return list(packed, rows * columns);
    const found = new Float64Array(rows * columns);
    for (let at = 0; at < found.length; at += 1) found[at] = number(packed.columns[at % columns]);
    return found;
  }

  // Positions are differences to the one before, in 1e-5 degrees: [latitude, longitude] as Leaflet has it.
  function walker(numbers) {
    let at = 0;
    let x = 0;
    let y = 0;
    return {
      count: () => numbers[at++],
      more: () => at < numbers.length,
      point: () => {
        x += numbers[at++];
        y += numbers[at++];
        return [y / 1e5, x / 1e5];
      },
    };
  }
  const times = (count, make) => Array.from({ length: count }, make);
  const polygons = (text) => {
    const walk = walker(varints(text));
    return times(walk.count(), () => times(walk.count(), () => times(walk.count(), walk.point)));
  };
  const line = (text) => {
    const walk = walker(varints(text));
    return times(walk.count(), walk.point);
  };
  const points = (text) => {
    const walk = walker(varints(text));
    const found = [];
    while (walk.more()) found.push(walk.point());
    return found;
  };

  return { shares, list, matrix, polygons, line, points };
})();
