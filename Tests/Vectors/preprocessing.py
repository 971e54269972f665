"""Writes preprocessing.json: what scikit-learn makes of a small table with missing values.

Origin: scikit-learn's SimpleImputer, StandardScaler, MinMaxScaler, RobustScaler and OneHotEncoder, in pipelines.
Run: pip install scikit-learn==1.9.1 && python preprocessing.py > preprocessing.json
"""
import json
import numpy as np
import sklearn
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, RobustScaler, StandardScaler

coins = np.random.RandomState(5)
rows = 61
numbers = {
    "weight": coins.normal(70, 12, rows),
    "visits": coins.randint(-3, 40, rows).astype(float),
    "year": 2000 + coins.normal(0, 0.7, rows),
    "dose": coins.lognormal(-9, 3, rows),
    "same": np.full(rows, 0.1),
}
for share, name in [(0.2, "weight"), (0.3, "visits"), (0.1, "year"), (0.05, "dose")]:
    numbers[name][coins.rand(rows) < share] = np.nan
numbers["visits"][:20] = np.nan  # a whole site without a value
colours = coins.choice(["red", "green", "blue"], rows, p=[0.2, 0.5, 0.3]).astype(object)
colours[coins.rand(rows) < 0.2] = None

scalers = {"standard": StandardScaler, "min-max": MinMaxScaler, "robust": RobustScaler}
imputers = {
    "mean": dict(strategy="mean"),
    "median": dict(strategy="median"),
    "most-frequent": dict(strategy="most_frequent"),
    "constant": dict(strategy="constant", fill_value=-7.5),
}


def parameters(scaler):
    if isinstance(scaler, StandardScaler):
        return float(scaler.mean_[0]), float(scaler.scale_[0])
    if isinstance(scaler, MinMaxScaler):
        return float(scaler.data_min_[0]), float(1 / scaler.scale_[0])
    return float(scaler.center_[0]), float(scaler.scale_[0])


cases = []
for missing, arguments in imputers.items():
    for scale, make in scalers.items():
        case = {"missing": missing, "scale": scale, "numbers": {}}
        for name, values in numbers.items():
            pipeline = make_pipeline(SimpleImputer(**arguments), make())
            output = pipeline.fit_transform(values.reshape(-1, 1))[:, 0]
            offset, divisor = parameters(pipeline[1])
            case["numbers"][name] = {
                "fill": float(pipeline[0].statistics_[0]),
                "offset": offset,
                "divisor": divisor,
                "output": output.tolist(),
            }
        fill = dict(strategy="constant", fill_value="missing") if missing == "constant" else dict(strategy="most_frequent")
        for drop in [None, "first"]:
            encoder = OneHotEncoder(drop=drop, handle_unknown="ignore", sparse_output=False)
            pipeline = make_pipeline(SimpleImputer(missing_values=None, **fill), encoder)
            output = pipeline.fit_transform(colours.reshape(-1, 1))
            case["one-hot" if drop is None else "drop-first"] = {
                "names": [name.replace("x0_", "colour=") for name in encoder.get_feature_names_out()],
                "output": output.tolist(),
            }
        cases.append(case)

print(json.dumps({
    "origin": f"scikit-learn {sklearn.__version__}, numpy {np.__version__}; Tests/Vectors/preprocessing.py",
    "sites": [20, 34, 7],
    "numbers": {name: [None if np.isnan(v) else float(v) for v in values] for name, values in numbers.items()},
    "colour": colours.tolist(),
    "cases": cases,
}))
