"""Models of ExeML projects, from their job to their pods, and everything that a user with `edit` tries to get one.

The test takes the parts of kubelet and scheduler; API server, controllers, rights, policies and S3 server are real.
"""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.accounts import account
from tests.support.exeml import (
    KEYS,
    PROJECT,
    VERSION,
    Counter,
    Project,
    counter,
    new_proof,
    rights,
    run_on,
    show,
    stores,
    token,
)
from tests.support.exeml_tricks import TRICKS, Genuine, forged
from tests.support.kube import ApiError, Kube, Object
from tests.support.operator import Operator, running_operator
from tests.support.packages import IMAGE, RUNTIME
from tests.support.sandbox import Bucket, Sandbox, fresh_bucket, fresh_namespace
from tests.support.waiting import eventually

from aiapp.domain.exeml.tickets import AUDIENCE, Ticket, TicketRequest, proof_hash
from aiapp_sandbox.ports import reserved
from aiapp_sandbox.state import Service


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where the operator gives tickets, whenever it is started."""
    with reserved("127.0.0.1", ("tickets",)) as ports:
        yield ports["tickets"]


@pytest.fixture(scope="module")
def models(s3: Service) -> Iterator[Bucket]:
    """The bucket of ExeML."""
    with fresh_bucket(s3) as made:
        yield made


@pytest.fixture(scope="module")
def operator(
    sandbox: Sandbox, installed: None, kube: Kube, models: Bucket, port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Operator]:
    """The operator with that store."""
    environment = {"AIAPP_EXEML_STORES": json.dumps(stores(models)), "AIAPP_EXEML_ADDRESS": f"127.0.0.1:{port}"}
    runtime = kube.get("aiapp.dev/v1alpha1", "InferenceRuntime", RUNTIME)
    kube.patch(runtime, {"spec": {"image": IMAGE}})
    with rights(kube, models), running_operator(sandbox, tmp_path_factory, environment) as running:
        yield running
    kube.patch(runtime, {"spec": {"image": None}})


@pytest.fixture(scope="module")
def project(kube: Kube, models: Bucket, operator: Operator) -> Iterator[Project]:
    """A project whose model is registered."""
    with fresh_namespace(kube) as namespace:
        made = Project(kube, namespace, models)
        made.train()
        made.registered()
        yield made


@pytest.fixture(scope="module")
def server(kube: Kube, port: int, operator: Operator) -> Counter:
    """Where pods ask."""
    return counter(kube, port)


@pytest.fixture(scope="module")
def mallory(kube: Kube, sandbox: Sandbox, project: Project) -> Kube:
    """Who may edit in the namespace."""
    account(kube, project.namespace, "mallory", "edit")
    return Kube(sandbox.service_account(project.namespace, "mallory"))


@pytest.fixture
def genuine(project: Project) -> Iterator[Genuine]:
    found = Genuine(project)
    yield found
    if project.kube.find("v1", "Pod", found.pod["metadata"]["name"], project.namespace):
        project.kube.delete(found.pod, gracePeriodSeconds=0)


def test_a_project_registers_its_model_as_application_and_version(project: Project) -> None:
    version = project.version()
    assert version["spec"]["source"].keys() == {"exeML"}
    assert version["spec"]["source"]["exeML"]["project"] == PROJECT
    source = version["status"]["source"]
    assert (source["type"], source["origin"]) == ("ExeML", "ExeML")
    assert project.kube.get("aiapp.dev/v1alpha1", "AIApplication", PROJECT, project.namespace)


def test_nothing_in_the_namespace_tells_where_the_model_lies(project: Project, genuine: Genuine) -> None:
    told: list[Object] = []
    for api_version, kind in (
        ("aiapp.dev/v1alpha1", "AIApplicationVersion"),
        ("aiapp.dev/v1alpha1", "AIApplication"),
        ("v1", "ConfigMap"),
        ("v1", "Secret"),
        ("v1", "Event"),
        ("apps/v1", "Deployment"),
        ("apps/v1", "ControllerRevision"),
    ):
        told += project.kube.list(api_version, kind, project.namespace)
    told += [genuine.pod]
    text = json.dumps(told)
    for word in (project.bucket.name, project.prefix, project.bucket.secret_key, KEYS, "X-Amz"):
        assert word not in text


def test_the_pod_gets_addresses_of_exactly_its_manifest_which_read_the_files(
    project: Project, genuine: Genuine, server: Counter
) -> None:
    ticket = server.ask(token(project.kube, genuine.pod, project.namespace), genuine.asked)
    assert isinstance(ticket, Ticket), ticket
    files = sorted(name for name in project.files)
    assert len(ticket.targets) == len(files)
    for target, name in zip(ticket.targets, files, strict=True):
        with urllib.request.urlopen(f"{ticket.origin}{target}", timeout=10) as answer:
            assert answer.read() == project.files[name]


def refused(found: Ticket | tuple[int, str]) -> str:
    """The words of a refusal."""
    assert not isinstance(found, Ticket), "a ticket was given"
    status, words = found
    assert status in {403, 409}, found
    return words


def test_a_token_for_the_genuine_pod_is_no_good_without_its_secret(
    project: Project, genuine: Genuine, server: Counter, mallory: Kube
) -> None:
    stolen = token(mallory, genuine.pod, project.namespace)
    assert "does not have the proof" in refused(server.ask(stolen, TicketRequest(genuine.pin, 0, new_proof())))
    hashed = bytes.fromhex(proof_hash(genuine.proof).removeprefix("sha256:"))
    assert "does not have the proof" in refused(server.ask(stolen, TicketRequest(genuine.pin, 0, hashed)))


def test_no_other_token_is_good_even_with_the_secret(
    project: Project, genuine: Genuine, server: Counter, mallory: Kube
) -> None:
    unbound = token(mallory, None, project.namespace)
    assert "not bound to a pod" in refused(server.ask(unbound, genuine.asked))
    other = token(mallory, genuine.pod, project.namespace, audience="https://kubernetes.default.svc")
    assert AUDIENCE in refused(server.ask(other, genuine.asked))
    assert AUDIENCE in refused(server.ask("nonsense", genuine.asked))


def test_the_status_of_a_pod_is_not_for_users_to_write(project: Project, genuine: Genuine, mallory: Kube) -> None:
    with pytest.raises(ApiError, match="pods/status"):
        show(mallory, genuine.pod, proof_hash(b"mine"))


@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS.keys())
def test_a_pod_of_ones_own_with_forged_labels_and_owners_gets_nothing(
    project: Project, genuine: Genuine, server: Counter, mallory: Kube, trick: Any
) -> None:
    pod = mallory.create(forged(genuine, **trick(genuine)))
    try:
        show(project.kube, pod, proof_hash(proof := new_proof()))
        words = refused(server.ask(token(mallory, pod, project.namespace), TicketRequest(genuine.pin, 0, proof)))
        # The ReplicaSet whose pod it claims to be deletes one that is too many, which may be quicker.
        assert any(said in words for said in ("is not as the operator made it: spec.", "there is no pod", AUDIENCE)), (
            words
        )
    except ApiError as error:
        if error.status not in {404, 409}:
            raise
    finally:
        if project.kube.find("v1", "Pod", pod["metadata"]["name"], project.namespace):
            project.kube.delete(pod, gracePeriodSeconds=0)


def test_an_edited_deployment_makes_pods_that_get_nothing(
    project: Project, server: Counter, mallory: Kube, operator: Operator
) -> None:
    project.serve()
    old = project.pod()
    deployment = project.kube.list("apps/v1", "Deployment", project.namespace)[0]
    operator.kill()  # else the operator takes it back before there is a pod
    try:
        image = {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "mallory/thief:1"}
        mallory.patch(deployment, [image])

        def edited() -> Object:
            pods = project.kube.list("v1", "Pod", project.namespace, labelSelector=f"aiapp.dev/application={PROJECT}")
            found = [p for p in pods if p["spec"]["containers"][0]["image"] == "mallory/thief:1"]
            assert found
            return found[0]

        pod = eventually(edited)
        assert pod["metadata"]["uid"] != old["metadata"]["uid"]
        run_on(project.kube, pod, "node-1", proof := new_proof())
        stolen = token(mallory, pod, project.namespace)
    finally:
        operator.start()
    asked = TicketRequest(project.version()["status"]["artifact"]["pin"], 0, proof)
    # The operator makes its Deployment be as it was, which may be quicker than the question.
    words = refused(server.ask(stolen, asked))
    assert any(said in words for said in ("spec.containers[0].image", "is not there", "there is no pod", AUDIENCE)), (
        words
    )


def test_the_images_of_a_running_pod_stay_and_no_container_is_added(
    project: Project, genuine: Genuine, mallory: Kube
) -> None:
    for place in ("containers/0", "initContainers/1"):
        change = [{"op": "replace", "path": f"/spec/{place}/image", "value": "mallory/thief:1"}]
        with pytest.raises(ApiError, match="its images stay as they are"):
            mallory.patch(genuine.pod, change)
        with pytest.raises(ApiError, match="its images stay as they are"):
            project.kube.patch(genuine.pod, change)
    ephemeral = {"spec": {"ephemeralContainers": [{"name": "thief", "image": "mallory/thief:1"}]}}
    with pytest.raises(ApiError, match="its images stay as they are"):
        project.kube.patch(genuine.pod, ephemeral, subresource="ephemeralcontainers")


def stolen_version(project: Project, name: str = "flowers-9.9.9", **source: Any) -> Object:
    number = name.rpartition("-")[2]
    spec = {"application": PROJECT, "version": number, "source": source or project.version()["spec"]["source"]}
    metadata = {"name": name, "namespace": project.namespace}
    return {"apiVersion": "aiapp.dev/v1alpha1", "kind": "AIApplicationVersion", "metadata": metadata, "spec": spec}


def test_nobody_but_the_operator_registers_a_model_of_exeml(project: Project, mallory: Kube) -> None:
    with pytest.raises(ApiError, match="registered by the operator alone"):
        mallory.create(stolen_version(project))


def test_without_the_policy_a_version_that_claims_to_be_one_is_refused_by_the_operator(project: Project) -> None:
    made = project.kube.create(stolen_version(project))  # an administrator, whom no policy stops
    found = project.registry.until(made, "Ready", "False", "ExeMLNotRegistered")
    assert "there is no record" in found["message"]
    project.kube.delete(made)


@pytest.mark.parametrize(
    "change",
    [
        {"source": {"exeML": {"project": "other"}}},
        {"runtime": "pytorch_2.1.0-cpu-py_3.11-debian_12-x86_64"},
        {"container": {"env": [{"name": "LD_PRELOAD", "value": "/x"}]}},
        {"source": {"exeML": None, "obs": {"uri": "obs://mallory/x/"}}},
    ],
    ids=["project", "runtime", "container", "source"],
)
def test_nothing_of_a_registered_model_changes(project: Project, mallory: Kube, change: Object) -> None:
    with pytest.raises(ApiError):
        mallory.patch(project.version(), {"spec": change})


def test_names_and_documents_of_a_model_may_be_changed(project: Project, mallory: Kube) -> None:
    mallory.patch(project.version(), {"spec": {"displayName": "Meadow", "description": "Flowers of a meadow"}})
    project.registry.until(project.version(), "Ready", "True", "Normal")


def test_the_application_may_get_later_versions_from_other_sources(project: Project, mallory: Kube) -> None:
    made = mallory.create(stolen_version(project, "flowers-1.0.0", obs={"uri": "obs://models/flowers/"}))
    project.registry.until(made, "SourceResolved", "False")
    assert project.registry.condition(made, "SourceResolved")["reason"] != "ExeMLNotRegistered"
    mallory.delete(made)


def test_no_user_marks_a_job_as_one_of_exeml(project: Project, mallory: Kube) -> None:
    with pytest.raises(ApiError, match="only ExeML makes and changes such jobs"):
        mallory.create(project.job(name="mine"))
    unmarked = mallory.create(project.job(name="mine", labels={"x": "y"}))
    with pytest.raises(ApiError, match="only ExeML makes and changes such jobs"):
        mallory.patch(unmarked, {"metadata": {"labels": {"aiapp.dev/exeml-project": PROJECT}}})
    mallory.delete(unmarked)


def test_no_user_says_by_what_a_model_of_exeml_is_served(project: Project, mallory: Kube) -> None:
    job = project.kube.get("batch/v1", "Job", "train", project.namespace)
    with pytest.raises(ApiError, match="only ExeML makes and changes such jobs"):
        mallory.patch(job, {"metadata": {"annotations": {"aiapp.dev/runtime": RUNTIME}}})
    mallory.patch(job, {"metadata": {"annotations": {"team.lan/note": "x"}}})
    project.kube.patch(job, {"metadata": {"annotations": {"aiapp.dev/runtime": RUNTIME}}})
    with pytest.raises(ApiError, match="only ExeML makes and changes such jobs"):
        mallory.patch(job, {"metadata": {"annotations": {"aiapp.dev/runtime": None}}})


def test_a_marked_job_registers_nothing_of_another_namespaces(project: Project, operator: Operator) -> None:
    other = f"obs://{project.bucket.name}/projects/other-team/run-1/"
    job = project.kube.create(project.job(other, "thief", {"aiapp.dev/exeml-project": "thief"}))
    project.end(job)

    def told() -> bool:
        events = project.kube.list("v1", "Event", project.namespace)
        found = [one["message"] for one in events if one["reason"] == "ExeMLStoreUnknown"]
        assert len(found) == 1, found
        return project.bucket.name not in found[0]

    eventually(told)
    assert not project.kube.find("aiapp.dev/v1alpha1", "AIApplicationVersion", "thief-0.0.1", project.namespace)
    project.kube.delete(job)


@pytest.mark.parametrize(
    ("serving", "field"),
    [
        ({"versions": [{"version": "0.0.1", "env": [{"name": "PYTHONPATH", "value": "/x"}]}]}, "env"),
        ({"pod": {"envFrom": [{"configMapRef": {"name": "mine"}}]}}, "envFrom"),
        ({"pod": {"claims": [{"claimName": "mine", "mountPath": "/usr/lib/python3"}]}}, "claims"),
    ],
    ids=["env", "envFrom", "claims"],
)
def test_what_would_run_a_users_code_beside_the_model_is_refused_by_name(
    project: Project, serving: Object, field: str
) -> None:
    application = project.serve(**serving)
    found = project.registry.until(application, "WorkloadsAvailable", "False", "ExeMLRestricted")
    assert field in found["message"]
    project.serve(pod=None)
    project.registry.until(application, "WorkloadsAvailable", "False", "Unschedulable")


def test_a_copied_or_forged_manifest_gets_nothing_else(project: Project, genuine: Genuine, server: Counter) -> None:
    bound = token(project.kube, genuine.pod, project.namespace)
    words = refused(server.ask(bound, TicketRequest(f"sha256:{'0' * 64}", 0, genuine.proof)))
    assert "is not pinned to what was asked for" in words
    beyond = server.ask(bound, TicketRequest(genuine.pin, 10_000, genuine.proof))
    assert isinstance(beyond, Ticket)
    assert beyond.targets == ()


def test_without_the_policy_on_pods_no_pod_gets_a_model(
    project: Project, genuine: Genuine, server: Counter, kube: Kube, operator: Operator
) -> None:
    binding = kube.get("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", "aiapp-exeml-pods")
    kube.delete(binding)
    operator.restart()
    try:
        bound = token(project.kube, genuine.pod, project.namespace)
        assert "aiapp-exeml-pods is not in force" in refused(server.ask(bound, genuine.asked))
    finally:
        metadata = {"name": binding["metadata"]["name"]}
        kube.create({key: binding[key] for key in ("apiVersion", "kind", "spec")} | {"metadata": metadata})
    eventually(
        lambda: isinstance(server.ask(token(project.kube, genuine.pod, project.namespace), genuine.asked), Ticket)
    )


def test_no_refusal_and_no_log_holds_a_secret(project: Project, operator: Operator) -> None:
    log = operator.log_file.read_text()
    for word in (project.bucket.secret_key, "X-Amz-Signature", "Bearer "):
        assert word not in log


def test_it_can_be_deleted(project: Project, mallory: Kube) -> None:
    application = project.kube.get("aiapp.dev/v1alpha1", "AIApplication", PROJECT, project.namespace)
    project.kube.patch(application, {"spec": {"serving": None}})
    mallory.delete(project.version())
    eventually(lambda: not project.kube.find("aiapp.dev/v1alpha1", "AIApplicationVersion", VERSION, project.namespace))
