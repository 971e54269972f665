"""Small studies of every kind, made of numbers drawn from a seed: what `script/report-check` runs."""

import csv
import json
import os
import random
import shutil
import struct
import subprocess

FORTY = "the-regional-hospital-of-saint-catherine"
HOSTILE = "\"><img src=x onerror=alert(1)>"

BINARY = """
task: classification
name: binary
data: {participants: {north: north.csv, south: south.csv, west: west.csv}, label: ill, test: 0.4}
model: logistic
training: {learning-rate: 0.2, batch-size: 16}
federation: {rounds: 12}
evaluation: {metrics: [auc, accuracy, balanced-accuracy, f1, loss]}
"""
CLASSES = """
task: classification
name: classes
data: {file: north.csv, label: ward, exclude: [ill, stay], partition: {kind: dirichlet, alpha: 0.5, participants: 5}, test: 0.3}
model: softmax
training: {learning-rate: 0.2, batch-size: 16}
federation: {rounds: 8, cohort: 3}
evaluation: {metrics: [accuracy, loss], every: 2}
"""
NUMBERS = """
task: regression
name: numbers
data: {participants: {north: north.csv, south: south.csv, west: west.csv}, label: stay, exclude: [ill, ward], test: 0.3}
model: linear
training: {learning-rate: 0.05, batch-size: 16}
federation: {rounds: 10}
evaluation: {metrics: [rmse, mae, r2, loss]}
"""
IMAGES = """
task: classification
name: images
data: {images: images.idx, labels: labels.idx, partition: {kind: iid, participants: 4}, test: 0.3}
model: {kind: cnn, layers: [{kind: convolution, channels: 4, kernel: 3, padding: 1}, relu, max-pooling]}
training: {learning-rate: 0.1, batch-size: 16}
federation: {rounds: 3}
evaluation: {metrics: [accuracy, loss]}
"""


def table(folder, name, rows, seed, shift):
    coins = random.Random(seed)
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write("age,pulse,pressure,ill,ward,stay\n")
        for _ in range(rows):
            age, pulse, pressure = coins.gauss(60 + shift, 12), coins.gauss(80, 10), coins.gauss(130, 15)
            risk = 0.08 * (age - 60) + 0.05 * (pulse - 80) + coins.gauss(0, 1)
            ward = ["medicine", "surgery", "intensive", "outpatient"][min(3, max(0, int(risk + 2 + coins.gauss(0, 0.5))))]
            stay = max(0, 5000 + 800 * risk + 20 * (pressure - 130) + coins.gauss(0, 400))
            file.write(f"{age:.1f},{pulse:.1f},{pressure:.1f},{'yes' if risk > 0 else 'no'},{ward},{stay:.0f}\n")


def images(folder, count=240, side=8):
    """Stripes across, stripes down, or a bright corner, under noise; IDX files (yann.lecun.com/exdb/mnist)."""
    coins = random.Random(3)
    labels = bytes(image % 3 for image in range(count))
    pixels = bytearray()
    for label in labels:
        for row in range(side):
            for column in range(side):
                bright = [row % 2 == 0, column % 2 == 0, row < 4 and column < 4][label]
                pixels.append(coins.randrange(150) + (100 if bright else 0))
    with open(os.path.join(folder, "images.idx"), "wb") as file:
        file.write(struct.pack(">IIII", 0x803, count, side, side) + pixels)
    with open(os.path.join(folder, "labels.idx"), "wb") as file:
        file.write(struct.pack(">II", 0x801, count) + labels)


class Studies:
    """Runs of studies in a folder. Each method makes one and returns the run's folder."""

    def __init__(self, atoll, folder):
        self.atoll, self.folder = atoll, folder
        for seed, (name, rows, shift) in enumerate([("north", 400, 0), ("south", 160, 6), ("west", 60, -8)]):
            table(folder, f"{name}.csv", rows, seed, shift)
        images(folder)

    def run(self, name, task, *arguments, status=0):
        path = os.path.join(self.folder, name + ".yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(task)
        run = os.path.join(self.folder, name)
        ended = subprocess.run([self.atoll, "run", path, "--out", run, "--quiet", *arguments],
                               capture_output=True, text=True)
        if ended.returncode != status:
            raise SystemExit(f"error: atoll run {name} ended with {ended.returncode}: {ended.stderr}")
        return run

    def report(self, run):
        subprocess.run([self.atoll, "report", run], check=True, stdout=subprocess.DEVNULL)
        return run

    # The four kinds.

    def binary(self):
        return self.run("binary", BINARY)

    def classes(self):
        return self.run("classes", CLASSES)

    def numbers(self):
        return self.run("numbers", NUMBERS)

    def images(self):
        return self.run("images", IMAGES)

    # What is unusual.

    def hostile(self):
        """Names that are markup, or forty letters long."""
        path = os.path.join(self.folder, "hostile.csv")
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["</script><script>alert(1)</script>", "pulse", "<b onclick=alert(2)>ill</b>", "site"])
            for name, site in [("north", HOSTILE), ("south", FORTY)]:
                with open(os.path.join(self.folder, name + ".csv"), encoding="utf-8") as table:
                    for row in csv.DictReader(table):
                        ill = "</td><svg onload=alert(3)>" if row["ill"] == "yes" else "no & nothing"
                        writer.writerow([row["age"], row["pulse"], ill, site])
        return self.run("hostile", """
task: classification
name: hostile
data:
  file: hostile.csv
  label: <b onclick=alert(2)>ill</b>
  partition: {kind: column, column: site}
  exclude: [site]
model: logistic
federation: {rounds: 3}
""")

    def single(self):
        """One participant, one round, nothing to compare with."""
        return self.run("single", BINARY, "--set", "data={file: west.csv, label: ill}", "--set", "data.partition={kind: iid, participants: 1}",
                        "--set", "federation.rounds=1", "--set", "evaluation.baselines=[]")

    def hundred(self):
        """A hundred participants, some of whom are asked."""
        table(self.folder, "many.csv", 4000, 9, 0)
        return self.run("hundred", BINARY, "--set", "data={file: many.csv, label: ill, exclude: [ward, stay]}",
                        "--set", "data.partition={kind: dirichlet, alpha: 1, participants: 100}",
                        "--set", "federation.cohort=0.2", "--set", "federation.rounds=6", "--set", "evaluation.metrics=[accuracy, loss]")

    def dozen(self):
        """Twelve participants, as many as are drawn one by one."""
        return self.run("dozen", CLASSES, "--set", "data.partition.participants=12", "--set", "data.partition.alpha=5",
                        "--set", "federation.cohort=1.0")

    def failed(self):
        """A run that diverges."""
        return self.run("failed", NUMBERS, "--set", "training.learning-rate=0.05", "--set", "federation.rounds=60",
                        "--set", "training.batch-size=4", "--set", "training.optimizer={kind: sgd, momentum: 0.99}", status=1)

    def untested(self):
        """No rows held out."""
        return self.run("untested", BINARY, "--set", "data.test=0", "--set", "evaluation.baselines=[]")

    def long(self, run, rounds=10_000):
        """The record of a run, stretched to very many rounds."""
        long = os.path.join(self.folder, "long")
        shutil.copytree(run, long)
        coins = random.Random(5)
        with open(os.path.join(run, "events.jsonl"), encoding="utf-8") as file:
            told = [json.loads(line) for line in file]
        first, last = told[0], told[-1]
        with open(os.path.join(long, "events.jsonl"), "w", encoding="utf-8") as file:
            for number in range(1, rounds + 1):
                event = dict(first, round=number)
                event["metrics"] = {name: value * (0.8 + 0.2 * number / rounds) + coins.gauss(0, 0.002)
                                    for name, value in first["metrics"].items()}
                file.write(json.dumps(event) + "\n")
            file.write(json.dumps(dict(last, rounds=rounds, model_round=rounds)) + "\n")
        path = os.path.join(long, "manifest.json")
        with open(path, encoding="utf-8") as file:
            manifest = json.load(file)
        records = manifest["exchanges"]
        trains = next(record for record in records if record["query"].startswith("train-"))
        for number in range(1, rounds + 1):
            report = {"round": number, "participants": 3, "cohort": 3, "bytesUp": 1, "bytesDown": 1}
            away = coins.random() < 0.1
            records.append(dict(trains, exchange=len(records), round=report,
                                contributors=trains["contributors"][1:] if away else trains["contributors"]))
        with open(path, "w", encoding="utf-8") as file:
            json.dump(manifest, file)
        return self.report(long)
