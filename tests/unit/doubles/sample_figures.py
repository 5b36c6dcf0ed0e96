"""Figures as an agent gives them: a forecast with its range, and a column of each type."""

from typing import Any

FORECAST: dict[str, Any] = {
    "title": "Amazon S3: cost by month, and forecast",
    "columns": [
        {"key": "month", "label": "Month", "type": "month"},
        {"key": "cost", "label": "Effective cost", "type": "money", "currency": "USD"},
        {"key": "low", "label": "At least", "type": "money", "currency": "USD"},
        {"key": "high", "label": "At most", "type": "money", "currency": "USD"},
        {"key": "share", "label": "Share", "type": "percent"},
        {"key": "runs", "label": "Runs", "type": "number"},
        {"key": "day", "label": "Dearest day", "type": "date"},
        {"key": "note", "label": "Note", "type": "text"},
    ],
    "rows": [
        {"month": "2026-10", "cost": "2414.54", "share": "12.5", "runs": 31, "day": "2026-10-21", "note": "Überblick"},
        {"month": "2026-11", "cost": "-0.10", "low": None, "high": None, "share": 1.5, "runs": "2"},
        {"month": "2026-12", "cost": "2500.00", "low": "2400.00", "high": "2600.00"},
    ],
    "total": {"month": "Total", "cost": "4914.44"},
    "chart": {
        **{"kind": "line", "x": "month", "y": "cost", "low": "low", "high": "high"},
        **{"partial": "2026-11", "forecastFrom": "2026-12"},
    },
}
