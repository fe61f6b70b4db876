// Forms that arrive by the live stream are the same for everybody: here each gets this session's
// token and a tap id of its own. Nothing on a page needs this script to be posted.
"use strict";

(() => {
  const token = document.querySelector('meta[name="safelight-token"]')?.content ?? "";

  // crypto.randomUUID exists on https only; a tablet in a van may reach its server without it.
  const tapId = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
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

  // What a refusal or an error sent us back to is read out and seen first.
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector("[data-focus-first]")?.focus();
  });

  window.safelight = { fill };
})();
