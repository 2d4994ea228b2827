"""Exchange between the lanes of a warp, barriers, control flow and special registers."""

from . import values
from .case import Case, exact_bytes, kernel, lanes

SHFL_C = {"up": [0, 0x1F00 & 0x1800, 0x1000, 0x1C00], "down": [31, 0x181F & ~7 | 7, 0x100F, 0x1C1F],
          "bfly": [31, 0x1807, 0x100F, 0x1C1F], "idx": [31, 0x1807, 0x100F, 0x1C03]}


def shuffles():
    for mode, controls in SHFL_C.items():
        for with_predicate in (False, True):
            body = " mov.b32 d1, 0;\n mov.b32 d0, 0;\n"
            for control in controls:
                for b in ("a1", "1", "5", "16", "31"):
                    body += " shfl.sync.%s.b32 v%s, a0, %s, %d, -1;\n" % (mode, "|p" if with_predicate else "", b, control)
                    body += " mad.lo.u32 d0, d0, 31, v;\n"
                    if with_predicate:
                        body += " selp.u32 v, 1, 0, p;\n shl.b32 d1, d1, 1;\n or.b32 d1, d1, v;\n"
            only = {1: list(range(32)) + [33, 64, 255, 0xFFFFFFFF]}
            if mode == "idx":
                only = {1: list(range(32))}
            lanes("shfl.sync.%s%s" % (mode, ".pred" if with_predicate else ""), "warp", ["b32", "u32"], ["b32", "b32"], body,
                  lanes=64, only=only, locals=" .reg .b32 v; .reg .pred p;\n")
    body = """ .reg .pred p, q; .reg .b32 m;
 and.b32 m, %t, 1;
 setp.eq.u32 p, m, 0;
 mov.b32 d0, 0;
 @p bra even;
 shfl.sync.bfly.b32 d0, a0, 2, 31, 0xAAAAAAAA;
 shfl.sync.idx.b32 d1|q, a0, 7, 31, 0xAAAAAAAA;
 bra join;
even:
 shfl.sync.down.b32 d0, a0, 4, 31, 0x55555555;
 shfl.sync.up.b32 d1|q, a0, 2, 0, 0x55555555;
join:
 selp.b32 m, 1, 0, q;
 mad.lo.u32 d1, d1, 2, m;
"""
    # Lanes whose source lies beyond the segment keep their own value, the others read lanes of their mask.
    lanes("shfl.masks", "warp", ["b32"], ["b32", "b32"], body, lanes=64)


def votes():
    body = " .reg .pred p; .reg .b32 v;\n mov.b32 d0, 0;\n"
    for source in ("q0", "!q0", "q1"):
        for mode in ("all", "any", "uni"):
            body += " vote.sync.%s.pred p, %s, -1;\n selp.b32 v, 1, 0, p;\n shl.b32 d0, d0, 1;\n or.b32 d0, d0, v;\n" % (mode, source)
    body += " vote.sync.ballot.b32 d1, q0, -1;\n vote.sync.ballot.b32 d2, !q1, -1;\n"
    body += """ setp.lt.u32 p, %t, 40;
 @p bra low;
 activemask.b32 d3;
 vote.sync.ballot.b32 d4, q0, 0xFFFFFF00;
 bra join;
low:
 activemask.b32 d3;
 setp.ge.u32 p, %t, 32;
 @p bra tail;
 vote.sync.ballot.b32 d4, q0, -1;
 bra join;
tail:
 vote.sync.ballot.b32 d4, q0, 0x000000FF;
join:
"""
    columns = [[int((i // 32) == 1 or i * 7 % 5 < 2) for i in range(96)], [1] * 64 + [0] * 32]
    # In the last warp lanes that are not in the mask take part in the last vote: undefined.
    lanes("vote", "warp", ["pred", "pred"], ["b32"] * 5, body, columns=columns, compared=[exact_bytes(0, 4 * 96 * 4 + 4 * 64)])
    body = " .reg .pred p, q; .reg .b32 v;\n"
    body += " match.any.sync.b32 d0, a0, -1;\n match.any.sync.b64 d1, a1, -1;\n match.all.sync.b32 d2|p, a0, -1;\n"
    body += " match.all.sync.b64 d3|q, a1, -1;\n selp.b32 d4, 1, 0, p;\n selp.b32 v, 2, 0, q;\n or.b32 d4, d4, v;\n"
    body += " match.all.sync.b32 v, a0, -1;\n or.b32 d4, d4, v;\n"
    columns = [[i % 3 if i < 32 else 5 for i in range(96)], [i // 32 + (i % 4 == 3) * (i < 64) << 33 for i in range(96)]]
    lanes("match", "warp", ["b32", "b64"], ["b32"] * 5, body, columns=columns)
    for kind, operations in (("u32", "add min max"), ("s32", "add min max"), ("b32", "and or xor")):
        for operation in operations.split():
            body = " .reg .pred p;\n redux.sync.%s.%s d0, a0, -1;\n" % (operation, kind)
            body += """ setp.lt.u32 p, %%t, 20;
 @p bra low;
 redux.sync.%s.%s d1, a0, 0xFFF00000;
 bra join;
low:
 redux.sync.%s.%s d1, a0, 0x000FFFFF;
join:
""" % (operation, kind, operation, kind)
            lanes("redux.sync.%s.%s" % (operation, kind), "warp", [kind], ["b32", "b32"], body, lanes=32)
    body = " .reg .pred p;\n elect.sync d0|p, 0xFFFFFFFF;\n selp.b32 d1, 1, 0, p;\n"
    body += " setp.lt.u32 p, %t, 3;\n @p bra end;\n elect.sync _|p, 0xFFFFFFF8;\n selp.b32 d0, 77, d0, p;\nend:\n"
    lanes("elect.sync", "warp", ["b32"], ["b32", "b32"], body, lanes=32, target="sm_90")
    body = """ .shared .align 4 .b32 cells[64]; .reg .b64 c; .reg .b32 x; .reg .pred p;
 mov.u64 c, cells;
 mad.wide.u32 c, %t, 4, c;
 st.shared.u32 [c], a0;
 bar.warp.sync 0xFFFFFFFF;
 xor.b32 x, %t, 9;
 mov.u64 c, cells;
 mad.wide.u32 c, x, 4, c;
 ld.shared.u32 d0, [c];
 setp.gt.u32 p, %t, 15;
 @p bra high;
 bar.warp.sync 0x0000FFFF;
 bra join;
high:
 bar.warp.sync 0xFFFF0000;
join:
"""
    lanes("bar.warp", "warp", ["b32"], ["b32"], body, lanes=32)
    # Lanes that take different ways to one barrier of the warp meet there.
    body = """ .reg .pred p; .reg .b32 i;
 mov.b32 i, a0;
 and.b32 i, i, 31;
 mov.b32 d0, 1;
loop:
 mad.lo.u32 d0, d0, 3, i;
 setp.eq.u32 p, i, 0;
 @p bra leave;
 sub.u32 i, i, 1;
 bra loop;
leave:
 shfl.sync.bfly.b32 d1, d0, 1, 31, -1;
"""
    lanes("reconverge", "warp", ["b32"], ["b32", "b32"], body, lanes=64)


def barriers():
    body = """ .shared .align 4 .b32 cells[128]; .reg .b64 c; .reg .b32 x, y; .reg .pred p, q;
 mov.u64 c, cells;
 mad.wide.u32 c, %t, 4, c;
 mov.b32 d0, a0;
"""
    steps = ["bar.sync 0;", "bar.sync 3, 128;", "bar.cta.sync 1;", "bar.cta.sync 2, 128;", "barrier.sync 4;", "barrier.sync 5, 128;",
             "barrier.sync.aligned 6;", "barrier.cta.sync 7;", "barrier.cta.sync.aligned 8, 128;"]
    for i, step in enumerate(steps):
        body += " st.shared.u32 [c], d0;\n %s\n xor.b32 x, %%t, %d;\n mov.u64 %%px, cells;\n mad.wide.u32 %%px, x, 4, %%px;\n" % (
            step, 33 + i * 8)
        body += " ld.shared.u32 y, [%px];\n mad.lo.u32 d0, d0, 5, y;\n bar.sync 0;\n"
    lanes("barriers", "warp", ["b32"], ["b32"], body, lanes=128)
    body = " .reg .pred p;\n"
    for i, prefix in enumerate(["bar.red", "bar.cta.red", "barrier.red", "barrier.red.aligned", "barrier.cta.red", "barrier.cta.red.aligned"]):
        body += " %s.popc.u32 x, %d, q0;\n mad.lo.u32 d0, d0, 131, x;\n" % (prefix, i)
        body += " %s.and.pred p, %d, q0;\n selp.b32 x, 1, 0, p;\n mad.lo.u32 d0, d0, 3, x;\n" % (prefix, i)
        body += " %s.or.pred p, %d, 128, !q1;\n selp.b32 x, 1, 0, p;\n mad.lo.u32 d0, d0, 3, x;\n" % (prefix, i)
        body += " %s.and.pred p, %d, q1;\n selp.b32 x, 1, 0, p;\n mad.lo.u32 d0, d0, 3, x;\n" % (prefix, i)
    lanes("barrier.red", "warp", ["pred", "pred"], ["b32"], " .reg .b32 x;\n mov.b32 d0, 0;\n" + body,
          columns=[[i % 3 == 0 for i in range(128)], [1] * 128])
    # Producers arrive, consumers wait.
    for arrive, sync in (("bar.arrive", "bar.sync"), ("barrier.arrive", "barrier.sync"), ("bar.cta.arrive", "bar.cta.sync"),
                         ("barrier.arrive.aligned", "barrier.sync.aligned"), ("barrier.cta.arrive", "barrier.cta.sync"),
                         ("barrier.cta.arrive.aligned", "barrier.cta.sync.aligned")):
        body = """ .shared .align 4 .b32 cells[64]; .reg .b64 c; .reg .pred p; .reg .b32 x;
 mov.u64 c, cells;
 mov.b32 d0, a0;
 setp.lt.u32 p, %%t, 64;
 @!p bra consume;
 mad.wide.u32 c, %%t, 4, c;
 st.shared.u32 [c], a0;
 membar.cta;
 %s 1, 128;
 bra done;
consume:
 %s 1, 128;
 sub.u32 x, %%t, 64;
 xor.b32 x, x, 37;
 mad.wide.u32 c, x, 4, c;
 ld.shared.u32 d0, [c];
done:
""" % (arrive, sync)
        lanes(arrive, "warp", ["b32"], ["b32"], body, lanes=128)
    # Warps that have exited are waited for no longer... by a barrier that counts the rest.
    body = """ .shared .align 4 .b32 cells[128]; .reg .b64 c; .reg .pred p; .reg .b32 x;
 mov.b32 d0, 7;
 setp.ge.u32 p, %t, 96;
 @p bra done;
 mov.u64 c, cells;
 mad.wide.u32 c, %t, 4, c;
 st.shared.u32 [c], a0;
 bar.sync 1, 96;
 xor.b32 x, %t, 63;
 mov.u64 c, cells;
 setp.ge.u32 p, %t, 64;
 @p bra done;
 mad.wide.u32 c, x, 4, c;
 ld.shared.u32 d0, [c];
done:
"""
    lanes("barrier.part", "warp", ["b32"], ["b32"], body, lanes=128)


def control():
    body = """ .reg .pred p, q; .reg .b32 i, n;
 and.b32 n, a0, 15;
 mov.b32 i, 0;
 mov.b32 d0, 0;
outer:
 setp.ge.u32 p, i, n;
 @p bra.uni skip;
skip:
 @p bra done;
 and.b32 d1, i, 1;
 setp.eq.u32 q, d1, 1;
 @!q bra even;
 mad.lo.u32 d0, d0, 7, 3;
 bra next;
even:
 setp.gt.u32 q, d0, 1000;
 @q sub.u32 d0, d0, 999;
 @!q add.u32 d0, d0, a0;
next:
 add.u32 i, i, 1;
 bra outer;
done:
 mov.b32 d1, i;
"""
    lanes("loop", "control", ["b32"], ["b32", "b32"], body.replace(" @p bra.uni skip;\nskip:\n", " bra.uni skip;\nskip:\n"), lanes=64)
    body = """ .reg .b32 k;
 and.b32 k, a0, 3;
 ts: .branchtargets L0, L1, L2, L3;
 brx.idx k, ts;
L0:
 mov.b32 d0, 100;
 bra join;
L1:
 add.u32 d0, a0, 1;
 bra join;
L2:
 mul.lo.u32 d0, a0, 3;
L3:
 mov.b32 d0, 5;
 bra join;
join:
 mov.b32 k, 2;
 tu: .branchtargets M0, M1, M2;
 brx.idx.uni k, tu;
M0:
 add.u32 d0, d0, 1;
M1:
 add.u32 d0, d0, 2;
M2:
 add.u32 d0, d0, 4;
"""
    lanes("brx", "control", ["b32"], ["b32"], body, lanes=64)
    functions = """.func (.param .b32 G_r) G_square(.param .b32 G_p)
{
 .reg .b32 x;
 ld.param.b32 x, [G_p];
 mul.lo.u32 x, x, x;
 st.param.b32 [G_r], x;
 ret;
}
.func (.param .b32 G_r) G_negate(.param .b32 G_p)
{
 .reg .b32 x; .reg .pred p;
 ld.param.b32 x, [G_p];
 setp.lt.s32 p, x, 0;
 @p bra keep;
 neg.s32 x, x;
 st.param.b32 [G_r], x;
 ret.uni;
keep:
 st.param.b32 [G_r], 1;
 ret;
}
.func (.param .b32 G_r) G_factorial(.param .b32 G_p)
{
 .reg .b32 x, y; .reg .pred p;
 ld.param.b32 x, [G_p];
 setp.le.u32 p, x, 1;
 @p bra base;
 sub.u32 y, x, 1;
 {
 .param .b32 a; .param .b32 r;
 st.param.b32 [a], y;
 call (r), G_factorial, (a);
 ld.param.b32 y, [r];
 }
 mul.lo.u32 x, x, y;
 st.param.b32 [G_r], x;
 ret;
base:
 st.param.b32 [G_r], 1;
 ret;
}
.func G_store(.param .b64 G_p, .param .b32 G_v)
{
 .reg .b64 x; .reg .b32 v; .reg .pred p;
 ld.param.b64 x, [G_p];
 ld.param.b32 v, [G_v];
 st.b32 [x], v;
 setp.eq.u32 p, v, 0;
 @p ret;
 add.u32 v, v, 1;
 st.b32 [x], v;
}
"""
    body = """ .reg .b32 x, n; .reg .pred p; .reg .b64 f, at, table; .reg .b32 k;
 .local .align 8 .b8 cell[8];
 mov.b32 d0, a0;
 proto: .callprototype (.param .b32 _) _ (.param .b32 _);
 {
 .param .b32 a; .param .b32 r;
 st.param.b32 [a], a0;
 call (r), G_square, (a);
 ld.param.b32 d1, [r];
 }
 and.b32 n, a0, 7;
 {
 .param .b32 a; .param .b32 r;
 st.param.b32 [a], n;
 call (r), G_factorial, (a);
 ld.param.b32 d2, [r];
 }
 // Through a table of functions, by lane.
 and.b32 k, a0, 1;
 mov.u64 table, G_table;
 mad.wide.u32 table, k, 8, table;
 ld.global.u64 f, [table];
 {
 .param .b32 a; .param .b32 r;
 st.param.b32 [a], a0;
 call (r), f, (a), proto;
 ld.param.b32 d3, [r];
 }
 mov.u64 f, G_negate;
 {
 .param .b32 a; .param .b32 r;
 st.param.b32 [a], a0;
 call.uni (r), f, (a), proto;
 ld.param.b32 d4, [r];
 }
 mov.u64 at, cell;
 cvta.local.u64 at, at;
 {
 .param .b64 a; .param .b32 v;
 st.param.b64 [a], at;
 st.param.b32 [v], n;
 call G_store, (a, v);
 }
 ld.u32 d5, [at];
"""
    lanes("calls", "control", ["b32"], ["b32"] * 6, body, lanes=64,
          before=functions + ".global .align 8 .u64 G_table[2] = {G_square, G_negate};\n")
    function = """.func (.reg .b32 G_r) G_twice(.reg .b32 G_x)
{
 shl.b32 G_r, G_x, 1;
 ret;
}
"""
    lanes("calls.registers", "control", ["b32"], ["b32"], " call.uni (d0), G_twice, (a0);\n", lanes=32, before=function)
    # A function that only a table names, beside one that is called twice.
    body = """ .reg .b64 f;
 mov.b32 d0, a0;
 proto: .callprototype (.param .b32 _) _ (.param .b32 _);
 ld.global.u64 f, [G_table];
"""
    for target in ("f", "G_square", "G_square"):
        body += """ {
 .param .b32 a; .param .b32 r;
 st.param.b32 [a], d0;
 call (r), %s, (a)%s;
 ld.param.b32 d0, [r];
 }
""" % (target, ", proto" if target == "f" else "")
    lanes("calls.table", "control", ["b32"], ["b32"], body, lanes=32,
          before=functions + ".global .align 8 .u64 G_table[1] = {G_negate};\n")
    body = """ .reg .pred p; .reg .b32 x;
 mov.b32 x, 1;
 mad.wide.u32 %px, %t, 4, %po;
 st.global.b32 [%px], x;
 setp.lt.u32 p, %t, 10;
 @p exit;
 mov.b32 x, 2;
 st.global.b32 [%px], x;
 setp.lt.u32 p, %t, 20;
 @p ret;
 mov.b32 x, 3;
 st.global.b32 [%px], x;
 exit;
"""
    Case("exit", "control", kernel(body), b"", 256, block=(64, 1, 1))
    Case("trap", "control", kernel(" .reg .pred p;\n setp.eq.u32 p, %t, 3;\n @p trap;\n"), b"", 4, block=(32, 1, 1))
    body = " mov.b32 d0, a0;\n nanosleep.u32 100;\n .reg .b32 z;\n and.b32 z, a0, 63;\n nanosleep.u32 z;\n pmevent 1;\n"
    lanes("nanosleep", "control", ["b32"], ["b32"], body, lanes=32)
    # A lock taken by every lane of a warp in turn.
    body = """ .shared .align 4 .b32 lock; .shared .align 4 .b32 sum; .reg .pred p; .reg .b32 v, w;
 setp.ne.u32 p, %t, 0;
 @p bra ready;
 st.shared.u32 [lock], 0;
 st.shared.u32 [sum], 0;
ready:
 bar.sync 0;
take:
 atom.shared.cas.b32 v, [lock], 0, 1;
 setp.ne.u32 p, v, 0;
 @p bra take;
 ld.volatile.shared.u32 w, [sum];
 add.u32 w, w, a0;
 st.volatile.shared.u32 [sum], w;
 membar.cta;
 atom.shared.exch.b32 v, [lock], 0;
 bar.sync 0;
 ld.shared.u32 d0, [sum];
"""
    lanes("spin_lock", "control", ["u32"], ["b32"], body, lanes=96)


def special():
    for name, grid, block in (("1d", (3, 1, 1), (40, 1, 1)), ("3d", (2, 3, 2), (5, 4, 3))):
        registers = ["%" + r + "." + d for r in ("tid", "ntid", "ctaid", "nctaid") for d in "xyz"]
        registers += ["%laneid"] + ["%lanemask_" + m for m in ("eq", "lt", "le", "gt", "ge")]
        body = """ .reg .b32 g, l, m, n; .reg .b64 at;
 mov.u32 g, %ctaid.z;
 mov.u32 n, %nctaid.y;
 mov.u32 m, %ctaid.y;
 mad.lo.u32 g, g, n, m;
 mov.u32 n, %nctaid.x;
 mov.u32 m, %ctaid.x;
 mad.lo.u32 g, g, n, m;
 mov.u32 l, %tid.z;
 mov.u32 n, %ntid.y;
 mov.u32 m, %tid.y;
 mad.lo.u32 l, l, n, m;
 mov.u32 n, %ntid.x;
 mov.u32 m, %tid.x;
 mad.lo.u32 l, l, n, m;
"""
        threads = block[0] * block[1] * block[2]
        body += " mad.lo.u32 g, g, %d, l;\n mad.wide.u32 at, g, %d, %%po;\n" % (threads, 4 * len(registers))
        for i, register in enumerate(registers):
            body += " mov.u32 m, %s;\n st.global.u32 [at+%d], m;\n" % (register, 4 * i)
        Case("special." + name, "control", kernel(body), b"", 4 * len(registers) * threads * grid[0] * grid[1] * grid[2],
             grid=grid, block=block)
    body = """ .reg .b32 v, w; .reg .b64 l, m; .reg .pred p, q;
 mov.b32 d0, 0;
 mov.u64 l, %clock64;
 mov.u32 v, %clock;
 mov.u32 w, %clock_hi;
 nanosleep.u32 1000;
 mov.u64 m, %clock64;
 setp.lt.u64 p, l, m;
 selp.b32 v, 1, 0, p;
 or.b32 d0, d0, v;
 mov.u64 l, %globaltimer;
 setp.ne.u64 p, l, 0;
 selp.b32 v, 2, 0, p;
 or.b32 d0, d0, v;
 mov.u32 v, %smid;
 mov.u32 w, %nsmid;
 setp.lt.u32 p, v, w;
 selp.b32 v, 4, 0, p;
 or.b32 d0, d0, v;
 mov.u32 v, %warpid;
 mov.u32 w, %nwarpid;
 setp.lt.u32 p, v, w;
 selp.b32 v, 8, 0, p;
 or.b32 d0, d0, v;
 mov.u64 l, %gridid;
 mov.u32 v, %globaltimer_hi;
 setp.ne.u32 p, v, 0;
 selp.b32 v, 16, 0, p;
 or.b32 d0, d0, v;
 mov.u32 v, %globaltimer_lo;
 mov.u32 d1, %total_smem_size;
 mov.u32 d2, %dynamic_smem_size;
 setp.ge.u32 p, d1, d2;
 selp.b32 d1, 1, 0, p;
"""
    lanes("special.others", "control", ["b32"], ["b32"] * 3, body, lanes=64, shared=1024)
    body = """ .reg .b32 v; .reg .pred p;
 mov.u32 d0, %clusterid.x;
 mov.u32 d1, %nclusterid.x;
 mov.u32 d2, %cluster_ctaid.x;
 mov.u32 d3, %cluster_nctaid.x;
 mov.u32 d4, %cluster_ctarank;
 mov.u32 d5, %cluster_nctarank;
 mov.pred p, %is_explicit_cluster;
 selp.b32 d6, 1, 0, p;
"""
    lanes("special.cluster", "control", ["b32"], ["b32"] * 7, body, lanes=32, target="sm_90")


def all_cases():
    shuffles()
    votes()
    barriers()
    control()
    special()


INVENTORY = ["shfl.sync{.up,.down,.bfly,.idx}.b32", "vote.sync{.all,.any,.uni}.pred", "vote.sync.ballot.b32", "activemask.b32",
             "match{.any,.all}.sync{.b32,.b64}", "redux.sync{.add,.min,.max}{.u32,.s32}", "redux.sync{.and,.or,.xor}.b32",
             "elect.sync", "bar.warp.sync", "bra", "bra.uni", "brx.idx", "brx.idx.uni", "call", "call.uni", "ret", "ret.uni", "exit",
             "trap", "nanosleep.u32", "pmevent", "bar{,.cta}{.sync,.arrive}", "bar{,.cta}.red{.popc.u32,.and.pred,.or.pred}",
             "barrier{,.cta}{.sync,.arrive}{,.aligned}", "barrier{,.cta}.red{,.aligned}{.popc.u32,.and.pred,.or.pred}"]
