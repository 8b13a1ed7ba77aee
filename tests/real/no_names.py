# SPDX-License-Identifier: Apache-2.0
"""A name server on 127.0.0.1 that refuses every question at once, for tests of what needs no names."""
import socket

REFUSED = 5
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
    udp.bind(("127.0.0.1", 53))
    while True:
        query, client = udp.recvfrom(4096)
        if len(query) >= 12:
            udp.sendto(query[:2] + bytes([0x80 | query[2], 0x80 | REFUSED]) + query[4:], client)
