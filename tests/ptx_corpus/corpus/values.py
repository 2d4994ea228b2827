"""Input values: the edges of every type, and pseudo-random ones from a generator of our own, so that every version of
Python makes the same corpus."""

import struct
import zlib

SIZES = {
    "u8": 1, "s8": 1, "b8": 1, "u16": 2, "s16": 2, "b16": 2, "f16": 2, "bf16": 2, "u32": 4, "s32": 4, "b32": 4,
    "f32": 4, "f16x2": 4, "bf16x2": 4, "u16x2": 4, "s16x2": 4, "tf32": 4, "u64": 8, "s64": 8, "b64": 8, "f64": 8,
    "pred": 4, "e4m3x2": 2, "e5m2x2": 2,
}
PACK = {1: "B", 2: "H", 4: "I", 8: "Q"}


class Random:
    """splitmix64, seeded by a text."""

    def __init__(self, seed):
        self.state = zlib.crc32(seed.encode()) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF

    def bits(self, count):
        self.state = (self.state + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
        z = self.state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
        z ^= z >> 31
        return z >> (64 - count)

    def below(self, limit):
        return self.bits(32) * limit >> 32

    def choice(self, values):
        return values[self.below(len(values))]


def f32(value):
    return struct.unpack("<I", struct.pack("<f", value))[0]


def f64(value):
    return struct.unpack("<Q", struct.pack("<d", value))[0]


def f16(value):
    return struct.unpack("<H", struct.pack("<e", value))[0]


def bf16(value):
    return f32(value) >> 16


def _integer_edges(width):
    top = 1 << (width - 1)
    mask = (1 << width) - 1
    return [v & mask for v in (0, 1, 2, 3, 7, 31, 32, 33, 64, 100, -1, -2, -3, -7, -100, top, top - 1, top + 1, top - 2,
                               0x5555555555555555, 0xAAAAAAAAAAAAAAAA, 0x0123456789ABCDEF, 0xFF, 0x80, 0x7F, 1 << width // 2)]


_F32 = [0, 0x80000000, 0x3F800000, 0xBF800000, 0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC12345, 1, 0x80000001, 0x007FFFFF,
        0x00800000, 0x80800000, 0x7F7FFFFF, 0xFF7FFFFF, 0x3F000000, 0xBF000000, 0x3FC00000, 0x40200000, 0xC0200000,
        0x40490FDB, 0x3F7FFFFF, 0x3F800001, 0x4F000000, 0xCF000000, 0x4F800000, 0x4EFFFFFF, 0x5F000000, 0xDF000000,
        0x5F800000, 0x477FE000, 0x33800000, 0x437F8000, 0x42FF0000, 0xC3010000, 0x3EAAAAAB, 0x4B000001, 0x4B800001,
        0x00000003, 0x477FFF80, 0x38800000, 0x387FFFFF]
_F64 = [f64(v) for v in (0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 2147483648.0, -2147483648.0, 2147483647.5,
                         4294967295.5, -2147483649.0, 9.223372036854775807e18, -9.3e18, 1.8446744073709552e19, 1 / 3,
                         3.4028235677973366e38, 1e-45, 65519.999, 65520.0, 255.5, -128.5, 1e-310, 1.0000000596046448)]
_F64 += [0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000, 0xFFF8000000001234, 1, 0x8000000000000001,
         0x000FFFFFFFFFFFFF, 0x0010000000000000, 0x7FEFFFFFFFFFFFFF, 0xFFEFFFFFFFFFFFFF, 0x3FF0000000000001,
         0x3FEFFFFFFFFFFFFF]
_F16 = [0, 0x8000, 0x3C00, 0xBC00, 0x7C00, 0xFC00, 0x7E00, 0xFE01, 1, 0x8001, 0x03FF, 0x0400, 0x7BFF, 0xFBFF, 0x3800,
        0x3E00, 0x4100, 0xC100, 0x3555, 0x3BFF, 0x3C01, 0x5BF8, 0x5800, 0xD808, 0x77FF]
_BF16 = [0, 0x8000, 0x3F80, 0xBF80, 0x7F80, 0xFF80, 0x7FC0, 0xFFC1, 1, 0x8001, 0x007F, 0x0080, 0x7F7F, 0xFF7F, 0x3F00,
         0x3FC0, 0x4020, 0xC020, 0x3EAB, 0x3F7F, 0x3F81, 0x4F00, 0xCF00, 0x437F]


def edges(kind):
    """Bit patterns of `kind` that are special."""
    if kind == "f32":
        return _F32
    if kind == "tf32":
        return [v & 0xFFFFE000 for v in _F32]
    if kind == "f64":
        return _F64
    if kind == "f16":
        return _F16
    if kind == "bf16":
        return _BF16
    if kind in ("f16x2", "bf16x2", "u16x2", "s16x2"):
        half = {"f16x2": _F16, "bf16x2": _BF16}.get(kind, _integer_edges(16))
        return [v | half[(i * 7 + 3) % len(half)] << 16 for i, v in enumerate(half)]
    if kind == "pred":
        return [0, 1]
    if kind in ("e4m3x2", "e5m2x2"):
        return [i | (255 - i) << 8 for i in range(256)]
    return _integer_edges(8 * SIZES[kind])


def random_value(kind, random):
    if kind == "pred":
        return random.bits(1)
    style = random.bits(2)
    if kind == "f32" and style != 0:
        return f32((random.bits(24) - (1 << 23)) / (1 << 20))
    if kind == "f64" and style != 0:
        return f64((random.bits(53) - (1 << 52)) / (1 << 49))
    if kind in ("f16", "bf16") and style != 0:
        return (f16 if kind == "f16" else bf16)((random.bits(11) - 1024) / 128)
    if kind in ("f16x2", "bf16x2"):
        return random_value(kind[:-2], random) | random_value(kind[:-2], random) << 16
    if style == 1 and kind[0] in "usb":
        value = random.bits(8)
        return (-value if random.bits(1) else value) & ((1 << 8 * SIZES[kind]) - 1)
    return random.bits(8 * SIZES[kind])


def columns(kinds, lanes, seed, only=None):
    """`lanes` values for each operand: pairs of edges first, then mixtures. `only` maps an operand's number to the
    values it may take."""
    random = Random(seed)
    pools = [(only or {}).get(i) or edges(kind) for i, kind in enumerate(kinds)]
    rows = []
    if len(kinds) == 1:
        rows = [[v] for v in pools[0]]
    for lane in range(len(rows), lanes):
        row = []
        for i, kind in enumerate(kinds):
            if (only or {}).get(i) or random.below(5) < (4 if lane < lanes * 5 // 8 else 1):
                row.append(random.choice(pools[i]))
            else:
                row.append(random_value(kind, random))
        rows.append(row)
    return [[row[i] for row in rows[:lanes]] for i in range(len(kinds))]


def pack(kind, values):
    size = SIZES[kind]
    return struct.pack("<%d%s" % (len(values), PACK[size]), *[v & ((1 << 8 * size) - 1) for v in values])
