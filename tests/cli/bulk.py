#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mxassay bulk: one line for each name, whatever interrupts the run. Runs inside the lab.

Usage: bulk.py PATH-OF-MXASSAY MEMORY-MIB
"""
import collections
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

import jsonschema

MXASSAY, MEMORY_MIB = os.path.abspath(sys.argv[1]), int(sys.argv[2])
DOC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../doc")
FOUND, INCONCLUSIVE, USAGE, DATA, IO, TEMPORARY = 1, 2, 64, 65, 74, 75
failures = []


def expect(what, seen, wanted):
    if seen != wanted:
        failures.append(f"{what}: {seen!r} instead of {wanted!r}")


def run(*args, text=b"", where=None):
    done = subprocess.run([MXASSAY, "bulk", *args], input=text, capture_output=True, cwd=where, timeout=300)
    return done.returncode, done.stdout, done.stderr.decode()


def lines(output):
    assert output.endswith(b"\n") or not output
    return [json.loads(line) for line in output.splitlines()]


def names(count):
    """Of the lab's one domain and of names that do not exist, quickly answered."""
    return ["base.test" if i % 50 == 7 else f"nope-{i}.test" for i in range(1, count + 1)]


def each_line_has_its_answer():
    text = "\ufeff# a comment\r\nbase.test\r\n\n  BASE.test. \nnot a domain\nnope.test"
    status, out, err = run(text=text.encode())
    expect("exit status", status, FOUND)
    answers = {line["seq"]: line for line in lines(out)}
    expect("numbers", sorted(answers), [2, 4, 6])
    expect("input", answers[4]["input"], "BASE.test.")
    expect("name", answers[4]["target"]["name"], "base.test")
    expect("status of a domain that is well", answers[2]["summary"]["status"], "ok")
    expect("status of a name that does not exist", answers[6]["summary"]["status"], "error")
    report = dict(answers[2])
    expect("members before the report", list(report)[:4], ["seq", "input", "attempts", "schema_version"])
    told = [line for line in err.splitlines() if "not a domain" in line]
    expect("lines about the bad one", len(told), 1)
    expect("its place", told[0].startswith("mxassay: standard input:5: "), True)
    expect("sum", err.splitlines()[-1], "mxassay: 3 names: 2 ok, 0 with warnings, 1 with errors, 0 inconclusive; 1 line rejected")


def who_is_on_the_list_is_left_alone(folder):
    with open(f"{folder}/opt-out", "w") as file:
        file.write("mx2.base.test\n")
    status, out, _ = run("--opt-out", f"{folder}/opt-out", text=b"base.test\n")
    expect("exit status", status, 0)
    hosts = lines(out)[0]["hosts"]
    expect("who was connected to", [{e["not_probed"] for a in h["addresses"] for e in a["endpoints"]} for h in hosts], [{None}, {"opt_out"}])
    expect("what was said", [e["transcript"] for a in hosts[1]["addresses"] for e in a["endpoints"]], [[], []])


def bad_lines_go_to_a_file(folder):
    text = b"a..b\nnope.test\n\x1b[31m\n"
    for _ in range(2):
        run("--rejects", "rejects", text=text, where=folder)
    with open(f"{folder}/rejects", encoding="utf-8") as f:
        rejects = [line.rstrip("\n").split("\t") for line in f]
    expect("rejected", [(number, line) for number, _, line in rejects], [("1", "a..b"), ("3", "\\x1b[31m")])


def nothing_but_bad_lines_is_bad_input(folder):
    status, out, err = run("--rejects", "rejects", text=b"a..b\n\n# c\n;;;\n", where=folder)
    expect("all lines are bad", (status, out), (DATA, b""))
    expect("what it says", "no line names a domain" in err and "--column" in err, True)
    expect("its rejects", size_of(f"{folder}/rejects") > 0, True)
    expect("one is good", run("--shard", "1/1", text=b"a..b\nnope.test\n")[0], FOUND)
    shards = [run("--shard", f"{i}/2", text=b"a..b\nnope.test\n")[0] for i in (1, 2)]
    expect("the good one is another shard's", sorted(shards), [0, FOUND])
    expect("nothing but comments", run(text=b"# a\n\n")[:2], (0, b""))


def a_column_of_csv(folder):
    with open(f"{folder}/names.csv", "w", encoding="utf-8") as f:
        f.write('rank,"domain"\n1,base.test\n2,"nope.test"\n')
    status, out, _ = run("--column", "domain", "names.csv", where=folder)
    expect("of a column", sorted((line["seq"], line["input"]) for line in lines(out)), [(2, "base.test"), (3, "nope.test")])
    status, out, err = run("--column", "host", "names.csv", where=folder)
    expect("without the column", (status, out), (DATA, b""))
    expect("its message", "names.csv" in err and "'host'" in err, True)


def shards_part_the_names():
    text = "\n".join(names(60)).encode()
    parts = [sorted(line["seq"] for line in lines(run("--shard", f"{i}/3", text=text)[1])) for i in (1, 2, 3)]
    expect("all in one shard or another", sorted(sum(parts, [])), list(range(1, 61)))
    expect("no shard is empty", all(parts), True)


def names_of_a_block_part(folder):
    """Of names that stand together not all are asked for together: lines come in another order, and each comes."""
    with open(f"{folder}/block", "w", encoding="utf-8") as f:
        f.write("\n".join(f"nope-{i}.test" for i in range(1, 2001)))
    _, out, _ = run("-q", "--max-inflight", "5", "block", where=folder)
    order = [line["seq"] for line in lines(out)]
    expect("all lines", sorted(order), list(range(1, 2001)))
    expect("neighbours that stayed together, of 1999", sum(abs(a - b) < 6 for a, b in itertools.pairwise(order)) < 200, True)


def who_types_gets_each_line():
    """Standard input that goes on does not hold up what came."""
    process = subprocess.Popen([MXASSAY, "bulk", "-q"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for i in range(1, 4):
        process.stdin.write(f"nope-{i}.test\n".encode())
        process.stdin.flush()
        expect("line", json.loads(process.stdout.readline())["seq"], i)
    process.stdin.close()
    expect("nothing more", (process.stdout.read(), process.wait()), (b"", FOUND))


def size_of(path):
    return os.path.getsize(path) if os.path.exists(path) else 0


def summary_of(folder, name):
    with open(f"{folder}/{name}", encoding="utf-8") as f:
        summary = json.load(f)
    with open(f"{DOC}/bulk-summary.schema.json", encoding="utf-8") as f:
        jsonschema.validate(summary, json.load(f))
    return summary


def worst_of(checks, check):
    counts = next((c for c in checks if c["id"] == check), None)
    return counts and next((word for word in ("fail", "unknown", "pass") if counts[word]), None)


def shared_by_hand(answers, names_of):
    """The heaviest, as the summary lists them."""
    table = {}
    for line in answers:
        found = names_of(line)
        for name in found:
            entry = table.setdefault(name, {"name": name, "domains": 0, "sole": 0, "errors": 0, "missed_at_most": 0})
            entry["domains"] += 1
            entry["sole"] += len(found) == 1
            entry["errors"] += line["summary"]["status"] == "error"
    return sorted(table.values(), key=lambda e: (-e["domains"], e["name"]))[:100]


def expect_summary(summary, answers):
    expect("domains", summary["domains"], len(answers))
    expect("status", summary["status"], {word: sum(line["summary"]["status"] == word for line in answers) for word in ("ok", "warning", "error", "inconclusive")})
    for finding in summary["findings"]:
        seen = collections.Counter(worst_of(line["checks"], finding["id"]) for line in answers)
        expect(f"counts of {finding['id']}", [finding[k] for k in ("failed", "unknown", "passed")], [seen["fail"], seen["unknown"], seen["pass"]])
    failing = {c["id"] for line in answers for c in line["checks"] if c["fail"] or c["unknown"]}
    expect("findings", {f["id"] for f in summary["findings"]}, failing)
    kinds = {
        "servers": lambda line: {h["host"] for h in line["hosts"]},
        "addresses": lambda line: {a["ip"] for h in line["hosts"] for a in h["addresses"]},
    }
    for kind, names_of in kinds.items():
        expect(kind, summary["shared"][kind]["heaviest"], shared_by_hand(answers, names_of))
    expect("operators", [e["name"] for e in summary["shared"]["operators"]["heaviest"]], ["base.test"])
    expect("certificate authorities", [e["domains"] for e in summary["shared"]["certificate_authorities"]["heaviest"]],
           [sum(line["target"]["name"] == "base.test" for line in answers)])


def a_summary_says_what_the_lines_say(folder):
    text = "\n".join(itertools.chain(names(60), ["a..b"])).encode()
    _, out, _ = run("--summary", "sum", text=text, where=folder)
    summary = summary_of(folder, "sum")
    expect_summary(summary, lines(out))
    expect("complete", (summary["complete"], summary["rejected"]), (True, 1))
    run("--rate", "20", "--deadline", "1", "--summary", "sum", text=text, where=folder)
    expect("complete after a deadline", summary_of(folder, "sum")["complete"], False)
    expect("over the output", run("-o", "x", "--summary", "x", text=b"", where=folder)[0], USAGE)
    expect("where nothing can be written", run("--summary", "no/such", text=b"", where=folder)[0], IO)


def without_moments(value):
    """A report without what hangs on when it was made."""
    if isinstance(value, dict):
        return {k: without_moments(v) for k, v in value.items() if not k.endswith(("_ms", "_at")) and k not in ("seq", "transcript")}
    return [without_moments(v) for v in value] if isinstance(value, list) else value


def moments_of(line):
    """When and how each server was spoken to."""
    return [[(e["connect_ms"], e["greeting"] and e["greeting"]["delay_ms"], e["transcript"]) for a in h["addresses"] for e in a["endpoints"]] for h in line["hosts"]]


def workers_say_what_one_process_says():
    text = "\n".join(["greylist.test", "421.test", *names(200)]).encode()
    answers, sums = [], set()
    for count in "1", "3":
        status, out, err = run("--workers", count, text=text)
        expect(f"status with {count}", status, FOUND)
        sums.add(err.splitlines()[-1])
        answers.append({line["seq"]: line for line in lines(out)})
    one, three = answers
    expect("numbers", (sorted(one), sorted(three)), (list(range(1, 203)), list(range(1, 203))))
    expect("one sum for both", len(sums), 1)
    for seq, line in one.items():
        if without_moments(line) != without_moments(three[seq]):
            failures.append(f"line {seq} differs between 1 and 3 workers")
    spoken = [moments_of(line) for line in three.values() if line["input"] == "base.test"]
    expect("each server is connected to once by all workers", all(m == spoken[0] for m in spoken), True)
    expect("no number", run("--workers", "0", text=b"")[0], USAGE)
    expect("more workers than names at once", run("--workers", "3", "--max-inflight", "1", text=b"nope.test\n")[0], FOUND)


def workers_of(pid):
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8") as f:
                if int(f.read().rpartition(")")[2].split()[1]) == pid:
                    found.append(int(entry))
        except OSError:
            pass
    return found


def a_killed_worker_loses_nothing(folder):
    wanted = names(600)
    with open(f"{folder}/of-workers", "w", encoding="utf-8") as f:
        f.write("\n".join(wanted))
    args = [MXASSAY, "bulk", "--workers", "3", "--rate", "150", "-o", "worked", "of-workers"]
    process = subprocess.Popen(args, cwd=folder, stderr=subprocess.PIPE)
    while size_of(f"{folder}/worked") == 0:
        time.sleep(0.01)
    expect("workers", len(workers_of(process.pid)), 3)
    for _ in range(2):
        os.kill(workers_of(process.pid)[0], signal.SIGKILL)
        time.sleep(0.7)
    err = process.communicate()[1].decode()
    expect("status", process.returncode, FOUND)
    with open(f"{folder}/worked", "rb") as f:
        answers = lines(f.read())
    expect("one line for each", sorted(line["seq"] for line in answers), list(range(1, 601)))
    expect("of its name", [line["seq"] for line in answers if line["input"] != wanted[line["seq"] - 1]], [])
    expect("it is told", "; 2 workers died and were replaced" in err, True)


def killed_runs_lose_nothing(folder, workers):
    for name in "out", "sum":
        if os.path.exists(f"{folder}/{name}"):
            os.remove(f"{folder}/{name}")
    wanted = names(600)
    with open(f"{folder}/names", "w", encoding="utf-8") as f:
        f.write("\n".join(wanted))
    random.seed(4)
    killed = 0
    for i in range(20):
        args = [MXASSAY, "bulk", "-q", "--workers", workers, "--rate", "200", "-o", "out", "names"] + (["--resume"] if i else [])
        process = subprocess.Popen(args, cwd=folder, stderr=subprocess.DEVNULL)
        answered = size_of(f"{folder}/out")
        while process.poll() is None and size_of(f"{folder}/out") == answered:
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.1))
        crew = workers_of(process.pid)
        process.kill()
        killed += process.wait() == -signal.SIGKILL
        expect("workers", len(crew) == (int(workers) if workers > "1" else 0) or process.returncode != -signal.SIGKILL, True)
    with open(f"{folder}/out", "ab") as f:
        f.write(b'{"seq":600,"input":"nope-600.te')
    status, _, err = run("--workers", workers, "-o", "out", "--resume", "--summary", "sum", "names", where=folder)
    expect("end of the last run", status, FOUND)
    with open(f"{folder}/out", "rb") as f:
        answers = lines(f.read())
    counts = collections.Counter(line["seq"] for line in answers)
    expect("lost", [i for i in range(1, 601) if i not in counts], [])
    expect("twice", [i for i, n in counts.items() if n > 1], [])
    expect("answers of other lines", [line["seq"] for line in answers if line["input"] != wanted[line["seq"] - 1]], [])
    expect("killed runs had answered some", "answered before" in err, True)
    expect_summary(summary_of(folder, "sum"), answers)
    with open(f"{folder}/sum", "rb") as f:
        before = f.read()
    run("-o", "out", "--resume", "--summary", "sum", "names", where=folder)
    with open(f"{folder}/sum", "rb") as f:
        expect("the summary of all lines, once more", f.read(), before)
    print(f"{killed} of 20 runs with {workers} workers were killed at work; {err.strip().splitlines()[-1]}")


def what_is_there_is_not_overwritten(folder):
    with open(f"{folder}/names", "w", encoding="utf-8") as f:
        f.write("nope-1.test\n")
    run("-o", "kept", "names", where=folder)
    before = open(f"{folder}/kept", "rb").read()
    expect("without --resume", run("-o", "kept", "names", where=folder)[0], DATA)
    with open(f"{folder}/names", "w", encoding="utf-8") as f:
        f.write("nope-2.test\n")
    status, _, err = run("-o", "kept", "--resume", "names", where=folder)
    expect("of another input", status, DATA)
    expect("its message", "names:1" in err and "kept" in err, True)
    expect("the file", open(f"{folder}/kept", "rb").read(), before)
    expect("a file of something else", run("-o", "names", "--resume", "kept", where=folder)[0], DATA)
    expect("--resume alone", run("--resume", text=b"")[0], USAGE)
    expect("no file", run("missing", where=folder)[0], DATA)
    expect("a folder", run(folder)[0], DATA)
    expect("nothing to do", run(text=b"")[:2], (0, b""))


def a_deadline_ends_well(folder):
    text = "\n".join(names(400)).encode()
    status, out, err = run("--rate", "50", "--deadline", "1", text=text)
    begun = len(lines(out))
    expect("status", status, TEMPORARY)
    expect("some were begun, not all", 0 < begun < 400, True)
    expect("told", "--resume goes on" in err, True)
    with_some_under_way = run("-q", "--deadline", "1", text="\n".join(names(20000)).encode())
    expect("status with names under way", with_some_under_way[0], TEMPORARY)
    expect("those under way were answered", len(lines(with_some_under_way[1])) >= 100, True)


def an_interrupt_leaves_whole_lines(folder):
    process = subprocess.Popen([MXASSAY, "bulk", "--summary", "interrupted", "-"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write("\n".join(names(30) + [""]).encode())
    process.stdin.flush()
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out = process.stdout.read()
    expect("status", process.wait(timeout=60), 128 + signal.SIGINT)
    summary = summary_of(folder, "interrupted")
    expect("its summary", (summary["complete"], summary["domains"]), (False, len(lines(first + out))))


def attempts_of(output):
    return {line["input"]: line["attempts"] for line in lines(output)}


def who_is_put_off_is_asked_again(folder):
    """greylist.test defers recipients, 421.test greets with 421: both for ever."""
    text = b"greylist.test\n421.test\nbase.test\n"
    with open(f"{folder}/put-off", "wb") as f:
        f.write(text)
    once = {"greylist.test": 1, "421.test": 1, "base.test": 1}
    _, out, err = run("put-off", where=folder)
    expect("without -o nobody waits", attempts_of(out), once)
    expect("but it is told", "2 put off by their servers, --retry-after asks again" in err, True)
    status, out, err = run("--retry-after", "1,2", "put-off", where=folder)
    expect("two more times", attempts_of(out), {"greylist.test": 3, "421.test": 3, "base.test": 1})
    expect("who was not put off comes first", lines(out)[0]["input"], "base.test")
    expect("at last it is as it is", (status, "2 put off by their servers to the last" in err), (INCONCLUSIVE, True))
    status, out, err = run("--retry-after", "60", "--deadline", "5", "put-off", where=folder)
    expect("a deadline comes first", (status, attempts_of(out)), (TEMPORARY, {"base.test": 1}))
    expect("who is left out", "; 2 put off and left out" in err, True)
    expect("no list of times", run("--retry-after", "5,x", text=b"")[0], USAGE)
    expect("more than that", run("--retry-after", ",".join("1" * 9), text=b"")[0], USAGE)

    process = subprocess.Popen([MXASSAY, "bulk", "-o", "again", "put-off"], cwd=folder, stderr=subprocess.PIPE)
    while size_of(f"{folder}/again") == 0:
        time.sleep(0.01)
    time.sleep(3)
    expect("with -o it waits", process.poll(), None)
    process.send_signal(signal.SIGINT)
    err = process.communicate()[1].decode()
    expect("it says what it waits for", "2 put off by their servers, the next is asked again in 4:" in err or "asked again in 5:" in err, True)
    expect("an interrupt", process.returncode, 128 + signal.SIGINT)
    with open(f"{folder}/again", "rb") as f:
        expect("who waited has no line yet", attempts_of(f.read()), {"base.test": 1})
    run("-o", "again", "--resume", "--retry-after", "0", "--summary", "sum", "put-off", where=folder)
    with open(f"{folder}/again", "rb") as f:
        expect("and then has one", attempts_of(f.read()), once)
    expect("in the summary too", (summary_of(folder, "sum")["domains"], summary_of(folder, "sum")["complete"]), (3, True))


def memory_kb_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))


def a_slow_reader_holds_it_up(workers):
    """Nobody reads for a while: memory stays, nothing is lost."""
    wanted = 3000
    process = subprocess.Popen([MXASSAY, "bulk", "-q", "--workers", workers, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    feeder = os.fork()
    if feeder == 0:
        process.stdin.write("\n".join(names(wanted)).encode())
        process.stdin.close()
        os._exit(0)
    process.stdin.close()
    time.sleep(5)
    memory_kb = max(map(memory_kb_of, [process.pid, *workers_of(process.pid)]))
    out = process.stdout.read()
    process.wait()
    os.waitpid(feeder, 0)
    expect("lines", sorted(line["seq"] for line in lines(out)), list(range(1, wanted + 1)))
    expect(f"less than {MEMORY_MIB} MiB", memory_kb < MEMORY_MIB * 1024, True)
    print(f"{memory_kb} KiB in one of {workers} workers while nobody read")


with tempfile.TemporaryDirectory() as temporary:
    each_line_has_its_answer()
    who_is_on_the_list_is_left_alone(temporary)
    bad_lines_go_to_a_file(temporary)
    nothing_but_bad_lines_is_bad_input(temporary)
    a_column_of_csv(temporary)
    shards_part_the_names()
    a_summary_says_what_the_lines_say(temporary)
    names_of_a_block_part(temporary)
    who_types_gets_each_line()
    workers_say_what_one_process_says()
    a_killed_worker_loses_nothing(temporary)
    for workers in "1", "3":
        killed_runs_lose_nothing(temporary, workers)
    what_is_there_is_not_overwritten(temporary)
    a_deadline_ends_well(temporary)
    an_interrupt_leaves_whole_lines(temporary)
    who_is_put_off_is_asked_again(temporary)
    for workers in "1", "3":
        a_slow_reader_holds_it_up(workers)
for failure in failures:
    print(failure)
sys.exit(1 if failures else 0)
