// The map: outlines from this server, colours and words from the table beside it, so that both
// always say the same. Without scripts the table and a drawing stand in its place.
"use strict";

(() => {
  const PADDING = [12, 12];
  const SHIFTS = ["0", "1.6rem", "-1.6rem"]; // where a name may stand: in its place, below, above
  const CLOSE = 11; // the zoom at which a chosen area is looked at

  const say = (text) => {
    const announcer = document.getElementById("announcer");
    if (announcer) announcer.textContent = text;
  };

  const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;

  // What a row says about itself, for the words at the pointer: its head and its numbers.
  const words = (row) => {
    const box = document.createElement("div");
    const name = document.createElement("strong");
    name.textContent = row.querySelector("th").textContent.trim();
    box.append(name);
    const heads = [...row.closest("table").querySelectorAll("thead th")];
    [...row.cells].slice(1).forEach((cell, place) => {
      const line = document.createElement("div");
      line.textContent = `${heads[place + 1].textContent.trim()}: ${cell.textContent.trim()}`;
      box.append(line);
    });
    return box;
  };

  const paint = (element, colour) => {
    element.setAttribute("class", `${element.getAttribute("class").replace(/ ?\bsl-area--\w+/g, "")} sl-area--${colour}`);
  };

  class AreaMap {
    constructor(element) {
      this.element = element;
      this.layers = new Map();
      this.rows = new Map();
      element.replaceChildren();
      element.setAttribute("role", "region");
      element.setAttribute("aria-label", element.dataset.label);
      this.map = L.map(element, {
        attributionControl: false,
        scrollWheelZoom: false,
        zoomSnap: 0.1,
        minZoom: 7,
        maxZoom: 16,
        zoomAnimation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      });
      L.control.scale({ imperial: true, metric: true }).addTo(this.map);
      this.pins = L.layerGroup();
      this.names = [];
      this.map.on("zoomend resize", () => this.makeRoom());
    }

    async load() {
      const answer = await fetch(this.element.dataset.outlines);
      if (!answer.ok) throw new Error(`outlines: ${answer.status}`);
      const outlines = await answer.json();
      const kinds = (kind) => outlines.features.filter((each) => each.properties.kind === kind);
      this.areas = L.geoJSON(kinds("area"), {
        style: { className: "sl-area", weight: 0.75, fillOpacity: 1 },
        pointToLayer: (_, at) => L.circleMarker(at, { className: "sl-area", radius: 6, weight: 0.75, fillOpacity: 1 }),
        onEachFeature: (feature, layer) => this.layers.set(feature.properties.code, layer),
      }).addTo(this.map);
      L.geoJSON(kinds("district"), { style: { className: "sl-border", weight: 1.75 }, interactive: false }).addTo(this.map);
      this.map.fitBounds(this.areas.getBounds(), { padding: PADDING });
      for (const each of kinds("label")) this.label(each);
      this.pins.addTo(this.map);
      for (const layer of this.layers.values()) {
        layer.bindTooltip((one) => this.told(one.feature.properties.code), { sticky: true, opacity: 1, className: "sl-map__told" });
      }
      this.read();
    }

    label(feature) {
      const text = document.createElement("span");
      text.textContent = feature.properties.name;
      const icon = L.divIcon({ className: "sl-map__name", html: text, iconSize: null });
      const [lon, lat] = feature.geometry.coordinates;
      L.marker([lat, lon], { icon, interactive: false, keyboard: false }).addTo(this.map);
      this.names.push(text);
    }

    // No name lies over another or over a site or a button: it moves up or down, or goes until there is room.
    makeRoom() {
      const taken = [...this.element.querySelectorAll(".sl-pinmark, .leaflet-control")].map((each) => each.getBoundingClientRect());
      for (const name of this.names) {
        const place = SHIFTS.find((shift) => {
          name.style.marginTop = shift;
          return taken.every((other) => apart(other, name.getBoundingClientRect()));
        });
        name.classList.toggle("sl-map__name--crowded", place === undefined);
        if (place !== undefined) taken.push(name.getBoundingClientRect());
      }
    }

    // Take colours and sites from the rows of the tables.
    read() {
      const of = (name) => document.querySelectorAll(`${this.element.dataset[name] ?? "#none"} tbody tr`);
      this.rows = new Map([...of("rows")].map((row) => [row.dataset.code, row]));
      for (const [code, layer] of this.layers) {
        paint(layer.getElement(), this.rows.get(code)?.dataset.colour ?? "none");
      }
      this.pins.clearLayers();
      for (const row of of("pins")) if (row.dataset.lon) this.pin(row);
      this.makeRoom();
    }

    told(code) {
      const row = this.rows.get(code);
      return row ? words(row) : code;
    }

    pin(row) {
      const { lon, lat, kind, number } = row.dataset;
      const mark = document.createElement("span");
      mark.className = `sl-pinmark sl-pinmark--${kind}`;
      mark.textContent = number;
      const icon = L.divIcon({ className: "sl-map__pin", html: mark, iconSize: null });
      L.marker([lat, lon], { icon, keyboard: false, zIndexOffset: 1000 }).bindTooltip(words(row), { opacity: 1, className: "sl-map__told" }).addTo(this.pins);
    }

    choose(code, closer = false) {
      this.chosen?.getElement().classList.remove("sl-area--chosen");
      const layer = this.layers.get(code);
      this.chosen = layer;
      if (!layer) return;
      layer.getElement().classList.add("sl-area--chosen");
      layer.bringToFront?.();
      if (!closer) return;
      if (layer.getBounds) this.map.fitBounds(layer.getBounds(), { maxZoom: CLOSE, padding: [80, 80] });
      else this.map.setView(layer.getLatLng(), CLOSE);
    }
  }

  // The evidence behind an area, from its own page into the panel beside the map.
  const evidence = async (map, code, closer) => {
    map.choose(code, closer);
    const list = document.getElementById("area-code");
    if (list) list.value = code;
    const { page, table } = map.element.dataset;
    const answer = await fetch(`${page}${encodeURIComponent(code)}?table=${encodeURIComponent(table)}`);
    if (!answer.ok || answer.redirected) {
      location.assign(`${page}${encodeURIComponent(code)}?table=${encodeURIComponent(table)}`);
      return;
    }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("evidence");
    const old = document.getElementById("evidence");
    if (!fresh || !old) return;
    old.replaceChildren(...fresh.childNodes);
    if (closer) old.querySelector("[data-evidence]")?.focus();
  };

  const begin = async (element) => {
    const map = new AreaMap(element);
    try {
      await map.load();
    } catch (error) {
      element.textContent = "The map cannot be drawn just now. The table below has every number.";
      return;
    }
    element.areaMap = map;
    if (element.dataset.page) {
      map.areas.on("click", (event) => evidence(map, event.layer.feature.properties.code, false));
      document.getElementById("find-area")?.addEventListener("submit", (event) => {
        event.preventDefault();
        evidence(map, document.getElementById("area-code").value, true);
      });
    }
    element.setAttribute("data-ready", "");
    element.dispatchEvent(new CustomEvent("map-ready", { bubbles: true }));
  };

  window.safelight.say = say;
  for (const element of document.querySelectorAll(".sl-map[data-outlines]")) begin(element);
})();
