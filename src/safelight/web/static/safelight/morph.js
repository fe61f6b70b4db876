// Put new content in place without disturbing whoever is using the old: elements with the same id
// stay the same elements, so the focus, an open list and half-typed text survive.
"use strict";

(() => {
  const sameKind = (one, other) =>
    one.nodeType === other.nodeType && one.nodeName === other.nodeName && (one.id || "") === (other.id || "");

  const attributes = (old, fresh) => {
    for (const { name, value } of [...fresh.attributes]) {
      // Token and tap id come empty from the stream; what the page put in them stays.
      const kept = name === "value" && old.type === "hidden" && value === "";
      if (!kept && old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    for (const { name } of [...old.attributes]) {
      const kept = name === "open" && old.nodeName === "DETAILS";
      if (!kept && !fresh.hasAttribute(name)) old.removeAttribute(name);
    }
  };

  const node = (old, fresh) => {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
      return;
    }
    if (old.hasAttribute("data-keep")) return;
    attributes(old, fresh);
    children(old, fresh);
  };

  const move = (parent, element, before) => {
    if (parent.moveBefore && element.isConnected) parent.moveBefore(element, before);
    else parent.insertBefore(element, before);
  };

  const children = (old, fresh) => {
    const known = new Map();
    for (const child of old.children) if (child.id) known.set(child.id, child);
    let place = old.firstChild;
    for (const wanted of [...fresh.childNodes]) {
      const named = wanted.id ? known.get(wanted.id) : null;
      if (named && named.nodeName === wanted.nodeName) {
        if (named === place) place = place.nextSibling;
        else move(old, named, place);
        node(named, wanted);
      } else if (place && sameKind(place, wanted)) {
        const here = place;
        place = place.nextSibling;
        node(here, wanted);
      } else {
        old.insertBefore(document.importNode(wanted, true), place);
      }
    }
    while (place) {
      const gone = place;
      place = place.nextSibling;
      gone.remove();
    }
  };

  window.safelight.morph = (target, html) => {
    const focused = document.activeElement?.id;
    // A template keeps the white space at the beginning; a whole document would drop it, and every
    // child would then be taken for the one after it.
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    children(target, fresh.content);
    window.safelight.fill(target);
    window.safelight.tick();
    if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
  };
})();
