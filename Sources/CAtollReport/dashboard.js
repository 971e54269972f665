// Brings the parts of a page up to date: the server renders them, this puts them in their places. Without it the page
// reloads itself.
(() => {
  const address = document.body.dataset.live;
  const link = document.getElementById("link");
  if (!address || !link) return;
  let source = null;
  let lost = null;
  let timer = 0;

  const clock = time => time.toISOString().slice(11, 19) + " UTC";
  const show = text => {
    if (link.lastElementChild.textContent !== text) link.lastElementChild.textContent = text;
    link.firstElementChild.setAttribute("class", lost ? "sign cross" : "sign full");
    document.body.classList.toggle("lost", Boolean(lost));
  };

  // A part keeps what the reader did to it: what is unfolded, what has the focus, how far a list is scrolled.
  const put = (part, html) => {
    const folds = [...part.querySelectorAll("details")].map(fold => fold.open);
    const active = part.contains(document.activeElement) ? document.activeElement : null;
    const stops = [...part.querySelectorAll("a, summary, [tabindex]")];
    const place = active ? stops.indexOf(active) : -1;
    const scrolled = [...part.querySelectorAll(".scroll")].map(box => box.scrollTop);
    part.innerHTML = html;
    part.querySelectorAll("details").forEach((fold, index) => { if (folds[index]) fold.open = true; });
    part.querySelectorAll(".scroll").forEach((box, index) => { if (scrolled[index]) box.scrollTop = scrolled[index]; });
    document.dispatchEvent(new Event("parts"));
    if (place >= 0) part.querySelectorAll("a, summary, [tabindex]")[place]?.focus({ preventScroll: true });
  };

  const take = event => {
    const end = event.data.indexOf("\n");
    const part = document.getElementById(event.data.slice(0, end));
    const html = event.data.slice(end + 1);
    // The spoken line speaks when its words change, and at no other time.
    if (part && !(part.id === "spoken" && part.innerHTML === html)) put(part, html);
  };

  const fail = () => {
    lost ??= new Date();
    show(`not connected since ${clock(lost)}; trying again`);
    if (source.readyState !== EventSource.CLOSED) return;
    // The server answered with an error, such as the end of the session: the page itself knows what to show.
    clearTimeout(timer);
    timer = setTimeout(async () => {
      try {
        const answer = await fetch(location.href, { method: "HEAD", redirect: "manual", cache: "no-store" });
        if (answer.type === "opaqueredirect") return location.reload();
      } catch { /* It is still away. */ }
      open();
    }, 3000);
  };

  const open = () => {
    source?.close();
    source = new EventSource(address);
    source.addEventListener("part", take);
    source.addEventListener("time", event => {
      lost = null;
      show("live " + event.data);
    });
    source.onerror = fail;
  };
  open();
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", event => { if (event.persisted) open(); });
})();
