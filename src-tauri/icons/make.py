"""Draws the icons: three paces that rise from left to right. No library; run in this folder: python3 make.py"""
import struct, zlib

def rounded(x, y, cx, cy, hw, hh, r):
    """Signed distance to a rounded box (below zero inside)."""
    dx, dy = abs(x - cx) - hw + r, abs(y - cy) - hh + r
    return min(max(dx, dy), 0) + (max(dx, 0) ** 2 + max(dy, 0) ** 2) ** 0.5 - r

PACES = [(0.255, 0.685, 0.090, 0.085), (0.500, 0.575, 0.090, 0.195), (0.745, 0.455, 0.090, 0.315)]
# The accent of the page (ui/src/styles/tokens.css), lighter at the top.
TOP, BOTTOM = (0x8a, 0x4b, 0x93), (0x4d, 0x21, 0x54)
INK = [(0xe3, 0xc1, 0xe8), (0xf3, 0xea, 0xf4), (0xff, 0xff, 0xff)]

def colour(x, y):
    """Colour and cover of a point of the unit square."""
    if rounded(x, y, 0.5, 0.5, 0.47, 0.47, 0.21) > 0:
        return (0, 0, 0, 0)
    for (cx, cy, hw, hh), ink in zip(PACES, INK):
        if rounded(x, y, cx, cy, hw, hh, 0.085) < 0:
            return (*ink, 255)
    return (*(round(a + (b - a) * y) for a, b in zip(TOP, BOTTOM)), 255)

def png(size, path, fine=4):
    rows = []
    for j in range(size):
        row = bytearray([0])
        for i in range(size):
            points = [colour((i + (a + .5) / fine) / size, (j + (b + .5) / fine) / size) for a in range(fine) for b in range(fine)]
            cover = sum(p[3] for p in points)
            row += bytes(round(sum(p[k] * p[3] for p in points) / cover) if cover else 0 for k in range(3)) + bytes([round(cover / fine**2)])
        rows.append(bytes(row))
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    with open(path, 'wb') as f:
        f.write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', size, size, 8, 6, 0, 0, 0)) + chunk(b'IDAT', zlib.compress(b''.join(rows), 9)) + chunk(b'IEND', b''))

for size, name in [(32, '32x32.png'), (128, '128x128.png'), (256, 'icon.png')]:
    png(size, name)
