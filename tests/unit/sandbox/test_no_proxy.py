from aiapp_sandbox import no_proxy


def test_proxies_of_the_user_do_not_count_for_a_sandboxs_addresses() -> None:
    environ = no_proxy.environment({"HTTPS_PROXY": "http://proxy", "NO_PROXY": "intra.net"})
    assert environ["HTTPS_PROXY"] == "http://proxy"
    assert environ["no_proxy"] == environ["NO_PROXY"] == "intra.net,localhost,127.0.0.0/8,10.96.0.0/16,10.192.0.0/10"
