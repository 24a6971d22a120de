"""Write a synthetic city as files: `python scripts/sample_city.py --nodes 1000000 --out city`.

What a planner would have: an OSM extract, zones, people, facilities, a standard and a project file,
for `lifecircle run city/project.toml`.
"""

import argparse
from pathlib import Path

from lifecircle.sample import city
from lifecircle.sample_files import write_sample


def main() -> None:
    """Write it, and say where."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--services", type=int, default=8)
    parser.add_argument("--out", type=Path, default=Path("city"))
    options = parser.parse_args()
    made = city(nodes=options.nodes, seed=options.seed, services=options.services)
    print(write_sample(made, options.out))


if __name__ == "__main__":
    main()
