"""OpenStack Swift with its S3 interface in one process, for tests: a real object store, from Debian's packages.

Run by the system's Python: `/usr/bin/python3 tests/swift_server.py FOLDER PORT KEY SECRET`. Prints "ready" once it
answers. Its data lie in FOLDER and are there again after a restart. Account, container, object and proxy server share a
process: what is tested is the protocol and what is kept, not the cluster.
"""

# ruff: noqa: E402
import eventlet

eventlet.monkey_patch()

import logging
import os
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

from eventlet import wsgi
from swift.common import utils
from swift.common.ring import RingBuilder
from swift.common.storage_policy import reload_storage_policies
from swift.common.wsgi import loadapp

SWIFT = """\
[swift-hash]
swift_hash_path_suffix = tests
[storage-policy:0]
name = one
default = yes
"""
PIPELINE = (
    "catch_errors gatekeeper proxy-logging listing_formats s3api tempauth copy slo dlo versioned_writes proxy-server"
)


class Memory:
    """What the proxy else keeps in memcached."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}

    def get(self, key: str, *_: Any, **__: Any) -> Any:
        return self._kept.get(key)

    def set(self, key: str, value: Any, *_: Any, **__: Any) -> None:
        self._kept[key] = value

    def delete(self, key: str, *_: Any, **__: Any) -> None:
        self._kept.pop(key, None)


def with_memory(app: Any) -> Any:
    memory = Memory()

    def answer(env: dict[str, Any], start_response: Any) -> Any:
        env["swift.cache"] = memory
        return app(env, start_response)

    return answer


def write(path: Path, text: str) -> str:
    path.write_text(dedent(text))
    return str(path)


def ring(folder: Path, kind: str, port: int) -> None:
    builder = RingBuilder(2, 1, 0)
    device = {"id": 0, "region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "disk", "weight": 1.0}
    builder.add_dev({**device, "replication_ip": "127.0.0.1", "replication_port": port, "meta": ""})
    builder.rebalance()
    builder.get_ring().save(str(folder / f"{kind}.ring.gz"))


def main(folder: Path, port: int, key: str, secret: str) -> None:
    (folder / "disks" / "disk").mkdir(parents=True, exist_ok=True)
    write(folder / "swift.conf", SWIFT)
    utils.set_swift_dir(str(folder))
    reload_storage_policies()
    account, _, user = key.partition(":")
    pool = eventlet.GreenPool(2000)
    quiet = logging.getLogger("swift-server")
    for kind in ("account", "container", "object"):
        listener = eventlet.listen(("127.0.0.1", 0))
        ring(folder, kind, listener.getsockname()[1])
        conf = write(
            folder / f"{kind}.conf",
            f"""\
            [DEFAULT]
            devices = {folder}/disks
            mount_check = false
            swift_dir = {folder}
            [pipeline:main]
            pipeline = {kind}-server
            [app:{kind}-server]
            use = egg:swift#{kind}
        """,
        )
        pool.spawn_n(wsgi.server, listener, loadapp(conf), quiet, log_output=False)
    conf = write(
        folder / "proxy.conf",
        f"""\
        [DEFAULT]
        swift_dir = {folder}
        [pipeline:main]
        pipeline = {PIPELINE}
        [app:proxy-server]
        use = egg:swift#proxy
        account_autocreate = true
        allow_account_management = true
        [filter:s3api]
        use = egg:swift#s3api
        dns_compliant_bucket_names = false
        [filter:tempauth]
        use = egg:swift#tempauth
        user_{account}_{user} = {secret} .admin
        [filter:catch_errors]
        use = egg:swift#catch_errors
        [filter:gatekeeper]
        use = egg:swift#gatekeeper
        [filter:proxy-logging]
        use = egg:swift#proxy_logging
        [filter:listing_formats]
        use = egg:swift#listing_formats
        [filter:copy]
        use = egg:swift#copy
        [filter:slo]
        use = egg:swift#slo
        [filter:dlo]
        use = egg:swift#dlo
        [filter:versioned_writes]
        use = egg:swift#versioned_writes
        allow_versioned_writes = true
    """,
    )
    front = eventlet.listen(("127.0.0.1", port))
    app = with_memory(loadapp(conf))
    print("ready", flush=True)
    wsgi.server(front, app, quiet, log_output=False)


if __name__ == "__main__":
    os.umask(0o077)
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4])
