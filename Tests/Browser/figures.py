"""Reads figures back from a report and compares them with the run's own record, events.jsonl."""

import json
import math
import os

TITLES = {"auc": "AUC", "f1": "F1", "rmse": "RMSE", "mae": "MAE", "r2": "R²"}

# Every table of the page by its name: rows of cells, the header first.
READ_TABLES = """
Object.fromEntries([...document.querySelectorAll("table")].map(table => [
  table.closest("[aria-label]")?.getAttribute("aria-label") ?? table.caption.textContent,
  [...table.rows].map(row => [...row.cells].map(cell => cell.querySelector("b")?.textContent ?? cell.textContent.trim()))]))
"""

READ_POINTS = """
Object.fromEntries([...document.querySelectorAll(".plot")].map(plot => [
  plot.querySelector("title").textContent, [...plot.querySelectorAll(".pt")].map(point => point.dataset.tip.split("\\n"))]))
"""


def fixed(number, places):
    scaled = math.floor(abs(number) * 10**places + 0.5)
    whole, part = divmod(scaled, 10**places)
    text = f"{whole:,}" + (f".{part:0{places}}" if places else "")
    return ("−" if number < 0 and scaled else "") + text


def metric(number):
    """As the report writes a metric."""
    if number is None:
        return "–"
    size = abs(number)
    if size < 1e3:
        return fixed(number, 3)
    if size < 1e5:
        return fixed(number, 1)
    if size < 1e7:
        return fixed(number, 0)
    exponent = 0
    while abs(number) >= 9.995:
        number, exponent = number / 10, exponent + 1
    return f"{fixed(number, 2)}e{exponent}"


def size(count):
    """As the report writes bytes."""
    if count < 1e3:
        return f"{count}\u00a0B"
    for limit, unit, name in [(999_950, 1e3, "kB"), (999_950_000, 1e6, "MB"), (math.inf, 1e9, "GB")]:
        if count < limit:
            return f"{fixed(count / unit, 1)}\u00a0{name}"


def events(run):
    with open(os.path.join(run, "events.jsonl"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def compare(browser, run):
    """What the page in the browser says otherwise than the record of `run`: a list of sentences."""
    try:
        return compare_record(browser, run)
    except (LookupError, StopIteration, ValueError) as error:
        return [f"figures: the page shows what the record does not have: {error!r}"]


def compare_record(browser, run):
    faults = []

    def same(what, found, wanted):
        if found != wanted:
            faults.append(f"figures: {what}: the page says {found}, the record {wanted}")

    told = events(run)
    rounds = [event for event in told if event["event"] == "round"]
    tables, points = browser.evaluate(READ_TABLES), browser.evaluate(READ_POINTS)
    evaluated = [event for event in rounds if event.get("metrics")]
    learnt = {row[0]: row[1:] for row in tables.get("Metrics by round", [])}
    names = learnt.pop("round", [])
    if evaluated and not learnt:
        faults.append("figures: no table of metrics by round")
    of_round = {f"{event['round']:,}": event for event in evaluated}
    # Tables and curves of long runs are thinned, never beyond the two ends.
    if learnt:
        same("rounds in the table", {list(learnt)[0], list(learnt)[-1]},
             {list(of_round)[0], list(of_round)[-1]})
    for number, cells in learnt.items():
        metrics = of_round[number]["metrics"]
        same(f"round {number}", dict(zip(names, cells)),
             {TITLES.get(name, name.replace("-", " ")): metric(value) for name, value in metrics.items()})
    for chart, tips in points.items():
        if not chart.endswith(" by round") or chart.startswith("Bytes"):
            continue
        for tip in tips:
            event = of_round[tip[0].removeprefix("round ")]
            title, _, figure = tip[1].rpartition(" ")
            value = next(value for name, value in event["metrics"].items()
                         if TITLES.get(name, name.replace("-", " ")) == title)
            same(f"curve of {title}, {tip[0]}", figure, metric(value))
    traffic = {f"{event['round']:,}": event for event in rounds}
    for row in tables.get("Bytes and contributors by round", [])[1:]:
        event = traffic[row[0]]
        same(f"bytes of round {row[0]}", row[1:3] + row[4:5],
             [size(event["bytes_up"]), size(event["bytes_down"]), f"{event['participants']} of {event['cohort']}"])
    text = browser.evaluate("document.body.textContent")
    total = f"{size(sum(event['bytes_up'] for event in rounds))} up and {size(sum(event['bytes_down'] for event in rounds))} down"
    if rounds and total not in text:
        faults.append(f"figures: the page does not say that {total} moved")
    failed = next((event for event in told if event["event"] == "failed"), None)
    if failed and failed["reason"][1:] not in text:
        faults.append("figures: the page does not say why the run failed")
    finished = next((event for event in told if event["event"] == "finished"), None)
    if finished:
        faults += compare_outcome(browser, finished, tables)
    return faults


def compare_outcome(browser, finished, tables):
    faults = []

    def same(what, found, wanted):
        if found != wanted:
            faults.append(f"figures: {what}: the page says {found}, the record {wanted}")

    verdict = browser.evaluate("document.querySelector('.verdict').textContent")
    if finished.get("metrics"):
        figures = [f"{TITLES.get(name, name.replace('-', ' '))} {metric(value)}"
                   for name, value in finished["metrics"].items()]
        if not any(verdict.endswith(figure) for figure in figures):
            faults.append(f"figures: the verdict “{verdict}” is none of {figures}")
        headline = next(name for name, value in finished["metrics"].items()
                        if verdict.endswith(f"{TITLES.get(name, name.replace('-', ' '))} {metric(value)}"))
        sites = tables.get("Each participant", [])
        if finished["sites"] and not sites:
            faults.append("figures: no table of participants")
        for row in sites[1:-1]:
            cells = dict(zip(sites[0], row))
            models = finished["sites"][cells["participant"]]
            for model in ["alone", "federated", "pooled"]:
                if model in cells:
                    same(f"{cells['participant']}, {model}", cells[model],
                         metric(models.get(model, {}).get(headline)))
    matrix = finished.get("confusion") if finished["held_out_rows"] else None
    if matrix and len(matrix) == 2:
        rows = tables["Confusion matrix"]
        same("confusion", [row[1:] for row in rows[1:]],
             [[f"{matrix[1][1]:,}", f"{matrix[0][1]:,}"], [f"{matrix[1][0]:,}", f"{matrix[0][0]:,}"]])
    elif matrix and len(matrix) <= 12:
        same("confusion", [row[1:-1] for row in tables["Confusion matrix"][1:]],
             [[f"{count:,}" for count in row] for row in matrix])
    bands = [band for band in finished.get("calibration", []) if band["rows"]]
    if bands:
        same("calibration", [row[1:4] for row in tables["Calibration"][1:]],
             [[f"{band['rows']:,}", fixed(100 * band["confidence"] / band["rows"], 1) + "\u00a0%",
               fixed(100 * band["hits"] / band["rows"], 1) + "\u00a0%"] for band in bands])
    if "residuals" in finished:
        shown = sum(int(row[1].replace(",", "")) for row in tables["Errors of prediction"][1:])
        rows = sum(finished["residuals"]["counts"])
        if not 0.98 * rows <= shown <= rows:
            faults.append(f"figures: residuals of {shown} rows, of {rows}")
    if finished["model_sha256"] not in browser.evaluate("document.querySelector('footer').textContent"):
        faults.append("figures: the footer names another model")
    return faults
