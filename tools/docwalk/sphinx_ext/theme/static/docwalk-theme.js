/* Colours by choice, drawers that Escape closes, and where in the page the reader is. */
(() => {
  "use strict";

  // Colours ---------------------------------------------------------------------------------

  const MODES = ["auto", "light", "dark"];
  const WORDS = { auto: "as the system", light: "light", dark: "dark" };

  function showMode(mode) {
    document.body.dataset.theme = mode;
    for (const label of document.querySelectorAll(".dw-theme span")) label.textContent = `Colours: ${WORDS[mode]}`;
  }

  function nextMode() {
    const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
    const order = isDark ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
    const mode = order[(order.indexOf(document.body.dataset.theme) + 1) % MODES.length];
    showMode(mode);
    try {
      localStorage.setItem("theme", mode);
    } catch {
      // Storage is switched off: the choice holds for this page.
    }
  }

  // Contents: the heading that is being read ---------------------------------------------------

  function followReading() {
    const links = new Map();
    for (const link of document.querySelectorAll("#dw-contents a[href^='#']")) {
      const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (heading) links.set(heading, link);
    }
    let current = null;
    const mark = () => {
      let found = null;
      for (const [section, link] of links) {
        if (section.getBoundingClientRect().top < innerHeight / 3) found = link;
      }
      if (found === current) return;
      current?.removeAttribute("aria-current");
      found?.setAttribute("aria-current", "true");
      current = found;
    };
    let waits = false;
    addEventListener("scroll", () => {
      if (waits) return;
      waits = true;
      requestAnimationFrame(() => {
        waits = false;
        mark();
      });
    }, { passive: true });
    mark();
  }

  // Start -----------------------------------------------------------------------------------

  function start() {
    showMode(MODES.includes(document.body.dataset.theme) ? document.body.dataset.theme : "auto");
    for (const button of document.querySelectorAll(".dw-theme")) {
      button.hidden = false;
      button.addEventListener("click", nextMode);
    }
    addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !document.querySelector("#dw-navigation:target, #dw-contents:target")) return;
      const opener = document.querySelector(`a.dw-drawer-link[href="${location.hash}"]`);
      location.hash = "dw-closed";
      opener?.focus({ preventScroll: true });
    });
    if (document.getElementById("dw-contents")) followReading();
    // A keyboard can only scroll what it can focus.
    for (const table of document.querySelectorAll(".table-wrapper")) {
      if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
    }
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();
