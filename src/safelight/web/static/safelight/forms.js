// Forms that arrive by the live stream are the same for everybody: here each gets this session's
// token and a tap id of its own. Nothing on a page needs this script to be posted.
"use strict";

(() => {
  const token = document.querySelector('meta[name="safelight-token"]')?.content ?? "";

  // A UUID of version 7, as the server makes them. crypto.randomUUID exists on https only; a tablet
  // in a van may reach its server without it.
  const tapId = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    for (let place = 5, time = Date.now(); place >= 0; place -= 1) {
      bytes[place] = time % 256;
      time = Math.floor(time / 256);
    }
    bytes[6] = (bytes[6] & 0x0f) | 0x70;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  };

  const fill = (root) => {
    for (const field of root.querySelectorAll('input[type="hidden"][name="token"]')) {
      if (!field.value) field.value = token;
    }
    for (const field of root.querySelectorAll('input[type="hidden"][name="command"]')) {
      if (!field.value) field.value = tapId();
    }
  };

  // A page that comes back from the browser's memory shows the past and would repeat old taps.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });

  // A tap leads back to the page it was made on: to the same place on it, and for whoever works
  // with the keyboard to the same button.
  const SOON = 15_000;
  const remember = (event) => {
    const form = event.target;
    const byKeyboard = event.submitter?.matches(":focus-visible") ?? false;
    const place = { path: location.pathname, y: scrollY, at: Date.now(), form: byKeyboard ? form.id : "" };
    try {
      sessionStorage.setItem("tapped", JSON.stringify(place));
    } catch {
      // Without storage the page begins at its top, as it does without scripts.
    }
  };
  const comeBack = () => {
    let place = null;
    try {
      place = JSON.parse(sessionStorage.getItem("tapped"));
      sessionStorage.removeItem("tapped");
    } catch {
      return;
    }
    if (place?.path !== location.pathname || Date.now() - place.at > SOON || location.hash) return;
    scrollTo(0, place.y);
    if (place.form) document.querySelector(`#${CSS.escape(place.form)} button`)?.focus({ preventScroll: true });
  };
  addEventListener("submit", remember);

  // What a refusal, an error or a search wants to be seen and read out first.
  document.addEventListener("DOMContentLoaded", () => {
    comeBack();
    document.querySelector("[data-focus-first]")?.focus();
  });

  window.safelight = { fill };
})();
