/* Tabs: the page has every panel below its label, and this makes tabs of them. No network, works from file://.
   One memory per axis for the whole site; links, searches and find-in-page open what they lead to.
   What other scripts may rely on is in sphinx_ext/tabs.py. */
(() => {
  "use strict";

  const STORE = "docwalk-choices";
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const make = (name, attributes, text = "") => {
    const element = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
    element.textContent = text;
    return element;
  };
  // A hidden panel that find-in-page searches, where the browser can.
  const HIDDEN = "onbeforematch" in document.body ? "until-found" : "";

  // What was chosen ---------------------------------------------------------------------------

  function remembered() {
    try {
      const stored = JSON.parse(localStorage.getItem(STORE));
      return new Map(stored && typeof stored === "object" ? Object.entries(stored) : []);
    } catch {
      return new Map(); // storage is switched off, or holds something else
    }
  }

  function remember(key, label) {
    try {
      // Read again: another window may have chosen since.
      const choices = remembered().set(key, label);
      localStorage.setItem(STORE, JSON.stringify(Object.fromEntries(choices)));
    } catch {
      // Then it is forgotten with the page.
    }
  }

  const chosen = remembered(); // key → label, on this page from now on
  const selects = all("select[data-dw-axis]");
  for (const select of selects) {
    // A label from before the site called it otherwise is no choice.
    if (!all("option", select).some((option) => option.value === chosen.get(select.dataset.dwAxis))) {
      chosen.delete(select.dataset.dwAxis);
    }
  }
  const sets = all(".dw-tabs").map(prepare);
  const keyOf = (axis) => sets.find((set) => set.axis === axis)?.key ?? axis;
  const at = (set) => Math.max(0, set.labels.indexOf(chosen.get(set.key)));

  function choices() {
    const result = {};
    for (const { axis, key, labels } of sets) result[axis] ??= chosen.get(key) ?? labels[0];
    for (const { dataset: { dwAxis: axis } } of selects) if (chosen.has(axis)) result[axis] ??= chosen.get(axis);
    return result;
  }

  // Showing it --------------------------------------------------------------------------------

  // On paper every panel is there to be read.
  const paper = matchMedia("print");

  function keepFromReaders(panel) {
    if (paper.matches) panel.removeAttribute("aria-hidden");
    else panel.setAttribute("aria-hidden", "true");
  }

  function draw(set) {
    const shown = at(set);
    set.panels.forEach((panel, index) => {
      const isShown = index === shown;
      if (isShown) {
        panel.removeAttribute("hidden");
        panel.removeAttribute("aria-hidden");
        panel.tabIndex = 0;
      } else {
        panel.setAttribute("hidden", HIDDEN);
        // What can be found still has a box: neither the keyboard nor a screen reader is to come upon it.
        panel.removeAttribute("tabindex");
        keepFromReaders(panel);
      }
      set.tabs[index].setAttribute("aria-selected", String(isShown));
      set.tabs[index].tabIndex = isShown ? 0 : -1;
    });
    const label = set.labels[shown];
    const wanted = chosen.get(set.key);
    set.link.href = `#${set.panels[shown].id}`;
    set.link.setAttribute("aria-label", `Link to the tab ${set.names[shown]}`);
    set.note.textContent = wanted === undefined || wanted === label ? "" : `Nothing here for ${wanted}: this is for ${set.names[shown]}.`;
  }

  function drawAll() {
    sets.forEach(draw);
    const now = choices();
    for (const select of selects) {
      const wanted = now[select.dataset.dwAxis];
      if (all("option", select).some((option) => option.value === wanted)) select.value = wanted;
    }
  }

  function announce(axis = null, label = null) {
    document.dispatchEvent(new CustomEvent("dw:choice", { detail: { axis, label, choices: choices() } }));
  }

  // What a link or a search opens is seen, not remembered: it was not the reader who chose it.
  function show(axis, label) {
    if (choices()[axis] === label && sets.every((set) => set.axis !== axis || chosen.has(set.key))) return;
    chosen.set(keyOf(axis), label);
    drawAll();
    announce(axis, label);
  }

  function choose(axis, label) {
    remember(keyOf(axis), label);
    show(axis, label);
  }

  function prepare(element) {
    const { dwAxis: axis, dwKey: key, dwTitle: title } = element.dataset;
    const panels = Array.from(element.children).filter((child) => child.classList.contains("dw-panel"));
    const labels = panels.map((panel) => panel.dataset.dwLabel);
    const names = panels.map((panel) => panel.querySelector(":scope > .dw-panel-label").textContent.trim());
    const list = make("div", { class: "dw-tablist", role: "tablist", "aria-label": title });
    const link = make("a", { class: "dw-tab-link", title: "Link to this tab" }, "#");
    const note = make("p", { class: "dw-tab-note" });
    const tabs = panels.map((panel) => {
      const tab = make("button", { type: "button", class: "dw-tab", id: `${panel.id}-tab`, role: "tab" });
      const label = panel.querySelector(":scope > .dw-panel-label").cloneNode(true);
      // Code and emphasis stay; a link in a button would be none.
      if (label.querySelector("a, [id]")) tab.textContent = label.textContent;
      else tab.append(...label.childNodes);
      Object.assign(tab.dataset, { dwAxis: axis, dwLabel: panel.dataset.dwLabel });
      tab.setAttribute("aria-controls", panel.id);
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", tab.id);
      panel.addEventListener("beforematch", () => show(axis, panel.dataset.dwLabel));
      tab.addEventListener("click", () => inPlace(tab, () => choose(axis, panel.dataset.dwLabel)));
      return tab;
    });
    list.addEventListener("keydown", (event) => {
      const from = tabs.indexOf(event.target);
      const to = { Home: 0, End: tabs.length - 1, ArrowRight: from + 1, ArrowLeft: from - 1 }[event.key];
      if (from < 0 || to === undefined || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const next = tabs[(to + tabs.length) % tabs.length];
      next.click();
      next.focus();
    });
    list.append(...tabs);
    const bar = make("div", { class: "dw-tabbar" });
    bar.append(list, link);
    element.prepend(bar, note);
    element.classList.add("dw-ready");
    return { element, axis, key, panels, labels, names, tabs, link, note };
  }

  // Sets above the one that is clicked change their height too: what is under the pointer stays there.
  function inPlace(element, change) {
    const before = element.getBoundingClientRect().top;
    change();
    scrollBy({ top: element.getBoundingClientRect().top - before, behavior: "instant" });
  }

  // What leads into a panel ---------------------------------------------------------------------

  function reveal(element) {
    const around = [];
    for (let panel = element.closest(".dw-panel"); panel; panel = panel.parentElement.closest(".dw-panel")) {
      around.unshift(panel);
    }
    for (const panel of around) show(panel.dataset.dwAxis, panel.dataset.dwLabel);
    const face = element.closest("[data-dw-face].dw-away");
    if (face) showFace(face);
    for (let each = element; each; each = each.parentElement) {
      if (each.localName === "details") each.open = true;
    }
    return around.length > 0;
  }

  // What a block looked like in another walk is shown when that walk's labels are chosen.
  function showFace(face) {
    const walks = JSON.parse(face.closest("[data-dw-walks]").dataset.dwWalks); // [{axis: label}, number of its face, …]
    const now = choices();
    const score = ([labels]) => Object.entries(labels).filter(([axis, label]) => now[axis] === label).length;
    const [walk] = walks.filter(([, number]) => number === Number(face.dataset.dwFace)).sort((a, b) => score(b) - score(a));
    for (const [axis, label] of Object.entries(walk?.[0] ?? {})) show(axis, label);
  }

  function followHash() {
    let target = null;
    try {
      target = location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    } catch {
      // no address of a place on this page
    }
    if (!target || !reveal(target)) return;
    const isTab = target.matches(".dw-panel, .dw-panel-label");
    (isTab ? target.closest(".dw-tabs") : target).scrollIntoView();
  }

  // Sphinx's search says nothing of the place: its result is the page, with the words to mark in the storage,
  // from where its own script takes them.
  function searchedFor() {
    let words = new URLSearchParams(location.search).get("highlight") ?? "";
    try {
      words = localStorage.getItem("sphinx_highlight_terms") ?? words;
      if (typeof SphinxHighlight === "undefined") localStorage.removeItem("sphinx_highlight_terms");
    } catch {
      // no storage, no words
    }
    return words.toLowerCase().split(/\s+/).filter(Boolean);
  }

  const FOLDS = ["more", "variant", "recording", "hidden", "solution"].map((name) => `details.dw-${name}:not([open])`);
  const HIDERS = [".dw-panel[hidden]", ".dw-away", ...FOLDS].join();

  function openSearched(words) {
    const article = document.querySelector("[role='main'], main");
    if (!article || !words.length) return;
    const textOf = (element) => element.textContent.toLowerCase();
    const seen = (node) => {
      if (node.nodeType === Node.TEXT_NODE) return node.data;
      if (node.nodeType !== Node.ELEMENT_NODE || node.matches(HIDERS)) return "";
      return Array.from(node.childNodes, seen).join("");
    };
    // The search compares stems: `loading` finds a page that says `loads`.
    const text = textOf(article);
    const stems = words.map((word) => {
      let length = word.length;
      while (length > Math.max(4, word.length - 4) && !text.includes(word.slice(0, length))) length -= 1;
      return word.slice(0, length);
    }).filter((stem) => text.includes(stem));
    const tried = new Set();
    for (;;) {
      const visible = seen(article).toLowerCase();
      const missing = stems.filter((stem) => !visible.includes(stem));
      const score = (element) => missing.filter((stem) => textOf(element).includes(stem)).length;
      // A tab before what a walk printed, which would choose all labels of that walk; of tabs within each other the
      // inner one; never a tab in place of one just opened.
      const isTab = (element) => Number(element.matches(".dw-panel"));
      const [best] = all(HIDERS, article)
        .filter((element) => score(element) && !tried.has(element))
        .filter((element) => ![...tried].some((each) => each.parentElement === element.parentElement && each.matches(".dw-panel")))
        .sort((a, b) => score(b) - score(a) || isTab(b) - isTab(a) || (a.contains(b) ? 1 : b.contains(a) ? -1 : 0));
      if (!best) break;
      tried.add(best);
      reveal(best);
    }
    const [first] = tried;
    if (first && !location.hash) first.closest(first.matches(".dw-panel") ? ".dw-tabs" : ".dw, details").scrollIntoView();
  }

  // Beside the tab, what its blocks came to --------------------------------------------------------

  const MARKS = { failing: ["✗", "a block here fails"], stale: ["◷", "a block here is stale"], "not-run": ["○", "not run"] };

  // What is worth a mark: the worst of its blocks, or that none of them was run.
  function wordFor(panel) {
    const blocks = all(".dw[data-dw-block]", panel);
    const is = (word) => (block) => block.classList.contains(`dw-is-${word}`);
    const worst = ["failing", "stale"].find((word) => blocks.some(is(word)));
    return worst ?? (blocks.length && blocks.every(is("not-run")) ? "not-run" : "");
  }

  function markTabs() {
    for (const { element, panels, tabs } of sets) {
      // Where nothing was run in any tab, the page says so.
      const wasRun = element.querySelector(".dw[data-dw-block]:not(.dw-is-not-run)");
      panels.forEach((panel, index) => {
        tabs[index].querySelector(".dw-tab-mark")?.remove();
        const word = wordFor(panel);
        if (!word || (word === "not-run" && !wasRun)) return;
        const [sign, meaning] = MARKS[word];
        const mark = make("span", { class: `dw-tab-mark dw-is-${word}`, title: meaning });
        mark.append(
          make("span", { "aria-hidden": "true" }, sign),
          make("span", { class: "visually-hidden" }, ` (${meaning})`),
        );
        tabs[index].append(mark);
      });
    }
  }

  // Start -------------------------------------------------------------------------------------

  window.docwalk = Object.assign(window.docwalk ?? {}, { choices, choose, reveal });
  for (const select of selects) {
    select.closest(".dw-choices").hidden = false;
    select.addEventListener("change", () => inPlace(select, () => choose(select.dataset.dwAxis, select.value)));
  }
  drawAll();
  paper.addEventListener("change", () => {
    for (const { panels } of sets) panels.filter((panel) => panel.hasAttribute("hidden")).forEach(keepFromReaders);
  });
  const searched = searchedFor();
  followHash();
  addEventListener("hashchange", followHash);
  document.addEventListener("click", (event) => {
    // A link to where the page already is changes no hash.
    const link = event.target instanceof Element ? event.target.closest("a[href*='#']") : null;
    if (link && link.href === location.href) followHash();
  });
  addEventListener("load", () => {
    openSearched(searched); // when other scripts have folded what they fold
    followHash();
    markTabs();
  });
  // Back from a page where something else was chosen; the browser had kept this one.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const [key, label] of remembered()) chosen.set(key, label);
    drawAll();
    announce();
  });
  // When all scripts of the page have come, they are told once where it stands.
  document.addEventListener("DOMContentLoaded", () => announce());
  document.addEventListener("dw:status", markTabs);
})();
