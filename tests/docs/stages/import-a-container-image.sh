. $STAGES/common.sh
# Images for both architectures, by hand: nothing runs on simulated nodes.
pushed() {
  PYTHONPATH=. python - <<'END'
import os
from pathlib import Path
from tests.support.images import multi
from tests.support.registries import Registry
registry = Registry(os.environ["REGISTRY"], Path())
for tag in ("1.0", "1.1"):
    registry.push("team/detector", multi("amd64", "arm64/v8", run={"Cmd": [tag], "ExposedPorts": {"8080/tcp": {}}}), tag)
END
}
sandbox simulated registry && installed && operator && pushed &&
  placeholder "registry.example.com/team/detector:1.0}" "$REGISTRY/team/detector:1.0, plainHttp: true}" && # it has no TLS
  placeholder registry.example.com "$REGISTRY" &&
  { command -v skopeo >/dev/null || apt-get install -qqy --no-install-recommends skopeo >/dev/null; }
skopeo() {
  command skopeo "$1" --src-tls-verify=false --dest-tls-verify=false "${@:2}"
}
