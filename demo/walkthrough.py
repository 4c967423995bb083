"""The steps of the demonstration, in the order in which a person would take them. The parts do the work."""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aiapp_sandbox import storage
from aiapp_sandbox.context import Context
from aiapp_sandbox.profiles import host_architecture
from aiapp_sandbox.state import Service
from demo import (
    cluster,
    conditions,
    fleet,
    images,
    install,
    local_operator,
    local_pod,
    network,
    package,
    serving,
)
from demo.errors import DemoError
from demo.images import Images
from demo.kubectl import Kubectl
from demo.network import Trained
from demo.pictures import drawn
from demo.rendering import ROOT, render, shown
from demo.serving import Answer, Ask
from demo.terminal import Terminal

NAMESPACE = "demo"
BUCKET = "models"
WORKSPACE = ROOT / "build/demo"
SHOWN = 6
"""Pictures that are drawn."""
WAIT_SECONDS = 240
ARM64_WAIT_SECONDS = 420
"""An emulated processor takes its time."""


Way = Callable[[str], Ask]
"""Finds how to ask an application."""


@dataclass(frozen=True)
class Demo:
    """A cluster, and what the steps share."""

    kubectl: Kubectl
    """In the namespace of the demonstration."""
    store: Service
    architectures: tuple[str, ...]
    """Of the nodes that really run pods, this machine's first; empty where none does."""
    terminal: Terminal
    workspace: Path
    """Below the repository: what is rendered refers to it."""

    @property
    def runs_pods(self) -> bool:
        """Whether any node really runs pods."""
        return bool(self.architectures)

    @property
    def has_npu_node(self) -> bool:
        """Whether the node with Ascend devices is there: for real, or simulated as all others."""
        return not self.runs_pods or "arm64" in self.architectures


def run(name: str, terminal: Terminal) -> None:
    """Everything, from nothing to predictions."""
    terminal.step("A cluster on this machine: real and simulated nodes, an object store")
    context = cluster.up(name, terminal)
    demo = on_sandbox(context, terminal)
    show_cluster(demo, context.folder.present().notes)
    built = make_images(demo, context)
    install_operator(demo, built)
    if not demo.runs_pods:
        local_operator.start(context, terminal)
    terminal.done("the operator is ready")
    trained = train_and_upload(demo)
    apply_objects(demo, built)
    serve_digits(demo, trained, _way(demo, context))
    serve_on_npu(demo, trained, _way(demo, context))
    show_fleet(demo)
    show_next(demo, name)


def on_sandbox(context: Context, terminal: Terminal) -> Demo:
    """The demonstration on a sandbox of this machine."""
    kubectl = Kubectl(context.binaries["kubectl"], context.folder.kubeconfig, NAMESPACE, terminal.command)
    architectures = cluster.architectures(context.folder)
    return Demo(kubectl, cluster.store(context.folder), architectures, terminal, WORKSPACE / context.folder.name)


def show_cluster(demo: Demo, notes: Sequence[str]) -> None:
    """The nodes, and what is not there and why."""
    demo.terminal.line(f"export KUBECONFIG={demo.kubectl.kubeconfig}")
    for note in notes:
        demo.terminal.warn(note)
    if not demo.runs_pods:
        demo.terminal.warn("no pod really runs here: what the pods would run is run as processes of this machine")
    columns = f"kubernetes.io/arch,{fleet.CHIP},{fleet.DRIVER}"
    demo.terminal.say(demo.kubectl.within("default")("get", "nodes", f"--label-columns={columns}"))


def make_images(demo: Demo, context: Context) -> Images:
    """Images of the operator and of two runtimes, in the nodes."""
    terminal = demo.terminal
    terminal.step("Images, built here: the operator and two runtimes")
    if not demo.runs_pods:
        terminal.say("None: no node would run them.")
        return images.not_built()
    with terminal.busy("building images"):
        built = images.build(demo.architectures, terminal)
    terminal.say(f"{built.cpu_runtime}: Python and scikit-learn")
    terminal.say(
        "mindspore_2.0.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64: a STAND-IN under that name. It is arm64 and has"
    )
    terminal.say("Python and numpy, but neither CANN nor MindSpore, which may not be shipped with this demonstration.")
    cluster.load(context.folder, built.archives, terminal)
    return built


def install_operator(demo: Demo, built: Images) -> None:
    """Its kinds, its rights, the runtimes, and the operator itself where pods run."""
    demo.terminal.step("The operator, from manifests/install")
    kubectl = demo.kubectl.within("default")
    install.install(kubectl, demo.workspace, built, host_architecture(), in_cluster=demo.runs_pods)


def train_and_upload(demo: Demo) -> Trained:
    """A network and its packages, in the object store."""
    terminal = demo.terminal
    terminal.step("A model, trained now on the handwritten digits of scikit-learn")
    with terminal.busy("training"):
        trained = network.train()
    terminal.done(f"accuracy in this process over {len(trained.labels)} unseen digits: {trained.accuracy:.4f}")
    folders = package.write(trained, demo.workspace / "packages")
    for application, folder in folders.items():
        with closing(storage.client(demo.store)) as client:
            for key in storage.put(client, BUCKET, f"{application}/1.0.0/", folder):
                terminal.say(f"uploaded  s3://{BUCKET}/{key}")
    return trained


def apply_objects(demo: Demo, built: Images) -> None:
    """The person's part: a Secret, two versions, two applications."""
    demo.terminal.step("kubectl apply: what a user writes")
    folder = render("objects", demo.workspace, object_values(demo.store, built))
    serving.make_namespace(demo.kubectl)
    for name in ("credentials", "digits", "digits-npu"):
        demo.terminal.say(demo.kubectl("apply", "-f", shown(folder / f"{name}.yaml")))
    demo.terminal.say((folder / "digits.yaml").read_text())


def object_values(at: Service, built: Images) -> Mapping[str, str]:
    """What is filled in in `manifests/objects`."""
    return {
        "BUCKET": BUCKET,
        "ENDPOINT": at.endpoint,
        "ACCESS_KEY": at.access_key,
        "SECRET_KEY": at.secret_key,
        "CPU_RUNTIME": built.cpu_runtime,
    }


def serve_digits(demo: Demo, trained: Trained, way: Way) -> None:
    """The application on CPU nodes: wait, ask, compare."""
    demo.terminal.step("digits: imported, checked, pinned, rolled out")
    wait(demo, "digits", WAIT_SECONDS)
    ask = way("digits")
    terminal = demo.terminal
    first = next(iter(serving.predictions(ask, trained.unseen[:SHOWN])))
    terminal.say(drawn(trained.unseen[:SHOWN]))
    terminal.say("".join(f"{digit:^19}" for digit in first["digits"]).rstrip())
    compare(demo, ask, trained)


def serve_on_npu(demo: Demo, trained: Trained, way: Way) -> None:
    """The application on Ascend nodes, if there is one that fits."""
    demo.terminal.step("digits-npu: the same network with a CANN runtime, on a node with Ascend devices")
    if not demo.has_npu_node:
        demo.terminal.warn("no node can run it here, so it waits:")
        demo.terminal.say(demo.kubectl("get", "aiapp,aiappv"))
        return
    wait(demo, "digits-npu", ARM64_WAIT_SECONDS)
    machine = compare(demo, way("digits-npu"), trained).get("machine")
    demo.terminal.say(f"answered by Python on {machine}; without CANN it was numpy that computed, not an NPU")


def show_fleet(demo: Demo) -> None:
    """Why it runs where it runs."""
    demo.terminal.step("Where digits-npu can run, known before any pod exists")
    path = 'jsonpath={.status.conditions[?(@.type=="RuntimeCompatible")].message}'
    demo.terminal.say(demo.kubectl("get", "aiappv", "digits-npu-1.0.0", "-o", path) + "\n")
    fleet.show(demo.kubectl, demo.terminal, "digits-npu-1.0.0")


def show_next(demo: Demo, name: str) -> None:
    """What is there to look at, and how the sandbox `name` goes away."""
    terminal = demo.terminal
    terminal.step("What to look at next")
    terminal.say(demo.kubectl("get", "aiapp,aiappv"))
    terminal.line(f'eval "$({shown(Path(sys.executable).with_name("aiapp"))} sandbox env --name {name})"')
    terminal.command(["kubectl", "explain", "aiappv.spec.source.obs"])
    terminal.command(["kubectl", "-n", NAMESPACE, "get", "aiapp,aiappv"])
    terminal.command(["kubectl", "-n", NAMESPACE, "get", "events"])
    terminal.command(["kubectl", "-n", NAMESPACE, "get", "aiappv", "digits-1.0.0", "-o", "yaml"])
    if demo.runs_pods:
        terminal.command(["kubectl", "-n", NAMESPACE, "logs", "deployment/digits-1-0-0"])
        terminal.command(["kubectl", "-n", "aiapp-system", "logs", "deployment/aiapp-operator"])
    else:
        terminal.command(["aiapp", "sandbox", "logs", "--name", name, "operator"])
    terminal.command(["aiapp", "sandbox", "status", "--name", name])
    terminal.say("\nAnd to take it all down:")
    terminal.command(["python", "-m", "demo", "down", "--name", name])


def wait(demo: Demo, application: str, seconds: float) -> None:
    """Show conditions until the version is Normal and the application Running."""
    objects = (conditions.version(f"{application}-1.0.0"), conditions.application(application))
    conditions.until_ready(demo.kubectl, demo.terminal, objects, seconds=seconds)


def compare(demo: Demo, ask: Ask, trained: Trained) -> Answer:
    """Ask for all unseen digits; DemoError when an answer differs from the training process's. The last answer."""
    answers = list(serving.predictions(ask, trained.unseen))
    served = [digit for answer in answers for digit in answer["digits"]]
    served_by = "the pod" if demo.runs_pods else "the local process"
    rows = (
        ("in the training process", f"{trained.accuracy:.4f}", f"{len(trained.labels)}"),
        (f"served by {served_by}", f"{network.accuracy(served, trained.labels):.4f}", f"{len(served)}"),
    )
    demo.terminal.table(("ACCURACY", "", "UNSEEN DIGITS"), rows)
    differing = sum(a != b for a, b in zip(served, trained.predictions, strict=True))
    if differing:
        raise DemoError(f"{differing} predictions differ from those of the training process")
    demo.terminal.done("every single prediction is the same")
    return answers[-1]


def through_services(demo: Demo) -> Way:
    """By the Services, where pods run."""

    def way(application: str) -> Ask:
        path = serving.service_path(NAMESPACE, application)
        demo.terminal.command(["kubectl", "create", "--raw", path, "-f", "pictures.json"])
        return serving.through_service(demo.kubectl, application)

    return way


def _way(demo: Demo, context: Context) -> Way:
    """By the Services, or to processes that stand for the pods."""
    if demo.runs_pods:
        return through_services(demo)

    def way(application: str) -> Ask:
        url = local_pod.serve(f"{application}-1-0-0", demo.kubectl, context, demo.terminal)
        demo.terminal.command(["curl", "--json", "@pictures.json", url])
        return partial(serving.directly, url)

    return way
