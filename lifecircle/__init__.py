"""Who can walk to what: coverage of services within minutes on foot, zone by zone.

Every step of the command is a function here. Names are loaded when first used, so that the command
starts at once.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from lifecircle.version import VERSION

if TYPE_CHECKING:
    from lifecircle.accessibility import (
        facilities_within,
        nearest_facilities,
        origin_destination,
    )
    from lifecircle.analysis import Analysis
    from lifecircle.catchment import catchments
    from lifecircle.choices import sensitivity
    from lifecircle.contours import isochrones
    from lifecircle.curves import coverage_curves, curve, near_misses
    from lifecircle.datum import gcj02_from_wgs84, wgs84_from_gcj02
    from lifecircle.definitions import Definition
    from lifecircle.distributed import analyse_on
    from lifecircle.errors import BrokenIdentityError, CRSError, InputError, LifecircleError
    from lifecircle.explanation import Explanation, explain
    from lifecircle.facility_lists import FacilityComparison, compare_facilities
    from lifecircle.findings import Finding, Layer
    from lifecircle.graphs import from_networkx, to_networkx
    from lifecircle.instant_rates import Baseline, baseline, rates_if
    from lifecircle.intake import check_layers
    from lifecircle.maps.gaps import gap_map
    from lifecircle.maps.isochrones import isochrone_map
    from lifecircle.maps.offline import save_offline
    from lifecircle.maps.zones import coverage_map
    from lifecircle.network import StreetNetwork
    from lifecircle.norms import supply
    from lifecircle.pipeline import analyse
    from lifecircle.printing import Printed, PrintOptions, print_run, service_map, write_maps
    from lifecircle.project.tables import Project
    from lifecircle.provision import presence
    from lifecircle.rates import coverage
    from lifecircle.reach import buffered_isochrones, reached_edges
    from lifecircle.reading import read_demand, read_facilities, read_standard, read_zones
    from lifecircle.runs import open_run, write
    from lifecircle.sample import SampleCity, sample_city
    from lifecircle.sample_data import monaco_project
    from lifecircle.sample_files import write_sample
    from lifecircle.scenario import what_if
    from lifecircle.snapping import snap
    from lifecircle.standards import Service, Standard
    from lifecircle.streets import read_network
    from lifecircle.tiers import completeness
    from lifecircle.travel import TravelTime, travel_time

__version__ = VERSION

_MODULES = {
    "Analysis": "analysis",
    "Baseline": "instant_rates",
    "BrokenIdentityError": "errors",
    "CRSError": "errors",
    "Definition": "definitions",
    "Explanation": "explanation",
    "FacilityComparison": "facility_lists",
    "Finding": "findings",
    "InputError": "errors",
    "Layer": "findings",
    "LifecircleError": "errors",
    "PrintOptions": "printing",
    "Printed": "printing",
    "Project": "project.tables",
    "SampleCity": "sample",
    "Service": "standards",
    "Standard": "standards",
    "StreetNetwork": "network",
    "TravelTime": "travel",
    "analyse": "pipeline",
    "analyse_on": "distributed",
    "baseline": "instant_rates",
    "buffered_isochrones": "reach",
    "catchments": "catchment",
    "check_layers": "intake",
    "compare_facilities": "facility_lists",
    "completeness": "tiers",
    "coverage": "rates",
    "coverage_curves": "curves",
    "coverage_map": "maps.zones",
    "curve": "curves",
    "explain": "explanation",
    "facilities_within": "accessibility",
    "from_networkx": "graphs",
    "gap_map": "maps.gaps",
    "gcj02_from_wgs84": "datum",
    "isochrone_map": "maps.isochrones",
    "isochrones": "contours",
    "monaco_project": "sample_data",
    "near_misses": "curves",
    "nearest_facilities": "accessibility",
    "open_run": "runs",
    "origin_destination": "accessibility",
    "presence": "provision",
    "rates_if": "instant_rates",
    "reached_edges": "reach",
    "print_run": "printing",
    "read_demand": "reading",
    "read_facilities": "reading",
    "read_network": "streets",
    "read_standard": "reading",
    "read_zones": "reading",
    "sample_city": "sample",
    "save_offline": "maps.offline",
    "sensitivity": "choices",
    "service_map": "printing",
    "snap": "snapping",
    "supply": "norms",
    "to_networkx": "graphs",
    "travel_time": "travel",
    "wgs84_from_gcj02": "datum",
    "what_if": "scenario",
    "write": "runs",
    "write_maps": "printing",
    "write_sample": "sample_files",
}

__all__ = [
    "Analysis",
    "Baseline",
    "BrokenIdentityError",
    "CRSError",
    "Definition",
    "Explanation",
    "FacilityComparison",
    "Finding",
    "InputError",
    "Layer",
    "LifecircleError",
    "PrintOptions",
    "Printed",
    "Project",
    "SampleCity",
    "Service",
    "Standard",
    "StreetNetwork",
    "TravelTime",
    "analyse",
    "analyse_on",
    "baseline",
    "buffered_isochrones",
    "catchments",
    "check_layers",
    "compare_facilities",
    "completeness",
    "coverage",
    "coverage_curves",
    "coverage_map",
    "curve",
    "explain",
    "facilities_within",
    "from_networkx",
    "gap_map",
    "gcj02_from_wgs84",
    "isochrone_map",
    "isochrones",
    "monaco_project",
    "near_misses",
    "nearest_facilities",
    "open_run",
    "origin_destination",
    "presence",
    "print_run",
    "rates_if",
    "reached_edges",
    "read_demand",
    "read_facilities",
    "read_network",
    "read_standard",
    "read_zones",
    "sample_city",
    "save_offline",
    "sensitivity",
    "service_map",
    "snap",
    "supply",
    "to_networkx",
    "travel_time",
    "wgs84_from_gcj02",
    "what_if",
    "write",
    "write_maps",
    "write_sample",
]


def __getattr__(name: str) -> object:
    """The public name, from the module it stands in."""
    if name not in _MODULES:
        raise AttributeError(name)
    value: object = getattr(importlib.import_module(f"lifecircle.{_MODULES[name]}"), name)
    globals()[name] = value
    return value
