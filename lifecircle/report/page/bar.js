// The controls that stay in sight: service, limit, definition, zone; language, link and print.
(() => {
  const { find, all, make, options } = dom;
  const limits = () => {
    const { services, rows, head } = shown.definition();
    const own = services.filter((key) => key !== ALL).map((key) => sheet.minutes[rates.position(sheet, head, key)]);
    return [...new Set(own.filter(Number.isFinite))].sort((a, b) => b - a).map(format.minutes).join("/");
  };
  const limitText = () => {
    if (state.minutes !== null) return say("minutes", { n: state.minutes });
    return limits() ? say("js_standard_limits", { n: limits() }) : say("js_standard");
  };

  function drawLists() {
    const { services } = shown.definition();
    options(find("#service"), services.map((key) => [key, words.service(key)]), state.service);
    options(find("#definition"), data.definitions.map(({ key }, at) => [key, words.definition(at)]), shown.definition().key);
  }
  function drawZones() {
    const { rows } = shown.definition();
    find("#zones").replaceChildren(...rates.zones().map((row) => make("option", { value: zoneLabel(row) })));
    find("#zone").value = shown.zone() === null ? "" : zoneLabel(state.row);
    find("#zone").disabled = !rows.length;
  }
  // Two zones of one name are told apart by their ids.
  const often = new Map();
  for (const name of data.zones.name) often.set(name, (often.get(name) ?? 0) + 1);
  const zoneLabel = (row) => {
    const [name, id] = [data.zones.name[row], data.zones.id[row]];
    return !name || often.get(name) > 1 ? `${name} ${id}`.trim() : name;
  };
  function findZone(event) {
    const wanted = event.target.value.trim();
    const row = rates.zones().find((at) => zoneLabel(at).trim() === wanted || data.zones.id[at] === wanted);
    if (row !== undefined) set({ row });
    else if (!wanted) set({ row: HEAD });
  }

  function drawLimit() {
    const slider = find("#minutes");
    slider.max = String(Math.floor(Math.min(LONGEST_MINUTES, shown.definition().searched)));
    slider.value = String(state.minutes ?? (Number.isFinite(shown.limit()) ? Math.round(shown.limit()) : 15));
    slider.setAttribute("aria-valuetext", limitText());
    find("#limit").textContent = state.minutes === null ? say("js_standard") : say("minutes", { n: state.minutes });
    const varied = state.minutes !== null;
    find("#standard").hidden = !varied;
    find("#what-if").hidden = !varied;
    find("#what-if").textContent = varied ? say("js_what_if", { n: state.minutes }) : "";
    find("#other-limit").hidden = !varied;
    find("#other-limit").textContent = varied ? say("js_other_limit", { n: state.minutes }) : "";
    root.classList.toggle("varied", varied);
    document.title = [varied && say("js_what_if_title", { n: state.minutes }), words.of(data.meta.title)].filter(Boolean).join(" · ");
  }
  function drawLanguage() {
    root.lang = state.language;
    find("#language").textContent = say("other_language");
    find("#language").lang = state.language === "zh" ? "en" : "zh";
    find("#link").textContent = say("js_link");
  }

  watch.add(["language"], drawLanguage);
  watch.add(["definition", "service", "language"], drawLists);
  watch.add(["language", "row", "definition"], drawZones);
  watch.add(["minutes", "definition", "service", "language"], drawLimit);

  let frame = 0;
  find("#minutes").addEventListener("input", (event) => {
    const minutes = Number(event.target.value);
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => set({ minutes }));
  });
  find("#standard").addEventListener("click", () => {
    set({ minutes: null });
    find("#minutes").focus();
  });
  find("#service").addEventListener("change", (event) => set({ service: event.target.value }));
  find("#definition").addEventListener("change", (event) => {
    set({ definition: data.definitions.findIndex(({ key }) => key === event.target.value) });
  });
  find("#zone").addEventListener("change", findZone);
  find("#language").addEventListener("click", () => set({ language: state.language === "zh" ? "en" : "zh" }));
  find("#print").addEventListener("click", () => window.print());
  find("#link").addEventListener("click", async (event) => {
    hash.write();
    try {
      await navigator.clipboard.writeText(location.href);
      event.target.textContent = say("js_copied");
    } catch {
      event.target.textContent = say("js_in_address");
    }
    setTimeout(() => { event.target.textContent = say("js_link"); }, 2000);
  });
  // Going to a section leaves the choices in the address as they are.
  all("nav a, .skip").forEach((anchor) => anchor.addEventListener("click", (event) => {
    const section = find(anchor.getAttribute("href"));
    if (!section) return;
    event.preventDefault();
    if (state.page) set({ page: false });
    section.scrollIntoView();
    const head = find("h2", section) ?? section;
    head.tabIndex = -1;
    head.focus({ preventScroll: true });
  }));
})();
