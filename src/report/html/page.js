"use strict";
// Search and filter. It reads the page as text and hides what does not fit; without it the page shows everything.
(() => {
  const byId = (id) => document.getElementById(id);
  const form = byId("filter");
  const query = byId("query");
  const boxes = [...form.querySelectorAll("input[type=checkbox]")];
  const items = [...document.querySelectorAll(".s")].map((node) => ({
    node,
    level: node.dataset.level,
    text: node.textContent.toLowerCase(),
  }));
  const cards = [...document.querySelectorAll("details.card")];

  const apply = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const levels = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    let all = 0;
    for (const item of items) {
      const fits = (!item.level || levels.has(item.level)) && words.every((word) => item.text.includes(word));
      item.node.classList.toggle("out", !fits);
      if (item.level) {
        all += 1;
        shown += fits ? 1 : 0;
      }
    }
    // What was searched for must not stay behind a closed table.
    if (words.length > 0) {
      for (const table of document.querySelectorAll("details.table")) {
        if (table.querySelector("tr.s:not(.out)")) table.open = true;
      }
    }
    const rows = words.length > 0 ? items.filter((item) => !item.level && !item.node.classList.contains("out")).length : 0;
    const more = rows > 0 ? `, ${rows} rows of the tables` : "";
    byId("shown").textContent = shown < all || words.length > 0 ? `${shown} of ${all} findings${more}` : "";
  };

  const follow = () => {
    const target = location.hash.length > 1 ? byId(location.hash.slice(1)) : null;
    if (!target) return;
    for (let node = target; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
      node.classList.remove("out");
    }
    target.scrollIntoView();
  };

  query.addEventListener("input", apply);
  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  byId("open").addEventListener("click", () => cards.forEach((card) => { card.open = true; }));
  byId("close").addEventListener("click", () => cards.forEach((card) => { card.open = false; }));
  window.addEventListener("hashchange", follow);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== query) {
      event.preventDefault();
      query.focus();
    }
  });
  // Paper has no arrows to click on.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((node) => { node.open = true; });
  });
  window.addEventListener("afterprint", () => closed.forEach((node) => { node.open = false; }));
  // A level that is only counted has nothing to hide.
  for (const box of boxes) {
    box.closest("label").hidden = !items.some((item) => item.level === box.value);
  }
  form.hidden = false;
  follow();
})();
