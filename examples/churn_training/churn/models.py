"""Training and examining models: what needs scikit-learn is here, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from churn.customers import load
from churn.registry import best, champion_of, gain

FOLDS = 5


def train(candidate: dict[str, Any], number: int, seed: int, folder: str) -> dict[str, Any]:
    """Fit one candidate, and say how well it does on customers that it was not fitted to.

    The number is the mean area under the ROC curve of a cross-validation: the held-out customers
    are kept for the one candidate that wins by it.
    """
    seen, churned = load(folder, "training")
    model = build(candidate, seed)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    scores = cross_val_score(model, seen, churned, cv=folds, scoring="roc_auc")
    model.fit(seen, churned)
    path = Path(folder) / f"{number}.joblib"
    joblib.dump({"name": candidate["name"], "model": model}, path)
    return {
        "name": candidate["name"],
        "path": str(path),
        "auc": round(float(scores.mean()), 4),
        "spread": round(float(scores.std()), 4),
    }


def build(candidate: dict[str, Any], seed: int) -> Pipeline:
    """A model that takes customers as mappings: it brings its own preparation with it."""
    settings = candidate.get("settings", {})
    match candidate["kind"]:
        case "logistic":
            last = LogisticRegression(max_iter=1000, **settings)
        case "forest":
            last = RandomForestClassifier(random_state=seed, **settings)
        case "boosting":
            last = GradientBoostingClassifier(random_state=seed, **settings)
        case "neighbours":
            last = KNeighborsClassifier(**settings)
        case other:
            raise ValueError(f"there is no kind of model {other!r}")
    return make_pipeline(DictVectorizer(sparse=False), StandardScaler(), last)


def evaluate(candidates: list[dict[str, Any]], folder: str) -> dict[str, Any]:
    """The best candidate's marks on the held-out customers, beside those of a constant answer."""
    challenger = best(candidates)
    seen, churned = load(folder, "held_out")
    model = joblib.load(challenger["path"])["model"]
    stay = churned.count(False) / len(churned)
    return {
        "name": challenger["name"],
        "path": challenger["path"],
        "auc": _auc(model, seen, churned),
        "accuracy": round(float(accuracy_score(churned, model.predict(seen))), 4),
        "baseline_accuracy": round(max(stay, 1 - stay), 4),
    }


def compare(challenger: dict[str, Any], folder: str, models: str) -> dict[str, Any]:
    """The champion's mark on the same customers, and what the challenger would gain."""
    path = champion_of(models)
    if not path.exists():
        return {"champion": None, "auc": None, "gain": gain(challenger["auc"], None)}
    champion = joblib.load(path)
    auc = _auc(champion["model"], *load(folder, "held_out"))
    return {"champion": champion["name"], "auc": auc, "gain": gain(challenger["auc"], auc)}


def _auc(model: Pipeline, seen: list[dict[str, Any]], churned: list[bool]) -> float:
    return round(float(roc_auc_score(churned, model.predict_proba(seen)[:, 1])), 4)
