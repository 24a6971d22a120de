"""The network as a sparse matrix, for the searches of libraries."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from lifecircle.network import StreetNetwork


def adjacency(network: StreetNetwork) -> sparse.csr_array:
    """Metres at the network's speed from each row's node to each column's; of parallel the least.

    Built by sorting, since SciPy's own conversion would add parallel edges together. A street of
    length zero stays as an explicit zero; what is closed has no entry.
    """
    n = len(network.lon)
    rows = np.concatenate([network.u, network.v])
    columns = np.concatenate([network.v, network.u])
    metres = np.concatenate([network.forward_m, network.backward_m])
    passable = np.isfinite(metres)
    if not passable.all():
        rows, columns, metres = rows[passable], columns[passable], metres[passable]
    order = np.lexsort((metres, columns, rows))
    rows, columns, metres = rows[order], columns[order], metres[order]
    first = np.ones(len(rows), dtype=bool)
    first[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    rows, columns, metres = rows[first], columns[first], metres[first]
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n))])
    return sparse.csr_array((metres, columns, starts), shape=(n, n))
