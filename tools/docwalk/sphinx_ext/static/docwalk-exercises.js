/* Solutions are in the page unfolded: for readers without JavaScript, and for print. Here they are folded. */
(() => {
  "use strict";

  const solutions = Array.from(document.querySelectorAll("details.dw-solution"));
  const target = () => {
    try {
      return location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    } catch {
      return null; // no address of a place on this page
    }
  };

  const show = () => {
    const wanted = target();
    for (const solution of solutions) {
      if (wanted && solution.contains(wanted)) {
        solution.open = true;
        wanted.scrollIntoView();
      }
    }
  };

  for (const solution of solutions) solution.open = false;
  show();
  addEventListener("hashchange", show);

  let folded = [];
  addEventListener("beforeprint", () => {
    folded = solutions.filter((each) => !each.open);
    for (const each of folded) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of folded) each.open = false;
  });
})();
