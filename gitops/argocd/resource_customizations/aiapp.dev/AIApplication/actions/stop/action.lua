obj.spec.serving.stopped = true
return obj
