#!/usr/bin/env python3
"""Checks an evidence log without liveproof: Python's standard library and nothing else.

    verify_evidence.py LOG [PUBLIC_KEY.pem]

The format is that of docs/evidence.md. Exit code 0: unchanged and whole; 1: changed, and where first;
2: unchanged as far as it goes, but not sealed, or with entries left out.
"""
import base64, hashlib, json, re, sys

P = 2**255 - 19  # Ed25519, RFC 8032
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, p):
    sum_ = (0, 1, 1, 0)
    while n:
        sum_, p, n = (add(sum_, p) if n & 1 else sum_), add(p, p), n >> 1
    return sum_


def point(data):
    number = int.from_bytes(data, "little")
    y, sign = number & (2**255 - 1), number >> 255
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - x2) % P or (not x and sign):
        raise ValueError("no point of the curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point(bytes([0x58]) + bytes([0x66]) * 31)


def signed_by(key, message, signature):
    try:
        a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    except ValueError:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = times(s, BASE), add(r, times(k, a))
    return s < L and not any((left[i] * right[2] - right[i] * left[2]) % P for i in (0, 1))


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def root(leaves):  # RFC 6962, section 2.1
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1", root(leaves[:half]), root(leaves[half:]))


def digest_of(attachment):
    kind = next(iter(attachment))
    if kind == "value":
        return sha256(b"\2", bytes.fromhex(attachment["salt"]), attachment["value"].encode())
    if kind == "leaves":
        data = bytes.fromhex(attachment["leaves"])
        return root([data[i : i + 32] for i in range(0, len(data), 32)])
    return bytes.fromhex(attachment["redacted"])


def check(log, key=None):
    """Gives (entries, sealed, entries left out, redacted), or raises ValueError with what is wrong."""
    if not log.endswith(b"\n"):
        raise ValueError("the last line is cut off")
    lines = iter(enumerate(log[:-1].split(b"\n"), 1))
    n, before, sealed, lost, redacted, unsigned = 0, bytes(32), False, 0, 0, 0
    for number, line in lines:
        where = f"line {number}, entry {n}"
        if sealed:
            raise ValueError(f"{where}: something follows the seal")
        entry = json.loads(line.decode())
        if entry.get("n") != n:
            raise ValueError(f"{where}: expected entry {n}, found {entry.get('n')}")
        if entry["prev"] != before.hex():
            raise ValueError(f"{where}: entry {n - 1} is not the one that this was written after")
        body = entry["body"]
        if n == 0:
            if (body["format"], body["format_version"]) != ("liveproof evidence", 1):
                raise ValueError("no log of a known format")
            if key and body["key"] != key.hex():
                raise ValueError(f"signed with key {body['key']}, expected {key.hex()}")
            key = bytes.fromhex(body["key"])
        if entry["type"] in ("checkpoint", "seal"):
            match = re.fullmatch(rb'(.*),"signature":"([0-9a-f]{128})"}', line)
            message = b"liveproof evidence log 1\n" + match[1] if match else b""
            if not match or not signed_by(key, message, bytes.fromhex(match[2].decode())):
                raise ValueError(f"{where}: the signature does not fit")
            unsigned = 0
        else:
            unsigned += 1
            if unsigned > 16:
                raise ValueError(f"{where}: a checkpoint is missing")
        if entry["type"] == "gap":
            lost += body["lost_entries"]
        if entry["type"] == "seal":
            sealed = True
            if (body["entries"], body["lost_entries"]) != (n, lost):
                raise ValueError(f"{where}: the seal counts other entries")
        before = sha256(line)
        for commit in entry.get("commits", []):
            number, line = next(lines, (number, b""))
            try:
                attachment = json.loads(line.decode())
                canonical = json.dumps(attachment, ensure_ascii=False, separators=(",", ":")).encode()
                good = canonical == line and digest_of(attachment).hex() == commit
            except (ValueError, KeyError, TypeError, StopIteration):
                good = False
            if not good:
                raise ValueError(f"line {number}: an attachment of entry {n} is missing or was changed")
            redacted += "redacted" in attachment
        n += 1
    return n, sealed, lost, redacted


def main(arguments):
    with open(arguments[0], "rb") as file:
        log = file.read()
    key = None
    if len(arguments) > 1:
        with open(arguments[1]) as file:
            key = base64.b64decode(re.search("-\n(.*)\n-", file.read())[1])[-32:]
    try:
        entries, sealed, lost, redacted = check(log, key)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"does not verify: {error}")
        return 1
    print(f"{entries} entries unchanged, {redacted} attachments redacted, {lost} entries left out")
    print("sealed" if sealed else "NOT SEALED: what came after is not in it")
    return 0 if sealed and not lost else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
