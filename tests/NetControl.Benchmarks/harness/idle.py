#!/usr/bin/env python3
"""idle.py [-n ROUNDS] BINARY...: what each build of netcontrold costs to start and to keep, with one device. Needs root."""
import argparse
import os
import re
import statistics
import subprocess
import tempfile
import time

CONFIGURATION = """
listen: {grpc: ["unix:%s/api.sock"], http: "http://127.0.0.1:0"}
devices:
  - {name: devices/tun0, addresses: ["10.77.0.1/24", "fd77::1/64"], routes: ["198.18.0.0/15", "fd99::/64"], streamDialer: delegates/egress, packetProxy: delegates/egress}
delegates: [{name: delegates/egress, proxy: proxies/upstream}]
proxies: [{name: proxies/upstream, config: "socks5://10.99.0.2:1080"}]
"""


def processor_ms(pid):
    tasks = f"/proc/{pid}/task"
    return sum(int(open(f"{tasks}/{task}/schedstat").read().split()[0]) for task in os.listdir(tasks)) / 1e6


def measure(namespace, binary, configuration, settle):
    begun = time.monotonic()
    process = subprocess.Popen(["ip", "netns", "exec", namespace, binary, "--config", configuration],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    line = process.stdout.readline()
    wall = (time.monotonic() - begun) * 1000
    if not line.startswith("ready"):
        raise SystemExit(f"{binary} did not become ready")
    processor = processor_ms(process.pid)
    time.sleep(settle)
    memory = open(f"/proc/{process.pid}/smaps_rollup").read()
    process.terminate()
    process.wait()
    return [wall, processor] + [int(re.search(rf"^{key}:\s+(\d+)", memory, re.M).group(1)) / 1024 for key in ("Rss", "Anonymous")]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=5, help="rounds (the order is that given, in each)")
    parser.add_argument("-s", type=float, default=0.5, help="seconds from the ready line to the look at memory")
    parser.add_argument("binaries", nargs="+")
    arguments = parser.parse_args()
    namespace = f"idle{os.getpid()}"
    subprocess.run(["ip", "netns", "add", namespace], check=True)
    try:
        subprocess.run(["ip", "-n", namespace, "link", "set", "lo", "up"], check=True)
        with tempfile.TemporaryDirectory() as folder:
            configuration = f"{folder}/netcontrol.yaml"
            with open(configuration, "w") as file:
                file.write(CONFIGURATION % folder)
            rounds = [[measure(namespace, binary, configuration, arguments.s) for binary in arguments.binaries] for _ in range(arguments.n)]
        for index, binary in enumerate(arguments.binaries):
            values = [statistics.median(column) for column in zip(*(one[index] for one in rounds))]
            print("%s: ready after %.0f ms, %.0f ms of processor time; %.1f MiB resident, %.1f anonymous" % (binary, *values))
    finally:
        subprocess.run(["ip", "netns", "del", namespace], check=False)


if __name__ == "__main__":
    main()
