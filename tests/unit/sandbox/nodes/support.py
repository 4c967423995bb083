"""Builders for the tests of real nodes."""

from aiapp_sandbox.nodes.plan import Cable, Daemon, Plan


def plan(name: str, architecture: str) -> Plan:
    """A plan for a node that is never started."""
    cable = Cable(
        host_interface="aiapp-0123456-0",
        bridge="aiapp-0123456",
        address="10.192.0.2/24",
        gateway="10.192.0.1",
        pods="10.192.1.0/24",
        peers={"10.192.2.0/24": "10.192.0.3"},
    )
    return Plan(
        name=name,
        folder=f"/sandbox/nodes/{name}",
        cable=cable,
        architecture=architecture,
        emulated=architecture != "amd64",
        path="/usr/bin",
        daemons=[Daemon("containerd", ["/bin/containerd"], []), Daemon("kubelet", ["/bin/kubelet"], ["/run/x"])],
        import_image=["/bin/ctr", "images", "import"],
        images=["/cache/pause.tar"],
    )
