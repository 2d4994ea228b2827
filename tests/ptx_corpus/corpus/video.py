"""Video instructions: scalar ones on bytes and halves with a second operation, and those on packed values."""

from .case import expand, lanes

TYPES = ["u32", "s32"]


def all_cases():
    for op in ("vadd", "vsub", "vabsdiff", "vmin", "vmax"):
        for d in TYPES:
            for a in TYPES:
                for b in TYPES:
                    for sat in ("", ".sat"):
                        form = "%s.%s.%s.%s%s" % (op, d, a, b, sat)
                        body = " %s d0, a0, a1;\n %s d1, a0.b1, a1.h1;\n %s d2, a0.h0, a1.b3;\n" % (form, form, form)
                        body += "".join(" %s.%s d%d, a0.b2, a1.b0, a2;\n" % (form, second, 3 + i)
                                        for i, second in enumerate(("add", "min", "max")))
                        body += " %s d6.b1, a0.b2, a1.h0, a2;\n %s d7.h1, a0, a1, a2;\n" % (form, form)
                        lanes(form, "video", ["b32"] * 3, ["b32"] * 8, body, lanes=32)
    for op in ("vshl", "vshr"):
        for d in TYPES:
            for a in TYPES:
                for sat in ("", ".sat"):
                    for mode in (".clamp", ".wrap"):
                        form = "%s.%s.%s.u32%s%s" % (op, d, a, sat, mode)
                        body = " %s d0, a0, a1;\n %s d1, a0.b1, a1.b0;\n %s.add d2, a0.h1, a1.b1, a2;\n" % (form, form, form)
                        body += " %s d3.h0, a0.b2, a1.b0, a2;\n %s.min d4, a0, a1.b0, a2;\n %s.max d5, a0, a1.b0, a2;\n" % (form, form, form)
                        lanes(form, "video", ["b32"] * 3, ["b32"] * 6, body, lanes=32)
    for d in TYPES:
        for a in TYPES:
            for b in TYPES:
                for sat in ("", ".sat"):
                    for scale in ("", ".shr7", ".shr15"):
                        form = "vmad.%s.%s.%s%s%s" % (d, a, b, sat, scale)
                        if d == "u32" and (a, b) != ("u32", "u32"):
                            continue
                        negative = "" if (d, a, b) == ("u32", "u32", "u32") else "-"
                        body = " %s d0, a0.b0, a1.h1, a2;\n %s d1, a0.h0, a1.h1, a2;\n" % (form, form)
                        body += " %s d2, a0.b1, a1.b2, %sa2;\n" % (form, negative)
                        lanes(form, "video", ["b32"] * 3, ["b32"] * 3, body, lanes=32)
    for a in TYPES:
        for b in TYPES:
            for compare in ("eq", "ne", "lt", "le", "gt", "ge"):
                form = "vset.%s.%s.%s" % (a, b, compare)
                body = " %s d0, a0, a1;\n %s d1, a0.b1, a1.h1;\n" % (form, form)
                body += "".join(" %s.%s d%d, a0.b2, a1.b0, a2;\n" % (form, second, 2 + i)
                                for i, second in enumerate(("add", "min", "max")))
                body += " %s d5.b2, a0.b2, a1.b0, a2;\n" % form
                lanes(form, "video", ["b32"] * 3, ["b32"] * 6, body, lanes=32)
    for count in ("2", "4"):
        for op in ("vadd", "vsub", "vavrg", "vabsdiff", "vmin", "vmax"):
            for types in ("u32.u32.u32", "s32.s32.s32", "s32.u32.u32", "u32.u32.s32"):
                for sat in ("", ".sat", ".add"):
                    form = "%s%s.%s%s" % (op, count, types, sat)
                    part = "h10" if count == "2" else "b3210"
                    other = "h32" if count == "2" else "b7531"
                    mask = "h1" if count == "2" else "b310"
                    body = " %s d0, a0, a1, a2;\n %s d1, a0.%s, a1.%s, a2;\n" % (form, form, part, other)
                    body += " %s d2.%s, a0, a1, a2;\n" % (form, mask)
                    lanes(form, "video", ["b32"] * 3, ["b32"] * 3, body, lanes=32)
        for types in ("u32.u32", "s32.s32"):
            for compare in ("eq", "ne", "lt", "le", "gt", "ge"):
                for add in ("", ".add"):
                    form = "vset%s.%s.%s%s" % (count, types, compare, add)
                    lanes(form, "video", ["b32"] * 3, ["b32"], " %s d0, a0, a1, a2;\n" % form, lanes=32)


_T = "{.u32,.s32}"
INVENTORY = ["{vadd,vsub,vabsdiff,vmin,vmax}" + _T * 3 + "{,.sat}{,.add,.min,.max}",
             "{vshl,vshr}" + _T * 2 + ".u32{,.sat}{.clamp,.wrap}{,.add,.min,.max}",
             "vmad.u32.u32.u32{,.sat}{,.shr7,.shr15}", "vmad.s32" + _T * 2 + "{,.sat}{,.shr7,.shr15}",
             "vset" + _T * 2 + "{.eq,.ne,.lt,.le,.gt,.ge}{,.add,.min,.max}",
             "{vadd,vsub,vavrg,vabsdiff,vmin,vmax}{2,4}{.u32.u32.u32,.s32.s32.s32,.s32.u32.u32,.u32.u32.s32}{,.sat,.add}",
             "vset{2,4}{.u32.u32,.s32.s32}{.eq,.ne,.lt,.le,.gt,.ge}{,.add}"]
