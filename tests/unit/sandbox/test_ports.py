import socket

from aiapp_sandbox.ports import listening, reserved

LOOPBACK = "127.0.0.1"


def bound(port: int) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((LOOPBACK, port))
    return sock


def test_every_name_gets_a_port_of_its_own() -> None:
    with reserved(LOOPBACK, ("a", "b", "c")) as ports:
        assert len(set(ports.values())) == 3


def test_the_program_it_is_meant_for_can_listen_on_a_reserved_port() -> None:
    with reserved(LOOPBACK, ("a",)) as ports, bound(ports["a"]) as program:
        assert not listening(LOOPBACK, ports["a"])
        program.listen()
        assert listening(LOOPBACK, ports["a"])


def test_nobody_who_asks_for_any_port_gets_a_reserved_one() -> None:
    with reserved(LOOPBACK, ("a",)) as ports:
        for _ in range(2000):
            with bound(0) as other:
                assert other.getsockname()[1] != ports["a"]
