"""`aiapp identify`: the first container of a pod that needs tickets makes the secret by which it proves who it is."""

import os
import secrets
from pathlib import Path

import click

from aiapp.domain.exeml.tickets import PROOF_BYTES, PROOF_FILE, proof_hash

KUBELETS_LOG = Path("/dev/termination-log")


@click.command("identify")
@click.option("--into", type=click.Path(path_type=Path), default=Path(PROOF_FILE), help="File for the secret.")
@click.option("--termination-log", type=click.Path(path_type=Path), default=KUBELETS_LOG, help="File for its hash.")
def command(into: Path, termination_log: Path) -> None:
    r"""Make a secret for the other init containers of this pod, and show its hash to the kubelet.

    The kubelet writes the hash into the pod's status, which nobody else may write: so the operator knows that whoever
    has the secret runs in the pod.

    \b
    Exit codes: 0 done; 1 a file cannot be written; 2 wrong arguments.

    \b
    Example:
      aiapp identify --into /run/aiapp/proof/proof
    """
    proof = secrets.token_bytes(PROOF_BYTES)
    try:
        descriptor = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(proof)
        termination_log.write_text(proof_hash(proof))
    except OSError as error:
        raise click.ClickException(f"cannot write {error.filename}: {error.strerror}") from error
