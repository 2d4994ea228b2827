"""Every form of every instruction that the corpus has to cover: what the PTX ISA has for sm_86 and below, and what is
cheap of later ones. The reasons for what no case has."""

from . import alu, convert, memory, tensor, texture, video, warp
from .case import expand

MODULES = (alu, convert, memory, tensor, texture, video, warp)

EXPLAINED = {
    "brkpt": "stops in a debugger; without one it ends the program",
    "shfl{.up,.down,.bfly,.idx}.b32": "without .sync it is refused for sm_70 and above",
    "vote{.all,.any,.uni}.pred": "without .sync it is refused for sm_70 and above",
    "vote.ballot.b32": "without .sync it is refused for sm_70 and above",
    "discard.global.L2": "makes what it names undefined, so that nothing can be compared",
    "{txq,suq}{.channel_data_type,.channel_order}.b32": "the driver of an H200 does not load it",
    "tex{.2dms,.a2dms}.v4{.f32,.s32,.u32}.s32": "CUDA's driver interface makes no multisample textures",
}


def forms():
    """Pairs of a form and the reason why no case has it, which is empty for those that one should have."""
    seen = {}
    for module in MODULES:
        for pattern in module.INVENTORY:
            for form in expand(pattern):
                seen.setdefault(form, "")
    for pattern, reason in EXPLAINED.items():
        for form in expand(pattern):
            seen[form] = reason
    return sorted(seen.items())
