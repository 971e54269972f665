// Reads the points of a chart out, under the pointer and by the arrow keys. Without it all figures are in the tables.
(() => {
  const theme = new URLSearchParams(location.search).get("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;

  // Charts that are there, and those that come later.
  const attach = () => document.querySelectorAll(".plot:not([tabindex])").forEach(read);
  const read = plot => {
    const points = [...plot.querySelectorAll(".pt")];
    if (!points.length) return;
    let index = points.length - 1;
    plot.tabIndex = 0;
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-roledescription", "chart");
    plot.setAttribute("aria-label", plot.dataset.title + ". Arrow keys read the values.");
    const tip = plot.appendChild(document.createElement("div"));
    tip.className = "tip";
    tip.setAttribute("role", "status");

    const hide = () => {
      tip.classList.remove("on");
      // Where it cannot make a page that has become narrower scroll.
      tip.style.left = tip.style.top = "0";
      points[index].classList.remove("here");
    };
    const center = (point, frame) => {
      const box = point.getBoundingClientRect();
      return [box.left + box.width / 2 - frame.left, box.top + box.height / 2 - frame.top];
    };
    const show = next => {
      hide();
      index = Math.max(0, Math.min(points.length - 1, next));
      points[index].classList.add("here");
      tip.textContent = points[index].dataset.tip;
      const [x, y] = center(points[index], plot.getBoundingClientRect());
      const most = plot.clientWidth - tip.offsetWidth;
      tip.style.left = Math.max(0, Math.min(most, x - tip.offsetWidth / 2)) + "px";
      tip.style.top = (y < tip.offsetHeight + 14 ? y + 14 : y - tip.offsetHeight - 12) + "px";
      tip.classList.add("on");
    };
    const nearest = event => {
      const frame = plot.getBoundingClientRect();
      const distances = points.map(point => {
        const [x, y] = center(point, frame);
        return Math.abs(x - event.clientX + frame.left) + 0.35 * Math.abs(y - event.clientY + frame.top);
      });
      show(distances.indexOf(Math.min(...distances)));
    };
    plot.addEventListener("pointermove", nearest);
    plot.addEventListener("pointerdown", nearest);
    plot.addEventListener("pointerleave", hide);
    plot.addEventListener("focus", () => plot.matches(":focus-visible") && show(index));
    plot.addEventListener("blur", hide);
    plot.addEventListener("hide", hide);
    plot.addEventListener("keydown", event => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
      if (event.key === "Escape") hide();
      if (!step) return;
      show(index + step);
      event.preventDefault();
    });
  };
  attach();
  document.addEventListener("parts", attach);
  addEventListener("resize", () => document.querySelectorAll(".plot").forEach(plot => plot.dispatchEvent(new Event("hide"))));

  const folds = [...document.querySelectorAll("details.fold")];
  let open = [];
  addEventListener("beforeprint", () => {
    open = folds.map(fold => fold.open);
    for (const fold of folds) fold.open = true;
  });
  addEventListener("afterprint", () => folds.forEach((fold, place) => (fold.open = open[place])));
})();
