// Looks over a page as it is laid out, and returns what is wrong with it: a list of sentences.
(() => {
  const faults = [];
  const shown = element => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const name = element => {
    const style = element.getAttribute("class");
    const text = element.textContent.trim().replace(/\s+/g, " ").slice(0, 40);
    return `<${element.tagName.toLowerCase()}${style ? "." + style : ""}> “${text}”`;
  };
  const all = selector => [...document.querySelectorAll(selector)];
  const width = document.documentElement.clientWidth;

  // Boxes: nothing beyond the page, nothing beyond its card, nothing cut off.
  if (document.documentElement.scrollWidth > width)
    faults.push(`overflow: the page scrolls sideways: ${document.documentElement.scrollWidth} of ${width} pixels`);
  const scrolls = element => element.closest(".scroll");
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || ["SCRIPT", "STYLE", "NOSCRIPT"].includes(parent.tagName)) continue;
    if (parent.closest("svg title, svg desc, .hidden, .skip") || !shown(parent)) continue;
    texts.push([node, parent]);
  }
  for (const [node, parent] of texts) {
    if (scrolls(parent) || parent.closest(".tip")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const frame = parent.closest("figure, .card, .panel, .privacy, td, th, main, aside, footer, header, body").getBoundingClientRect();
    for (const box of range.getClientRects()) {
      if (box.width === 0) continue;
      if (box.left < -0.5 || box.right > width + 0.5)
        faults.push(`overflow: ${name(parent)} leaves the page at ${box.left.toFixed()}…${box.right.toFixed()}`);
      else if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 3 || box.bottom > frame.bottom + 3)
        faults.push(`overflow: ${name(parent)} leaves its box`);
    }
  }
  for (const element of all("body *")) {
    if (element.closest("svg, .hidden, .skip") || !shown(element) || element.matches(".scroll")) continue;
    const style = getComputedStyle(element);
    const hides = ["hidden", "clip"].includes(style.overflowX) || ["hidden", "clip"].includes(style.overflowY);
    if (hides && (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1))
      faults.push(`overflow: ${name(element)} is cut off`);
    if (style.textOverflow === "ellipsis") faults.push(`overflow: ${name(element)} may be cut off`);
  }

  // Text in charts does not touch text, and stays out of marks that would hide it.
  for (const svg of all(".plot > svg")) {
    if (!shown(svg)) continue;
    const boxes = [...svg.querySelectorAll("text")].filter(shown).map(text => [text, text.getBoundingClientRect()]);
    const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
    boxes.forEach(([text, box], place) => {
      for (const [other, there] of boxes.slice(place + 1))
        if (meet(box, there)) faults.push(`overlap: ${name(text)} and ${name(other)} in ${svg.querySelector("title").textContent}`);
    });
    if (!boxes.length) faults.push(`overlap: a chart without text: ${svg.querySelector("title")?.textContent}`);
    for (const dot of svg.querySelectorAll("circle.dot, circle.ring")) {
      if (!shown(dot)) continue;
      const there = dot.getBoundingClientRect();
      for (const [text, box] of boxes)
        if (meet(box, there)) faults.push(`overlap: ${name(text)} and a mark in ${svg.querySelector("title").textContent}`);
      if (there.left < -0.5 || there.right > width + 0.5) faults.push("overflow: a mark leaves the page");
    }
  }

  // Contrast (WCAG 2): text at least 4.5, marks at least 3, against what is behind them.
  const channels = color => color.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const contrast = (a, b) => {
    const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = element => {
    for (let here = element; here; here = here.parentElement) {
      const color = channels(getComputedStyle(here).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const ground = text => {
    // A bar that was drawn before a text, under the text's middle, is its ground.
    const box = text.getBoundingClientRect();
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const bars = [...text.closest(".plot > svg").querySelectorAll("rect.bar")].filter(bar => {
      const there = bar.getBoundingClientRect();
      return bar.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING &&
        there.left <= x && x <= there.right && there.top <= y && y <= there.bottom;
    });
    return bars.length ? channels(getComputedStyle(bars.at(-1)).fill) : behind(text.closest(".plot"));
  };
  const seen = new Set();
  for (const [, parent] of texts) {
    if (seen.has(parent) || parent.closest(".tip")) continue;
    seen.add(parent);
    const svg = parent.closest("svg");
    const ink = channels(getComputedStyle(parent)[svg ? "fill" : "color"]);
    const ratio = contrast(ink, svg?.closest(".plot") ? ground(parent) : behind(svg ?? parent));
    if (ratio < 4.5) faults.push(`contrast: ${ratio.toFixed(2)} for ${name(parent)}`);
  }
  for (const mark of all(".plot .dot:not(.faint), .plot .ring, .plot .bar, .plot .line")) {
    if (!shown(mark)) continue;
    const style = getComputedStyle(mark);
    const ratio = Math.max(...[style.fill, style.stroke].filter(color => color !== "none").map(color => contrast(channels(color), behind(mark.closest(".plot")))));
    if (ratio < 3) faults.push(`contrast: ${ratio.toFixed(2)} for a mark .${mark.getAttribute("class")}`);
  }

  // Meaning: one h1, headings in order, landmarks, names, tables, charts, focus.
  const headings = all("h1, h2, h3, h4, h5, h6");
  if (all("h1").length !== 1) faults.push(`semantics: ${all("h1").length} h1`);
  headings.forEach((heading, place) => {
    if (!heading.textContent.trim()) faults.push("semantics: an empty heading");
    if (place && +heading.tagName[1] > +headings[place - 1].tagName[1] + 1) faults.push(`semantics: ${name(heading)} skips a level`);
  });
  if (!document.documentElement.lang) faults.push("semantics: no lang");
  if (!document.title) faults.push("semantics: no title");
  for (const landmark of ["main", "header", "footer"]) if (all(`body > ${landmark}, body > .page > ${landmark}`).length !== 1) faults.push(`semantics: not one ${landmark}`);
  const ids = all("[id]").map(element => element.id);
  for (const id of new Set(ids)) if (ids.filter(other => other === id).length > 1) faults.push(`semantics: two elements with the id ${id}`);
  for (const element of all("[aria-labelledby]"))
    for (const id of element.getAttribute("aria-labelledby").split(" "))
      if (!document.getElementById(id)?.textContent.trim()) faults.push(`semantics: ${name(element)} is labelled by ${id}, which says nothing`);
  for (const section of all("section")) if (!section.getAttribute("aria-labelledby") && !section.getAttribute("aria-label")) faults.push("semantics: a section without a name");
  for (const cell of all("th")) if (!["col", "row"].includes(cell.getAttribute("scope"))) faults.push(`semantics: ${name(cell)} has no scope`);
  for (const table of all("table"))
    if (!table.caption && !table.closest("[aria-label]")) faults.push(`semantics: a table without a name: ${name(table)}`);
  for (const svg of all("svg")) {
    if (svg.parentElement.closest("svg") || svg.getAttribute("aria-hidden") === "true") continue;
    if (svg.getAttribute("role") !== "img") faults.push(`semantics: ${name(svg)} is no img`);
    for (const part of ["title", "desc"])
      if (!svg.querySelector(`:scope > ${part}`)?.textContent.trim()) faults.push(`semantics: a chart has no ${part}`);
  }
  for (const scroll of all(".scroll"))
    if (scroll.tabIndex !== 0 || !scroll.getAttribute("aria-label") || scroll.getAttribute("role") !== "region")
      faults.push("semantics: a box that scrolls cannot be reached by keyboard, or has no name");
  for (const summary of all("summary")) if (shown(summary) && summary.getBoundingClientRect().height < 24) faults.push(`semantics: ${name(summary)} is a small target`);
  for (const element of all("*"))
    for (const attribute of element.attributes)
      if (/^on/i.test(attribute.name) || /^\s*javascript:/i.test(attribute.value)) faults.push(`semantics: ${name(element)} has a script in ${attribute.name}`);
  return [...new Set(faults)];
})()
