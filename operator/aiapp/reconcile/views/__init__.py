"""Views of the cluster that several reconcilers share: nodes, devices in use, the catalogue."""
