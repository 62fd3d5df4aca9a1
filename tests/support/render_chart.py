"""Runs in the tools' environment: lints and renders a chart with Helm's own engine.

    python render_chart.py CHART < values.json   ->   {"messages": […], "errors": […], "manifests": {file: text}}
"""

import json
import sys

import helm_python

values = json.load(sys.stdin)
report = helm_python.lint(sys.argv[1], values, strict=True)
with helm_python.Chart.load(sys.argv[1]) as chart:
    try:
        chart.validate_schema(values)
        report["manifests"] = chart.render(values, name="imh", namespace="production")
    except helm_python.HelmError as error:
        report["refused"] = str(error)
print(json.dumps(report))
