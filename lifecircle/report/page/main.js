// First the choices of the address, then every view once.
(() => {
  const next = settled(hash.read());
  Object.assign(state, next);
  root.lang = state.language;
  sheet = rates.compute(state.definition, state.minutes);
  root.classList.add("js");
  watch.changed(Object.keys(state));
  addEventListener("beforeprint", watch.flush);
  window.lifecircle = { state, set, data, rates, format, views, map: map.leaflet, flush: watch.flush, sheet: () => sheet };
  requestAnimationFrame(() => requestAnimationFrame(() => { root.dataset.ready = String(Math.round(performance.now())); }));
})();
