"""Opens the pages of a real server in a browser while four participants train, and checks them. See
script/dashboard-check."""

import argparse
import http.client
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from browser import Browser, BrowserError, find_browser
from check import accessibility, keyboard

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, "checks.js"), encoding="utf-8") as source:
    CHECKS = source.read()
WIDTHS = (1920, 1440, 390)
NAMES = ["ashford", "birk", "corvo", "dalen"]


class Federation:
    """A server with its pages and four participants, as processes, ended with the `with` block."""

    def __init__(self, atoll, folder):
        self.atoll, self.folder, self.processes, self.lines = atoll, folder, [], []
        self.write_study()
        with open(os.path.join(folder, "token"), "w", encoding="utf-8") as file:
            file.write("0123456789abcdef0123456789abcdef\n")
        server = self.start("serve", "--state", "server", "--listen", "127.0.0.1:0", "--json",
                            "--metrics-token-file", "token", out="serve.jsonl")
        self.server = server
        self.url = self.event("serve.jsonl", "listening")["url"]
        self.pages = self.event("serve.jsonl", "dashboard")["url"]

    def write_study(self):
        """Four tables, from the one that ships with the command."""
        self.run("new", "study")
        sites = os.path.join(self.folder, "study")
        tables = sorted(os.path.join(root, name) for root, _, names in os.walk(sites) for name in names
                        if name.endswith(".csv"))
        rows, header = [], None
        for table in tables:
            with open(table, encoding="utf-8") as file:
                lines = file.read().splitlines()
            header = header or lines[0]
            if lines[0] == header:
                rows += lines[1:]
        self.header = header.split(",")
        for index, name in enumerate(NAMES):
            with open(os.path.join(self.folder, name + ".csv"), "w", encoding="utf-8") as file:
                file.write("\n".join([header] + rows[index::4]) + "\n")
        label = next(column for column in self.header if column in ("malignant", "label", "diagnosis"))
        with open(os.path.join(self.folder, "task.yaml"), "w", encoding="utf-8") as file:
            file.write(f"""task: classification
name: tumours
data:
  participants: [{', '.join(name + '.csv' for name in NAMES)}]
  label: {label}
  test: 0.3
model: {{kind: mlp, hidden: [64, 64]}}
training: {{learning-rate: 0.02, batch-size: 4, local-epochs: 16}}
federation: {{rounds: 60, quorum: 4, deadline: 2m}}
evaluation: {{metrics: [accuracy, auc, loss], baselines: [], per-site: true}}
""")

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *arguments, code=0):
        done = subprocess.run([self.atoll, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=60)
        if done.returncode != code:
            raise SystemExit(f"error: atoll {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def start(self, *arguments, out):
        with open(self.path(out), "w", encoding="utf-8") as file:
            process = subprocess.Popen([self.atoll, *arguments], cwd=self.folder, stdout=file,
                                       stderr=subprocess.STDOUT)
        self.processes.append(process)
        return process

    def events(self, out):
        with open(self.path(out), encoding="utf-8") as file:
            for line in file.read().split("\n")[:-1]:
                if line.startswith("{"):
                    yield json.loads(line)

    def event(self, out, name, seconds=30):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for event in self.events(out):
                if event["event"] == name:
                    return event
            time.sleep(0.05)
        with open(self.path(out), encoding="utf-8") as file:
            raise SystemExit(f"error: no event “{name}” within {seconds} s: {file.read()[-500:]}")

    def enroll(self, name):
        invitation = self.run("invite", name, "--state", "server")
        with open(self.path(name + ".invite"), "w", encoding="utf-8") as file:
            file.write(invitation)
        self.run("enroll", self.url, "--invitation", name + ".invite", "--identity", name + ".id")

    def participate(self, name):
        return self.start("participate", "task.yaml", "--identity", name + ".id", "--data", name + ".csv",
                          "--json", out=name + ".jsonl")

    def link(self):
        return json.loads(self.run("dashboard", "--state", "server", "--json"))["link"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def answer(url, method="GET", headers=None, body=None, authority=None):
    """Status, headers and text of an answer; redirects are not followed."""
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    handlers = [Stay]
    if authority:
        handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=authority)))
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=10) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def safety(federation):
    """What strangers get, and which headers every answer has."""
    faults, pages = [], federation.pages

    def expect(what, is_so):
        if not is_so:
            faults.append("safety: " + what)
    for path in ["/", "/participants", "/audit", "/runs/tumours-1"]:
        status, headers, _ = answer(pages + path)
        expect(f"{path} is seen without signing in", status == 303 and headers["Location"] == "/sign-in")
        policy = headers["Content-Security-Policy"] or ""
        for rule in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"]:
            expect(f"{path} has no {rule}", rule in policy)
        expect("unsafe rules", "unsafe" not in policy)
        expect(f"{path} may be kept", headers["Cache-Control"] == "no-store")
        expect(f"{path} tells where it was read", headers["Referrer-Policy"] == "no-referrer")
        expect(f"{path} may be taken for another type", headers["X-Content-Type-Options"] == "nosniff")
    expect("changes are told to strangers", answer(pages + "/live/runs")[0] == 401)
    expect("/health", answer(pages + "/health")[::2] == (200, "alive\n"))
    expect("/ready", answer(pages + "/ready")[::2] == (200, "ready\n"))
    expect("figures for strangers", answer(pages + "/metrics")[0] == 401)
    expect("figures for a wrong token", answer(pages + "/metrics", headers={"Authorization": "Bearer wrong"})[0] == 401)
    token = {"Authorization": "Bearer 0123456789abcdef0123456789abcdef"}
    status, headers, text = answer(pages + "/metrics", headers=token)
    expect("no figures for the token", status == 200 and "version=0.0.4" in headers["Content-Type"]
           and "atoll_participants_enrolled 4" in text)
    expect("another method", answer(pages + "/", method="DELETE")[0] == 405)
    expect("a form of another site", answer(pages + "/sign-in", "POST", {"Sec-Fetch-Site": "cross-site"}, b"token=x")[0] == 403)
    expect("a body without end", answer(pages + "/sign-in", "POST", body=b"token=" + b"x" * 100_000)[0] == 400)
    expect("a made-up link", answer(pages + "/sign-in", "POST", body=b"token=" + b"A" * 12 + b"." + b"A" * 43)[0] == 403)
    # A link opens once.
    token = federation.link().split("token=")[1].encode()
    status, headers, _ = answer(pages + "/sign-in", "POST", body=b"token=" + token)
    cookie = headers["Set-Cookie"] or ""
    expect(f"the cookie {cookie}", status == 303 and "HttpOnly" in cookie and "SameSite=Strict" in cookie)
    expect("a link opens twice", answer(pages + "/sign-in", "POST", body=b"token=" + token)[0] == 403)
    own = {"Cookie": cookie.split(";")[0]}
    expect("the session does not open", answer(pages + "/", headers=own)[0] == 200)
    answer(pages + "/sign-out", "POST", own, b"")
    expect("the session outlives signing out", answer(pages + "/", headers=own)[0] == 303)
    for _ in range(12):
        status = answer(pages + "/sign-in", "POST", body=b"token=x")[0]
    expect("signing in can be tried without end", status == 429)
    return faults


def over_tls(federation):
    """Pages that others reach have TLS, a certificate of the federation's authority, and cookies that go nowhere else."""
    server = federation.start("serve", "--state", "second", "--listen", "127.0.0.1:0", "--dashboard", "0.0.0.0:0",
                              "--json", out="second.jsonl")
    port = federation.event("second.jsonl", "dashboard")["url"].rsplit(":", 1)[1]
    authority, pages = federation.path("second/authority/certificate.pem"), f"https://localhost:{port}"
    faults = []
    if answer(pages + "/health", authority=authority)[::2] != (200, "alive\n"):
        faults.append("tls: no health")
    link = json.loads(federation.run("dashboard", "--state", "second", "--json"))["link"]
    if not link.startswith("https://"):
        faults.append(f"tls: the link {link.split('?')[0]}")
    _, headers, _ = answer(pages + "/sign-in", "POST", body=b"token=" + link.split("token=")[1].encode(), authority=authority)
    if not re.fullmatch(r"__Host-atoll-\d+=[^;]+; .*; Secure", headers["Set-Cookie"] or ""):
        faults.append(f"tls: the cookie {headers['Set-Cookie']}")
    try:
        answer(f"http://localhost:{port}/health")
        faults.append("tls: it can be done without")
    except (OSError, http.client.HTTPException):
        pass
    server.terminate()
    if server.wait(20) != 0:
        faults.append(f"tls: the server ended with {server.returncode}")
    return faults


def visit(browser, url, width, theme="light", height=None):
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=height or (900 if width < 1900 else width * 9 // 16),
                 deviceScaleFactor=1, mobile=False)
    browser.call("Emulation.setEmulatedMedia", media="screen", features=[{"name": "prefers-color-scheme", "value": theme}])
    browser.events = []
    browser.call("Page.navigate", url=url)
    until(browser, "document.readyState === 'complete'", "the page is loaded")


def until(browser, expression, what, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if browser.evaluate(expression):
                return
        except BrowserError:
            pass  # Between two pages.
        time.sleep(0.05)
    raise SystemExit(f"error: {what}: not within {seconds} s")


def click(browser, selector):
    box = browser.evaluate(f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView();"
                           " const b = e.getBoundingClientRect(); return [b.left + b.width / 2, b.top + b.height / 2] })()")
    for kind in ["mousePressed", "mouseReleased"]:
        browser.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)


def troubles(browser, pages):
    """Errors, and requests to elsewhere."""
    return [trouble for trouble in browser.troubles() if not trouble.startswith("request: " + pages)
            and not trouble.startswith("request: data:")]


class Shots:
    def __init__(self, folder):
        self.folder = folder

    def take(self, browser, name):
        if self.folder:
            browser.screenshot(os.path.join(self.folder, name + ".png"))


def look(browser, federation, path, name, shots):
    """A page in all widths, light and dark."""
    faults = []
    for width in WIDTHS:
        for theme in ("light", "dark"):
            visit(browser, federation.pages + path, width, theme)
            if browser.evaluate("document.body.dataset.live"):
                until(browser, "document.getElementById('link').textContent.includes('live')", f"{name} is live")
            place = f"{name} at {width}, {theme}: "
            # A dashboard has no footer.
            faults += [place + fault for fault in browser.evaluate(CHECKS) if fault != "semantics: not one footer"]
            faults += [place + trouble for trouble in troubles(browser, federation.pages)]
            if theme == "light":
                faults += [place + fault for fault in accessibility(browser) if "contentinfo" not in fault]
            shots.take(browser, f"{name}-{width}-{theme}")
    return faults


def watch_run(browser, federation, shots):
    """A run that goes on: the page moves by itself, and waits for who is missing."""
    faults = []
    for name in NAMES[:3]:
        federation.participate(name)
    run = json.loads(federation.run("submit", "task.yaml", "--identity", "server/operator", "--json"))["run"]
    visit(browser, federation.pages + "/", 1440)
    until(browser, f"!!document.querySelector('a[href=\"/runs/{run}\"]')", "the run is in the list")
    click(browser, f"a[href=\"/runs/{run}\"]")
    until(browser, f"location.pathname === '/runs/{run}' && document.getElementById('link')?.textContent.includes('live')",
          "a click opens the run")
    until(browser, "document.querySelector('.wait').textContent.includes('Waiting for dalen to join')",
          "the page says who is missing")
    until(browser, "document.getElementById('spoken').textContent.includes('dalen')", "the page speaks of who is missing")
    if re.search(r"\d+.s left", browser.evaluate("document.getElementById('spoken').textContent")):
        faults.append("the page speaks of seconds")
    shots.take(browser, "waiting")
    last = federation.participate(NAMES[3])
    until(browser, "/^Round ([3-9]|\\d\\d)/.test(document.querySelector('.now').textContent)", "rounds go on by themselves")
    until(browser, "document.querySelectorAll('.charts .plot').length === 3", "three charts")
    # What the reader has unfolded stays so.
    browser.evaluate("document.querySelector('#rounds details').open = true")
    before = browser.evaluate("document.querySelector('#rounds tbody th').textContent")
    until(browser, f"document.querySelector('#rounds tbody th').textContent !== {json.dumps(before)}", "the table grows")
    if not browser.evaluate("document.querySelector('#rounds details').open"):
        faults.append("live: the table folds itself")
    # One of them stands still in the midst of a round.
    last.send_signal(signal.SIGSTOP)
    until(browser, "document.querySelector('.wait.on')?.textContent.startsWith('Waiting for dalen, ')", "the page says who is late")
    late = browser.evaluate("[...document.querySelectorAll('tr.late th')].map(c => c.textContent)")
    if late != [NAMES[3]] or browser.evaluate("document.querySelector('.cohort title').textContent") != "3 of 4 in":
        faults.append(f"live: late are {late}")
    shots.take(browser, "late")
    if shots.folder:
        for width, theme in [(390, "light"), (1440, "dark"), (2560, "dark")]:
            visit(browser, f"{federation.pages}/runs/{run}", width, theme)
            until(browser, "document.getElementById('link').textContent.includes('live')", "the run is live")
            shots.take(browser, f"late-{width}-{theme}")
        visit(browser, f"{federation.pages}/runs/{run}", 1440)
    last.send_signal(signal.SIGCONT)
    until(browser, "!document.querySelector('tr.late')", "the run goes on")
    faults += ["live: " + trouble for trouble in troubles(browser, federation.pages)]
    faults += look(browser, federation, f"/runs/{run}", "run", shots)
    return faults, run


def figures(browser, federation, run):
    """What a finished page says is what the run's events say."""
    events = [json.loads(line) for line in
              federation.run("watch", run, "--identity", "server/operator", "--json").splitlines()]
    rounds = [event for event in events if event["event"] == "round"]
    end = next(event for event in events if event["event"] == "finished")
    visit(browser, f"{federation.pages}/runs/{run}", 1440)
    until(browser, "document.querySelector('.now').textContent.startsWith('Finished')", "the run is finished", 120)
    faults = []

    def expect(what, text, wanted):
        if wanted not in text:
            faults.append(f"figures: {what}: “{wanted}” is not in “{text}”")
    expect("result", browser.evaluate("document.querySelector('.now').textContent"), f"{end['metrics']['accuracy']:.3f}")
    table = browser.evaluate("[...document.querySelectorAll('#rounds tbody tr')].map(r => [...r.cells].map(c => c.textContent))")
    if len(table) != len(rounds):
        faults.append(f"figures: {len(table)} rows, {len(rounds)} rounds")
    for row, event in zip(reversed(table), rounds):
        expect("round", row[0], str(event["round"]))
        expect("accuracy", row[1], f"{event['metrics']['accuracy']:.3f}")
        expect("in", row[-4], f"{event['participants']} of 4")
    sites = browser.evaluate("[...document.querySelectorAll('#people td[data-is=accuracy]')].map(c => c.textContent)")
    if len(sites) != 4 or not all(re.fullmatch(r"[01]\.\d{3}", site) for site in sites):
        faults.append(f"figures: by participant {sites}")
    names = browser.evaluate("[...document.querySelectorAll('#people tbody th')].map(c => c.textContent)")
    if names != NAMES:
        faults.append(f"figures: participants {names}")
    return faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--atoll", required=True)
    parser.add_argument("--shots", help="a folder for pictures of all pages")
    options = parser.parse_args()
    if options.shots:
        os.makedirs(options.shots, exist_ok=True)
    shots = Shots(options.shots)
    faults = []
    with tempfile.TemporaryDirectory() as folder, Browser(find_browser()) as browser, \
            Federation(os.path.abspath(options.atoll), folder) as federation:
        faults += look(browser, federation, "/sign-in", "sign-in", shots)
        visit(browser, federation.link(), 1440)
        click(browser, "button.main")
        until(browser, "document.querySelector('h1')?.textContent === 'Runs'", "a link signs in")
        faults += look(browser, federation, "/", "no-runs", shots)
        faults += look(browser, federation, "/participants", "no-participants", shots)
        for name in NAMES:
            federation.enroll(name)
        more, run = watch_run(browser, federation, shots)
        faults += more
        for path, name in [("/", "runs"), ("/participants", "participants"), ("/audit", "audit")]:
            faults += look(browser, federation, path, name, shots)
        faults += figures(browser, federation, run)
        faults += look(browser, federation, f"/runs/{run}", "finished", shots)
        visit(browser, f"{federation.pages}/runs/{run}", 1440)
        until(browser, "document.getElementById('link').textContent.includes('live')", "the finished run is live")
        faults += keyboard(browser)
        faults += over_tls(federation)
        log = browser.evaluate("fetch('/audit').then(r => r.text())")
        for word in ["invited", "enrolled", "submitted", "signed in", "finished"]:
            if word not in log:
                faults.append(f"audit: no “{word}”")
        browser.call("Emulation.setScriptExecutionDisabled", value=True)
        visit(browser, f"{federation.pages}/runs/{run}", 1440)
        if not browser.evaluate("document.querySelector('meta[http-equiv=refresh]') && document.querySelectorAll('.plot').length"):
            faults.append("script: without it the page is another one, or does not reload itself")
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
        # The server goes away: the figures stay, and the page says so.
        visit(browser, f"{federation.pages}/runs/{run}", 1440)
        until(browser, "document.getElementById('link').textContent.includes('live')", "live again")
        faults += safety(federation)
        federation.server.terminate()
        until(browser, "document.body.classList.contains('lost')", "the page says that the server is away")
        if "Finished" not in browser.evaluate("document.querySelector('.now').textContent"):
            faults.append("lost: the figures are gone")
        shots.take(browser, "lost")
    faults = list(dict.fromkeys(faults))
    for fault in faults[:60]:
        print("  " + fault, file=sys.stderr)
    print(f"Dashboard: {'ok' if not faults else f'{len(faults)} faults'}.", file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
