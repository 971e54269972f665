"""Makes metrics.json: the metrics of scikit-learn for small sets of predictions.

    pip install numpy==2.4.6 scikit-learn==1.9.1
    python3 Tests/Vectors/metrics.py > Tests/Vectors/metrics.json

A metric that scikit-learn calls undefined (it warns and returns 0 or NaN) is null here.
"""

import json
import warnings

import numpy
import sklearn
from sklearn import metrics as m
from sklearn.exceptions import UndefinedMetricWarning

generator = numpy.random.default_rng(20240517)


def defined(function, *arguments, **options):
    """The value, or None where scikit-learn warns that it is undefined."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UndefinedMetricWarning)
        try:
            return float(function(*arguments, **options))
        except UndefinedMetricWarning:
            return None


def calibration_error(hits, confidence):
    """Σ bins |hits - confidence| / rows, the bins of sklearn.calibration.calibration_curve."""
    borders = numpy.array([k / 10 for k in range(1, 10)])
    bins = numpy.searchsorted(borders, confidence)
    sums = numpy.bincount(bins, hits - confidence, 10)
    return float(numpy.abs(sums).sum() / len(hits))


def binary(name, labels, probabilities):
    labels = numpy.asarray(labels)
    probabilities = numpy.asarray(probabilities, float)
    predicted = (probabilities > 0.5).astype(int)
    has_positives = labels.any()
    return {
        "name": name, "classes": 2, "labels": labels.tolist(), "scores": probabilities.tolist(),
        "confusion": m.confusion_matrix(labels, predicted, labels=[0, 1]).ravel().tolist(),
        "metrics": {
            "accuracy": m.accuracy_score(labels, predicted),
            "balanced-accuracy": quiet(m.balanced_accuracy_score, labels, predicted),
            "auc": defined(m.roc_auc_score, labels, probabilities),
            "average-precision": m.average_precision_score(labels, probabilities) if has_positives else None,
            "f1": m.f1_score(labels, predicted) if has_positives or predicted.any() else None,
            "log-loss": m.log_loss(labels, probabilities, labels=[0, 1]),
            "calibration-error": calibration_error(labels, probabilities),
        },
    }


def quiet(function, *arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(function(*arguments, **options))


def multiclass(name, labels, probabilities):
    labels = numpy.asarray(labels)
    probabilities = numpy.asarray(probabilities, float)
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(1)
    one_hot = numpy.eye(classes, dtype=int)[labels]
    split = [k for k in range(classes) if 0 < one_hot[:, k].sum() < len(labels)]
    occurring = [k for k in range(classes) if one_hot[:, k].any()]
    return {
        "name": name, "classes": classes, "labels": labels.tolist(), "scores": probabilities.ravel().tolist(),
        "confusion": m.confusion_matrix(labels, predicted, labels=range(classes)).ravel().tolist(),
        "metrics": {
            "accuracy": m.accuracy_score(labels, predicted),
            "balanced-accuracy": quiet(m.balanced_accuracy_score, labels, predicted),
            # scikit-learn refuses a class that does not occur; then the mean over those that do.
            "auc": m.roc_auc_score(labels, probabilities, multi_class="ovr", average="macro")
            if len(split) == classes
            else float(numpy.mean([m.roc_auc_score(one_hot[:, k], probabilities[:, k]) for k in split])),
            "average-precision": float(
                numpy.mean([m.average_precision_score(one_hot[:, k], probabilities[:, k]) for k in occurring])),
            "f1": m.f1_score(labels, predicted, average="macro"),
            "log-loss": m.log_loss(labels, probabilities, labels=range(classes)),
            "calibration-error": calibration_error((predicted == labels).astype(float), probabilities.max(1)),
        },
    }


def regression(name, targets, predictions):
    targets = numpy.asarray(targets, float)
    predictions = numpy.asarray(predictions, float)
    return {
        "name": name, "targets": targets.tolist(), "predictions": predictions.tolist(),
        "metrics": {
            "rmse": float(m.root_mean_squared_error(targets, predictions)),
            "mae": float(m.mean_absolute_error(targets, predictions)),
            "r2": float(m.r2_score(targets, predictions)) if len(set(targets.tolist())) > 1 else None,
        },
    }


def sigmoid(z):
    return 1 / (1 + numpy.exp(-z))


def softmax(z):
    e = numpy.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def logits(rows, base, spread):
    z = base + spread * generator.standard_normal(rows)
    return sigmoid(z), (generator.random(rows) < sigmoid(base + 1.5 * (z - base))).astype(int)


smooth, smooth_labels = logits(120, 0, 1.5)
tied, tied_labels = logits(150, -0.5, 1)
rare, rare_labels = logits(400, -4, 1.5)
z3 = generator.standard_normal((90, 3))
labels3 = (z3 + 1.2 * generator.standard_normal((90, 3))).argmax(1)
z5 = 3 * generator.standard_normal((60, 5))
labels5 = (z5 + 2 * generator.standard_normal((60, 5)))[:, :4].argmax(1)
targets = 50 + 10 * generator.standard_normal(80)

vectors = {
    "origin": f"scikit-learn {sklearn.__version__}, numpy {numpy.__version__}; made by metrics.py",
    "binary": [
        binary("probabilities without ties", smooth_labels, smooth),
        binary("many ties", tied_labels, numpy.round(tied, 1)),
        binary("a rare class", rare_labels, rare),
        binary("all scores equal", [0, 1, 1, 0, 1], [0.3] * 5),
        binary("zeros and ones, right and wrong", [0, 1, 0, 1, 1, 0], [0, 1, 1, 0, 1, 0]),
        binary("denormal and nearly one", [0, 1, 1, 0], [5e-324, 1 - 2**-53, 1e-300, 1 - 2**-30]),
        binary("on the borders of bins", [0, 1, 0, 1, 1, 0, 1], [0, 0.1, 0.2, 0.5, 0.7, 0.9, 1]),
        binary("perfect", [0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]),
        binary("upside down", [1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9]),
        binary("negatives only", [0, 0, 0], [0.1, 0.2, 0.3]),
        binary("negatives only, one taken for positive", [0, 0, 0], [0.1, 0.2, 0.8]),
        binary("positives only", [1, 1, 1], [0.1, 0.6, 0.3]),
        binary("one row", [1], [0.75]),
    ],
    "multiclass": [
        multiclass("three classes", labels3, softmax(z3)),
        multiclass("three classes with ties", labels3, numpy.round(softmax(z3) * 4) / 4 / numpy.maximum(
            (numpy.round(softmax(z3) * 4) / 4).sum(1, keepdims=True), 1e-9)),
        multiclass("five classes, one never true", labels5, softmax(z5)),
    ],
    "regression": [
        regression("targets around fifty", targets, targets + 3 * generator.standard_normal(80)),
        regression("worse than the mean", [1, 2, 3], [30, -20, 7]),
        regression("perfect", [1.5, -2, 0.25], [1.5, -2, 0.25]),
        regression("a constant target", [4, 4, 4], [4, 5, 3]),
        regression("one row", [2], [3]),
        regression("large numbers", targets * 1e9, targets * 1e9 + 1e7 * generator.standard_normal(80)),
    ],
}
print("{" + ",\n".join(
    json.dumps(key) + ": " + (json.dumps(value) if isinstance(value, str) else "[\n"
        + ",\n".join(json.dumps(case, ensure_ascii=False) for case in value) + "\n]")
    for key, value in vectors.items()) + "}")
