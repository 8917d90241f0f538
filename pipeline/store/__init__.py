"""Everything about Qdrant: payloads, points, requests, the collection. Importing this package loads no Qdrant."""
