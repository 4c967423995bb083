if obj.spec.serving.stopped == true then
  obj.spec.serving.stopped = false
  return obj
end
-- It was stopped by autoStopAfterSeconds. Every new value of the annotation starts it, and the resourceVersion is new
-- after every change.
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["aiapp.dev/start-at"] = obj.metadata.resourceVersion
return obj
