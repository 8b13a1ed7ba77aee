# SPDX-License-Identifier: Apache-2.0
"""Root file systems for the servers: one small Debian as base, one overlay with a server's packages on top.

Debian's mail server packages exclude each other, so each gets its own root. Roots are kept in a cache folder
between runs, named after a hash of their recipe: a changed recipe is another root. Nothing in a finished root is
ever written to; what a running server writes goes into an upper layer of its own (world.py).

Must run in a mount namespace of its own: the mounts made here are left to vanish with it.
"""
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time

SUITE = "bookworm"
BACKPORTS = SUITE + "-backports"
DONE = ".complete"

# What is installed on top of the base, as apt-get takes it. First the name by which servers ask for it.
PACKAGES = {
    "names": ["nsd", "unbound"],
    "postfix": ["postfix", "libsasl2-modules"],
    "exim": ["exim4-daemon-heavy"],
    "opensmtpd": ["opensmtpd/" + BACKPORTS, "ca-certificates"],
    "opensmtpd-old": ["opensmtpd"],
    "sendmail": ["sendmail-bin", "sendmail-cf", "m4", "libsasl2-modules"],
    "nginx": ["nginx-light"],
    "dovecot": ["dovecot-core", "dovecot-submissiond"],
}

# Package scripts start no daemon in a root.
POLICY = "#!/bin/sh\nexit 101\n"

# Installs $PACKAGES; run inside the new root.
INSTALL = """
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
apt-get -q -o Acquire::Retries=3 update
apt-get -q -y -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 install --no-install-recommends $PACKAGES
apt-get clean
rm -rf /var/lib/apt/lists/*
"""


class RootError(Exception):
    """A root could not be made; the text says why and where the log is."""


def recipe_hash(*parts):
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:12]


def apt_sources():
    """The host's own Debian mirrors for SUITE: [(uri, suite, component)]."""
    listed = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)|$(RELEASE)|$(COMPONENT)", "Identifier: Packages"],
                            capture_output=True, text=True, check=True).stdout
    sources = []
    for line in listed.splitlines():
        uri, suite, component = line.split("|")
        wanted = component == "main" and suite in (SUITE, SUITE + "-security", SUITE + "-updates")
        if wanted and (uri, suite, component) not in sources:
            sources.append((uri, suite, component))
    if not any(suite == SUITE for _, suite, _ in sources):
        raise RootError(f"apt on this machine knows no mirror of Debian {SUITE}; add one to its sources")
    return sources


def apt_proxies():
    """apt.conf lines of the host's proxies, so that apt in a root takes the same way out."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    return "".join(line + "\n" for line in dump.splitlines() if "::Proxy" in line and not line.endswith('"";'))


class Roots:
    def __init__(self, cache, say):
        self.cache = cache
        self.say = say

    def layers(self, name):
        """The folders of the root, uppermost first; made first when missing."""
        base = self.ready("base", recipe_hash(SUITE, POLICY, "minbase"), self.make_base)
        if name == "base":
            return [base]
        packages = PACKAGES[name]
        overlay = self.ready(name, recipe_hash(os.path.basename(base), INSTALL, *packages),
                             lambda folder, log: self.make_overlay(base, folder, packages, log))
        return [os.path.join(overlay, "upper"), base]

    def ready(self, name, recipe, make):
        """The folder of a complete root. One process at a time makes roots in one cache."""
        folder = os.path.join(self.cache, f"{name}-{recipe}")
        if os.path.exists(os.path.join(folder, DONE)):
            return folder
        os.makedirs(self.cache, exist_ok=True)
        with open(os.path.join(self.cache, "lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.exists(os.path.join(folder, DONE)):
                self.make(name, folder, make)
        return folder

    def make(self, name, folder, make):
        log_name = folder + ".log"
        self.say(f"making root {name} ...")
        start = time.monotonic()
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        with open(log_name, "w") as log:
            try:
                make(folder, log)
            except subprocess.CalledProcessError as error:
                with open(log_name, errors="replace") as written:
                    tail = "".join(written.readlines()[-15:])
                raise RootError(f"{tail}making root {name} failed with status {error.returncode}; the whole log is {log_name}") from error
        with open(os.path.join(folder, DONE), "w"):
            pass
        self.say(f"made root {name} in {time.monotonic() - start:.0f} s")

    def make_base(self, folder, log):
        sources = apt_sources()
        mirror = next(uri for uri, suite, _ in sources if suite == SUITE)
        subprocess.run(["debootstrap", "--variant=minbase", SUITE, folder, mirror], stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True)
        write(folder, "usr/sbin/policy-rc.d", POLICY, 0o755)
        write(folder, "etc/apt/sources.list", "".join(f"deb {uri} {suite} {component}\n" for uri, suite, component in sources))
        write(folder, "etc/apt/apt.conf.d/90host", apt_proxies())

    def make_overlay(self, base, folder, packages, log):
        for sub in ("upper", "work", "root"):
            os.makedirs(os.path.join(folder, sub))
        for path in ("/etc/resolv.conf", "/etc/hosts"):
            with open(path) as content:
                write(os.path.join(folder, "upper"), path[1:], content.read())
        if any(package.endswith("/" + BACKPORTS) for package in packages):
            mirror = next(uri for uri, suite, _ in apt_sources() if suite == SUITE)
            write(os.path.join(folder, "upper"), "etc/apt/sources.list.d/backports.list", f"deb {mirror} {BACKPORTS} main\n")
        script = mount_script(folder, [base]) + f'exec chroot "{folder}/root" env PACKAGES="{" ".join(packages)}" sh -ec "$0"'
        subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-ec", script, INSTALL],
                       stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True)


def mount_script(folder, lower):
    """Shell text that mounts `folder`/root: `lower`, uppermost first, under `folder`/upper; with /proc and /dev."""
    return (f'mount -t overlay overlay -o "lowerdir={":".join(lower)},upperdir={folder}/upper,workdir={folder}/work" "{folder}/root"\n'
            f'mount --rbind /proc "{folder}/root/proc"\n'
            f'mount --rbind /dev "{folder}/root/dev"\n')


def write(folder, path, content, mode=0o644):
    """A file below folder, with its folders; owned by root."""
    name = os.path.join(folder, path.lstrip("/"))
    os.makedirs(os.path.dirname(name), exist_ok=True)
    with open(name, "w") as out:
        out.write(content)
    os.chmod(name, mode)
    return name


if __name__ == "__main__":
    roots = Roots(sys.argv[1], print)
    for wanted in PACKAGES:
        roots.layers(wanted)
