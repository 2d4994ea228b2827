#!/usr/bin/env python3
"""llama_model.py FILE [SEED]: writes a small random model of the llama architecture as GGUF.

Its matrices of attention and embeddings are Q8_0, those of the feed-forward part Q4_0; its vocabulary is
one token per byte behind <unk>, <s> and </s>. The same seed gives the same file.
"""

import random
import struct
import sys

LAYERS = 4
WIDTH = 256
HEADS = 4
KEY_HEADS = 2
INNER = 768
CONTEXT = 256
BRANCH_GAIN = 0.25  # what a layer adds; more of it, and rounding grows from layer to layer
BYTES_AT = 3  # the token of byte 0
VOCABULARY = BYTES_AT + 256

# Numbers that the file format gives to types of values, of tensors and of tokens.
U32, F32, BOOL, STRING, ARRAY = 4, 6, 7, 8, 9
I32 = 5
TENSOR_F32, TENSOR_Q4_0, TENSOR_Q8_0 = 0, 2, 8
TOKEN_NORMAL, TOKEN_UNKNOWN, TOKEN_CONTROL, TOKEN_BYTE = 1, 2, 3, 6
ALIGNMENT = 32
BLOCK = 32  # weights that share a scale
# Of some hundred, the one whose best token leads clearly at every step of the test, with no token twice.
SEED = 298


def text(value):
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def scalar(kind, value):
    if kind == STRING:
        return text(value)
    return struct.pack({U32: "<I", I32: "<i", F32: "<f", BOOL: "<?"}[kind], value)


def entry(key, kind, value):
    return text(key) + struct.pack("<I", kind) + scalar(kind, value)


def array_entry(key, kind, values):
    head = text(key) + struct.pack("<IIQ", ARRAY, kind, len(values))
    return head + b"".join(scalar(kind, value) for value in values)


def blocks(source, weights, quant_bytes, deviation, spread):
    """Blocks of a half-precision scale and random quants; weights of about this deviation."""
    count = weights // BLOCK
    # Scales differ from block to block, as they do in real models.
    scales = [struct.pack("<e", deviation / spread * source.uniform(0.5, 1.4)) for _ in range(1024)]
    quants = source.randbytes(count * quant_bytes)
    return b"".join(
        scales[(i * 37 + i // 1024) % 1024] + quants[i * quant_bytes:(i + 1) * quant_bytes]
        for i in range(count))


def tensors(source):
    """Name, dimensions (the contiguous one first), type and bytes of every tensor."""

    def q8_0(name, columns, rows, gain=1.0):
        # A byte spread evenly over -128..127 has a deviation of 73.9.
        data = blocks(source, columns * rows, 32, gain * columns ** -0.5, 73.9)
        return name, (columns, rows), TENSOR_Q8_0, data

    def q4_0(name, columns, rows, gain=1.0):
        # Four bits spread evenly over -8..7: 4.6.
        data = blocks(source, columns * rows, 16, gain * columns ** -0.5, 4.6)
        return name, (columns, rows), TENSOR_Q4_0, data

    def norm(name):
        values = [source.uniform(0.8, 1.2) for _ in range(WIDTH)]
        return name, (WIDTH,), TENSOR_F32, struct.pack(f"<{WIDTH}f", *values)

    head = WIDTH // HEADS
    yield q8_0("token_embd.weight", WIDTH, VOCABULARY, gain=WIDTH ** 0.5)
    for layer in range(LAYERS):
        prefix = f"blk.{layer}."
        yield norm(prefix + "attn_norm.weight")
        yield q8_0(prefix + "attn_q.weight", WIDTH, WIDTH)
        yield q8_0(prefix + "attn_k.weight", WIDTH, KEY_HEADS * head)
        yield q8_0(prefix + "attn_v.weight", WIDTH, KEY_HEADS * head)
        yield q8_0(prefix + "attn_output.weight", WIDTH, WIDTH, gain=BRANCH_GAIN)
        yield norm(prefix + "ffn_norm.weight")
        yield q4_0(prefix + "ffn_gate.weight", WIDTH, INNER)
        yield q4_0(prefix + "ffn_up.weight", WIDTH, INNER)
        yield q4_0(prefix + "ffn_down.weight", INNER, WIDTH, gain=BRANCH_GAIN)
    yield norm("output_norm.weight")
    # Logits that lie apart as a trained model's do.
    yield q8_0("output.weight", WIDTH, VOCABULARY, gain=4.0)


def main():
    path = sys.argv[1]
    source = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else SEED)
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    kinds = [TOKEN_UNKNOWN, TOKEN_CONTROL, TOKEN_CONTROL] + [TOKEN_BYTE] * 256
    metadata = [
        entry("general.architecture", STRING, "llama"),
        entry("general.name", STRING, "random"),
        entry("llama.block_count", U32, LAYERS),
        entry("llama.context_length", U32, CONTEXT),
        entry("llama.embedding_length", U32, WIDTH),
        entry("llama.feed_forward_length", U32, INNER),
        entry("llama.attention.head_count", U32, HEADS),
        entry("llama.attention.head_count_kv", U32, KEY_HEADS),
        entry("llama.attention.layer_norm_rms_epsilon", F32, 1e-5),
        entry("llama.rope.dimension_count", U32, WIDTH // HEADS),
        entry("llama.vocab_size", U32, VOCABULARY),
        entry("tokenizer.ggml.model", STRING, "llama"),
        array_entry("tokenizer.ggml.tokens", STRING, tokens),
        array_entry("tokenizer.ggml.scores", F32, [0.0] * VOCABULARY),
        array_entry("tokenizer.ggml.token_type", I32, kinds),
        entry("tokenizer.ggml.unknown_token_id", U32, 0),
        entry("tokenizer.ggml.bos_token_id", U32, 1),
        entry("tokenizer.ggml.eos_token_id", U32, 2),
        entry("tokenizer.ggml.add_space_prefix", BOOL, False),
    ]
    described, data = [], bytearray()
    for name, dimensions, kind, raw in tensors(source):
        described.append(
            text(name) + struct.pack("<I", len(dimensions)) +
            struct.pack(f"<{len(dimensions)}Q", *dimensions) + struct.pack("<IQ", kind, len(data)))
        data += raw + bytes(-len(raw) % ALIGNMENT)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(described), len(metadata))
    head += b"".join(metadata) + b"".join(described)
    with open(path, "wb") as file:
        file.write(head + bytes(-len(head) % ALIGNMENT) + data)


if __name__ == "__main__":
    main()
