"""The operator's process: started, watching our kinds through kopf, ended by a signal. Never decides anything."""

import asyncio
import signal

from aiapp.handlers.kopf_thread import KopfThread, note, quieten
from aiapp.settings import Settings
from aiapp.wiring import OperatorProcess


async def run(settings: Settings, host: str, port: int) -> bool:
    """The operator, until SIGTERM or SIGINT. Whether it ended as it should.

    Raises `NoClusterError`, and OSError when the address is taken.
    """
    process = OperatorProcess(settings, KopfThread)
    manager = process.manager
    quieten()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, manager.over.set)
    try:
        await process.start(host, port)
        await manager.over.wait()
    finally:
        # Connections that are cut while they read complain in callbacks, which is of no interest.
        asyncio.get_running_loop().set_exception_handler(note)
        await process.stop()
    return not manager.failed
