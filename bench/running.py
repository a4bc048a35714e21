"""What the run_* scripts share: servers and load programs as children, medians, a Markdown table."""
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_port(port, child):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if child.poll() is not None:
            sys.exit(f"a server ended by itself: {child.args}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    sys.exit(f"no server on port {port}")


def call(command):
    """Runs a load program; returns its results by name."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=600, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        print(f"bench: failed: {' '.join(command)}", file=sys.stderr)
        return {}
    results = {}
    for line in done.stdout.splitlines():
        item = json.loads(line)
        results[item["name"]] = item["value"]
    return results


class Server:
    """A child that serves on a port while the block runs."""

    def __init__(self, command, port, stdin=subprocess.DEVNULL):
        self.command, self.port, self.stdin = command, port, stdin

    def __enter__(self):
        start = time.monotonic()
        self.child = subprocess.Popen(self.command, stdin=self.stdin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_port(self.port, self.child)
        self.start_seconds = time.monotonic() - start
        return self

    def __exit__(self, *_):
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def on_fresh_server(build, work, command):
    """Runs a load program (its second word is where) against a new Blasty with a new data directory."""
    port = free_port()
    data = os.path.join(work, "data")
    with Server([f"{build}/blasty", "serve", "--data", data, "--grpc", f"127.0.0.1:{port}"], port):
        results = call([command[0], f"127.0.0.1:{port}"] + command[1:])
    shutil.rmtree(data, ignore_errors=True)
    return results


def empty_calls(build, callers):
    """The limit of the transport: an empty call with so many always in flight."""
    port = free_port()
    rpc = f"{build}/bench/rpc_bench"
    with Server([rpc, f"127.0.0.1:{port}", "empty-server"], port, subprocess.PIPE) as server:
        results = call([rpc, f"127.0.0.1:{port}", "empty", str(callers)])
        server.child.stdin.close()
    return results


def medians(results):
    values = {}
    for result in results:
        for name, value in result.items():
            values.setdefault(name, []).append(value)
    return {name: statistics.median(found) for name, found in values.items()}


def number(value):
    if value is None:
        return "-"
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.2f} {unit}"
    return f"{value:.2f}"


def ratio(a, b):
    return f"{a / b:.2f}x" if a and b else "-"


def print_table(head, rows):
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for cells in rows:
        print("| " + " | ".join(cells) + " |")
