#!/usr/bin/env python3
"""Moves bytes over TCP and says how fast: the measuring end of loss.sh.

transfer.py serve ADDRESS PORT                               up: takes N bytes and answers with their hash; down: sends N bytes
transfer.py up|down ADDRESS PORT BYTES CONNECTIONS ROUNDS SECONDS   prints Mbit/s per connection, the median first; 0 for one that did not end in time

A rate is of the time from the established connection to the last byte, which in an upload is the answer. Every byte is checked.
TRANSFER_CONTROL in the environment names the congestion control of the sockets: a namespace takes the machine's default, which may be bbr.
"""
import hashlib, os, socket, statistics, struct, sys, threading, time

BLOCK = bytes((i * 2654435761 >> 11) & 255 for i in range(1 << 18))


def chosen(s):
    if os.environ.get("TRANSFER_CONTROL"):
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, os.environ["TRANSFER_CONTROL"].encode())


def receive(s, n):
    h = hashlib.blake2b(digest_size=16)
    buffer = bytearray(1 << 18)
    while n:
        got = s.recv_into(buffer, min(n, len(buffer)))
        if not got:
            raise EOFError
        h.update(memoryview(buffer)[:got])
        n -= got
    return h.digest()


def send(s, n):
    while n:
        piece = memoryview(BLOCK)[:min(n, len(BLOCK))]
        s.sendall(piece)
        n -= len(piece)


def expected(n):
    h = hashlib.blake2b(digest_size=16)
    while n:
        h.update(memoryview(BLOCK)[:min(n, len(BLOCK))])
        n -= min(n, len(BLOCK))
    return h.digest()


def exactly(s, n):
    data = b""
    while len(data) < n:
        piece = s.recv(n - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def answer(s):
    try:
        with s:
            up, n = struct.unpack("!?Q", exactly(s, 9))
            if up:
                s.sendall(receive(s, n))
            else:
                send(s, n)
            s.shutdown(socket.SHUT_WR)
            s.recv(1)
    except (OSError, EOFError):
        pass


def serve(address, port):
    with socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET, backlog=256) as listener:
        chosen(listener)
        while True:
            threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()


def transfer(up, address, port, n, seconds, wanted, rates):
    try:
        with socket.create_connection((address, port), timeout=seconds) as s:
            chosen(s)
            start = time.monotonic()
            s.sendall(struct.pack("!?Q", up, n))
            if up:
                send(s, n)
                same = exactly(s, 16) == wanted
            else:
                same = receive(s, n) == wanted
            rates.append(n * 8e-6 / (time.monotonic() - start) if same else float("nan"))
    except (OSError, EOFError):
        rates.append(0)


def main():
    if sys.argv[1] == "serve":
        serve(sys.argv[2], int(sys.argv[3]))
        return
    n, connections, rounds, seconds = int(sys.argv[4]), int(sys.argv[5]), int(sys.argv[6]), float(sys.argv[7])
    rates, wanted = [], expected(n)
    for _ in range(rounds):
        together(connections, sys.argv[1] == "up", sys.argv[2], int(sys.argv[3]), n, seconds, wanted, rates)
    print(" ".join(f"{r:.2f}" for r in [statistics.median(rates), *sorted(rates)]))


def together(connections, *args):
    threads = [threading.Thread(target=transfer, args=args) for _ in range(connections)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


main()
