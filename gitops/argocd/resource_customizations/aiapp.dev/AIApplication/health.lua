local health = { status = "Progressing", message = "Waiting for the operator" }

local status = obj.status or {}
if status.observedGeneration == nil then
  return health
end
if status.observedGeneration ~= obj.metadata.generation then
  health.message = "Waiting for the operator to look at the latest change"
  return health
end

local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end
local ready = conditions.Ready
if ready == nil then
  return health
end

health.message = ready.reason
if ready.message ~= nil and ready.message ~= "" then
  health.message = ready.reason .. ": " .. ready.message
end
if conditions.Stalled ~= nil and conditions.Stalled.status == "True" then
  health.status = "Degraded"
elseif ready.reason == "AwaitingApproval" then
  health.status = "Suspended"
elseif ready.status == "True" then
  health.status = "Healthy"
  -- A sync with waves waits until nothing is Suspended any more, so there a stopped application counts as Healthy:
  -- https://github.com/argoproj/argo-cd/issues/19126
  local at_rest = { ScaledToZero = true, Stopped = true, AutoStopped = true }
  local annotations = obj.metadata.annotations or {}
  if at_rest[ready.reason] and annotations["argocd.argoproj.io/sync-wave"] == nil then
    health.status = "Suspended"
  end
end
return health
