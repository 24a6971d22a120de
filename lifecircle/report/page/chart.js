// Share against minutes: the zone thick, the area dotted, its margin a bar; without a zone all zones as thin lines.
const chart = (() => {
  const { draw } = dom;
  const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [300, 212, 30, 10, 12, 34];
  const x = (minutes) => LEFT + (minutes / LONGEST_MINUTES) * (WIDTH - LEFT - RIGHT);
  const y = (share) => TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);
  const line = (cell) => {
    let path = "";
    for (let minutes = 0; minutes <= LONGEST_MINUTES; minutes += 1) {
      const share = rates.share(state.definition, cell, minutes);
      if (Number.isFinite(share)) path += `${path ? "L" : "M"}${x(minutes).toFixed(1)} ${y(share).toFixed(1)}`;
    }
    return path;
  };
  const label = (at, up, text, attributes = {}) => draw("text", { x: at, y: up, ...attributes }, text);

  function frame() {
    const across = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
      draw("path", { class: "grid", d: `M${x(0)} ${y(share)}H${x(LONGEST_MINUTES)}` }),
      label(LEFT - 4, y(share) + 4, String(share * 100), { "text-anchor": "end" }),
    ]);
    const along = [0, 5, 10, 15, 20, 25, 30].map((minutes) => label(x(minutes), HEIGHT - BOTTOM + 14, String(minutes), { "text-anchor": "middle" }));
    return [across, along, label(2, HEIGHT - 3, say("js_chart_share")), label(WIDTH - 2, HEIGHT - 3, say("js_chart_minutes"), { "text-anchor": "end" })];
  }
  function zones(service) {
    const paths = { pass: "", fail: "", other: "" };
    for (const row of rates.zones()) {
      const cell = rates.position(sheet, row, service);
      const kept = sheet.verdict[cell].startsWith("fail") ? "fail" : sheet.verdict[cell] === "pass" ? "pass" : "other";
      paths[kept] += line(cell);
    }
    return Object.entries(paths).map(([kept, d]) => d && draw("path", { class: `thin ${kept}`, d }));
  }
  function marks(cell) {
    const [rate, target, limit] = [sheet.rate[cell], sheet.target[cell], sheet.minutes[cell]];
    const found = [];
    if (Number.isFinite(target)) {
      found.push(draw("path", { class: "target", d: `M${x(0)} ${y(target)}H${x(LONGEST_MINUTES)}` }));
      found.push(label(x(0) + 4, y(target) - 4, say("p_target", { n: format.target(target) }), { class: "strong" }));
    }
    if (Number.isFinite(limit) && limit <= LONGEST_MINUTES) {
      const late = limit > 20;
      found.push(draw("path", { class: "limit", d: `M${x(limit)} ${y(1)}V${y(0)}` }));
      found.push(label(x(limit) + (late ? -4 : 4), y(0) - 5, say("p_limit", { n: format.minutes(limit) }), { class: "strong", "text-anchor": late ? "end" : "start" }));
      if (Number.isFinite(sheet.low[cell])) {
        found.push(draw("path", { class: "margin", d: `M${x(limit)} ${y(sheet.low[cell])}V${y(sheet.high[cell])}` }));
      }
      if (Number.isFinite(rate)) found.push(draw("circle", { class: sheet.status[cell], cx: x(limit), cy: y(rate), r: 4.5 }));
    }
    return found;
  }
  function spoken(cell, name, service) {
    const steps = [5, 10, 15, 20, 30].map((minutes) => [minutes, format.percent(rates.share(state.definition, cell, minutes))]);
    const list = steps.filter(([, share]) => share).map(([minutes, share]) => say("js_chart_step", { minutes, share }));
    return say("js_chart", { name, service: words.service(service), steps: list.join(words.separator()) });
  }

  // The chart of a place and service; `lines` draws every zone behind the whole area.
  function picture(row, service, { lines = false } = {}) {
    const cell = rates.position(sheet, row, service);
    const head = rates.position(sheet, shown.definition().head, service);
    return draw("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": spoken(cell, words.row(row), service) },
      frame(), lines && zones(service),
      cell !== head && draw("path", { class: "area", d: line(head) }),
      draw("path", { class: cell === head ? "whole" : "own", d: line(cell) }), marks(cell));
  }
  return { picture };
})();
