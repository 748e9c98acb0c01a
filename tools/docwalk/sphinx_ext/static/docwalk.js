/* What a page does beyond being read: copy buttons. No network, works from file://. */
(() => {
  "use strict";

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

  // Start -------------------------------------------------------------------------------------

  function start() {
    all(".dw-copy").forEach(prepareCopy);
    // A keyboard can only scroll what it can focus.
    for (const pre of all("div.highlight pre")) {
      if (pre.scrollWidth > pre.clientWidth) pre.tabIndex = 0;
    }
  }

  if (document.readyState === "complete") start();
  else addEventListener("load", start);
})();
