#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which wrong rules would no test notice? Breaks the judge's rules, one place at a time, and runs what should complain.

Usage: mutate.py [--file NAME]... [--rule NAME]... [--limit N] [--seed S] [--jobs N]

A mutant differs from the tree in one place: a condition is negated, && is || or the reverse, a comparison takes in its
bound or leaves it out, a limit is off by one, a rule passes where it failed or fails where it passed, a row of
findings.def has lost a gate. It has to trip a unit test of the judge, those named after the file being asked first, or
the expectations of a scenario in virtual time. Every job has a copy of the tree in a temporary folder, where the judge is a
shared library: per mutant one object is compiled and that library linked. What does not compile, or compiles to the same
object, is no mutant. An interrupt ends the run early, with the counts so far.

A mutant that means the same as what was written cannot be noticed: tools/mutate.excuses names those, with the reason.
Exit status 1 when some survive without excuse, or when an excuse is stale: nothing is left to be excused by it.

--file NAME  only mutants of this file of src/judge; may be given again
--rule NAME  only this rule, negated in each of its conditions and shifted in each of its limits; may be given again. Asks
             the scenarios first and prints what notices which mutant. Each of these rules needs a scenario that notices.
--limit N    only N mutants: the first ones, or with --seed S a sample
--jobs N     mutants at once (2)
"""
import argparse
import collections
import json
import pathlib
import queue
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[1]
JUDGE = "src/judge"
EXCUSES = ROOT / "tools/mutate.excuses"
ARCHIVE, LIBRARY = f"{JUDGE}/libjudge.a", f"{JUDGE}/libjudge.so"
OBJECT_OF = {"findings.def": "judge.c"}  # who reads the column of gates
CPU_LIMIT_S = 10
SHOWN_COLUMNS = 150

sys.path.insert(0, str(ROOT / "tests/engine"))
import run_scenarios  # pylint: disable=wrong-import-position,import-error

Mutant = collections.namedtuple("Mutant", "file line what begin end text")
Excuse = collections.namedtuple("Excuse", "number file what now why")

TURNED = {"&&": "||", "||": "&&", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
OPERATOR = re.compile(r"(?<= )(&&|\|\||<=?|>=?|==|!=)(?= )")
LIMIT = re.compile(r"(?<= )(<=?|>=?) (\d+)\b")
LIMIT_STEP = {"<": -1, "<=": 1, ">": 1, ">=": -1}  # the other way than that of TURNED
CONSTANT = re.compile(r"\b[A-Z][A-Z0-9_]+ = (\d+)(?=[,\s}])")
NOT = re.compile(r"!(?=[A-Za-z_(])")
RETURN = re.compile(r"\breturn (pass|fail)\(")
COMMENT_OR_STRING = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.S)


def without_words(text):
    """The text with comments, strings and directives blanked out, every place where it was."""
    text = COMMENT_OR_STRING.sub(lambda m: re.sub(r"[^\n]", "_", m.group()), text)
    return re.sub(r"^#.*$", lambda m: "_" * len(m.group()), text, flags=re.M)


def closing(code, begin):
    """Where the bracket that opens at `begin` is closed."""
    depth = 0
    for place in range(begin, len(code)):
        depth += (code[place] == "(") - (code[place] == ")")
        if depth == 0:
            return place
    raise ValueError("a bracket is not closed")


def brackets_after(code, word):
    for match in re.finditer(rf"\b{word} \(", code):
        yield match.end() - 1, closing(code, match.end() - 1)


def is_simple(condition):
    return "&&" not in condition and "||" not in condition


def operators_of(code):
    """Comparisons and connections. A loop's bound is left alone unless a constant sets it: beyond it is no memory of ours.
    A condition of one comparison is negated as a whole."""
    loops = [span for word in ("for", "while") for span in brackets_after(code, word)]
    simple = [(a, b) for a, b in brackets_after(code, "if") if is_simple(code[a:b])]
    for match in OPERATOR.finditer(code):
        sign, at = match.group(1), match.start()
        in_loop = any(a < at < b for a, b in loops)
        if sign[0] in "<>" and in_loop and not re.match(r" [A-Z][A-Z0-9_]+\b(?!\()", code[match.end():]):
            continue
        if sign in ("==", "!=") and any(a < at < b for a, b in simple):
            continue
        yield f"{sign} is {TURNED[sign]}", at, match.end(), TURNED[sign]
    for match in NOT.finditer(code):
        if not any(a + 1 == match.start() for a, _ in simple):
            yield "! is gone", match.start(), match.end(), ""


def limits_of(code):
    for match in LIMIT.finditer(code):
        number = int(match.group(2)) + LIMIT_STEP[match.group(1)]
        if number > 0:
            yield f"{match.group(2)} is {number}", match.start(2), match.end(2), str(number)
    for match in CONSTANT.finditer(code):
        for number in (int(match.group(1)) - 1, int(match.group(1)) + 1):
            yield f"{match.group(1)} is {number}", match.start(1), match.end(1), str(number)


def conditions_of(code):
    for begin, end in brackets_after(code, "if"):
        yield "condition negated", begin, end + 1, f"(!{code[begin:end + 1]})"


def outcomes_of(code):
    for match in RETURN.finditer(code):
        end = closing(code, match.end() - 1) + 1
        if match.group(1) == "fail":
            yield "fail is pass", match.start(), end, "return pass()"
        elif code[end] == ";":
            yield "pass is fail", match.start(), end, 'return fail(c, "A mutant fails.")'


def gates_of(code):
    for match in re.finditer(r"\bCHECK\((\w+), [^\n]*?GATED_BY\(([^)]*)\)", code):
        gates = match.group(2).split(", ")
        for gate in gates:
            rest = ", ".join(g for g in gates if g != gate)
            yield f"{match.group(1)} without {gate}", match.start(2) - len("GATED_BY("), match.end(), f"GATED_BY({rest})" if rest else "NO_GATE"


def mutants_of(name):
    text = (ROOT / JUDGE / name).read_text(encoding="utf-8")
    code = without_words(text)
    kinds = (gates_of,) if name.endswith(".def") else (conditions_of, operators_of, limits_of, outcomes_of)
    found = []
    for kind in kinds:
        for what, begin, end, new in kind(code):
            if kind is conditions_of:  # strings are not blanked in what is compiled
                new = f"(!{text[begin:end]})"
            line = text.count("\n", 0, begin) + 1
            found.append(Mutant(name, line, what, begin, end, text[:begin] + new + text[end:]))
    return sorted(found, key=lambda m: (m.begin, m.end, m.what))


def mutants_of_rule(name):
    """Of every condition and every limit of one rule."""
    for path in sorted((ROOT / JUDGE).glob("rules_*.c")):
        text = path.read_text(encoding="utf-8")
        body = re.search(rf"^struct outcome {name}\(.*?^}}", text, re.M | re.S)
        if body:
            return [m for m in mutants_of(path.name) if body.start() <= m.begin < body.end()
                    and (m.what == "condition negated" or re.fullmatch(r"\d+ is \d+|[<>]=? is [<>]=?", m.what))]
    sys.exit(f"mutate: no rule {name}")


def now_of(mutant):
    return mutant.text.splitlines()[mutant.line - 1].strip()


def shown(mutant):
    return f"{JUDGE}/{mutant.file}:{mutant.line}: {mutant.what}: {now_of(mutant)}"[:SHOWN_COLUMNS]


def read_excuses():
    """Lines `file: what: the line as it is then: why`, the last two in backquotes and free."""
    excuses = []
    for number, line in enumerate(EXCUSES.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        match = re.fullmatch(r"([\w.]+): ([^`]+): `(.*)`: (\S.*)", line)
        if not match:
            sys.exit(f"{EXCUSES}:{number}: an excuse has the form  file: what: `line`: why")
        excuses.append(Excuse(number, *match.groups()))
    return excuses


def is_excused_by(mutant, excuse):
    return (mutant.file, mutant.what, now_of(mutant)) == (excuse.file, excuse.what, excuse.now)


class Workshop:
    """A copy of the tree with its build folder, in which one mutant at a time is built and tried."""

    def __init__(self, tree):
        self.tree, self.build = tree, tree / "build"
        self.virtual = "tests/engine/mxassay-virtual"

    def prepare(self):
        shutil.copytree(ROOT, self.tree, ignore=shutil.ignore_patterns("build*", ".*", "__pycache__"), dirs_exist_ok=True)
        self.run(["meson", "setup", "build", "-Dwerror=false", "-Dbuildtype=plain", "-Doptimization=1"], cwd=self.tree)
        programs = [self.virtual, *self.unit_tests()]
        self.run(["ninja", *programs])
        self.run(["sh", "-c", self.link_of_library()])
        for program in programs:
            self.run(["sh", "-c", self.last_command(program).replace(ARCHIVE, f"{LIBRARY} -Wl,-rpath,{JUDGE}")])

    def link_of_library(self):
        return f"cc -shared -o {LIBRARY} {ARCHIVE}.p/*.o"

    def copy(self, tree):
        subprocess.run(["cp", "-a", self.tree, tree], check=True)
        return Workshop(tree)

    def run(self, command, cwd=None):
        done = subprocess.run(command, cwd=cwd or self.build, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            sys.exit(f"{done.stdout[-3000:]}\nmutate: {shlex.join(command)} failed")
        return done.stdout

    def unit_tests(self):
        return sorted(set(re.findall(r"^(tests/unit/judge/test_judge_\w+):", self.run(["ninja", "-t", "targets", "all"]), re.M)))

    def last_command(self, target):
        return self.run(["ninja", "-t", "commands", target]).splitlines()[-1]

    def shell(self, command):
        return subprocess.run(command, shell=True, cwd=self.build, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0

    def limited(self, command):
        return ["sh", "-c", f'ulimit -c 0; ulimit -t {CPU_LIMIT_S}; exec "$@"', "sh", *map(str, command)]

    def is_wrong_in_scenario(self, plan, order):
        """The file of the first scenario whose expectations are not met; None when all are."""
        command = self.limited([self.virtual, *order])
        with subprocess.Popen(command, cwd=self.build, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as run:
            try:
                for file in order:
                    line = run.stdout.readline()
                    if not line.endswith(b"\n"):  # it died
                        return file
                    result, scenario = json.loads(line), plan["by_file"][file]
                    if result["problems"] or not result["report"]:
                        return file
                    if not plan["hybrid_group"]:
                        scenario = run_scenarios.without_hybrid_group(scenario, result["report"])
                    if run_scenarios.compare(scenario, result["report"], result["exit"]):
                        return file
            finally:
                run.kill()
        return None

    def is_wrong_in_unit_test(self, tests):
        for test in tests:
            if not self.shell(shlex.join(self.limited([test]))):
                return test
        return None


class Run:
    """All jobs share the commands, and for each file the scenarios that killed last: they come first in the next run."""

    def __init__(self, first, mutants, scenarios_first):
        self.mutants, self.verdicts, self.waiting = mutants, {}, queue.Queue()
        self.scenarios_first, self.excuses = scenarios_first, read_excuses()
        self.told, self.objects = set(), {}
        for name in {OBJECT_OF.get(m.file, m.file) for m in mutants}:
            path = f"{JUDGE}/libjudge.a.p/{name}.o"
            self.objects[name] = (path, first.last_command(path), (first.build / path).read_bytes())
        self.unit_tests = first.unit_tests()
        plan = json.loads(first.run([str(first.build / first.virtual), "--plan", str(ROOT / "tests/scenarios")]))
        self.plan = {"hybrid_group": plan["hybrid_group"], "by_file": {s["file"]: s for s in plan["scenarios"]}}
        self.orders = {m.file: list(self.plan["by_file"]) for m in mutants}
        self.lock = threading.Lock()

    def tests_of(self, file):
        """The unit tests named after the file, as far as its name goes, and the others."""
        stem = re.sub(r"^rules_|\.\w+$", "", file).split("_")[0]
        stem = {"findings": "gates"}.get(stem, stem)
        near = [test for test in self.unit_tests if f"_{stem}" in test]
        return near, [test for test in self.unit_tests if test not in near]

    def killing_scenario(self, shop, mutant):
        with self.lock:
            order = list(self.orders[mutant.file])
        killer = shop.is_wrong_in_scenario(self.plan, order)
        if killer:
            with self.lock:
                self.orders[mutant.file].remove(killer)
                self.orders[mutant.file].insert(0, killer)
        return killer and pathlib.Path(killer).stem

    def killer_of(self, shop, mutant):
        """The kind of test that notices the mutant, and which."""
        near, far = self.tests_of(mutant.file)
        ways = [("unit", lambda: shop.is_wrong_in_unit_test(near + far)), ("scenario", lambda: self.killing_scenario(shop, mutant))]
        if self.scenarios_first:
            ways.reverse()
        for kind, way in ways:
            killer = way()
            if killer:
                return kind, pathlib.Path(killer).name
        return "survived", None

    def verdict_of(self, shop, mutant):
        path, compile_it, sound = self.objects[OBJECT_OF.get(mutant.file, mutant.file)]
        source = shop.tree / JUDGE / mutant.file
        sound_text = source.read_bytes()
        try:
            source.write_text(mutant.text, encoding="utf-8")
            if not shop.shell(compile_it) or (shop.build / path).read_bytes() == sound:
                return None, None
            if not shop.shell(shop.link_of_library()):
                raise RuntimeError("the library does not link")
            kind, killer = self.killer_of(shop, mutant)
            if kind == "survived" and any(is_excused_by(mutant, e) for e in self.excuses):
                return "excused", None
            return kind, killer
        finally:
            source.write_bytes(sound_text)
            (shop.build / path).write_bytes(sound)

    def work(self, shop):
        while True:
            try:
                mutant = self.waiting.get_nowait()
            except queue.Empty:
                return
            verdict = self.verdict_of(shop, mutant)
            with self.lock:
                self.verdicts[mutant] = verdict
                if sys.stderr.isatty():
                    print(f"\r{len(self.verdicts)} of {len(self.mutants)}", end="\r", file=sys.stderr, flush=True)

    def try_all(self, shops):
        for mutant in self.mutants:
            self.waiting.put(mutant)
        threads = [threading.Thread(target=self.work, args=(shop,), daemon=True) for shop in shops]
        for thread in threads:
            thread.start()
        for mutant in self.mutants:
            while mutant not in self.verdicts:
                if not any(thread.is_alive() for thread in threads) and mutant not in self.verdicts:
                    sys.exit("mutate: a job ended before its work")
                threads[0].join(0.1)
            self.show(mutant)

    def show(self, mutant):
        kind, killer = self.verdicts.get(mutant, (None, None))
        if mutant in self.told or not kind:
            return
        self.told.add(mutant)
        if self.scenarios_first:
            print(f"{shown(mutant)}\n    {kind} {killer or ''}", flush=True)
        elif kind == "survived":
            print(shown(mutant), flush=True)

    def stale_excuses(self):
        """Of the files that were tried in full."""
        files = {m.file for m in self.mutants}
        tried = {f for f in files if len([m for m in self.verdicts if m.file == f]) == len(mutants_of(f))}
        excused = [m for m, (kind, _) in self.verdicts.items() if kind == "excused"]
        return [e for e in self.excuses if (e.file in tried or not (ROOT / JUDGE / e.file).exists())
                and not any(is_excused_by(m, e) for m in excused)]


def names_of_files():
    """Of the table and of every source of the judge: all of them decide what is said of a domain."""
    return sorted(p.name for p in (ROOT / JUDGE).iterdir() if p.suffix in (".c", ".def") and mutants_of(p.name))


def chosen_mutants(options):
    if options.rule:
        return [m for name in options.rule for m in mutants_of_rule(name)]
    names = [pathlib.Path(f).name for f in options.file or []] or names_of_files()
    mutants = [m for name in names for m in mutants_of(name)]
    if options.limit is not None and options.limit < len(mutants):
        chosen = random.Random(options.seed).sample(range(len(mutants)), options.limit) if options.seed is not None else range(options.limit)
        mutants = [mutants[i] for i in sorted(chosen)]
    return mutants


def rules_without_scenario(run, rules):
    for name in rules:
        kinds = [run.verdicts.get(m, (None, None))[0] for m in mutants_of_rule(name)]
        if "scenario" not in kinds:
            yield name


def tell(run, rules):
    """The counts. True when nothing is left to do."""
    count = collections.Counter(kind for kind, _ in run.verdicts.values() if kind)
    stale = [] if rules else run.stale_excuses()
    for e in stale:
        print(f"{EXCUSES.relative_to(ROOT)}:{e.number}: stale: no such mutant survives: {e.file}: {e.what}: {e.now}"[:SHOWN_COLUMNS])
    blind = list(rules_without_scenario(run, rules or []))
    for name in blind:
        print(f"{name}: no scenario notices any mutant of it")
    print(f"{sum(count.values())} mutants: {count['scenario']} killed by scenarios, {count['unit']} by unit tests, "
          f"{count['excused']} excused, {count['survived']} survived")
    return not (count["survived"] or stale or blind)


def main():
    parser = argparse.ArgumentParser(description="Breaks the judge's rules one place at a time; says what no test notices.")
    parser.add_argument("--file", action="append", metavar="NAME")
    parser.add_argument("--rule", action="append", metavar="NAME")
    parser.add_argument("--limit", type=int, metavar="N")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    mutants = chosen_mutants(options)
    with tempfile.TemporaryDirectory(prefix="mxassay-mutate.") as folder:
        first = Workshop(pathlib.Path(folder) / "0")
        first.prepare()
        run = Run(first, mutants, bool(options.rule))
        broken = first.is_wrong_in_scenario(run.plan, list(run.plan["by_file"])) or first.is_wrong_in_unit_test(run.unit_tests)
        if broken:
            sys.exit(f"mutate: {broken} fails without any mutant")
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            run.try_all([first] + [first.copy(first.tree.parent / str(i)) for i in range(1, options.jobs)])
        except KeyboardInterrupt:
            print("interrupted", flush=True)
            run.waiting.queue.clear()
            for mutant in mutants:
                run.show(mutant)
    sys.exit(0 if tell(run, options.rule) else 1)


if __name__ == "__main__":
    main()
