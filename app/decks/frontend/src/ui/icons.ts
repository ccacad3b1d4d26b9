// The few pictures on keys, as paths, so that they look alike on every system.

import { svg } from "./dom";

const PATHS = {
  play: "M4 2.5v11l10-5.5z",
  start: "M3 3h2v10H3zM14 3v10L6 8z",
  back: "M11 3v10L4 8z",
  on: "M5 3v10l7-5z",
  phones: "M8 2a6 6 0 0 0-6 6v4.5A1.5 1.5 0 0 0 3.5 14H5V9H3.6V8a4.4 4.4 0 0 1 8.8 0v1H11v5h1.5a1.5 1.5 0 0 0 1.5-1.5V8a6 6 0 0 0-6-6z",
} as const;

export function icon(name: keyof typeof PATHS): SVGSVGElement {
  return svg("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }, svg("path", { d: PATHS[name], fill: "currentColor" }));
}
