/* What is known of a page, kept true while it is read: recordings grow old, and blocks that look otherwise with
   other tabs follow the reader's choice. No network, works from file://. */
(() => {
  "use strict";

  const DAY_MS = 24 * 60 * 60 * 1000;
  const STALE = { name: "stale", mark: "◷", word: "Stale" };
  const ORDER = ["verified", "ran", "stale", "failing", "not-run"];
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

  // Ages: the page may be read long after it was built -------------------------------------------

  const ageOf = (iso) => (Date.now() - Date.parse(iso)) / DAY_MS;
  const days = (count) => (count === 1 ? "1 day" : `${count} days`);
  const isStale = (iso, limit) => ageOf(iso) > Number(limit);

  function sayAge(time) {
    const age = Math.floor(ageOf(time.dateTime));
    if (!(age >= 0)) return;
    const ago = age === 0 ? "today" : `${days(age)} ago`;
    time.title = `${time.dateTime} (${ago})`;
    if (age === 0 || !time.closest(".dw-when, .dw-headline, .dw-reason")) return;
    const said = document.createElement("span");
    said.className = "dw-ago";
    said.textContent = ` (${ago})`;
    time.after(said);
  }

  const statusOf = (element) => ORDER.find((name) => element.classList.contains(`dw-is-${name}`));

  function turn(element) {
    element.classList.remove(...ORDER.map((name) => `dw-is-${name}`));
    element.classList.add(`dw-is-${STALE.name}`);
  }

  function growOld(badge) {
    const { dwRecorded: recorded, dwFreshDays: limit } = badge.dataset;
    if (!isStale(recorded, limit)) return;
    turn(badge);
    badge.querySelector(".dw-mark").textContent = STALE.mark;
    badge.lastChild.data = STALE.word;
    badge.title = `recorded ${days(Math.floor(ageOf(recorded)))} ago; stale after ${days(Number(limit))}`;
    const block = badge.closest(".dw-status > summary")?.closest(".dw");
    if (block && ["verified", "ran"].includes(statusOf(block))) turn(block);
    const row = badge.closest("tr[data-dw-status]");
    if (row) row.dataset.dwStatus = `${row.dataset.dwStatus} ${STALE.name}`;
  }

  // The page's banner counts its blocks again.
  function recount(banner) {
    const blocks = all(".dw[data-dw-block]");
    const stale = blocks.filter((block) => statusOf(block) === STALE.name);
    const counted = banner.querySelector(".dw-counts");
    const old = all(".dw-badge[data-dw-recorded].dw-is-stale");
    if (!counted || !old.length) return;
    const template = old[0];
    const kept = new Map(all(".dw-badge", counted).map((badge) => [statusOf(badge), badge.cloneNode(true)]));
    const badge = template.cloneNode(true);
    badge.removeAttribute("title");
    kept.set(STALE.name, badge);
    const pieces = ORDER.flatMap((name) => {
      const count = blocks.filter((block) => statusOf(block) === name).length;
      if (!count || !kept.has(name)) return [];
      const piece = document.createElement("span");
      piece.className = "dw-count";
      piece.append(`${count} `, kept.get(name));
      return [piece, " "];
    });
    counted.replaceChildren(...pieces);
    if (["verified", "ran", "not-run"].includes(statusOf(banner))) turn(banner);
    const note = banner.querySelector(".dw-old");
    const oldest = Math.floor(Math.max(...old.map((each) => ageOf(each.dataset.dwRecorded))));
    const limit = Math.min(...old.map((each) => Number(each.dataset.dwFreshDays)));
    const which = stale.length === blocks.length ? `All ${blocks.length}` : `${stale.length} of the ${blocks.length}`;
    note.textContent = `${which} blocks of this page are stale now: recorded up to ${days(oldest)} ago, `
      + `and this site calls a recording stale after ${days(limit)}. They may still hold; nobody has looked since.`;
    note.hidden = false;
  }

  // The site's numbers hold what they are made of: status, date, limit, how many blocks.
  function recountSite(numbers) {
    const counts = {};
    for (const [name, recorded, limit, count] of JSON.parse(numbers.dataset.dwAges)) {
      const now = recorded && isStale(recorded, limit) ? STALE.name : name;
      counts[now] = (counts[now] ?? 0) + count;
    }
    for (const tile of all("[data-dw-tile]", numbers)) {
      const count = counts[tile.dataset.dwTile] ?? 0;
      tile.querySelector("dd").textContent = count;
      tile.hidden = count === 0;
    }
  }

  // Walks: what the reader chose replaces what everybody gets ---------------------------------------

  const list = (choices) => Object.values(choices).join(", ");

  function followChoice(block, chosen) {
    const walks = JSON.parse(block.dataset.dwWalks).map(([choices, face, word]) => ({ choices, face, word }));
    const axes = Object.keys(walks[0].choices).filter((axis) => axis in chosen);
    const score = ({ choices }) => axes.filter((axis) => choices[axis] === chosen[axis]).length;
    const exact = walks.find((walk) => score(walk) === axes.length);
    const [best] = walks.filter((walk) => walk.face !== null).sort((a, b) => score(b) - score(a));
    const face = exact?.face ?? best?.face ?? 0;
    for (const each of all("[data-dw-face]", block)) {
      const isShown = Number(each.dataset.dwFace) === face;
      if (each.matches(".dw-when")) {
        each.hidden = !isShown;
        continue;
      }
      const isVariant = each.matches(".dw-variant");
      each.classList.toggle("dw-away", axes.length > 0 && !isShown);
      each.classList.toggle("dw-chosen", isVariant && isShown);
      if (isVariant) each.open = isShown;
    }
    let text = "";
    const wanted = Object.fromEntries(axes.map((axis) => [axis, chosen[axis]]));
    if (!axes.length) {
      // Nothing that its walks differ in can be chosen here: they stay folded below.
    } else if (best && exact === undefined) {
      text = `Nobody walked this page with ${list(wanted)} together: this block is shown as it was with ${list(best.choices)}.`;
    } else if (best && exact.face === null) {
      text = `With ${list(wanted)} this block is ${exact.word}: it is shown as it was with ${list(best.choices)}.`;
    }
    let note = block.querySelector(":scope > .dw-shown");
    if (!note && text) {
      note = document.createElement("p");
      note.className = "dw-shown";
      block.querySelector(":scope > .dw-bar").after(note);
    }
    if (note) {
      note.textContent = text;
      note.hidden = !text;
    }
  }

  function follow(chosen) {
    for (const block of all(".dw[data-dw-walks]")) followChoice(block, chosen);
  }

  // Start -------------------------------------------------------------------------------------

  function start() {
    all("time.dw-time").forEach(sayAge);
    all(".dw-badge[data-dw-recorded]").forEach(growOld);
    all(".dw-banner").forEach(recount);
    all("[data-dw-ages]").forEach(recountSite);
    document.dispatchEvent(new CustomEvent("dw:status"));
    follow(window.docwalk?.choices?.() ?? {});
    document.addEventListener("dw:choice", (event) => follow(event.detail.choices));
    let opened = [];
    addEventListener("beforeprint", () => {
      opened = all("details.dw-more, details.dw-variant").filter((each) => !each.open);
      for (const each of opened) each.open = true;
    });
    addEventListener("afterprint", () => {
      for (const each of opened) each.open = false;
    });
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();
