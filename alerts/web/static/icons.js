// Line icons, drawn here so that nothing is fetched from elsewhere.
const PATHS = {
  flame: "M12 2.5c4.2 3.7 6.5 7 6.5 10.6a6.5 6.5 0 0 1-13 0c0-2 1-3.9 2.6-5.4.4 2 1.2 3 2.4 3.3.9-2.4 1.4-5.2 1.5-8.5z",
  ebike: "M5.5 19.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM18.5 19.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8.5 16.5h4l3.5-9h-3M5.5 16.5 9 9.5M6.5 9.5h5M16 7.5l2.5 6",
  flying_lead: "M4 4c0 6 6 3 6 8s4 3 4 6M12 21h4v-3h-4zM13 18v-1.5M15 18v-1.5M2.5 4h3",
  clutter: "M3.5 20.5v-8h8v8zM11.5 20.5v-6h9v6zM6 12.500v-7h8v7",
  camera: "M3.500 8h3.500l1.500-2.500h7L17 8h3.500v11h-17zM12 16.200a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
  violation: "M12 3.500 21.500 20h-19zM12 10v4.500M12 17.200v.3",
  plus: "M12 5v14M5 12h14",
  check: "M4.500 12.500 10 18 19.500 6.500",
  closed: "M4.500 7h15v13h-15zM3 4h18v3H3zM9.500 11h5",
  cross: "M5.500 5.500l13 13M18.500 5.500l-13 13",
  bell: "M6 16.500V11a6 6 0 0 1 12 0v5.500l1.500 2h-15zM10 20.800h4",
  eye: "M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12zM12 14.700a2.700 2.700 0 1 0 0-5.400 2.700 2.700 0 0 0 0 5.400z",
  cleared: "M4 12a8 8 0 1 0 3-6.200M4 4.500V9h4.500M9 12.200l2.200 2.200L15.500 10",
  offline: "M3 3l18 18M15.500 15.500H5a1.500 1.500 0 0 1-1.500-1.500V8M8 6.500h7a1.500 1.500 0 0 1 1.500 1.500v2l4-2.500v9",
  heart: "M12 20.500 4.300 12.800a4.900 4.900 0 0 1 7-6.900l.7.7.7-.7a4.900 4.900 0 0 1 7 6.900z",
  pin: "M9 3.500h6M10 3.500v5l-3 4.500h10l-3-4.500v-5M12 13v7.500",
  plan: "M3.500 6l5.500-2 6 2 5.500-2v14l-5.500 2-6-2-5.500 2zM9 4v14M15 6v14",
  tiles: "M4 4.500h7v6.500H4zM13 4.500h7v6.500h-7zM4 13h7v6.500H4zM13 13h7v6.500h-7z",
  full: "M4 9V4.500h4.500M15.500 4.500H20V9M20 15v4.500h-4.500M8.500 19.500H4V15",
  wide: "M9 4H4v5M4 4l6 6M15 20h5v-5M20 20l-6-6",
  print: "M7 8.500V3.500h10v5M7 17.500H3.500v-9h17v9H17M7 14h10v6.500H7z",
  send: "M3.500 11.500 20.500 4 13.500 20.500 10.500 13.500zM10.500 13.500 20.500 4",
  save: "M12 3.500v11M7.500 10.500l4.500 4.500 4.500-4.500M4.500 16.500v4h15v-4",
  sound: "M4 9.500v5h3.500l5 4v-13l-5 4zM16 9a4.200 4.200 0 0 1 0 6M18.500 6.500a8 8 0 0 1 0 11",
  contrast: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  mute: "M4 9.500v5h3.500l5 4v-13l-5 4zM16.500 9.500l5 5M21.500 9.500l-5 5",
};
const SVG = "http://www.w3.org/2000/svg";

/** An icon that says nothing to a screen reader: the word beside it does. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name] ?? PATHS.violation);
  svg.append(path);
  return svg;
}
