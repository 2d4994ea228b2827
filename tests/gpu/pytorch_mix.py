"""What PyTorch programs do, with results printed so that two runs can be compared line by line.

Deterministic by construction: fixed seeds, no atomics in the reductions that are printed.
"""

import sys

import torch

torch.manual_seed(1)
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
torch.backends.cudnn.deterministic = True
torch.backends.cudnn.benchmark = False
torch.use_deterministic_algorithms(True, warn_only=True)


def show(name, value):
    print(f"{name}: {value:.10g}" if isinstance(value, float) else f"{name}: {value}", flush=True)


def matmul():
    a = torch.randn(1024, 1024, device="cuda")
    b = torch.randn(1024, 1024, device="cuda")
    show("matmul", (a @ b).double().sum().item())
    show("matmul half", (a.half() @ b.half()).double().sum().item())


def convolution():
    net = torch.nn.Conv2d(8, 16, 3, padding=1).cuda()
    x = torch.randn(4, 8, 64, 64, device="cuda", requires_grad=True)
    loss = net(x).square().mean()
    loss.backward()
    show("conv forward", loss.item())
    show("conv grad input", x.grad.double().abs().sum().item())
    show("conv grad weight", net.weight.grad.double().abs().sum().item())


def graph():
    x = torch.randn(256, 256, device="cuda")
    w = torch.randn(256, 256, device="cuda")
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            y = torch.relu(x @ w)
    torch.cuda.current_stream().wait_stream(side)
    captured = torch.cuda.CUDAGraph()
    with torch.cuda.graph(captured):
        y = torch.relu(x @ w)
    for step in range(3):
        x.copy_(torch.randn(256, 256, device="cuda"))
        captured.replay()
        show(f"graph replay {step}", y.double().sum().item())


def pinned():
    host = torch.arange(1 << 20, dtype=torch.float32).pin_memory()
    device = host.to("cuda", non_blocking=True)
    back = torch.empty_like(host).pin_memory()
    back.copy_(device * 2, non_blocking=True)
    torch.cuda.synchronize()
    show("pinned", back.double().sum().item())


def streams():
    first, second = torch.cuda.Stream(), torch.cuda.Stream()
    done = torch.cuda.Event(enable_timing=True)
    x = torch.ones(1 << 22, device="cuda")
    torch.cuda.synchronize()
    with torch.cuda.stream(first):
        for _ in range(20):
            x.mul_(1.5)
        done.record()
    with torch.cuda.stream(second):
        second.wait_event(done)
        y = x + 1
    torch.cuda.synchronize()
    show("two streams", y[0].item())
    show("event done", done.query())


def transformer():
    torch.manual_seed(2)
    layer = torch.nn.TransformerEncoderLayer(64, 4, 128, dropout=0.0, batch_first=True).cuda()
    optimiser = torch.optim.Adam(layer.parameters(), lr=1e-3)
    x = torch.randn(8, 16, 64, device="cuda")
    target = torch.randn(8, 16, 64, device="cuda")
    for step in range(5):
        optimiser.zero_grad()
        loss = (layer(x) - target).square().mean()
        loss.backward()
        optimiser.step()
        show(f"adam {step}", loss.item())


def compiled():
    @torch.compile
    def f(x):
        return torch.sin(x) * torch.cos(x) + x.square().sum(dim=-1, keepdim=True)

    x = torch.randn(512, 512, device="cuda")
    show("torch.compile", f(x).double().sum().item())


def main():
    show("device", torch.cuda.get_device_name(0))
    parts = {p.__name__: p for p in (matmul, convolution, graph, pinned, streams, transformer, compiled)}
    for name in sys.argv[1:] or parts:
        parts[name]()
    free, total = torch.cuda.mem_get_info()
    show("memory total", total)
    show("memory left", free > 0)
    print("pytorch: OK")


if __name__ == "__main__":
    main()
