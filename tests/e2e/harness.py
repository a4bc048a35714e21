"""What the walks of tests/e2e share: a temporary folder, a server, processes that are read line by line.

Waits are for conditions, with a generous deadline; nothing is judged by the clock. A script defines walks with
@walk and ends with main(): SCRIPT BINARY [NAME...]
"""
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

if len(sys.argv) < 2 or not os.access(sys.argv[1], os.X_OK):
    sys.exit(f"usage: {sys.argv[0]} BINARY [NAME...]")
BINARY = os.path.abspath(sys.argv[1])
DEADLINE = 60
WALKS = []


def walk(function):
    WALKS.append(function)
    return function


class Failure(Exception):
    pass


def check(condition, *what):
    if not condition:
        raise Failure(" ".join(str(w) for w in what))


def equal(got, wanted, what=""):
    check(got == wanted, what, f"got {got!r}, wanted {wanted!r}")


class Process:
    """A running program whose output is read line by line."""

    def __init__(self, arguments, env=None, stdin=subprocess.DEVNULL, cwd=None):
        self.arguments = arguments
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=stdin,
                                        env=env, cwd=cwd, start_new_session=True)
        self.buffers = {self.process.stdout: b"", self.process.stderr: b""}
        self.out, self.err = [], []

    def pump(self, timeout):
        open_files = list(self.buffers)
        if not open_files:
            time.sleep(min(timeout, 0.01))
            return
        for file in select.select(open_files, [], [], timeout)[0]:
            data = os.read(file.fileno(), 1 << 16)
            lines = self.out if file is self.process.stdout else self.err
            if not data:
                if self.buffers[file]:
                    lines.append(self.buffers[file].decode(errors="replace"))
                del self.buffers[file]
                continue
            *whole, self.buffers[file] = (self.buffers[file] + data).split(b"\n")
            lines += [line.decode(errors="replace") for line in whole]

    def until(self, condition, what):
        """Reads until condition() or the deadline."""
        end = time.monotonic() + DEADLINE
        while not condition():
            check(time.monotonic() < end, "no", what, "from", self.arguments, "out", self.out[-5:], "err", self.err[-5:])
            check(self.buffers or self.process.poll() is None or condition(), self.arguments, "ended without", what,
                  "out", self.out[-5:], "err", self.err[-5:])
            self.pump(0.05)

    def lines(self, count):
        self.until(lambda: len(self.out) >= count, f"{count} lines")
        return self.out

    def error_with(self, text):
        self.until(lambda: any(text in line for line in self.err), f"'{text}' on stderr")

    def send(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def end(self):
        """Reads to the end; the exit code."""
        end = time.monotonic() + DEADLINE
        while self.buffers and time.monotonic() < end:
            self.pump(0.05)
        try:
            return self.process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.arguments} does not end; out {self.out[-5:]} err {self.err[-5:]}") from None

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class World:
    """A temporary folder, a server, and everything that was started."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="blasty-e2e-")
        self.data = os.path.join(self.folder, "data")
        self.server_process = None
        self.port = 0
        self.started = []
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("BLASTY_")}
        self.env["TMPDIR"] = self.folder

    def start(self, *arguments, stdin=subprocess.DEVNULL, cwd=None):
        process = Process([BINARY, *arguments], self.env, stdin, cwd)
        self.started.append(process)
        return process

    def serve(self, *more):
        server = self.start("serve", "--data", self.data, "--grpc", f"127.0.0.1:{self.port}", "--json", *more)
        hello = json.loads(server.lines(1)[0])
        equal(hello["event"], "listening")
        self.port = hello["port"]
        self.env["BLASTY_SERVER"] = f"127.0.0.1:{self.port}"
        self.server_process = server
        return server

    def stop(self):
        self.server_process.signal(signal.SIGTERM)
        equal(self.server_process.end(), 0, "exit code of the server")

    def run(self, *arguments, code=0, stdin=""):
        """Runs a command to its end; (stdout, stderr) as text."""
        done = subprocess.run([BINARY, *arguments], input=stdin.encode(), capture_output=True, env=self.env,
                              timeout=DEADLINE, check=False)
        out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        equal(done.returncode, code, f"{arguments} said {out[-400:]!r} {err[-400:]!r};")
        return out, err

    def close(self):
        for process in self.started:
            process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def objects(text):
    return [json.loads(line) for line in text.splitlines()]


def wait_for(condition, what):
    end = time.monotonic() + DEADLINE
    while not condition():
        check(time.monotonic() < end, "no", what, "in time")
        time.sleep(0.02)


def on_terminal(w, arguments, typed, stdin=None):
    pid, fd = pty.fork()
    if pid == 0:
        if stdin is not None:
            os.dup2(stdin.fileno(), 0)
        os.execve(BINARY, [BINARY, *arguments], dict(w.env, TERM="xterm"))
    os.write(fd, typed.encode())
    text = b""
    try:
        while select.select([fd], [], [], DEADLINE)[0]:
            data = os.read(fd, 1 << 16)
            if not data:
                break
            text += data
    except OSError:
        pass
    os.waitpid(pid, 0)
    os.close(fd)
    return text.decode(errors="replace")


class Terminal:
    """A program on a terminal of its own, read as text."""

    def __init__(self, w, *arguments, size=(24, 80)):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(BINARY, [BINARY, *arguments],
                      dict(w.env, TERM="xterm", LC_ALL="C.UTF-8", XDG_STATE_HOME=w.folder,
                           LINES=str(size[0]), COLUMNS=str(size[1])))

    def type(self, text):
        os.write(self.fd, text.encode())

    def until(self, condition, what):
        end = time.monotonic() + DEADLINE
        while not condition(self.text):
            check(time.monotonic() < end, "no", what, "in", repr(self.text[-800:]))
            if not self.pump():
                check(condition(self.text), "ended without", what, "in", repr(self.text[-800:]))

    def see(self, text):
        """Waits for text behind what was seen before."""
        start = getattr(self, "seen", 0)
        self.until(lambda t: text in t[start:], repr(text))
        self.seen = self.text.index(text, start) + len(text)

    def pump(self):
        if not select.select([self.fd], [], [], 0.1)[0]:
            return True
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return False
        self.text += data.decode(errors="replace")
        return bool(data)

    def end(self):
        while self.pump():
            pass
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.fd)
        return code


def main():
    passed, failed = 0, []
    for function in WALKS:
        if sys.argv[2:] and function.__name__ not in sys.argv[2:]:
            continue
        world = World()
        started = time.monotonic()
        try:
            function(world)
            passed += 1
            print(f"ok    {function.__name__}  {time.monotonic() - started:.1f} s", flush=True)
        except Exception as error:  # every walk is reported, whatever went wrong in it
            failed.append(function.__name__)
            print(f"FAIL  {function.__name__}: {error}", flush=True)
            if not isinstance(error, Failure):
                traceback.print_exc()
            if world.server_process:
                world.server_process.pump(0)
                print("      server:", world.server_process.err[-5:], flush=True)
        finally:
            world.close()
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0
