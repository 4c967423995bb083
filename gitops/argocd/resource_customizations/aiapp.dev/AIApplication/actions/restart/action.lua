-- Every new value of the annotation is a request, and the resourceVersion is new after every change.
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["aiapp.dev/restart-at"] = obj.metadata.resourceVersion
return obj
