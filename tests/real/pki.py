# SPDX-License-Identifier: Apache-2.0
"""The lab's certificates: a root, an intermediate, and leaf certificates right and wrong."""
import os
import subprocess
import time

DAY = 86400

# What a server's `cert` may say: days from now for notBefore and notAfter, the name in the certificate (@HOST@ is
# the server's own), and who signs it.
LEAVES = {
    "good": {"days": (-5, 40), "name": "@HOST@", "signer": "ca"},
    "expired": {"days": (-50, -5), "name": "@HOST@", "signer": "ca"},
    "wrong-name": {"days": (-5, 40), "name": "mail.elsewhere.test", "signer": "ca"},
    "self-signed": {"days": (-5, 40), "name": "@HOST@", "signer": "self"},
}

KEYS = {"ec": ("ec", "ec_paramgen_curve:P-256"), "rsa": ("rsa", "rsa_keygen_bits:2048")}

CA_CONFIG = """
[ca]
default_ca = lab
[lab]
database = {folder}/database
new_certs_dir = {folder}/issued
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[request]
distinguished_name = none
[none]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
subjectAltName = DNS:{san}
"""


def openssl(*args):
    done = subprocess.run(["openssl", *args], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"openssl {' '.join(args)}:\n{done.stderr}")


def ca_time(days):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * DAY))


class Pki:
    def __init__(self, folder):
        self.folder = folder
        os.makedirs(self.path("issued"))
        with open(self.path("database"), "w"):
            pass
        self.issue("root", "Lab Root", "authority", (-400, 3000), "self")
        self.issue("intermediate", "Lab Intermediate", "authority", (-399, 1500), "root")
        self.trust_store = self.path("root.crt")

    def path(self, name):
        return os.path.join(self.folder, name)

    def issue(self, label, common_name, extensions, days, signer, san="unused.test", key_type="ec"):
        config = self.path(label + ".cnf")
        with open(config, "w") as out:
            out.write(CA_CONFIG.format(folder=self.folder, san=san))
        key, request, certificate = (self.path(f"{label}.{kind}") for kind in ("key", "csr", "crt"))
        openssl("req", "-new", "-config", config, "-newkey", KEYS[key_type][0], "-pkeyopt", KEYS[key_type][1], "-nodes",
                "-keyout", key, "-subj", f"/CN={common_name}", "-out", request)
        by = ["-selfsign", "-keyfile", key] if signer == "self" else ["-cert", self.path(signer + ".crt"), "-keyfile", self.path(signer + ".key")]
        openssl("ca", "-batch", "-notext", "-config", config, "-extensions", extensions, "-startdate", ca_time(days[0]),
                "-enddate", ca_time(days[1]), "-in", request, "-out", certificate, *by)

    def server_files(self, label, kind, host, key_type):
        """{path in the server's root: PEM} of one server; the chain has the leaf first and leaves the root out."""
        leaf = LEAVES[kind]
        name = leaf["name"].replace("@HOST@", host)
        signed_by_ca = leaf["signer"] == "ca"
        self.issue(label, name, "server", leaf["days"], "intermediate" if signed_by_ca else "self", name, key_type)
        key, chain = self.read(label + ".key"), self.read(label + ".crt")
        if signed_by_ca:
            chain += self.read("intermediate.crt")
        return {"/etc/lab/key.pem": key, "/etc/lab/chain.pem": chain, "/etc/lab/both.pem": key + chain}

    def read(self, name):
        with open(self.path(name)) as content:
            return content.read()
