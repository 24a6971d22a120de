// The rates of a definition: as the run gave them, or what they would be were every limit the same.
const rates = (() => {
  const STATUS = { p: "pass", f: "fail", d: "no demand", x: "no data", o: "not in scope" };
  const UNJUDGED = { "no data": "no_data", "no demand": "no_demand", "not in scope": "not_in_scope" };
  const TOLERANCE = 1e-12;
  const ONE = 65534;
  const UNKNOWN = 65535;
  const STEPS = 31;
  const unpacked = new Map();

  // The class in which a cell is shown; those that fail fall in three, by their distance.
  function verdict(status, undecided, rate, target) {
    if (status in UNJUDGED) return UNJUDGED[status];
    if (undecided) return "undecided";
    if (status === "pass") return "pass";
    const below = target - rate;
    if (below >= 0.15 - TOLERANCE) return "fail_3";
    return below >= 0.05 - TOLERANCE ? "fail_2" : "fail_1";
  }

  // Everything of one definition that no choice of the reader changes.
  function arrays(at) {
    if (unpacked.has(at)) return unpacked.get(at);
    const packed = data.definitions[at];
    const rows = packed.rows.length;
    const columns = packed.services.length;
    const found = { rows, columns, curve: pack.shares(packed.curve) };
    const names = ["demand", "covered", "unsnapped", "rim", "cut_off", "low", "high", "target", "minutes", "at_target", "mode", "by"];
    for (const name of names) found[name] = pack.matrix(packed[name], rows, columns);
    unpacked.set(at, found);
    return found;
  }

  function share(at, cell, minutes) {
    const packed = arrays(at).curve[cell * STEPS + minutes];
    return packed === UNKNOWN ? NaN : packed / ONE;
  }

  function judged(sheet) {
    const { size, demand, covered, target, status, undecided } = sheet;
    sheet.rate = new Float64Array(size);
    sheet.gap = new Float64Array(size);
    sheet.verdict = new Array(size);
    for (let cell = 0; cell < size; cell += 1) {
      const rate = demand[cell] > 0 ? covered[cell] / demand[cell] : NaN;
      sheet.rate[cell] = rate;
      if (status[cell] === undefined) status[cell] = rate >= target[cell] - TOLERANCE ? "pass" : "fail";
      const lacks = target[cell] * demand[cell] - covered[cell];
      sheet.gap[cell] = status[cell] === "fail" ? Math.max(0, lacks) : NaN;
      sheet.verdict[cell] = verdict(status[cell], undecided[cell], rate, target[cell]);
    }
    return sheet;
  }

  // At the standard: covered, status, certainty and margin are the run's own.
  function standard(at) {
    const packed = data.definitions[at];
    const own = arrays(at);
    const size = own.rows * own.columns;
    return judged({
      ...own, at, size, whatIf: null,
      status: Array.from(packed.status, (letter) => STATUS[letter]),
      undecided: Array.from(packed.certainty, (letter) => letter === "u"),
    });
  }

  // Every service at the same limit: from the curves, without margin and certainty.
  function whatIf(at, minutes) {
    const packed = data.definitions[at];
    const own = arrays(at);
    const size = own.rows * own.columns;
    const covered = new Float64Array(size);
    const status = new Array(size);
    for (let cell = 0; cell < size; cell += 1) {
      const within = share(at, cell, minutes);
      covered[cell] = within * own.demand[cell];
      const letter = packed.status[cell];
      if (letter !== "p" && letter !== "f") status[cell] = STATUS[letter];
      else if (Number.isNaN(within)) status[cell] = "no data";
    }
    const none = new Float64Array(size).fill(NaN);
    return judged({
      ...own, at, size, whatIf: minutes, covered, status,
      low: none, high: none, by: none, rim: none, cut_off: none,
      minutes: new Float64Array(size).fill(minutes),
      undecided: new Array(size).fill(false),
    });
  }
  const compute = (at, minutes) => (minutes === null ? standard(at) : whatIf(at, minutes));

  const position = (sheet, row, service) => row * sheet.columns + data.definitions[sheet.at].services.indexOf(service);
  const plain = (at) => data.definitions[at].services.filter((key) => key !== ALL);
  const zones = () => data.zones.id.map((_, row) => row);

  // The same place under another definition; nothing where it has no such row.
  function sameRow(row, from, to) {
    if (row === HEAD || row < data.zones.id.length) return row;
    const { level, key } = data.definitions[from].rows[row];
    const found = data.definitions[to].rows.findIndex((each) => each.level === level && each.key === key);
    return found < 0 ? HEAD : found;
  }

  return { STEPS, verdict, arrays, share, compute, position, plain, zones, sameRow };
})();
