"""Pictures as shapes with coordinates: pure; templates make SVG of them."""
