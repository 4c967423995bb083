"""Real nodes: kubelet, containerd and kube-proxy in namespaces of their own. Never changes the host outside them.

Import from `lifecycle`; this file stays empty because `init` runs in every node and must start fast.
"""
