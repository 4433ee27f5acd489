#!/usr/bin/env python3
"""Commands beside each other, in random order each round: median wall time, median CPU of the whole process tree, ratios.

    bench/meter.py TITLE ROUNDS [--before COMMAND] OURS PEER [PEER...]      each as  name=shell command

The first is ours; each ratio is ours divided by that peer, as the median over the rounds. --before runs untimed before each. CPU
counts processes that were waited for, and the meter's own two forks are in all of them alike.
"""
import os
import random
import statistics
import subprocess
import sys
import time


def run(command, output):
    begin = time.perf_counter()
    child = subprocess.Popen(["/bin/bash", "-c", "exec " + command], stdout=output, stderr=output)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        output.flush()
        sys.exit(f"meter: exit code {child.returncode}: {command}\n" + open(output.name).read()[-2000:])
    return wall, usage.ru_utime + usage.ru_stime


def main():
    title, rounds, rest = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    before = None
    if rest[0] == "--before":
        before, rest = rest[1], rest[2:]
    commands = [word.split("=", 1) for word in rest]
    seen = {name: [] for name, _ in commands}
    with open(os.environ.get("METER_LOG", "/tmp/howdah-bench-meter.log"), "w") as output:
        for number in range(rounds + 1):
            for name, command in random.sample(commands, len(commands)):
                if before:
                    subprocess.run(["/bin/bash", "-c", before], check=True, stdout=output, stderr=output)
                measured = run(command, output)
                if number > 0:  # the first round warms the caches
                    seen[name].append(measured)
    ours = seen[commands[0][0]]
    print(f"| {title} | p50 wall ms | CPU ms | ours / this, wall | ours / this, CPU |\n|---|---|---|---|---|")
    for name, _ in commands:
        values = seen[name]
        wall, cpu = (statistics.median(column) * 1000 for column in zip(*values))
        ratios = [statistics.median(a[i] / max(b[i], 1e-6) for a, b in zip(ours, values)) for i in (0, 1)]
        shown = ["", ""] if values is ours else [f"{ratio:.2f}" for ratio in ratios]
        print(f"| {name} | {wall:.1f} | {cpu:.1f} | {shown[0]} | {shown[1]} |")
    print()


main()
