"""`aiapp sandbox`: arguments in, calls and exit codes out. Nothing is decided here."""

import click

from aiapp_sandbox.cli import access, images, lifecycle


@click.group("sandbox", short_help="A Kubernetes cluster on this machine, to try the operator without one.")
def command() -> None:
    r"""A Kubernetes cluster on this machine, to try the operator without one.

    Real etcd, API server, controllers and scheduler, as processes of yours; no Docker. The programs are taken from
    KUBEBUILDER_ASSETS or PATH, else built once with Go (15 to 20 minutes on two cores) and kept.

    \b
    Exit codes: 0 done; 1 it could not be done, the message says why; 2 wrong arguments; 130 interrupted.

    \b
    Examples:
      aiapp sandbox up --nodes demo --with s3     real and simulated nodes, an S3 server
      eval "$(aiapp sandbox env)"                 this shell uses it: kubectl, keys, addresses
      aiapp sandbox images                        images of the operator and of a runtime, in its nodes
      aiapp sandbox logs kube-apiserver -f
      aiapp sandbox down
    """


for _each in (*lifecycle.COMMANDS, *access.COMMANDS, *images.COMMANDS):
    command.add_command(_each)
