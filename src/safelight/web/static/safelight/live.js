// The board as it changes, without a reload; on the page of an emergency its timeline and advice.
// When the line is lost the page says so in words, because old news that looks fresh is dangerous.
"use strict";

(() => {
  const board = document.querySelector("[data-live]");
  const part = document.querySelector("[data-refetch]");
  const address = board?.dataset.live ?? part?.dataset.refetch;
  if (!address || !window.EventSource) return;

  const announcer = document.getElementById("announcer");
  const told = new Set();
  const bars = () => [...document.querySelectorAll(".sl-emergency-bar[data-incident]")];
  for (const bar of bars()) told.add(bar.dataset.incident);

  // Nothing but a new emergency is read out: a board that talks all the time is switched off.
  const announce = () => {
    const fresh = bars().filter((bar) => !told.has(bar.dataset.incident));
    for (const bar of fresh) told.add(bar.dataset.incident);
    if (fresh.length) announcer.textContent = fresh.map((bar) => `Emergency: ${bar.dataset.who}`).join(". ");
  };

  const time = () => new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

  const tell = (state) => {
    const line = document.getElementById("connection");
    if (!line || line.dataset.state === state) return;
    line.setAttribute("data-keep", "");
    line.dataset.state = state;
    line.textContent =
      state === "live" ? "Live" : `Connection lost at ${time()}: what is shown may be old`;
  };

  let asking = false;
  let again = false;

  // On the page of an emergency the event only says that something changed: ask for the page anew.
  const refetch = async () => {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    try {
      const answer = await fetch(location.href, { headers: { "X-Live": "1" } });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of ["emergencies", "summary", "calls", "actions", "more-actions", "kinds", "doses", "advice", "timeline"]) {
        const old = document.getElementById(id);
        const fresh = page.getElementById(id);
        if (old && fresh) window.safelight.morph(old, fresh.innerHTML);
      }
      announce();
    } finally {
      asking = false;
      if (again) {
        again = false;
        refetch();
      }
    }
  };

  const source = new EventSource(address);
  source.addEventListener("open", () => tell("live"));
  source.addEventListener("error", () => tell("lost"));
  source.addEventListener("message", (event) => {
    tell("live");
    if (board) {
      window.safelight.morph(board, event.data);
      announce();
    } else {
      refetch();
    }
  });
  addEventListener("pagehide", () => source.close());
})();
