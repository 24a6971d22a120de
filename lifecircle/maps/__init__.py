"""Maps to build on, in folium: coverage and gaps by zone, isochrones. `report.html` has its own.

Names from the data go into a map only as escaped properties of GeoJSON features, and as inert text
in captions and legends; folium's other ways to show text would run code that hides in a name.
"""
