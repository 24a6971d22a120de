// How numbers are shown: percent rounded down and shortfalls up, so that no rate below its target is
// ever printed as the target. The same rules as lifecircle/verdicts.py.
const format = (() => {
  const TOLERANCE = 1e-12;
  const PERCENT = "\u202f%";
  const known = (value) => Number.isFinite(value);

  function floored(share, decimals) {
    const scale = 10 ** decimals;
    return (Math.floor((share + TOLERANCE) * 100 * scale) / scale).toFixed(decimals);
  }
  const number = (share) => (known(share) ? floored(share, 1) : "");
  const percent = (share) => (known(share) ? floored(share, 1) + PERCENT : "");
  const exact = (share) => (known(share) ? floored(share, 2) + PERCENT : "");
  const target = (share) => (known(share) ? String(Number((share * 100).toFixed(6))) + PERCENT : "");

  const grouped = (whole) => String(whole).replace(/\B(?=(\d{3})+$)/g, ",");
  function halfToEven(value) {
    const near = Math.round(value);
    return Math.abs(value % 1) === 0.5 && near % 2 ? near - 1 : near;
  }
  function amount(value) {
    if (!known(value)) return "";
    if (Math.abs(value) < 0.005) return "0";
    if (Math.abs(value) >= 100 || Number.isInteger(value)) return grouped(halfToEven(value));
    return value.toFixed(2).replace(/\.?0+$/, "");
  }
  const shortfall = (gap) => (known(gap) ? grouped(Math.max(0, Math.ceil(gap - 1e-9))) : "");
  const whole = (value) => (known(value) ? grouped(Math.floor(Math.max(0, value))) : "");
  const minutes = (value) => (known(value) ? String(Number(value.toFixed(6))) : "");
  // Minutes with one decimal, rounded up: in less the target is not reached.
  const minutesUp = (value) => (known(value) ? minutes(Math.ceil(value * 10 - 1e-6) / 10) : "");
  const margin = (low, high) => (known(low) && known(high) ? `${number(low)} – ${percent(high)}` : "");
  const points = (difference) => {
    const tenths = Math.round(Math.abs(difference) * 1000) / 10;
    if (!known(difference)) return "";
    return tenths === 0 ? "0.0" : `${difference < 0 ? "−" : "+"}${tenths.toFixed(1)}`;
  };

  return { number, percent, exact, target, amount, shortfall, whole, minutes, minutesUp, margin, points };
})();
