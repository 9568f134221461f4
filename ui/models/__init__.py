"""Item models over the node: what the views show, fetched in pages and never edited by a click."""
