#!/usr/bin/env python3
"""Walks the PTX instruction set: which forms that ptxas accepts does the software device refuse?

Every line of FORMS below describes many instructions: `{x}` may be left out, `<name=a b c>` is one of
a choice (`_` is nothing), and `@name` a register as wide as the type chosen for `name`. What ptxas
refuses for the architecture is not in the instruction set and is dropped; the rest goes to
decode_report. Instructions that PTX has only for later devices are not listed.

usage: instruction_forms.py PTXAS DECODE_REPORT [--arch 86] [--keep FILE]
"""

import argparse
import itertools
import os
import re
import subprocess
import sys
import tempfile

INT = "u16 s16 u32 s32 u64 s64"
BITS = "b16 b32 b64"
ALL = f"{BITS} {INT} f32 f64"
RND = "_ .rn .rz .rm .rp"
COMPARISONS = ".eq .ne .lt .le .gt .ge"
FLOAT_COMPARISONS = f"{COMPARISONS} .equ .neu .ltu .leu .gtu .geu .num .nan"
SCOPE = ".cta .gpu .sys"

FORMS = f"""
# integer arithmetic
<o=add sub>{{.sat}}.<t={INT}> @t, @t, @t
<o=add sub>.cc.<t=u32 s32 u64 s64> @t, @t, @t
<o=addc subc>{{.cc}}.<t=u32 s32 u64 s64> @t, @t, @t
mul<m=.lo .hi>.<t={INT}> @t, @t, @t
mul.wide.<t=u16 s16> R, @t, @t
mul.wide.<t=u32 s32> D, @t, @t
mad<m=.lo .hi>{{.sat}}.<t={INT}> @t, @t, @t, @t
mad.wide.<t=u16 s16> R, @t, @t, R
mad.wide.<t=u32 s32> D, @t, @t, D
mad<m=.lo .hi>.cc.<t=u32 s32 u64 s64> @t, @t, @t, @t
madc<m=.lo .hi>{{.cc}}.<t=u32 s32 u64 s64> @t, @t, @t, @t
mul24<m=.lo .hi>.<t=u32 s32> R, R, R
mad24<m=.lo .hi>{{.sat}}.<t=u32 s32> R, R, R, R
sad.<t={INT}> @t, @t, @t, @t
<o=div rem min max>.<t={INT}> @t, @t, @t
<o=abs neg>.<t=s16 s32 s64> @t, @t
<o=popc clz>.<t=b32 b64> R, @t
bfind{{.shiftamt}}.<t=u32 s32 u64 s64> R, @t
brev.<t=b32 b64> @t, @t
fns.b32 R, R, R, R
bfe.<t=u32 s32 u64 s64> @t, @t, R, R
bfi.<t=b32 b64> @t, @t, @t, R, R
szext<m=.clamp .wrap>.<t=u32 s32> R, R, R
bmsk<m=.clamp .wrap>.b32 R, R, R
dp4a.<t=u32 s32>.<u=u32 s32> R, R, R, R
dp2a<m=.lo .hi>.<t=u32 s32>.<u=u32 s32> R, R, R, R
# floating point
<o=add sub mul><r={RND}>{{.ftz}}{{.sat}}.<t=f32 f64> @t, @t, @t
<o=fma mad><r={RND}>{{.ftz}}{{.sat}}.<t=f32 f64> @t, @t, @t, @t
div<r=.approx .full .rn .rz .rm .rp>{{.ftz}}.<t=f32 f64> @t, @t, @t
<o=rcp sqrt><r=.approx .rn .rz .rm .rp>{{.ftz}}.<t=f32 f64> @t, @t
<o=rsqrt sin cos lg2 ex2>.approx{{.ftz}}.<t=f32 f64> @t, @t
tanh.approx.f32 R, R
<o=abs neg>{{.ftz}}.<t=f32 f64> @t, @t
<o=min max>{{.ftz}}{{.NaN}}{{.xorsign.abs}}.<t=f32 f64> @t, @t, @t
copysign.<t=f32 f64> @t, @t, @t
testp<c=.finite .infinite .number .notanumber .normal .subnormal>.<t=f32 f64> P, @t
# half precision
<o=add sub mul><r=_ .rn>{{.ftz}}{{.sat}}.<t=f16 f16x2 bf16 bf16x2> @t, @t, @t
fma.rn{{.ftz}}<s=_ .sat .relu>.<t=f16 f16x2 bf16 bf16x2> @t, @t, @t, @t
<o=abs neg>{{.ftz}}.<t=f16 f16x2 bf16 bf16x2> @t, @t
<o=min max>{{.ftz}}{{.NaN}}{{.xorsign.abs}}.<t=f16 f16x2 bf16 bf16x2> @t, @t, @t
<o=tanh ex2>.approx{{.ftz}}.<t=f16 f16x2 bf16 bf16x2> @t, @t
# comparison and selection
set<c={COMPARISONS}>{{.ftz}}.<d=u32 s32 f32 u16 s16 f16 bf16>.<t={ALL} f16 bf16> @d, @t, @t
set<c={FLOAT_COMPARISONS}>{{.ftz}}.<d=u32 s32 f32 u16 s16 f16 bf16>.<t=f16 bf16 f32 f64> @d, @t, @t
set<c={FLOAT_COMPARISONS}>{{.ftz}}.<d=u32 s32 f16x2 bf16x2>.<t=f16x2 bf16x2> R, R, R
set.lt<b=.and .or .xor>.<d=u32 s32 f32>.<t={ALL}> R, @t, @t, P
set.lt.and.u32.s32 R, R, R, !P
set.lt<b=.and .or .xor>{{.ftz}}.<d=u32 s32 u16 s16 f16 bf16>.<t=f16 bf16> @d, @t, @t, P
set.lt<b=.and .or .xor>{{.ftz}}.<d=u32 s32 f16x2 bf16x2>.<t=f16x2 bf16x2> R, R, R, !P
setp<c={COMPARISONS} .lo .ls .hi .hs>.<t={ALL}> P, @t, @t
setp<c={FLOAT_COMPARISONS}>{{.ftz}}.<t=f16 bf16 f32 f64> P, @t, @t
setp<c={FLOAT_COMPARISONS}>{{.ftz}}.<t=f16x2 bf16x2> P|P2, @t, @t
setp.gt<b=.and .or .xor>.<t={ALL} f16> P|P2, @t, @t, !P3
setp.gt<b=.and .or .xor>.f16x2 P|P2, R, R, P3
selp.<t={ALL}> @t, @t, @t, P
slct{{.ftz}}.<t={ALL}>.<u=s32 f32> @t, @t, @t, R
# logic and shifts
<o=and or xor>.<t={BITS} pred> @t, @t, @t
<o=not>.<t={BITS} pred> @t, @t
cnot.<t={BITS}> @t, @t
lop3.b32 R, R, R, R, 0xe8
lop3<b=.and .or>.b32 R|P, R, R, R, 0x1e, P2
lop3.or.b32 _|P, R, R, R, 0x1e, !P2
shf<d=.l .r><m=.clamp .wrap>.b32 R, R, R, R
shl.<t={BITS}> @t, @t, R
shr.<t={BITS} {INT}> @t, @t, R
prmt.b32<m=_ .f4e .b4e .rc8 .ecl .ecr .rc16> R, R, R, R
# data movement
mov.<t={ALL} pred> @t, @t
mov.b128 Q, Q
mov.b128 Q, {{{{D, D2}}}}
mov.b128 {{{{D, D2}}}}, Q
mov.b32 R, {{{{H, H2}}}}
mov.b32 {{{{H, _}}}}, R
mov.b64 D, {{{{R, R2}}}}
mov.b64 {{{{R, R2}}}}, D
mov.b64 D, {{{{H, H2, H, H2}}}}
mov.b64 {{{{H, H2, H3, H4}}}}, D
mov.u32 R, %<s=tid.x tid.y tid.z ntid.x ctaid.x nctaid.z laneid warpid nwarpid smid nsmid lanemask_eq lanemask_le lanemask_lt lanemask_ge lanemask_gt clock clock_hi pm0 pm7 envreg0 envreg31 globaltimer_lo globaltimer_hi dynamic_smem_size total_smem_size reserved_smem_offset_begin reserved_smem_offset_end reserved_smem_offset_cap reserved_smem_offset_0 reserved_smem_offset_1>
mov.u64 D, %<s=clock64 globaltimer gridid current_graph_exec pm0_64>
mov.u32 R, WARP_SZ
shfl.sync<m=.up .down .bfly .idx>.b32 R, R, R, 31, -1
shfl.sync<m=.up .down .bfly .idx>.b32 R|P, R, R, R, R
ld<w=_ .weak><s=.global .const .shared .local _><v=_ .v2>.<t=b8 u8 s8> @t, [D]
ld<s=.global .const .shared .local _ .shared::cta><c=_ .ca .cg .cs .lu .cv>.<t={ALL} b128> @t, [D]
ld<s=.global .shared .local _>.v2.<t={ALL}> {{{{@t, @t2}}}}, [D]
ld<s=.global .shared .local _>.v4.<t=b16 u16 u32 s32 f32 b32> {{{{@t, @t2, @t3, @t4}}}}, [D]
ld.volatile<s=.global .shared .local _>.<t=b16 u32 s64 f64> @t, [D]
ld<o=.relaxed .acquire><c={SCOPE}><s=.global .shared _>.<t=u16 u32 b64 f32> @t, [D]
ld.mmio.relaxed.sys{{.global}}.u32 R, [D]
ld.global<c=_ .ca .cg>.nc.<t=b16 u32 f64> @t, [D]
ld.global.nc<c=_ .L1::evict_normal .L1::evict_unchanged .L1::evict_first .L1::evict_last .L1::no_allocate><p=_ .L2::64B .L2::128B .L2::256B>.v4.f32 {{{{R, R2, R3, R4}}}}, [D+16]
ld<s=.global _><p=_ .L2::64B .L2::128B .L2::256B>.u64 D, [D]
ld.global{{.nc}}.L2::cache_hint<v=_>.f32 R, [D], D2
ld.global.L1::evict_last.L2::cache_hint.v2.f64 {{{{D, D2}}}}, [D], D2
ldu{{.global}}.<t=b16 u32 f64> @t, [D]
ldu{{.global}}.v4.f32 {{{{R, R2, R3, R4}}}}, [D]
ld.param.u64 D, [p]
ld.param::entry.u64 D, [p]
st<w=_ .weak><s=.global .shared .local _ .shared::cta><c=_ .wb .cg .cs .wt>.<t={ALL} b8 u8 s8 b128> [D], @t
st<s=.global .shared .local _>.v2.<t={ALL}> [D], {{{{@t, @t2}}}}
st<s=.global .shared .local _>.v4.<t=b8 b16 u16 u32 s32 f32 b32> [D], {{{{@t, @t2, @t3, @t4}}}}
st.volatile<s=.global .shared .local _>.<t=b16 u32 s64 f64> [D], @t
st<o=.relaxed .release><c={SCOPE}><s=.global .shared _>.<t=u16 u32 b64 f32> [D], @t
st.mmio.relaxed.sys{{.global}}.u32 [D], R
st.global<c=_ .L1::evict_last .L1::no_allocate>.L2::cache_hint.f32 [D], R, D2
prefetch<s=.global .local _><l=.L1 .L2> [D]
prefetch.global<l=.L2::evict_last .L2::evict_normal> [D]
prefetchu.L1 [D]
applypriority{{.global}}.L2::evict_normal [D], 128
discard{{.global}}.L2 [D], 128
createpolicy.fractional<a=.L2::evict_last .L2::evict_normal .L2::evict_first .L2::evict_unchanged><b=_ .L2::evict_first .L2::evict_unchanged>.b64 D, 0.5
createpolicy.fractional.L2::evict_first.b64 D
createpolicy.range{{.global}}.L2::evict_last<b=_ .L2::evict_first .L2::evict_unchanged>.b64 D, [D], R, R2
createpolicy.cvt.L2.b64 D, D
isspacep<s=.global .const .local .shared .shared::cta .param .param::entry> P, D
cvta<s=.global .const .local .shared .shared::cta .param .param::entry>.u64 D, D
cvta.to<s=.global .const .local .shared .shared::cta .param .param::entry>.u64 D, D
# conversion
cvt<r=_ .rni .rzi .rmi .rpi .rn .rz .rm .rp>{{.ftz}}{{.sat}}.<d=u8 s8 u16 s16 u32 s32 u64 s64 f16 f32 f64 bf16>.<t=u8 s8 u16 s16 u32 s32 u64 s64 f16 f32 f64 bf16> @d, @t
cvt.<d=u8 s8 u16 s16>.<t=u16 s16 u32> R, @t
cvt<r=.rn .rz>{{.relu}}{{.satfinite}}.<d=f16 bf16>.f32 H, R
cvt<r=.rn .rz>{{.relu}}{{.satfinite}}.<d=f16x2 bf16x2>.f32 R, R, R
cvt.rna{{.satfinite}}.tf32.f32 R, R
cvt<r=.rn .rz>{{.relu}}{{.satfinite}}.tf32.f32 R, R
cvt.rn.satfinite{{.relu}}.<d=e4m3x2 e5m2x2>.f32 H, R, R
cvt.rn.satfinite{{.relu}}.<d=e4m3x2 e5m2x2>.f16x2 H, R
cvt.rn{{.relu}}.f16x2.<d=e4m3x2 e5m2x2> R, H
cvt.pack.sat.<d=u16 s16>.s32 R, R, R
cvt.pack.sat.<d=u2 s2 u4 s4 u8 s8>.s32.b32 R, R, R, R
# control
@P bra $end
@!P bra.uni $end
brx.idx{{.uni}} R, $table
call{{.uni}} (r0), callee, (a0)
call{{.uni}} (r0), D, (a0), $prototype
call (r0), D, (a0), $targets
@P ret
@P ret.uni
@P exit
@P trap
brkpt
nanosleep.u32 R
nanosleep.u32 20
pmevent 3
pmevent.mask 0xff
# synchronisation
<b=bar barrier>{{.cta}}.sync{{.aligned}} 0
bar.sync R
bar.sync 1, 64
<b=bar barrier>{{.cta}}.sync{{.aligned}} R, R
<b=bar barrier>{{.cta}}.arrive{{.aligned}} 2, 64
<b=bar barrier>{{.cta}}.red.popc{{.aligned}}.u32 R, 0, P
bar.red.popc.u32 R, 0, 64, !P
<b=bar barrier>{{.cta}}.red<o=.and .or>{{.aligned}}.pred P, 0, 64, !P2
bar.warp.sync R
bar.warp.sync -1
membar<s=.cta .gl .sys>
fence<o=_ .sc .acq_rel><s=.cta .gpu .sys>
<o=membar fence>.proxy.alias
vote.sync<m=.all .any .uni>.pred P, !P2, R
vote.sync.ballot.b32 R, P, -1
match.any.sync.<t=b32 b64> R, @t, R
match.all.sync.<t=b32 b64> R|P, @t, R
match.all.sync.b32 R, R, R
activemask.b32 R
redux.sync<o=.add .min .max>.<t=u32 s32> R, R, R
redux.sync<o=.and .or .xor>.b32 R, R, -1
# atomics
atom<m=_ .relaxed .acquire .release .acq_rel><c=_ {SCOPE}><s=_ .global .shared .shared::cta><o=.and .or .xor .exch>.<t=b32 b64> @t, [D], @t
atom<m=_ .acq_rel><c=_ .gpu><s=_ .global .shared>.cas.<t=b16 b32 b64> @t, [D], @t, @t
atom<m=_ .relaxed><c=_ .sys><s=_ .global .shared>.add.<t=u32 s32 u64 s64 f32 f64> @t, [D], @t
atom<m=_ .relaxed><c=_ .sys><s=_ .global .shared>.add.noftz.<t=f16 f16x2 bf16 bf16x2> @t, [D], @t
atom<m=_ .release><c=_ .cta><s=_ .global .shared><o=.inc .dec>.u32 R, [D], R
atom<m=_ .release><c=_ .cta><s=_ .global .shared><o=.min .max>.<t=u32 s32 u64 s64> @t, [D], @t
atom.global.add.L2::cache_hint.u32 R, [D], R, D2
atom.global.cas.L2::cache_hint.b32 R, [D], R, R, D2
red<m=_ .relaxed .release><c=_ {SCOPE}><s=_ .global .shared .shared::cta><o=.and .or .xor>.<t=b32 b64> [D], @t
red<m=_ .relaxed><c=_ .sys><s=_ .global .shared>.add.<t=u32 s32 u64 s64 f32 f64> [D], @t
red<m=_ .relaxed><c=_ .sys><s=_ .global .shared>.add.noftz.<t=f16 f16x2 bf16 bf16x2> [D], @t
red<s=_ .global .shared><o=.inc .dec>.u32 [D], R
red<s=_ .global .shared><o=.min .max>.<t=u32 s32 u64 s64> [D], @t
red.global.add.L2::cache_hint.u32 [D], R, D2
# asynchronous copies
cp.async.ca<s=.shared .shared::cta>.global{{.L2::cache_hint}}<p=_ .L2::64B .L2::128B .L2::256B> [R], [D], <n=4 8 16>
cp.async.cg<s=.shared .shared::cta>.global<p=_ .L2::64B .L2::128B .L2::256B> [R], [D], 16
cp.async.ca.shared.global [R], [D], 8, R
cp.async.ca.shared.global [R+16], [D+32], 16, P
cp.async.cg.shared.global.L2::cache_hint [R], [D], 16, D2
cp.async.cg.shared.global.L2::cache_hint [R], [D], 16, R, D2
cp.async.commit_group
cp.async.wait_group 3
cp.async.wait_all
cp.async.mbarrier.arrive{{.noinc}}<s=_ .shared .shared::cta>.b64 [D]
mbarrier.init<s=_ .shared .shared::cta>.b64 [D], R
mbarrier.inval<s=_ .shared .shared::cta>.b64 [D]
mbarrier.<o=arrive arrive_drop><m=_ .release.cta><s=_ .shared .shared::cta>.b64 D, [D2]
mbarrier.<o=arrive arrive_drop>.noComplete<m=_ .release.cta><s=_ .shared .shared::cta>.b64 D, [D2], R
mbarrier.test_wait<m=_ .acquire.cta><s=_ .shared .shared::cta>.b64 P, [D], D2
mbarrier.test_wait.parity<m=_ .acquire.cta><s=_ .shared .shared::cta>.b64 P, [D], R
mbarrier.pending_count.b64 R, D
# matrices
wmma.load<p=.a .b>.sync.aligned<l=.row .col><s=.m16n16k16 .m8n32k16 .m32n8k16><w=_ .global .shared .shared::cta>.<t=f16 bf16 s8 u8> #, [D], 16
wmma.load<p=.a .b>.sync.aligned<l=.row .col>.m16n16k8<w=_ .global .shared .shared::cta>.tf32 #, [D], 16
wmma.load<p=.a .b>.sync.aligned<l=.row .col>.m8n8k4<w=_ .global .shared .shared::cta>.f64 #, [D], 16
wmma.load.a.sync.aligned.row.m8n8k32<w=_ .global .shared .shared::cta>.<t=s4 u4> #, [D], 32
wmma.load.b.sync.aligned.col.m8n8k32<w=_ .global .shared .shared::cta>.<t=s4 u4> #, [D], 32
wmma.load.a.sync.aligned.row.m8n8k128<w=_ .global .shared .shared::cta>.b1 #, [D], 128
wmma.load.b.sync.aligned.col.m8n8k128<w=_ .global .shared .shared::cta>.b1 #, [D], 128
wmma.load.c.sync.aligned<l=.row .col><s=.m16n16k16 .m8n32k16 .m32n8k16><w=_ .global .shared .shared::cta>.<t=f16 f32 s32> #, [D], 16
wmma.load.c.sync.aligned<l=.row .col>.m16n16k8<w=_ .global .shared .shared::cta>.f32 #, [D], 16
wmma.load.c.sync.aligned<l=.row .col>.m8n8k4<w=_ .global .shared .shared::cta>.f64 #, [D], 16
wmma.load.c.sync.aligned<l=.row .col><s=.m8n8k32 .m8n8k128><w=_ .global .shared .shared::cta>.s32 #, [D], 16
wmma.load.a.sync.aligned.row.m16n16k16.f16 #, [D]
wmma.store.d.sync.aligned<l=.row .col><s=.m16n16k16 .m8n32k16 .m32n8k16><w=_ .global .shared .shared::cta>.<t=f16 f32 s32> [D], #, R
wmma.store.d.sync.aligned<l=.row .col>.m16n16k8<w=_ .global .shared .shared::cta>.f32 [D], #, R
wmma.store.d.sync.aligned<l=.row .col>.m8n8k4<w=_ .global .shared .shared::cta>.f64 [D], #, R
wmma.store.d.sync.aligned<l=.row .col><s=.m8n8k32 .m8n8k128><w=_ .global .shared .shared::cta>.s32 [D], #, R
wmma.mma.sync.aligned<l=.row .col><k=.row .col><s=.m16n16k16 .m8n32k16 .m32n8k16>.<d=f16 f32>.<c=f16 f32> #, #, #, #
wmma.mma.sync.aligned<l=.row .col><k=.row .col><s=.m16n16k16 .m8n32k16 .m32n8k16>.f32.bf16.bf16.f32 #, #, #, #
wmma.mma.sync.aligned<l=.row .col><k=.row .col>.m16n16k8.f32.tf32.tf32.f32 #, #, #, #
wmma.mma.sync.aligned<l=.row .col><k=.row .col>.m8n8k4<r=_ .rn .rz .rm .rp>.f64.f64.f64.f64 #, #, #, #
wmma.mma.sync.aligned<l=.row .col><k=.row .col><s=.m16n16k16 .m8n32k16 .m32n8k16>.s32.<a=s8 u8>.<b=s8 u8>.s32{{.satfinite}} #, #, #, #
wmma.mma.sync.aligned.row.col.m8n8k32.s32.<a=s4 u4>.<b=s4 u4>.s32{{.satfinite}} #, #, #, #
wmma.mma<o=.xor .and>.popc.sync.aligned.row.col.m8n8k128.s32.b1.b1.s32 #, #, #, #
mma.sync.aligned.m8n8k4<l=.row .col><k=.row .col>.<d=f16 f32>.f16.f16.<c=f16 f32> #, #, #, #
mma.sync.aligned<s=.m16n8k8 .m16n8k16>.row.col.<d=f16 f32>.f16.f16.<c=f16 f32> #, #, #, #
mma.sync.aligned<s=.m16n8k8 .m16n8k16>.row.col.f32.bf16.bf16.f32 #, #, #, #
mma.sync.aligned<s=.m16n8k4 .m16n8k8>.row.col.f32.tf32.tf32.f32 #, #, #, #
mma.sync.aligned<s=.m8n8k4 .m16n8k4 .m16n8k8 .m16n8k16>.row.col<r=_ .rn .rz .rm .rp>.f64.f64.f64.f64 #, #, #, #
mma.sync.aligned<s=.m8n8k16 .m16n8k16 .m16n8k32>.row.col{{.satfinite}}.s32.<a=s8 u8>.<b=s8 u8>.s32 #, #, #, #
mma.sync.aligned<s=.m8n8k32 .m16n8k32 .m16n8k64>.row.col{{.satfinite}}.s32.<a=s4 u4>.<b=s4 u4>.s32 #, #, #, #
mma.sync.aligned<s=.m8n8k128 .m16n8k128 .m16n8k256>.row.col.s32.b1.b1.s32<o=.xor .and>.popc #, #, #, #
mma.sync.aligned.m16n8k32.row.col.f32.<a=e4m3 e5m2>.<b=e4m3 e5m2>.f32 #, #, #, #
mma.sp{{::ordered_metadata}}.sync.aligned<s=.m16n8k16 .m16n8k32>.row.col.<d=f16 f32>.f16.f16.<d2=f16 f32> #, #, #, #, R, 0x0
mma.sp{{::ordered_metadata}}.sync.aligned<s=.m16n8k16 .m16n8k32>.row.col.f32.bf16.bf16.f32 #, #, #, #, R, 0x1
mma.sp{{::ordered_metadata}}.sync.aligned<s=.m16n8k8 .m16n8k16>.row.col.f32.tf32.tf32.f32 #, #, #, #, R, 0x0
mma.sp{{::ordered_metadata}}.sync.aligned<s=.m16n8k32 .m16n8k64>.row.col{{.satfinite}}.s32.<a=s8 u8>.<b=s8 u8>.s32 #, #, #, #, R, 0x0
mma.sp{{::ordered_metadata}}.sync.aligned<s=.m16n8k64 .m16n8k128>.row.col{{.satfinite}}.s32.<a=s4 u4>.<b=s4 u4>.s32 #, #, #, #, R, 0x0
ldmatrix.sync.aligned.m8n8.x1{{.trans}}<s=_ .shared .shared::cta>.b16 {{{{R}}}}, [D]
ldmatrix.sync.aligned.m8n8.x2{{.trans}}<s=_ .shared .shared::cta>.b16 {{{{R, R2}}}}, [D]
ldmatrix.sync.aligned.m8n8.x4{{.trans}}<s=_ .shared .shared::cta>.b16 {{{{R, R2, R3, R4}}}}, [D]
movmatrix.sync.aligned.m8n8.trans.b16 R, R
# video
<o=vadd vsub vabsdiff vmin vmax>.<d=u32 s32>.<t=u32 s32>.<u=u32 s32>{{.sat}} R, R, R
<o=vadd vsub vabsdiff vmin vmax>.u32.<t=u32 s32>.s32.sat<p=.add .min .max> R, R.<x=b0 b1 b2 b3 h0 h1>, R, R
<o=vadd vsub vabsdiff vmin vmax>.s32.u32.s32{{.sat}} R.<y=b0 b3 h0 h1>, R.b2, R.h1, R
<o=vshl vshr>.<d=u32 s32>.<t=u32 s32>.u32{{.sat}}<m=.clamp .wrap> R, R.h1, R.b0
<o=vshl vshr>.u32.u32.u32<m=.clamp .wrap><p=.add .min .max> R, R, R, R
<o=vshl vshr>.s32.s32.u32<m=.clamp .wrap> R.h0, R, R, R
vmad.<d=u32 s32>.<t=u32 s32>.<u=u32 s32>{{.sat}}<s=_ .shr7 .shr15> R, R.b1, R.h0, R
vmad.s32.s32.s32{{.sat}}<s=_ .shr7 .shr15> R, -R, R, R
vmad.s32.s32.s32{{.sat}}<s=_ .shr7 .shr15> R, R, R, -R
vmad.u32.u32.u32.po{{.sat}}<s=_ .shr7 .shr15> R, R, R, R
vset.<t=u32 s32>.<u=u32 s32><c={COMPARISONS}> R, R, R
vset.u32.s32.lt<p=.add .min .max> R, R.b0, R.h1, R
vset.u32.s32.lt R.b2, R.b0, R.h1, R
<o=vadd2 vsub2 vavrg2 vabsdiff2 vmin2 vmax2>.<d=u32 s32>.<t=u32 s32>.<u=u32 s32>{{.sat}} R, R, R, R
<o=vadd2 vsub2 vavrg2 vabsdiff2 vmin2 vmax2>.s32.u32.s32.add R.h10, R.h31, R.h20, R
<o=vadd2 vsub2 vavrg2 vabsdiff2 vmin2 vmax2>.s32.u32.s32 R.h1, R.h31, R, R
vset2.<t=u32 s32>.<u=u32 s32><c={COMPARISONS}>{{.add}} R, R, R, R
<o=vadd4 vsub4 vavrg4 vabsdiff4 vmin4 vmax4>.<d=u32 s32>.<t=u32 s32>.<u=u32 s32>{{.sat}} R, R, R, R
<o=vadd4 vsub4 vavrg4 vabsdiff4 vmin4 vmax4>.s32.u32.s32.add R.b210, R.b3701, R.b7654, R
<o=vadd4 vsub4 vavrg4 vabsdiff4 vmin4 vmax4>.s32.u32.s32 R.b20, R.b3701, R.b7654, R
vset4.<t=u32 s32>.<u=u32 s32><c={COMPARISONS}>{{.add}} R, R, R, R
# stack
alloca.u64 D, D
alloca.u64 D, D, 64
stacksave.u64 D
stackrestore.u64 D
"""

# Forms that ptxas accepts and the device refuses, with the reason.
REFUSED = {
    r"mma\.sp": "sparse products: how the positions are spread over the lanes has to be observed on a GPU first",
}

WIDTH = {"b8": "H", "u8": "H", "s8": "H", "pred": "P", "b128": "Q"}


def register(kind):
    if kind in WIDTH:
        return WIDTH[kind]
    if kind.endswith("x2") or kind == "tf32":
        return "R"
    return {"16": "H", "32": "R", "64": "D"}[kind[-2:]]


def expand(line):
    """All instructions of one line of FORMS."""
    pieces = re.split(r"(\{[^{}]*\}|<\w+=[^<>]*>)", line.replace("{{", "\x01").replace("}}", "\x02"))
    choices = []
    for piece in pieces:
        if piece.startswith("{"):
            choices.append([(None, ""), (None, piece[1:-1])])
        elif re.match(r"<\w+=", piece):
            name, values = piece[1:-1].split("=", 1)
            choices.append([(name, "" if v == "_" else v) for v in values.split()])
        else:
            choices.append([(None, piece)])
    for chosen in itertools.product(*choices):
        names = {name: value for name, value in chosen if name}
        text = "".join(value for _, value in chosen)

        def operand(match):
            return register(names[match.group(1)]) + match.group(2)

        text = re.sub(r"@([a-z]+)(\d?)(?=[,;\x02\s]|$)", operand, text)
        yield text.replace("\x01", "{").replace("\x02", "}")


def fragment(text):
    """Replaces each # by a vector, those of d, a, b and c with numbers of their own.

    How many registers it needs follows from the shape."""
    types = re.findall(r"\.(f16|bf16|tf32|f32|f64|s8|u8|s4|u4|b1|s32|e4m3|e5m2)(?=\.|\s|$)", text)
    m, n, k = map(int, re.search(r"\.m(\d+)n(\d+)k(\d+)", text).groups())
    bits = {"f16": 16, "bf16": 16, "f64": 64, "s8": 8, "u8": 8, "s4": 4, "u4": 4, "b1": 1, "e4m3": 8,
            "e5m2": 8}
    is_wmma = text.startswith("wmma")

    def vector(part, kind):
        count = {"a": m * k, "b": k * n}.get(part, m * n) // 32
        if ".sp" in text and part == "a":
            count //= 2
        width = bits.get(kind, 32)
        letter = "D" if kind == "f64" else "R"
        registers = count if kind == "f64" else max(1, count * width // 32)
        if is_wmma and part in "ab" and kind == "f16":
            registers = 8
        if not is_wmma and (m, n, k) == (8, 8, 4) and kind != "f64":
            registers = {"a": 2, "b": 2}.get(part, 4 if kind == "f16" else 8)
        first = {"d": 1, "a": 11, "b": 21, "c": 31}[part]
        return "{" + ", ".join(f"{letter}{first + i}" for i in range(registers)) + "}"

    if ".load" in text or ".store" in text:
        part = re.search(r"\.(a|b|c|d)\.", text).group(1)
        return text.replace("#", vector(part, types[-1]))
    if len(types) == 2:
        types = [types[0], "f16", "f16", types[1]]
    for part, kind in zip("dabc", types):
        text = text.replace("#", vector(part, kind), 1)
    return text


def instructions():
    for line in FORMS.strip().splitlines():
        if line.startswith("#") or not line.strip():
            continue
        for text in expand(line.strip()):
            yield fragment(text) if "#" in text else text


def finished(text):
    """Register letters become registers."""
    opcode, _, operands = text.partition(" ")
    if opcode.startswith("@"):
        guard, opcode = opcode, operands
        return guard.replace("P", "%p1") + " " + opcode + ";"
    next_number = dict.fromkeys("HRDPQ", 1)

    def numbered(match):
        letter, number = match.groups()
        if not number:  # each operand gets a register of its own
            number = str(next_number[letter])
            next_number[letter] += 1
        else:
            next_number[letter] = max(next_number[letter], int(number) + 1)
        return "%" + letter.lower() + number

    operands = re.sub(r"(?<![\w%$])([HRDPQ])(\d*)(?![\w])", numbered, operands)
    return f"{opcode} {operands};"


def module(lines, arch):
    body = "\n".join(lines)
    return f""".version 8.8
.target sm_{arch}
.address_size 64
.func (.param .b32 r) callee(.param .b32 a) {{ ret; }}
.visible .entry forms(.param .u64 p)
{{
.reg .pred %p<9>;
.reg .b16 %h<9>;
.reg .b32 %r<49>;
.reg .b64 %d<49>;
.reg .b128 %q<9>;
.param .b32 r0;
.param .b32 a0;
$prototype: .callprototype (.param .b32 _) _ (.param .b32 _);
$targets: .calltargets callee;
$table: .branchtargets $first, $end;
$first:
{body}
$end:
ret;
}}
"""


def accepted(lines, ptxas, arch):
    """The lines that ptxas takes."""
    header = module([], arch).split("$first:\n")[0].count("\n") + 2
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "forms.ptx")

        def taken(lines):
            while lines:
                with open(path, "w") as file:
                    file.write(module(lines, arch))
                result = subprocess.run(
                    [ptxas, f"-arch=sm_{arch}", "-O0", "-c", path, "-o", path + ".o"],
                    capture_output=True, text=True)
                if result.returncode == 0:
                    return lines
                named = re.findall(r"forms\.ptx, line (\d+)[;,]", result.stderr)
                bad = {int(n) - header for n in named} & set(range(len(lines)))
                if not bad:  # the error is in something that ptxas made of one of them
                    half = len(lines) // 2
                    return taken(lines[:half]) + taken(lines[half:]) if half else []
                lines = [line for i, line in enumerate(lines) if i not in bad]
            return []

        return taken(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ptxas")
    parser.add_argument("report")
    parser.add_argument("--arch", type=int, default=86)
    parser.add_argument("--keep")
    options = parser.parse_args()
    every = list(dict.fromkeys(finished(text) for text in instructions()))
    lines = accepted(every, options.ptxas, options.arch)
    path = options.keep or os.path.join(tempfile.mkdtemp(), "forms.ptx")
    with open(path, "w") as file:
        file.write(module(lines, options.arch))
    report = subprocess.run([options.report, "--capability", str(options.arch), path],
                            capture_output=True, text=True)
    refused = re.findall(r"^ *\d+ '([^']*)' (.*)$", report.stdout, re.M)
    unexpected = [(form, why) for form, why in refused
                  if not any(re.match(pattern, form) for pattern in REFUSED)]
    print(f"{len(every)} forms, {len(lines)} of them in the instruction set of sm_{options.arch}, "
          f"{len(refused)} refused, {len(unexpected)} of these unexpectedly")
    for form, why in unexpected:
        print(f"  {form}: {why}")
    if not refused and "0 of them refused" not in report.stdout:
        print(report.stdout)
        return 1
    return 1 if unexpected else 0


if __name__ == "__main__":
    sys.exit(main())
