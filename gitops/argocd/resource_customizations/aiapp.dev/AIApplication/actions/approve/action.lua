-- The approval is for the step of this rollout alone.
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
local rollout = obj.status.rollout
obj.metadata.annotations["aiapp.dev/approve"] = rollout.id .. "/" .. rollout.step
return obj
