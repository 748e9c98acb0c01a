/* Copying more than a block: a reader's own values in what is copied, and all commands of a page at once.
   The buttons themselves are docwalk.js's; this says what they copy. No network, works from file://. */
(() => {
  "use strict";

  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const own = new Map(); // name → what the reader typed

  // Values --------------------------------------------------------------------------------------

  const filled = (template, values) => template.replace(/\[\[([a-z][a-z0-9-]*)\]\]/g, (whole, name) =>
    (Object.hasOwn(values, name) ? own.get(name) || values[name] || whole : whole));

  // What was sent, until a reader puts in a value of their own: one name may stand for several values.
  function put(button, which, template, values) {
    const recorded = `${which}Recorded`;
    button.dataset[recorded] ??= button.dataset[which];
    const isOwn = Array.from(own).some(([name, value]) => value && Object.hasOwn(values, name) && template.includes(`[[${name}]]`));
    button.dataset[which] = isOwn ? filled(template, values) : button.dataset[recorded];
  }

  function valuesOf(block) {
    const note = block.querySelector(".dw-values");
    return note ? JSON.parse(note.dataset.dwValues) : {};
  }

  function fill(block) {
    const values = valuesOf(block);
    for (const button of all(".dw-copy[data-dw-template]", block)) {
      put(button, "dwCopy", button.dataset.dwTemplate, values);
      if (button.dataset.dwPasteTemplate) put(button, "dwPaste", button.dataset.dwPasteTemplate, values);
    }
  }

  function askFor(note) {
    const block = note.closest(".dw");
    for (const [name, value] of Object.entries(JSON.parse(note.dataset.dwValues))) {
      const label = document.createElement("label");
      const input = document.createElement("input");
      input.type = "text";
      input.size = 12;
      input.placeholder = value || name;
      input.autocomplete = "off";
      input.spellcheck = false;
      input.dataset.dwValue = name;
      label.append(`Copy with my ${name.replaceAll("-", " ")}: `, input);
      note.append(" ", label);
      input.addEventListener("input", () => {
        own.set(name, input.value.trim());
        for (const other of all("input[data-dw-value]")) {
          if (other !== input && other.dataset.dwValue === name) other.value = input.value;
        }
        all(".dw").forEach(fill);
        offerPage();
      });
    }
    fill(block);
  }

  // The page --------------------------------------------------------------------------------------

  const isShown = (block) => !block.closest(".dw-panel[hidden]");
  const fits = (labels) => Object.entries(labels)
    .every(([axis, label]) => choices[axis] === undefined || choices[axis] === label);

  // Nobody is to paste in one go what nobody ran.
  function wasRun(block) {
    if (!block.dataset.dwWalks) return !block.classList.contains("dw-is-not-run");
    const walks = JSON.parse(block.dataset.dwWalks); // [{axis: label}, number of its face, status]
    const mine = walks.filter(([labels]) => fits(labels));
    return (mine.length ? mine : walks).some(([, , word]) => word !== "not run");
  }

  function walkOf(take) {
    const items = all("li[data-dw-choices]", take);
    return items.find((item) => fits(JSON.parse(item.dataset.dwChoices))) ?? items[0];
  }

  let choices = {};

  function offerPage() {
    const take = document.querySelector(".dw-take");
    if (!take) return;
    const line = take.querySelector(".dw-all");
    const button = line.querySelector("button");
    const said = line.querySelector(".dw-said");
    const chosen = walkOf(take);
    for (const item of all("li[data-dw-choices]", take)) item.classList.toggle("dw-mine", item === chosen);
    const offered = all(".dw[data-dw-block]").filter((block) => isShown(block) && block.querySelector(".dw-copy"));
    const firsts = offered.filter(wasRun).map((block) => block.querySelector(".dw-copy"));
    const leftOut = offered.length - firsts.length;
    const shell = chosen?.dataset.dwShell ?? "";
    const hasFiles = firsts.some((first) => first.dataset.dwPaste !== undefined);
    const alone = firsts.find((first) => first.dataset.dwAlone);
    line.hidden = !offered.length;
    const can = firsts.length && !alone && !(hasFiles && !["bash", "zsh"].includes(shell));
    button.hidden = !can;
    said.replaceChildren();
    if (!firsts.length) {
      said.append("Nothing on this page has been run: there is nothing to copy in one piece.");
    } else if (alone) {
      const link = document.createElement("a");
      link.href = `#${alone.closest(".dw").id}`;
      link.textContent = "one of its blocks";
      said.append("This page cannot be pasted in one piece: ", link, ` ${alone.dataset.dwAlone}.`);
    } else if (!can) {
      said.append(`This page cannot be pasted in one piece: it has files, which are pasted in bash and zsh only.`);
    } else {
      button.dataset.dwCopy = firsts.map((first) => first.dataset.dwPaste ?? first.dataset.dwCopy).join("\n");
      const count = firsts.length === 1 ? "one block" : `${firsts.length} blocks`;
      said.append(`${count}${Object.keys(choices).length ? ", for the tabs you chose" : ""}`);
      if (leftOut) said.append(`; ${leftOut === 1 ? "one that was not run is" : `${leftOut} that were not run are`} left out`);
    }
  }

  function start() {
    all(".dw-values").forEach(askFor);
    offerPage();
  }

  document.addEventListener("dw:choice", (event) => {
    choices = event.detail.choices;
    offerPage();
  });
  if (document.readyState === "complete") start();
  else addEventListener("load", start);
})();
