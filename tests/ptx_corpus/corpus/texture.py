"""Textures and surfaces through their objects, which the program that runs the cases makes."""

import struct

from . import values
from .case import PROLOGUE, Case, rule_for

U8, U16, U32, S8, S16, S32, HALF, FLOAT = 1, 2, 3, 8, 9, 10, 16, 32
BYTES = {U8: 1, U16: 2, U32: 4, S8: 1, S16: 2, S32: 4, HALF: 2, FLOAT: 4}
LAYERED, SURFACE, CUBEMAP, GATHER = 1, 2, 4, 8
INTEGER, NORMALIZED, SRGB = 1, 2, 16
WRAP, CLAMP, MIRROR, BORDER = range(4)


class Array:
    def __init__(self, width, height, depth, fmt, channels, content, flags=0, levels=1, read_back=False):
        self.numbers = (width, height, depth, flags, fmt, channels, levels, int(read_back))
        self.content = content

    def words(self):
        return "%d %d %d %d %d %d %d %d" % self.numbers


def texture(array=0, address=CLAMP, filter=0, flags=0, max_level=0.0, linear=(0, 0, 1), border=(0, 0, 0, 0)):
    return "texture %d %d %d %d %d %d %d %g %g %g %g %g" % (array, *linear, address, filter, flags, max_level, *border)


def texels(fmt, count, seed):
    """`count` numbers of a format."""
    random = values.Random(seed)
    if fmt == FLOAT:
        return struct.pack("<%df" % count, *[(random.bits(7) - 64) / 4 for _ in range(count)])
    if fmt == HALF:
        return struct.pack("<%de" % count, *[(random.bits(7) - 64) / 4 for _ in range(count)])
    size = BYTES[fmt]
    return bytes(random.bits(8) for _ in range(size * count))


COORDINATES = {"1d": 1, "2d": 2, "3d": 3, "a1d": 2, "a2d": 3, "cube": 3, "acube": 4}


def vector(geometry, names):
    """The coordinates as the instruction takes them: vectors of three have a fourth, unused element."""
    names = list(names)
    if len(names) == 3:
        names.append(names[2])
    return names[0] if len(names) == 1 else "{" + ", ".join(names) + "}"


def kernel(body, objects):
    parameters = "".join(", .param .u64 o%d" % i for i in range(objects))
    loads = "".join(" .reg .b64 h%d;\n ld.param.u64 h%d, [o%d];\n" % (i, i, i) for i in range(objects))
    return ".visible .entry k(.param .u64 in, .param .u64 out%s)\n{\n" % parameters + PROLOGUE + loads + body + " ret;\n}\n"


def sample(name, instructions, columns, kinds, arrays, objects, results="f32", count=4, tolerance=None, extra=b"", **more):
    """Every lane loads its coordinates c0.. and runs each instruction, whose results go to {d0, d1, ...}."""
    lanes = len(columns[0]) if columns else 32
    data = extra
    body = " .reg .b32 c<8>, d<4>;\n"
    for i, kind in enumerate(kinds):
        body += " mad.wide.u32 %%px, %%t, 4, %%pi;\n ld.global.b32 c%d, [%%px+%d];\n" % (i, len(data))
        data += values.pack(kind, columns[i])
    offset = 0
    rules = []
    for instruction in instructions:
        body += " %s;\n mad.wide.u32 %%px, %%t, %d, %%po;\n" % (instruction, 4 * count)
        body += "".join(" st.global.b32 [%%px+%d], d%d;\n" % (offset + 4 * i, i) for i in range(count))
        rules.append(rule_for(results, offset, lanes * count, **(tolerance or {})))
        offset += 4 * count * lanes
    if results != "f32":
        rules = []
    Case(name, "texture", kernel(body, len(objects)), data, offset, block=(lanes, 1, 1), arrays=arrays, objects=objects,
         rules=rules, **more)


D4 = "{d0, d1, d2, d3}"


def spread(count, low, high, seed):
    """Coordinates between two bounds, away from the borders of texels of eighths."""
    random = values.Random(seed)
    out = []
    for _ in range(count):
        whole = low + random.below(int((high - low) * 8)) / 8
        out.append(values.f32(whole + 0.03125 + random.below(8) / 128))
    return out


def geometry_columns(geometry, lanes, seed, scale, kind):
    """Coordinates by name of the geometry; `scale` the extents, 1 for normalised ones."""
    columns, kinds = [], []
    if geometry[0] == "a":
        random = values.Random(seed + "layer")
        columns.append([random.below(scale[-1] + 2) if scale[-1] else 0 for _ in range(lanes)])
        kinds.append("u32")
    plain = geometry.lstrip("a")
    dimensions = 3 if plain == "cube" else int(plain[0])
    for i in range(dimensions):
        if kind == "s32":
            random = values.Random(seed + str(i))
            columns.append([random.below(scale[i] + 4) - 2 for _ in range(lanes)])
        elif plain == "cube":
            random = values.Random(seed + str(i))
            columns.append([values.f32((random.below(200) - 100) / 64 + 0.005) for _ in range(lanes)])
        else:
            columns.append(spread(lanes, -1.5 * scale[i], 2.5 * scale[i], seed + str(i)))
        kinds.append(kind if kind == "s32" else "f32")
    return columns, kinds


def array_for(geometry, fmt, channels, seed, flags=0, read_back=False):
    plain = {"1d": (16, 0, 0, 0), "2d": (8, 4, 0, 0), "3d": (4, 4, 4, 0), "a1d": (8, 0, 3, LAYERED), "a2d": (4, 4, 3, LAYERED),
             "cube": (8, 8, 6, CUBEMAP), "acube": (8, 8, 12, CUBEMAP | LAYERED)}[geometry]
    width, height, depth, own = plain
    count = width * max(height, 1) * max(depth, 1) * channels
    return Array(width, height, depth, fmt, channels, texels(fmt, count, seed), own | flags, read_back=read_back)


EXTENT = {"1d": (16,), "2d": (8, 4), "3d": (4, 4, 4), "a1d": (8, 3), "a2d": (4, 4, 3), "cube": (1, 1, 1), "acube": (1, 1, 1, 2)}


def textures():
    lanes = 64
    for geometry, count in COORDINATES.items():
        names = vector(geometry, ["c%d" % i for i in range(count)])
        for kind in ("f32", "s32"):
            if kind == "s32" and "cube" in geometry:
                continue
            for result, fmt in (("f32", FLOAT), ("u32", U32), ("s32", S32)):
                form = "tex.%s.v4.%s.%s" % (geometry, result, kind)
                columns, kinds = geometry_columns(geometry, lanes, form, EXTENT[geometry], kind)
                flags = NORMALIZED if "cube" in geometry else 0
                sample(form, ["%s %s, [h0, %s]" % (form, D4, names)], columns, kinds,
                       [array_for(geometry, fmt, 4, form)], [texture(flags=flags)], result)
        if geometry == "cube" or geometry == "acube":
            continue
        # Address modes and filters.
        for flags in (0, NORMALIZED):
            for address, word in ((CLAMP, "clamp"), (BORDER, "border"), (WRAP, "wrap"), (MIRROR, "mirror")):
                if not flags and address in (WRAP, MIRROR):
                    continue
                for filter in (0, 1):
                    name = "tex.%s.%s.%s.%s" % (geometry, word, "normalized" if flags else "texels", "linear" if filter else "point")
                    scale = EXTENT[geometry]
                    columns, kinds = geometry_columns(geometry, lanes, name, scale, "f32")
                    if flags:
                        # A multiple of a sixteenth of a texel, divided by an extent that is a power of two: exact.
                        first = 1 if geometry[0] == "a" else 0
                        for i in range(first, len(columns)):
                            columns[i] = [values.f32(struct.unpack("<f", struct.pack("<I", v))[0] / scale[i - first]) for v in columns[i]]
                    sample(name, ["tex.%s.v4.f32.f32 %s, [h0, %s]" % (geometry, D4, names)], columns, kinds,
                           [array_for(geometry, FLOAT, 4, name)],
                           [texture(flags=flags, address=address, filter=filter, border=(0.5, -1, 2, 8))], "f32",
                           tolerance=dict(absolute=32 * count / 256.0) if filter else None)
    # Formats, as numbers, as fractions, and with the sRGB curve.
    for fmt, word in ((U8, "u8"), (U16, "u16"), (S8, "s8"), (S16, "s16"), (HALF, "f16"), (FLOAT, "f32"), (U32, "u32"), (S32, "s32")):
        for channels in (1, 2, 4):
            name = "tex.format.%s.%d" % (word, channels)
            columns, kinds = geometry_columns("2d", lanes, name, (8, 4), "s32")
            if fmt in (HALF, FLOAT):
                result, flags = "f32", 0
            else:
                result, flags = ("s32" if word[0] == "s" else "u32"), INTEGER
            sample(name, ["tex.2d.v4.%s.s32 %s, [h0, {c0, c1}]" % (result, D4)], columns, kinds,
                   [array_for("2d", fmt, channels, name)], [texture(flags=flags)], result)
            if fmt in (U8, U16, S8, S16):
                name += ".fraction"
                for filter in (0, 1):
                    columns, kinds = geometry_columns("2d", lanes, name, (8, 4), "f32")
                    sample(name + (".linear" if filter else ""), ["tex.2d.v4.f32.f32 %s, [h0, {c0, c1}]" % D4], columns, kinds,
                           [array_for("2d", fmt, channels, name)], [texture(filter=filter)], "f32",
                           tolerance=dict(absolute=2.5 / 256) if filter else dict(ulps=1))
    name = "tex.format.srgb"
    columns, kinds = geometry_columns("2d", lanes, name, (8, 4), "s32")
    sample(name, ["tex.2d.v4.f32.s32 %s, [h0, {c0, c1}]" % D4], columns, kinds, [array_for("2d", U8, 4, name)],
           [texture(flags=SRGB)], "f32", tolerance=dict(absolute=2.0**-8))
    # Linear memory: the coordinates lie behind the texels.
    for fmt, result in ((FLOAT, "f32"), (S32, "s32"), (U32, "u32")):
        name = "tex.linear." + result
        data = texels(fmt, 64 * 4, name)
        columns, kinds = [[(i * 29) % 64 for i in range(64)]], ["s32"]
        sample(name, ["tex.1d.v4.%s.s32 %s, [h0, c0]" % (result, D4)], columns, kinds, [],
               [texture(array=-1, linear=(64, fmt, 4), flags=INTEGER if fmt != FLOAT else 0)], result, extra=data)
    name = "tex.linear.coordinates"
    columns, kinds = geometry_columns("1d", 64, name, (64,), "f32")
    sample(name, ["tex.1d.v4.f32.f32 %s, [h0, c0]" % D4], columns, kinds, [], [texture(array=-1, linear=(64, FLOAT, 4))], "f32",
           extra=texels(FLOAT, 64 * 4, name))
    half_results()
    mipmaps()
    queries()
    gathers()


def half_results():
    columns, kinds = geometry_columns("2d", 64, "texhalf", (8, 4), "f32")
    form = "tex.2d.v2.f16x2.f32"
    sample(form, ["%s {d0, d1}, [h0, {c0, c1}]" % form], columns, kinds, [array_for("2d", HALF, 4, form)], [texture()], "b32", count=2)


def mipmaps():
    lanes = 64
    for geometry, shape in (("1d", (8, 0, 0, 0)), ("2d", (8, 8, 0, 0)), ("3d", (8, 8, 8, 0)), ("a1d", (8, 0, 2, LAYERED)),
                            ("a2d", (8, 8, 2, LAYERED)), ("cube", (8, 8, 6, CUBEMAP)), ("acube", (8, 8, 12, CUBEMAP | LAYERED))):
        width, height, depth, flags = shape
        content = b""
        for level in range(3):
            layers = depth if flags else max(depth >> level, 1)
            content += texels(FLOAT, (width >> level) * max(height >> level, 1) * max(layers, 1), "mip%s%d" % (geometry, level))
        array = Array(width, height, depth, FLOAT, 1, content, flags, 3)
        scale = {"1d": (8,), "2d": (8, 8), "3d": (8, 8, 8), "a1d": (8, 0), "a2d": (8, 8, 0), "cube": (1, 1, 1), "acube": (1, 1, 1, 0)}[geometry]
        columns, kinds = geometry_columns(geometry, lanes, "mip" + geometry, scale, "f32")
        first = 1 if geometry[0] == "a" else 0
        if "cube" not in geometry:
            for i in range(first, len(columns)):
                columns[i] = [values.f32(struct.unpack("<f", struct.pack("<I", v))[0] / 8) for v in columns[i]]
        count = COORDINATES[geometry]
        names = vector(geometry, ["c%d" % i for i in range(count)])
        lod = "c%d" % count
        columns.append([values.f32(i % 5 - 1) for i in range(lanes)])
        kinds.append("f32")
        sample("tex.level.%s" % geometry, ["tex.level.%s.v4.%s.f32 %s, [h0, %s], %s" % (geometry, result, D4, names, lod)
                                           for result in ("f32", "u32", "s32")], columns, kinds, [array],
               [texture(flags=NORMALIZED, address=WRAP if "cube" not in geometry else CLAMP, max_level=2)], "f32")
        if "cube" in geometry:
            continue
        dimensions = count - first
        steps = ["0f3E000000", "0f3E800000", "0f3F000000"]  # 1/8, 2/8, 4/8: levels 0, 1, 2
        text = []
        for result in ("f32", "u32", "s32"):
            for step in steps if result == "f32" else steps[1:2]:
                gradient = vector(geometry[-2:], [step] + ["0f00000000"] * (dimensions - 1)) if dimensions > 1 else "{%s}" % step
                zero = vector(geometry[-2:], ["0f00000000"] * dimensions) if dimensions > 1 else "{0f00000000}"
                text.append("tex.grad.%s.v4.%s.f32 %s, [h0, %s], %s, %s" % (geometry, result, D4, names, gradient, zero))
        sample("tex.grad.%s" % geometry, text, columns[:-1], kinds[:-1], [array],
               [texture(flags=NORMALIZED, address=WRAP, max_level=2)], "f32")


def gathers():
    columns, kinds = geometry_columns("2d", 64, "tld4", EXTENT["2d"], "f32")
    for result, fmt in (("f32", FLOAT), ("u32", U32), ("s32", S32)):
        sample("tld4.2d." + result, ["tld4.%s.2d.v4.%s.f32 %s, [h0, {c0, c1}]" % (c, result, D4) for c in "rgba"], columns, kinds,
               [array_for("2d", fmt, 4, "tld4" + result, flags=GATHER)], [texture()], result)


def queries():
    for geometry in ("1d", "2d", "3d"):
        fields = ["width", "height", "depth"][:int(geometry[0])]
        sample("txq." + geometry, ["txq.%s.b32 d0, [h0]" % field for field in fields], [], [], [array_for(geometry, FLOAT, 4, "txq")],
               [texture()], "b32", count=1)
        sample("suq." + geometry, ["suq.%s.b32 d0, [h0]" % field for field in fields], [], [],
               [array_for(geometry, FLOAT, 4, "suq", flags=SURFACE)], ["surface 0"], "b32", count=1)


CLAMPS = ["trap", "clamp", "zero"]
ACCESS = [("b8", "", U8, 1), ("b8", ".v2", U8, 2), ("b8", ".v4", U8, 4), ("b16", "", U16, 1), ("b16", ".v2", U16, 2),
          ("b16", ".v4", U16, 4), ("b32", "", U32, 1), ("b32", ".v2", U32, 2), ("b32", ".v4", U32, 4), ("b64", "", U32, 2),
          ("b64", ".v2", U32, 4)]
SURFACES = {"1d": (32, 0, 0, 0), "2d": (8, 4, 0, 0), "3d": (4, 4, 2, 0), "a1d": (8, 0, 4, LAYERED), "a2d": (4, 4, 2, LAYERED)}


def surface_array(geometry, fmt, channels, seed, read_back=False):
    width, height, depth, flags = SURFACES[geometry]
    return Array(width, height, depth, fmt, channels, texels(fmt, 32 * channels, seed), flags | SURFACE, read_back=read_back)


def split(geometry, texel_bytes):
    """Text that makes c0.. the coordinates of texel %t, x in bytes."""
    width, height, depth, _ = SURFACES[geometry]
    text = " .reg .b32 x, y, z, far;\n rem.u32 x, %%t, %d;\n mul.lo.u32 x, x, %d;\n div.u32 y, %%t, %d;\n" % (width, texel_bytes, width)
    if geometry in ("3d", "a2d"):
        text += " div.u32 z, y, %d;\n rem.u32 y, y, %d;\n" % (height, height)
    text += " add.u32 far, x, %d;\n" % (1 << 12)
    return text


def surface_coordinates(geometry, x="x"):
    return {"1d": "{%s}" % x, "2d": "{%s, y}" % x, "3d": "{%s, y, z, z}" % x, "a1d": "{y, %s}" % x, "a2d": "{z, %s, y, y}" % x}[geometry]


def surfaces():
    for geometry in SURFACES:
        for kind, vec, fmt, channels in ACCESS:
            size = BYTES[fmt] * channels
            count = {"": 1, ".v2": 2, ".v4": 4}[vec]
            wide = kind == "b64"
            name = "surface.%s.%s%s" % (geometry, kind, vec)
            registers = ["e%d" % i for i in range(count)]
            values_ = registers[0] if count == 1 else "{" + ", ".join(registers) + "}"
            kind_bits = {"b8": 16, "b16": 16, "b32": 32, "b64": 64}[kind]
            body = " .reg .b%d e<4>; .reg .b64 w; .reg .pred first;\n" % kind_bits + split(geometry, size)
            offset = 0
            for number, (clamp, x) in enumerate((("trap", "x"), ("clamp", "far"), ("zero", "far"), ("clamp", "x"), ("zero", "x"))):
                body += " suld.b.%s%s.%s.%s %s, [h0, %s];\n" % (geometry, vec, kind, clamp, values_, surface_coordinates(geometry, x))
                body += " mad.wide.u32 %%px, %%t, %d, %%po;\n" % (8 * count)
                for i, r in enumerate(registers):
                    body += " %s;\n st.global.b64 [%%px+%d], w;\n" % (
                        "mov.b64 w, " + r if wide else "cvt.u64.u%d w, %s" % (kind_bits, r), offset + 8 * i)
                offset += 8 * count * 32
            body += " suld.b.%s%s.%s.trap %s, [h0, %s];\n" % (geometry, vec, kind, values_, surface_coordinates(geometry))
            body += "".join(" not.b%d %s, %s;\n" % (kind_bits, r, r) for r in registers)
            body += " sust.b.%s%s.%s.zero [h1, %s], %s;\n" % (geometry, vec, kind, surface_coordinates(geometry, "far"), values_)
            body += " setp.lt.u32 first, %t, 16;\n"
            body += " @first sust.b.%s%s.%s.trap [h1, %s], %s;\n" % (geometry, vec, kind, surface_coordinates(geometry), values_)
            body += " @!first sust.b.%s%s.%s.clamp [h1, %s], %s;\n" % (geometry, vec, kind, surface_coordinates(geometry), values_)
            Case(name, "texture", kernel(body, 2), b"", offset, block=(32, 1, 1),
                 arrays=[surface_array(geometry, fmt, channels, name), surface_array(geometry, fmt, channels, name + "w", True)],
                 objects=["surface 0", "surface 1"])
        for operation, kind, fmt, channels in (("add", "u32", U32, 1), ("add", "s32", S32, 1), ("add", "u64", U32, 2), ("min", "u32", U32, 1),
                                               ("min", "s32", S32, 1), ("max", "u32", U32, 1), ("max", "s32", S32, 1), ("and", "b32", U32, 1),
                                               ("or", "b32", U32, 1)):
            if geometry[0] == "a":
                continue
            body = " .reg .b64 w;\n" + split(geometry, 4 * channels)
            body += " mad.lo.u32 far, %t, 77777777, 12345;\n cvt.u64.u32 w, far;\n mul.lo.u64 w, w, 0x100000001;\n"
            for clamp in CLAMPS:
                body += " sured.b.%s.%s.%s.%s [h0, %s], %s;\n" % (operation, geometry, kind, clamp, surface_coordinates(geometry),
                                                                  "w" if kind == "u64" else "far")
            name = "sured.%s.%s.%s" % (operation, geometry, kind)
            Case(name, "texture", kernel(body, 1), b"", 4, block=(32, 1, 1), arrays=[surface_array(geometry, fmt, channels, name, True)],
                 objects=["surface 0"])
    for cache in (".ca", ".cg", ".cs", ".cv"):
        store = {".ca": ".wb", ".cv": ".wt"}.get(cache, cache)
        body = " .reg .b32 e;\n" + split("2d", 4) + " suld.b.2d%s.b32.trap e, [h0, {x, y}];\n add.u32 e, e, 1;\n" % cache
        body += " sust.b.2d%s.b32.trap [h0, {x, y}], e;\n" % store
        Case("surface.cache" + cache, "texture", kernel(body, 1), b"", 4, block=(32, 1, 1), arrays=[surface_array("2d", U32, 1, cache, True)],
             objects=["surface 0"])
    for fmt, word in ((U8, "u8"), (S8, "s8"), (U16, "u16"), (S16, "s16"), (U32, "u32"), (HALF, "f16"), (FLOAT, "f32")):
        for channels in (1, 2, 4):
            vec = {1: "", 2: ".v2", 4: ".v4"}[channels]
            body = " .reg .b32 e, f, g;\n" + split("2d", 1)
            if fmt in (HALF, FLOAT):
                body += " cvt.rn.f32.u32 e, %t;\n mul.f32 e, e, 0f3E800000;\n"
            else:
                body += " mad.lo.u32 e, %t, 9, -60;\n"
            names = ["e"] * channels
            body += " sust.p.2d%s.b32.trap [h0, {x, y}], %s;\n" % (vec, "e" if channels == 1 else "{" + ", ".join(names) + "}")
            Case("sust.p.%s.%d" % (word, channels), "texture", kernel(body, 1), b"", 4, block=(32, 1, 1),
                 arrays=[surface_array("2d", fmt, channels, word, True)], objects=["surface 0"])


def all_cases():
    textures()
    surfaces()


def _inventory():
    yield "tex{.1d,.2d,.3d,.a1d,.a2d}.v4{.f32,.s32,.u32}{.s32,.f32}"
    yield "tex{.cube,.acube}.v4{.f32,.s32,.u32}.f32"
    yield "tex.level{.1d,.2d,.3d,.a1d,.a2d,.cube,.acube}.v4{.f32,.s32,.u32}.f32"
    yield "tex.grad{.1d,.2d,.3d,.a1d,.a2d}.v4{.f32,.s32,.u32}.f32"
    yield "tex.2d.v2.f16x2.f32"
    yield "tld4{.r,.g,.b,.a}.2d.v4{.f32,.s32,.u32}.f32"
    yield "{txq,suq}{.width,.height,.depth,.channel_data_type,.channel_order}.b32"
    for geometry in SURFACES:
        for kind, vec, _, _ in ACCESS:
            yield "{suld,sust}.b.%s%s.%s{.trap,.clamp,.zero}" % (geometry, vec, kind)
    yield "sured.b.add{.1d,.2d,.3d}{.u32,.s32,.u64}{.trap,.clamp,.zero}"
    yield "sured.b{.min,.max}{.1d,.2d,.3d}{.u32,.s32}{.trap,.clamp,.zero}"
    yield "sured.b{.and,.or}{.1d,.2d,.3d}.b32{.trap,.clamp,.zero}"
    yield "suld.b.2d{.ca,.cg,.cs,.cv}.b32.trap"
    yield "sust.b.2d{.wb,.cg,.cs,.wt}.b32.trap"
    yield "sust.p.2d{,.v2,.v4}.b32.trap"


INVENTORY = list(_inventory())
