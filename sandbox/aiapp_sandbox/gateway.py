"""Traefik as the Gateway API's controller, as a process, and one Gateway for everybody. Makes no routes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from aiapp_sandbox.admin_client import AdminClient
from aiapp_sandbox.context import Context
from aiapp_sandbox.pins import GATEWAY_API, TRAEFIK_KINDS
from aiapp_sandbox.ports import reserved
from aiapp_sandbox.processes import until_ready
from aiapp_sandbox.state import Service
from aiapp_sandbox.waiting import until

NAMESPACE, NAME = "gateway", "sandbox"
"""The Gateway, which takes routes of all namespaces."""

CLASS = "traefik"
READY_SECONDS = 120
_API = "/apis/gateway.networking.k8s.io/v1"
_PLURALS = {
    "CustomResourceDefinition": "apiextensions.k8s.io/v1/customresourcedefinitions",
    "ValidatingAdmissionPolicy": "admissionregistration.k8s.io/v1/validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
}


def start(context: Context) -> Service:
    """Install the Gateway API, start Traefik on a free port, and make the Gateway; returns when it takes routes."""
    admin = AdminClient(context)
    until(admin.api_ready, seconds=READY_SECONDS, what="the API server to become ready")
    for kinds in (GATEWAY_API, TRAEFIK_KINDS):
        install(admin, context.binaries[kinds.name])
    until(lambda: _served(admin), seconds=READY_SECONDS, what="the Gateway API to be served")
    with reserved(context.host, ("gateway",)) as ports:
        process = context.start("gateway", command(context, ports["gateway"]), environment(context))
        for path, manifest in manifests(ports["gateway"]):
            admin.apply(path, manifest)
        until_ready(process, lambda: programmed(admin), seconds=READY_SECONDS)
    return Service(endpoint=f"http://{context.host}:{ports['gateway']}")


def install(admin: AdminClient, definitions: Path) -> None:
    """The kinds whose definitions are in that folder."""
    for file in sorted(definitions.iterdir()):
        for manifest in filter(None, yaml.safe_load_all(file.read_text())):
            admin.apply(f"/apis/{_PLURALS[manifest['kind']]}/{manifest['metadata']['name']}", manifest)


def _served(admin: AdminClient) -> bool:
    """Whether all that is needed of both groups is there."""
    groups = {group["name"] for group in admin.get("/apis")["groups"]}
    if not {"gateway.networking.k8s.io", "traefik.io"} <= groups:
        return False
    kinds = [found["name"] for api in (_API, "/apis/traefik.io/v1alpha1") for found in admin.get(api)["resources"]]
    return {"gatewayclasses", "gateways", "httproutes", "middlewares"} <= set(kinds)


def command(context: Context, port: int) -> list[str]:
    """Traefik with its defaults, for the Gateway API, whose routes may name filters of its own kinds."""
    return [
        str(context.binaries["traefik"]),
        f"--entrypoints.http.address={context.host}:{port}",
        "--providers.kubernetesgateway=true",
        "--providers.kubernetescrd=true",
        f"--providers.kubernetesgateway.statusaddress.ip={context.host}",
        "--global.checknewversion=false",
        "--global.sendanonymoususage=false",
    ]


def environment(context: Context) -> dict[str, str]:
    """How it reaches the API server."""
    return {"KUBECONFIG": str(context.credentials("aiapp-sandbox-gateway", ("system:masters",)))}


def manifests(port: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """What makes it a gateway, each with its path. The listener's port has to be Traefik's own."""
    yield f"/api/v1/namespaces/{NAMESPACE}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    yield (
        f"{_API}/gatewayclasses/{CLASS}",
        _manifest("GatewayClass", {"name": CLASS}, {"controllerName": "traefik.io/gateway-controller"}),
    )
    listener = {"name": "http", "protocol": "HTTP", "port": port, "allowedRoutes": {"namespaces": {"from": "All"}}}
    yield (
        f"{_API}/namespaces/{NAMESPACE}/gateways/{NAME}",
        _manifest(
            "Gateway", {"name": NAME, "namespace": NAMESPACE}, {"gatewayClassName": CLASS, "listeners": [listener]}
        ),
    )


def _manifest(kind: str, metadata: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": kind, "metadata": metadata, "spec": spec}


def programmed(admin: AdminClient) -> bool:
    """Whether the Gateway takes routes."""
    found = admin.get(f"{_API}/namespaces/{NAMESPACE}/gateways/{NAME}")
    conditions = found.get("status", {}).get("conditions", ())
    return any(one["type"] == "Programmed" and one["status"] == "True" for one in conditions)
