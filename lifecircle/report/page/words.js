// The page's own words and the names of things, in the language that is chosen.
const words = (() => {
  const language = () => (root.lang === "en" ? "en" : "zh");
  const of = (both) => both[language()];
  const texts = () => data.words[language()];
  const say = (key, values = {}) => texts()[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  const known = (key, text) => (key in texts() ? say(key) : text);

  // A name from the data, which cannot turn the text around it.
  const isolated = (name) => `\u2068${name}\u2069`;
  const separator = () => (language() === "zh" ? "、" : ", ");
  const listed = (names, most = 4) =>
    names.slice(0, most).join(separator()) + (names.length > most ? say("etc") : "");

  const definition = (at) => of(data.definitions[at].name);
  const service = (key, at = state.definition) => {
    const named = data.definitions.find((each, i) => i === at && key in each.names)
      ?? data.definitions.find((each) => key in each.names);
    return of(named.names[key]);
  };
  const title = (at) => of(shown.definition().rows[at].title);
  const row = (at) => isolated(title(at));
  const unit = () => of(data.definitions[state.definition].unit);
  const mode = (key) => key.split("|").map((part) => known(`mode_${part}`, part)).join(say("or"));

  return { language, of, say, known, isolated, separator, listed, definition, service, title, row, unit, mode };
})();
const { say } = words;
