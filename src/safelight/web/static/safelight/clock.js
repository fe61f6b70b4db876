// Clocks and minutes that run on between two answers of the server, by the server's time.
"use strict";

(() => {
  const stated = document.querySelector('meta[name="safelight-now"]')?.content;
  let ahead = stated ? Date.now() - Date.parse(stated) : 0;
  const now = () => Date.now() - ahead;

  const asClock = (seconds) =>
    String(Math.floor(seconds / 60)).padStart(2, "0") + ":" + String(seconds % 60).padStart(2, "0");

  const asMinutes = (seconds) => {
    const minutes = Math.floor(seconds / 60);
    return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  };

  const put = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };

  const tick = () => {
    for (const element of document.querySelectorAll("[data-since]")) {
      const seconds = Math.max(0, Math.floor((now() - Date.parse(element.dataset.since)) / 1000));
      put(element, element.dataset.as === "clock" ? asClock(seconds) : asMinutes(seconds));
      if (element.dataset.limit && seconds >= Number(element.dataset.limit) * 60) {
        const card = element.closest(".sl-place");
        element.closest(".sl-place__detail")?.setAttribute("data-level", "over");
        card?.querySelector("[data-over-of]")?.removeAttribute("hidden");
      }
    }
    for (const element of document.querySelectorAll("[data-due]")) {
      const left = Math.ceil((Date.parse(element.dataset.due) - now()) / 1000);
      put(element, left > 0 ? `in ${asClock(left)}` : "now");
      element.closest("[data-advice]")?.setAttribute("data-advice", left > 0 ? "later" : "due");
    }
  };

  window.safelight.tick = tick;
  window.safelight.setNow = (text) => {
    ahead = Date.now() - Date.parse(text);
  };
  setInterval(tick, 1000);
  tick();
})();
