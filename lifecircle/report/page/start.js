// What the page is made from: numbers as the run gave them. Only what the reader varies is computed anew.
const data = JSON.parse(document.getElementById("lc-data").textContent);
const root = document.documentElement;
// The row that a definition's verdict is about: the whole area, or where its target applies.
const HEAD = -1;
const ALL = "all";
const LONGEST_MINUTES = 30;
