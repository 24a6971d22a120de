// Where labels stand so that none covers another: the same labels and places give the same picture.
const labels = (() => {
  const LONGEST = 12; // letters of a name; the eye has the whole in the tooltip
  const context = dom.make("canvas").getContext("2d");
  const widths = new Map();

  function width(text, size) {
    const key = `${size}|${text}`;
    if (!widths.has(key)) {
      context.font = `600 ${size}px ${getComputedStyle(document.body).fontFamily}`;
      widths.set(key, context.measureText(text).width);
    }
    return widths.get(key);
  }
  // A name that cannot turn what stands beside it, cut for the eye.
  function name(row) {
    const letters = [...(data.zones.name[row] || data.zones.id[row])];
    return words.isolated(letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join("")}…` : letters.join(""));
  }

  const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
  function box(text, { x, y }, { size, left, right }) {
    const half = width(text, size) / 2 + 2;
    // A label that would leave the picture is moved in.
    const middle = Math.min(Math.max(x, left + half), right - half);
    return { text, x: middle, y, left: middle - half, right: middle + half, top: y - size * 0.68, bottom: y + size * 0.68 };
  }

  // The labels that have room. `wanted`, the weightiest first, are `{ row, x, y, room, short, long, first }`:
  // every short text that fits, then long ones in their place where they are no wider than `room`; those
  // with `first` have their long text before any other has its short one. In `frame` are the size of the
  // letters, the left and right edge, and what is `blocked`.
  function place(wanted, frame) {
    const taken = wanted.map(() => null);
    const { blocked = [] } = frame;
    const free = (found, own) => taken.every((other, at) => at === own || !other || apart(found, other)) && blocked.every((other) => apart(found, other));
    const put = (at, text, fits = true) => {
      if (!text || !fits) return;
      const found = { ...box(text, wanted[at], frame), row: wanted[at].row };
      if (free(found, at)) taken[at] = found;
    };
    const whole = (at) => put(at, wanted[at].long, width(wanted[at].long, frame.size) <= wanted[at].room);
    wanted.forEach(({ first, short }, at) => {
      if (first) whole(at);
      if (first && !taken[at]) put(at, short);
    });
    wanted.forEach(({ short }, at) => { if (!taken[at]) put(at, short); });
    wanted.forEach(({ first }, at) => { if (!first) whole(at); });
    return taken.filter(Boolean);
  }

  return { name, width, place };
})();
