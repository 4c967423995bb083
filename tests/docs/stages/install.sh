. $STAGES/common.sh
# A registry in place of the reader's; it also has the base image that comes from Docker Hub elsewhere.
sandbox real registry && placeholder registry.example.com/team "$REGISTRY/team" &&
  python - <<END &&
import os, shutil
from aiapp_sandbox.images import base, operator_image
from aiapp_sandbox.profiles import host_architecture
from aiapp_sandbox.progress import Silent
root = base.built(host_architecture(), os.environ, Silent())
from pathlib import Path
shutil.move(operator_image._base_image(Path("."), root), "base.tar")
shutil.copyfile(operator_image._libraries(root, os.environ, Silent()), "libraries.tar")
END
  export BUILDAH_ISOLATION=chroot CONTAINERS_STORAGE_CONF=$PWD/storage.conf CONTAINERS_REGISTRIES_CONF=$PWD/registries.conf &&
  cat > storage.conf <<END &&
[storage]
driver = "overlay"
graphroot = "$PWD/layers"
runroot = "$PWD/run"
END
  cat > registries.conf <<END &&
[[registry]]
location = "$REGISTRY"
insecure = true
[[registry]]
prefix = "docker.io/library/python"
location = "$REGISTRY/hub/python"
insecure = true
END
  { command -v skopeo >/dev/null || apt-get install -qqy --no-install-recommends skopeo >/dev/null; } &&
  image=$(buildah pull --quiet docker-archive:base.tar) &&
  buildah push --quiet "$image" "docker://$REGISTRY/hub/python:3.13-slim-bookworm"

skopeo() { # the registry here has no TLS
  command skopeo "$1" --dest-tls-verify=false "${@:2}"
}
