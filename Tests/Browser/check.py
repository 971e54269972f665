"""Opens run reports in a browser and checks them, at two widths and in both themes. See script/report-check."""

import argparse
import os
import sys
import tempfile

from browser import Browser, find_browser
from figures import compare
from studies import Studies

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, "checks.js"), encoding="utf-8") as source:
    CHECKS = source.read()

# A reader's own font may be wider than ours.
WIDE_FONT = """
document.head.append(Object.assign(document.createElement("style"), {textContent: 'body { font-family: "DejaVu Sans", Verdana, sans-serif !important }'}))
"""
OPEN_ALL = "document.querySelectorAll('details').forEach(fold => fold.open = true)"

# What the charts do under the keyboard; a list of sentences.
READ_TIP = """
(() => {
  const plot = document.activeElement, tip = plot.matches(".plot") && plot.querySelector(".tip");
  if (!tip) return null;
  const box = tip.getBoundingClientRect(), style = getComputedStyle(plot);
  return {on: tip.classList.contains("on"), text: tip.textContent, left: box.left, right: box.right,
    width: innerWidth, outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    label: plot.getAttribute("aria-label"), here: plot.querySelectorAll(".here").length};
})()
"""


def keyboard(browser):
    """Walks all stops of the Tab key; charts must answer to the arrow keys."""
    faults = []
    wanted = browser.evaluate("document.querySelectorAll('.plot').length")
    if browser.evaluate("document.querySelectorAll('.plot[tabindex=\"0\"][role=group][aria-label]').length") != wanted:
        faults.append("keyboard: a chart is no tab stop, or has no name")
    browser.evaluate("document.activeElement.blur()")
    found = set()
    stops = browser.evaluate("document.querySelectorAll('[tabindex=\"0\"], summary, a[href], button').length")
    for _ in range(stops + 2):
        browser.press("Tab")
        tip = browser.evaluate(READ_TIP)
        if tip is None or tip["label"] in found:
            continue
        found.add(tip["label"])
        if not tip["outline"]:
            faults.append(f"keyboard: the focus of “{tip['label']}” cannot be seen")
        for key in ["Home", "ArrowRight", "End", "ArrowLeft"]:
            browser.press(key)
            tip = browser.evaluate(READ_TIP)
            if not tip["on"] or not tip["text"] or tip["here"] != 1:
                faults.append(f"keyboard: {key} reads nothing in “{tip['label']}”")
            if tip["left"] < -0.5 or tip["right"] > tip["width"] + 0.5:
                faults.append(f"keyboard: the words at {key} in “{tip['label']}” leave the page")
        browser.press("Escape")
        if browser.evaluate(READ_TIP)["on"]:
            faults.append(f"keyboard: Escape does not close “{tip['label']}”")
    if len(found) != wanted:
        faults.append(f"keyboard: Tab reaches {len(found)} of {wanted} charts")
    return faults


def accessibility(browser):
    """What a screen reader would hear: everything that can be reached, and every picture, has a name."""
    faults = []
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    for node in nodes:
        if node.get("ignored"):
            continue
        role = node.get("role", {}).get("value")
        name = node.get("name", {}).get("value", "").strip()
        focusable = any(item["name"] == "focusable" and item["value"].get("value") for item in node.get("properties", []))
        # Blocks of text to copy are read by their content.
        needs = role in ("image", "img", "heading", "region", "table", "link", "button", "DisclosureTriangle") or (
            focusable and role not in ("RootWebArea", "generic", "StaticText", "Pre", "pre"))
        if needs and not name and role != "table":
            faults.append(f"accessibility: a {role} without a name")
    roles = [node.get("role", {}).get("value") for node in nodes if not node.get("ignored")]
    for role in ["main", "banner", "contentinfo"]:
        if role not in roles:
            faults.append(f"accessibility: no {role}")
    return faults


def check(browser, run, shots=None, thorough=True):
    """Everything that is wrong with the report of a run."""
    page = os.path.join(run, "report.html")
    faults = []
    for width in (1440, 390):
        for theme in ("light", "dark"):
            browser.open(page, width, theme)
            place = f"at {width}, {theme}: "
            faults += [place + fault for fault in browser.evaluate(CHECKS)]
            faults += [place + trouble for trouble in browser.troubles()]
            if shots:
                browser.screenshot(os.path.join(shots, f"{os.path.basename(run)}-{width}-{theme}.png"))
            if theme == "light":
                faults += [place + fault for fault in compare(browser, run)]
                faults += [place + fault for fault in keyboard(browser)]
                faults += [place + fault for fault in accessibility(browser)]
            browser.evaluate(WIDE_FONT)
            faults += [place + "in a wide font: " + fault for fault in browser.evaluate(CHECKS)]
            browser.evaluate(OPEN_ALL)
            faults += [place + "unfolded: " + fault for fault in browser.evaluate(CHECKS)]
    if thorough:
        # A zoom of 400 %, paper, and no script.
        browser.open(page, 320)
        faults += ["at 320: " + fault for fault in browser.evaluate(CHECKS) if "scrolls sideways" in fault]
        browser.open(page, 680, "dark", media="print")
        browser.evaluate(OPEN_ALL)
        faults += ["on paper: " + fault for fault in browser.evaluate(CHECKS)]
        faults += without_script(browser, run)
    return list(dict.fromkeys(faults))


def without_script(browser, run):
    with open(os.path.join(run, "report.html"), encoding="utf-8") as file:
        text = file.read()
    head, _, rest = text.partition("<script>")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "report.html")
        with open(path, "w", encoding="utf-8") as file:
            file.write(head + rest.partition("</script>")[2])
        browser.open(path, 1440)
        return ["without script: " + fault for fault in browser.evaluate(CHECKS) + compare(browser, run)]


# What is done to a good page, and the word that must then be heard.
BREAKAGES = [
    ("a wide element", "<main>", "<main><div style=\"width:3000px\">wide</div>", "overflow"),
    ("text that is cut off", "<main>", "<main><p style=\"overflow:hidden;width:40px;white-space:nowrap\">cut off here</p>", "cut off"),
    ("text over text in a chart", "</svg></div>", "<text x=\"50%\" y=\"60\">one text</text><text x=\"50%\" y=\"62\">another</text></svg></div>", "overlap"),
    ("pale text", "<main>", "<main><p style=\"color:#999\">pale</p>", "contrast"),
    ("a second h1", "<main>", "<main><h1>again</h1>", "2 h1"),
    ("a heading that skips a level", "</h1>", "</h1><h4>deep</h4>", "skips a level"),
    ("a header cell without a scope", "<th scope=\"col\"", "<th", "no scope"),
    ("a chart without a description", "<desc id", "<g id", "no desc"),
    ("a chart that is no picture", "role=\"img\"", "", "no img"),
    ("a section without a name", "<section aria-labelledby", "<section data-x", "without a name"),
    ("a picture from elsewhere", "<main>", "<main><img alt=\"\" src=\"http://127.0.0.1:9/x.png\">", "x.png"),
    ("a script that is not the page’s own", "<main>", "<main><script>console.log('hello')</script>", "log:"),
    ("an attribute that is a script", "<main>", "<main><p onclick=\"alert(1)\">click</p>", "has a script"),
    ("the page’s script changed, so that the page does not run it", "<script>//", "<script>// ", "keyboard"),
    ("another figure in a table", "<th scope=\"row\" class=\"text\">1</th><td>", "<th scope=\"row\" class=\"text\">1</th><td>9", "figures"),
    ("another figure in the verdict", "</span></p>\n<p class=\"lead\">", "9</span></p>\n<p class=\"lead\">", "figures"),
    ("another point in a curve", "data-tip=\"round 1\n", "data-tip=\"round 2\n", "figures"),
]


def self_test(browser, run):
    """Breaks a good page in many ways; each must be noticed."""
    with open(os.path.join(run, "report.html"), encoding="utf-8") as file:
        good = file.read()
    for title, old, new, word in BREAKAGES:
        if old not in good:
            raise SystemExit(f"error: self-test: {title}: the page has no {old!r}")
        with tempfile.TemporaryDirectory() as folder:
            broken = os.path.join(folder, "broken")
            os.mkdir(broken)
            with open(os.path.join(run, "events.jsonl"), "rb") as source, open(os.path.join(broken, "events.jsonl"), "wb") as sink:
                sink.write(source.read())
            with open(os.path.join(broken, "report.html"), "w", encoding="utf-8") as file:
                file.write(good.replace(old, new, 1))
            faults = check(browser, broken, thorough=False)
        if not any(word in fault for fault in faults):
            raise SystemExit(f"error: self-test: {title} was not noticed; heard: {faults[:3]}")
    print(f"Self-test: {len(BREAKAGES)} broken pages are noticed.", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--atoll", required=True)
    parser.add_argument("--shots", help="a folder for pictures of all pages")
    parser.add_argument("runs", nargs="*", help="folders of runs to check instead of those made here")
    options = parser.parse_args()
    if options.shots:
        os.makedirs(options.shots, exist_ok=True)
    bad = 0
    with tempfile.TemporaryDirectory() as folder, Browser(find_browser()) as browser:
        runs = options.runs
        if not runs:
            studies = Studies(options.atoll, folder)
            runs = [studies.binary(), studies.classes(), studies.numbers(), studies.images(), studies.hostile(),
                    studies.single(), studies.dozen(), studies.hundred(), studies.failed(), studies.untested()]
            runs.append(studies.long(runs[0]))
        for run in runs:
            faults = check(browser, run, options.shots)
            bad += bool(faults)
            name = os.path.basename(os.path.normpath(run))
            print(f"{name}: {'ok' if not faults else f'{len(faults)} faults'}", file=sys.stderr)
            for fault in faults[:40]:
                print("  " + fault, file=sys.stderr)
        if not options.runs and not bad:
            self_test(browser, runs[0])
    print(f"{len(runs) - bad} of {len(runs)} reports hold.", file=sys.stderr)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
