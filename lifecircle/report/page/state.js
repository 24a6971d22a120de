// What the reader has chosen, and the views that show it. A view says which choices it depends on;
// one that lies below the screen is drawn when it comes near.
const state = {
  definition: 0, service: data.meta.service, minutes: null, row: HEAD, layer: "status",
  order: "parent", failing: false, page: false, language: data.meta.language,
};
const views = [];
let sheet = null;

const shown = (() => {
  const definition = () => data.definitions[state.definition];
  const row = () => (state.row === HEAD ? definition().head : state.row);
  const cell = (at = row(), service = state.service) => rates.position(sheet, at, service);
  // The limit of a cell in minutes; NaN where several are mixed.
  const limit = (at = cell()) => sheet.minutes[at];
  const zone = () => (state.row >= 0 && state.row < data.zones.id.length ? state.row : null);
  return { definition, row, cell, limit, zone };
})();

const watch = (() => {
  const dirty = new Set();
  const near = new Set();
  function redraw(view) {
    dirty.delete(view);
    view.draw();
  }
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) near.add(target);
      else near.delete(target);
    }
    for (const view of [...dirty]) if (near.has(view.section)) redraw(view);
  }, { rootMargin: "300px" });

  // `needs` are the choices it shows; `section` is the part of the page that must be near, if any.
  function add(needs, draw, section = null) {
    const view = { needs: new Set(needs), draw, section };
    if (section) observer.observe(section);
    views.push(view);
  }
  function changed(keys) {
    for (const view of views) {
      if (!keys.some((key) => view.needs.has(key))) continue;
      if (view.section && !near.has(view.section)) dirty.add(view);
      else redraw(view);
    }
  }
  const flush = () => [...dirty].forEach(redraw);
  return { add, changed, flush };
})();

function settled(change) {
  const next = { ...state, ...change };
  const services = data.definitions[next.definition].services;
  if (!services.includes(next.service)) next.service = services[0];
  if (next.definition !== state.definition && change.row === undefined) {
    next.row = rates.sameRow(state.row, state.definition, next.definition);
  }
  if (next.row === data.definitions[next.definition].head) next.row = HEAD;
  if (next.row >= data.zones.id.length || next.row === HEAD) next.page = false;
  const longest = Math.floor(Math.min(LONGEST_MINUTES, data.definitions[next.definition].searched));
  if (next.minutes !== null) next.minutes = Math.min(Math.max(next.minutes, 5), longest);
  return next;
}

function set(change) {
  const next = settled(change);
  const keys = Object.keys(next).filter((key) => next[key] !== state[key]);
  if (!keys.length) return;
  Object.assign(state, next);
  if (keys.includes("definition") || keys.includes("minutes")) sheet = rates.compute(state.definition, state.minutes);
  watch.changed(keys);
}
