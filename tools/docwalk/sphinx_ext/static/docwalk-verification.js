/* The verification page, by text, status and environment: `?status=failing` in its address does the same. */
(() => {
  "use strict";

  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const form = document.querySelector(".dw-filter");
  const rows = all("tr[data-dw-status]");
  const sections = all(".dw-of-page");

  const titleOf = (row) => row.closest(".dw-of-page")?.querySelector("h2").textContent ?? "";
  const has = (names, name) => !name || names.split(" ").includes(name);

  function apply() {
    const { text, status, environment } = Object.fromEntries(new FormData(form));
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const said = `${titleOf(row)} ${row.textContent}`.toLowerCase();
      row.hidden = !(
        has(row.dataset.dwStatus, status)
        && has(row.dataset.dwEnvironments, environment)
        && words.every((word) => said.includes(word))
      );
    }
    const isFiltered = Boolean(words.length || status || environment);
    for (const section of sections) {
      for (const details of all("details", section)) details.open = isFiltered;
      section.hidden = all("tr[data-dw-status]", section).every((row) => row.hidden);
    }
    const blocks = rows.filter((row) => row.closest(".dw-of-page"));
    const shown = blocks.filter((row) => !row.hidden).length;
    form.querySelector(".dw-found").textContent = shown === blocks.length
      ? `All ${shown} blocks are listed below.`
      : `${shown} of ${blocks.length} blocks are listed below.`;
  }

  function start() {
    if (!form) return;
    for (const [name, value] of new URLSearchParams(location.search)) {
      if (form.elements[name]) form.elements[name].value = value;
    }
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", apply);
    apply();
  }

  // After docwalk-proof.js, which says what has grown old.
  if (document.readyState === "complete") start();
  else addEventListener("load", start);
})();
