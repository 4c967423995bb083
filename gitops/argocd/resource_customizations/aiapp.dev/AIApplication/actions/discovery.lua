local serving = (obj.spec or {}).serving
local status = obj.status or {}
local stopped = serving ~= nil and serving.stopped == true

local auto_stopped = false
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "Ready" and condition.reason == "AutoStopped" then
    auto_stopped = true
  end
end

-- Steps that wait for a person or for their time, and those that failed, which may be tried again.
local waits = { Paused = true, AwaitingApproval = true, Failed = true, RolledBack = true }
local rollout = status.rollout or {}

local actions = {}
actions["stop"] = {
  ["disabled"] = serving == nil or stopped,
  ["iconClass"] = "fa fa-fw fa-stop",
  ["displayName"] = "Stop",
}
actions["resume"] = {
  ["disabled"] = not (stopped or auto_stopped),
  ["iconClass"] = "fa fa-fw fa-play",
  ["displayName"] = "Start again",
}
actions["restart"] = {
  ["disabled"] = serving == nil or stopped or auto_stopped,
  ["iconClass"] = "fa fa-fw fa-redo",
  ["displayName"] = "Replace the pods",
}
actions["approve"] = {
  ["disabled"] = waits[rollout.state] == nil,
  ["iconClass"] = "fa fa-fw fa-forward",
  ["displayName"] = "Go on with the rollout",
}
return actions
