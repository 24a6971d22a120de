// Elements by fixed names; whatever comes from the data goes in as text.
const dom = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];

  function filled(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === undefined || value === null || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat(3).filter((child) => child !== undefined && child !== null));
    return node;
  }
  const make = (name, attributes = {}, ...children) =>
    filled(document.createElement(name), attributes, children);
  const draw = (name, attributes = {}, ...children) =>
    filled(document.createElementNS(SVG, name), attributes, children);

  // A number of a table, a dash where there is none.
  const number = (text, attributes = {}) => make("td", { class: "r nw", ...attributes }, text || "–");
  const text = (content, attributes = {}) => make("td", attributes, content);
  const head = (content, attributes = {}) => make("th", { scope: "row", ...attributes }, content);
  function table(heads, rows, attributes = {}) {
    const cells = heads.map(([content, look]) => make("th", { scope: "col", class: look }, content));
    return make("table", attributes, make("thead", {}, make("tr", {}, cells)), make("tbody", {}, rows));
  }
  const link = (content, click, attributes = {}) =>
    make("button", { type: "button", class: "link", onclick: click, ...attributes }, content);

  function options(select, entries, chosen) {
    select.replaceChildren(...entries.map(([value, label]) => make("option", { value }, label)));
    select.value = chosen;
  }

  // The same shape as a class name twice in one page would be the same hatch.
  const hatch = (id) =>
    draw("pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      draw("rect", { width: 6, height: 6, fill: "#fff" }),
      draw("rect", { width: 1.6, height: 6, fill: "#8e99a3" }));

  return { find, all, make, draw, number, text, head, table, link, options, hatch };
})();
