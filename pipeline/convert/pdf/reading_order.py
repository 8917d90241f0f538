"""Column-aware order of the clusters of a scanned page, by recursive cuts along white space (XY-cut)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from docling.datamodel.base_models import Cluster

GUTTER_POINTS = 6.0
MAX_DEPTH = 12


def column_order(clusters: Sequence[Cluster], depth: int = 0) -> list[Cluster]:
    """Clusters with each column read to its end before the next one begins."""
    if len(clusters) < 2 or depth > MAX_DEPTH:
        return sorted(clusters, key=lambda cluster: (cluster.bbox.t, cluster.bbox.l))
    columns = _split(clusters, lambda c: c.bbox.l, lambda c: c.bbox.r, GUTTER_POINTS)
    if len(columns) > 1:
        return [cluster for column in columns for cluster in column_order(column, depth + 1)]
    bands = _split(clusters, lambda c: c.bbox.t, lambda c: c.bbox.b, 0.0)
    if len(bands) > 1:
        return [
            cluster
            for group in _bands_with_common_gutter(bands)
            for cluster in (column_order(group, depth + 1) if len(group) > 1 else group)
        ]
    return sorted(clusters, key=lambda cluster: (cluster.bbox.t, cluster.bbox.l))


def _split(
    clusters: Sequence[Cluster],
    start: Callable[[Cluster], float],
    end: Callable[[Cluster], float],
    min_gap: float,
) -> list[list[Cluster]]:
    """Groups of clusters with at least `min_gap` points of white space between them, in order."""
    ordered = sorted(clusters, key=lambda cluster: (start(cluster), end(cluster)))
    parts, reach = [[ordered[0]]], end(ordered[0])
    for cluster in ordered[1:]:
        if start(cluster) >= reach + min_gap:
            parts.append([])
        parts[-1].append(cluster)
        reach = max(reach, end(cluster))
    return parts


def _bands_with_common_gutter(bands: Sequence[list[Cluster]]) -> list[list[Cluster]]:
    """Consecutive bands joined as long as one vertical gutter runs through all of them."""
    groups: list[list[Cluster]] = []
    for band in bands:
        joined = [*groups[-1], *band] if groups else band
        if groups and len(_split(joined, lambda c: c.bbox.l, lambda c: c.bbox.r, GUTTER_POINTS)) > 1:
            groups[-1] = joined
        else:
            groups.append(list(band))
    return groups
