/* What a page does beyond being read: copy buttons, ages. No network, works from file://. */
(() => {
  "use strict";

  const DAY_MS = 24 * 60 * 60 * 1000;
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

  // Copy buttons ------------------------------------------------------------------------------

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // No clipboard for this page (an old browser, a plain http site): the selection does it.
    }
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }

  function prepareCopy(button) {
    const label = button.textContent;
    const status = document.createElement("span");
    status.setAttribute("role", "status");
    status.className = "visually-hidden";
    button.after(status);
    button.hidden = false;
    let timer = 0;
    button.addEventListener("click", async () => {
      const done = await copy(button.dataset.dwCopy);
      button.focus();
      button.textContent = done ? "Copied" : "Could not copy";
      status.textContent = button.textContent;
      button.classList.toggle("dw-copied", done);
      clearTimeout(timer);
      timer = setTimeout(() => {
        button.textContent = label;
        status.textContent = "";
        button.classList.remove("dw-copied");
      }, 2000);
    });
  }

  // Ages: the page may be read long after it was built -------------------------------------------

  function ageInDays(time) {
    return Math.floor((Date.now() - Date.parse(time.dateTime)) / DAY_MS);
  }

  function sayAge(time) {
    const days = ageInDays(time);
    if (Number.isNaN(days) || days < 0) return;
    time.title = `${time.dateTime} (${days === 0 ? "today" : days === 1 ? "1 day ago" : `${days} days ago`})`;
  }

  function warnOfAge(banner) {
    const limit = Number(banner.dataset.dwFreshDays);
    const oldest = Math.max(0, ...all("time.dw-time", banner).map(ageInDays).filter(Number.isFinite));
    const note = banner.querySelector(".dw-old");
    if (note && oldest > limit) {
      note.textContent = `These recordings are ${oldest} days old now; this site calls them stale after ${limit}.`;
      note.hidden = false;
    }
  }

  // Another walk's output opens with the tabs of that walk ------------------------------------------

  function followTabs() {
    const chosen = new Set(Object.values(window.docwalk?.choices() ?? {}));
    for (const variant of all(".dw-variant")) {
      variant.open = variant.dataset.dwLabels.split("|").every((label) => chosen.has(label));
    }
  }

  // Start -------------------------------------------------------------------------------------

  function start() {
    all(".dw-copy").forEach(prepareCopy);
    all("time.dw-time").forEach(sayAge);
    all(".dw-banner").forEach(warnOfAge);
    followTabs();
    document.addEventListener("dw:choice", followTabs);
    // A keyboard can only scroll what it can focus.
    for (const pre of all("div.highlight pre")) {
      if (pre.scrollWidth > pre.clientWidth) pre.tabIndex = 0;
    }
    addEventListener("beforeprint", () => {
      all("details.dw-more").forEach((each) => { each.open = true; });
    });
  }

  if (document.readyState === "complete") start();
  else addEventListener("load", start);
})();
