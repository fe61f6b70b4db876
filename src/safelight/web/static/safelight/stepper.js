// Sites appear one by one: the slider asks for the page with so many, and puts its tables and its
// map in place. Without scripts the form loads that page.
"use strict";

(() => {
  const form = document.getElementById("stepper");
  const range = document.getElementById("step");
  if (!form || !range) return;
  const PARTS = ["step-side", "step-tables", "reach-legend"];
  const steps = form.dataset.steps.split(" ").map(Number);
  const shown = form.querySelector("output");
  form.querySelector("button").hidden = true;

  const nearest = (wanted) => steps.reduce((best, each) => (Math.abs(each - wanted) < Math.abs(best - wanted) ? each : best));
  const known = new Map();
  const page = (step) => {
    if (!known.has(step)) {
      const address = `${form.getAttribute("action")}?step=${step}`;
      known.set(step, fetch(address).then(async (answer) => {
        if (!answer.ok || answer.redirected) throw new Error(`step ${step}: ${answer.status}`);
        return new DOMParser().parseFromString(await answer.text(), "text/html");
      }));
      known.get(step).catch(() => known.delete(step));
    }
    return known.get(step);
  };

  let wanted = Number(range.value);
  const show = async () => {
    const step = nearest(Number(range.value));
    wanted = step;
    shown.textContent = String(step);
    try {
      const fresh = await page(step);
      if (wanted !== step) return; // the hand has moved on
      for (const id of PARTS) {
        const part = fresh.getElementById(id);
        if (part) document.getElementById(id)?.replaceChildren(...document.importNode(part, true).childNodes);
      }
      document.getElementById("map")?.areaMap?.read();
      history.replaceState(null, "", `?step=${step}`);
      window.safelight.say(`${step} ${step === 1 ? "site" : "sites"}`);
    } catch {
      form.submit();
    }
  };
  range.addEventListener("input", show);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show();
  });
})();
