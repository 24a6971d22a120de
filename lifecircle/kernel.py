"""The search itself: from targets outward, against the direction of travel, in order of distance.

Dial's bucket queue: junctions wait in buckets as wide as `width_m`, each in the one that its metres
call for; one that waits with more metres than it has by now is passed over. What shrinks within
the bucket at hand is looked at again, so that every distance is exact whatever the width.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lifecircle.chains import Arcs, Floats, Int32s
from lifecircle.compiled import compiled

NOBODY = -1
REACHED, QUEUED = 0, 1


class Front(NamedTuple):
    """How far a search has come.

    Of each junction the `metres` to the nearest target and its `owner`; `reached` are the junctions
    in the order they were first come to. `bucket` is the last who came to wait in each bucket,
    `waiting` the junctions that wait, `behind` who came to the bucket before each of them.
    """

    metres: Floats
    owner: Int32s
    reached: Int32s
    bucket: Int32s
    waiting: Int32s
    behind: Int32s


class Seeds(NamedTuple):
    """Where a search starts: junctions, the metres already made there, and whose they are."""

    junction: Int32s
    metres: Floats
    owner: Int32s


@compiled
def new_front(junctions: int, limit_m: float, width_m: float) -> Front:
    """Nothing reached yet."""
    return Front(
        np.full(junctions, np.inf),
        np.full(junctions, NOBODY, np.int32),
        np.empty(junctions, np.int32),
        np.full(int(limit_m / width_m) + 2, NOBODY, np.int32),
        np.empty(junctions + 16, np.int32),
        np.empty(junctions + 16, np.int32),
    )


@compiled
def spread(arcs: Arcs, front: Front, seeds: Seeds, limit_m: float, width_m: float) -> int:
    """Search from the seeds as far as the limit; how many junctions were reached.

    Of equally near targets the lowest is the owner, in whatever order they are come to.
    """
    metres, owner, reached, bucket, waiting, behind = front
    here, whose, first, stop = 0.0, NOBODY, 0, len(seeds.junction)
    goals, lengths, seeding = seeds.junction, seeds.metres, True
    count = used = place = 0
    per_metre = 1.0 / width_m
    while True:
        if used + stop - first > len(waiting):
            more = np.empty(used + stop - first, np.int32)
            waiting, behind = np.append(waiting, more), np.append(behind, more)
        for arc in range(first, stop):
            goal, way = goals[arc], here + lengths[arc]
            if seeding:
                whose = seeds.owner[arc]
            if not (way <= limit_m and way <= metres[goal]):
                continue
            if way == metres[goal] and whose >= owner[goal]:
                continue
            if metres[goal] == np.inf:
                reached[count] = goal
                count += 1
            metres[goal], owner[goal] = way, whose
            ahead = int(way * per_metre)
            waiting[used], behind[used], bucket[ahead] = goal, bucket[ahead], used
            used += 1
        while place < len(bucket) and bucket[place] == NOBODY:
            place += 1
        if place == len(bucket):
            return count
        junction = waiting[bucket[place]]
        bucket[place] = behind[bucket[place]]
        here, whose = metres[junction], owner[junction]
        first, stop = arcs.start[junction], arcs.start[junction + 1]
        goals, lengths, seeding = arcs.origin, arcs.metres, False
        if int(here * per_metre) < place:
            stop = first
