"""All families of cases."""

from . import alu, convert, memory, randoms, tensor, texture, video, warp


def all_cases():
    alu.all_cases()
    convert.all_cases()
    memory.all_cases()
    warp.all_cases()
    video.all_cases()
    tensor.all_cases()
    texture.all_cases()
    randoms.all_cases()
