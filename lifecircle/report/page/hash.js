// The choices as part of the address, so that a view can be sent on: #d=key&s=key&t=12&z=id&m=time&l=en
const hash = (() => {
  const LAYERS = ["status", "gap", "time"];
  let timer = 0;

  function text() {
    const parts = [];
    const put = (key, value) => parts.push(`${key}=${encodeURIComponent(value)}`);
    if (state.definition) put("d", shown.definition().key);
    put("s", state.service);
    if (state.minutes !== null) put("t", state.minutes);
    if (shown.zone() !== null) put("z", data.zones.id[state.row]);
    else if (state.row !== HEAD) put("r", `${shown.definition().rows[state.row].level}:${shown.definition().rows[state.row].key}`);
    if (state.page) put("v", "zone");
    if (state.layer !== "status") put("m", state.layer);
    put("l", state.language);
    return `#${parts.join("&")}`;
  }

  // Only what is known is taken; anything else in an address is left alone.
  function read(address = location.hash) {
    const given = new Map();
    for (const part of address.slice(1).split("&")) {
      const [key, value] = [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)];
      try {
        given.set(key, decodeURIComponent(value));
      } catch {
        continue;
      }
    }
    const found = {};
    const definition = data.definitions.findIndex(({ key }) => key === given.get("d"));
    if (definition >= 0) found.definition = definition;
    const { services, rows } = data.definitions[found.definition ?? state.definition];
    if (services.includes(given.get("s"))) found.service = given.get("s");
    if (/^([5-9]|[12]\d|30)$/.test(given.get("t") ?? "")) found.minutes = Number(given.get("t"));
    const zone = data.zones.id.indexOf(given.get("z"));
    const row = rows.findIndex(({ level, key }) => level !== "zone" && `${level}:${key}` === given.get("r"));
    if (zone >= 0) Object.assign(found, { row: zone, page: given.get("v") === "zone" });
    else if (row >= 0) found.row = row;
    if (LAYERS.includes(given.get("m"))) found.layer = given.get("m");
    if (["zh", "en"].includes(given.get("l"))) found.language = given.get("l");
    return found;
  }

  function write() {
    clearTimeout(timer);
    history.replaceState(null, "", text());
  }
  watch.add(["definition", "service", "minutes", "row", "page", "layer", "language"], () => {
    clearTimeout(timer);
    if (!root.dataset.ready) return; // an address is left as it was opened until something is chosen
    timer = setTimeout(write, 250);
  });
  addEventListener("hashchange", () => {
    if (location.hash !== text() && location.hash.includes("=")) {
      set({ definition: 0, minutes: null, row: HEAD, page: false, layer: "status", ...read() });
    }
  });

  return { text, read, write };
})();
