"""Geometry of the charts, one file a chart; `page/charts/` draws each under the same name."""
