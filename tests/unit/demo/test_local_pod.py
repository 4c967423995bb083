"""A pod template as processes of this machine."""

from pathlib import Path

from demo.local_pod import LocalPod


def test_paths_below_a_mount_lead_to_the_folder_of_its_volume(tmp_path: Path) -> None:
    container = {
        "command": ["python3", "/opt/aiapp/serve.pyz"],
        "args": ["--package", "/home/mind/model", "--endpoint", "http://store/home/mind/model"],
        "volumeMounts": [
            {"name": "package", "mountPath": "/home/mind/model"},
            {"name": "server", "mountPath": "/opt/aiapp"},
        ],
    }
    arguments = LocalPod("digits-1-0-0", {"containers": [container]}, tmp_path).arguments(container)
    assert arguments == [
        *("python3", f"{tmp_path}/server/serve.pyz"),
        *("--package", f"{tmp_path}/package", "--endpoint", "http://store/home/mind/model"),
    ]
