local actions = {}
actions["look-again"] = { ["iconClass"] = "fa fa-fw fa-sync", ["displayName"] = "Look at the store again" }
return actions
