"""Worked examples: editing a picture with a diffusion model, in a world of a few pictures with captions.

As in `denoising`, no network is trained: the best denoiser for a short list of pictures can be computed, and
a prompt is the part of that list whose captions contain its words. Shapes: pictures are rows of k numbers,
1 for ink, −1 for paper; `signals` are √ᾱ after each of T steps, so a larger step t is a noisier picture.
Sources: Meng et al. 2021, "SDEdit", section 3 (start from a noised guide); Lugmayr et al. 2022, "RePaint",
section 4.1 (composition with the known part at every level); Song et al. 2020, "DDIM", equation 12 (step).
"""

from __future__ import annotations

from math import sqrt

from macros.examples.denoising import best_noise, denoise, shares
from macros.examples.diffusion import Vector, alpha_bars, betas_from_signals, ddim_step, noised
from macros.examples.steps import number, numbers, step, worked
from macros.text import AuthorError

World = dict[str, Vector]


def prompted(world: World, prompt: str) -> World:
    """Keep the pictures whose captions contain every word of the prompt; an empty prompt keeps all."""
    return {name: x for name, x in world.items() if set(prompt.split()) <= set(name.split())}


def start_step(strength: float, steps: int) -> int:
    """Give the step at which editing starts: strength · T, rounded down, as many as are then run."""
    return int(strength * steps + 1e-9)


def image_to_image(sketch: Vector, noise: Vector, bars: Vector, start: int, world: World) -> list[Vector]:
    """Noise the sketch (k,) to step `start`, then go back by DDIM; give the pictures (start + 1, k)."""
    levels = [bars[t] for t in range(start, -1, -1)]
    return denoise(noised(sketch, noise, levels[0]), levels, list(world.values()))


def compose(keep: list[int], known: Vector, generated: Vector) -> Vector:
    """Take the known pixel where `keep` is 1 and the generated one where it is 0, all of shape (k,)."""
    return [m * a + (1 - m) * b for m, a, b in zip(keep, known, generated, strict=True)]


def inpaint(
    picture: Vector, keep: list[int], noise: Vector, bars: Vector, world: World
) -> list[tuple[Vector, Vector]]:
    """Fill the pixels that are not kept; for t = T … 0 give x_t before and after the composition.

    The kept pixels come from the picture, noised to the level of the step with the same noise each time.
    """
    pictures, x, rows = list(world.values()), noise, []
    for t in range(len(bars) - 1, -1, -1):
        mixed = compose(keep, noised(picture, noise, bars[t]), x)
        rows.append((x, mixed))
        if t:
            x = ddim_step(mixed, best_noise(mixed, bars[t], pictures), bars[t], bars[t - 1])
    return rows


def image_to_image_example(
    sketch: Vector,
    noise: Vector,
    pictures: dict[str, Vector],
    prompt: str,
    strengths: Vector,
    signals: Vector,
) -> str:
    """Noise a sketch to several levels and denoise it under a prompt: what of it survives.

    pictures: the world, by caption; prompt: words that captions must have; signals: √ᾱ after each step.

    Example: {{ image_to_image_example([0.4, 0.2], [-1, 0.5], {"ink": [1, 1]}, "ink", [0.5], [0.8, 0.3]) }}
    """
    world = _world(pictures, prompt, len(sketch))
    _like("noise", noise, sketch)
    if not strengths or not all(0 < s <= 1 and start_step(s, len(signals)) for s in strengths):
        raise AuthorError(
            f"strengths: expected numbers up to 1 that start at step 1 or later, got {strengths!r}"
        )
    bars = alpha_bars(betas_from_signals(signals))
    starts = [start_step(s, len(signals)) for s in strengths]
    chains = [image_to_image(sketch, noise, bars, t, world) for t in starts]
    names = [f"{s:g}" for s in strengths]
    return worked(
        "Image to image, computed",
        step(
            "Step 1: start from the sketch, noised",
            ["strength", "start at step", "signal rate", "noise rate", "noised sketch"],
            names,
            [
                [f"{t}", _rate(bars[t]), _rate(1 - bars[t]), _row(chain[0])]
                for t, chain in zip(starts, chains)
            ],
        ),
        step(
            f"Step 2: denoise under the prompt “{prompt}”",
            ["strength", *(f"first share of {name}" for name in world), "result"],
            names,
            [[*_shares(chain[0], bars[t], world), _row(chain[-1])] for t, chain in zip(starts, chains)],
        ),
    )


def inpainting_example(
    picture: Vector,
    keep: list[int],
    noise: Vector,
    pictures: dict[str, Vector],
    prompt: str,
    signals: Vector,
) -> str:
    """Fill a part of a picture: at every step the kept pixels are put back, noised to the level of the step.

    keep: 1 for a pixel that stays, 0 for one to fill; the other arguments as in `image_to_image_example`.

    Example: {{ inpainting_example([1, 0], [1, 0], [-1, 0.5], {"ink": [1, 1]}, "ink", [0.8, 0.3]) }}
    """
    world = _world(pictures, prompt, len(picture))
    _like("noise", noise, picture)
    _like("keep", [float(m) for m in keep], picture)
    if set(keep) != {0, 1}:
        raise AuthorError(f"keep: expected at least one 1 (stays) and one 0 (to fill), got {keep!r}")
    bars = alpha_bars(betas_from_signals(signals))
    rows = inpaint(picture, keep, noise, bars, world)
    free = denoise(noise, bars[::-1], list(world.values()))[-1]
    steps = range(len(signals), -1, -1)
    return worked(
        "Inpainting, computed",
        step(
            "The kept pixels are put back at every step",
            ["step t", "generated", "composed", *(f"share of {name}" for name in world)],
            [f"{t}" for t in steps],
            [
                [_row(x), _row(mixed), *(_shares(mixed, bars[t], world) if t else ["–"] * len(world))]
                for t, (x, mixed) in zip(steps, rows)
            ],
        ),
        step(
            "For comparison: generate freely, put them back once at the end",
            ["step t", "generated", "composed"],
            ["0"],
            [[_row(free), _row(compose(keep, picture, free))]],
        ),
    )


def _world(pictures: dict[str, Vector], prompt: str, k: int) -> World:
    """Check the pictures and keep those that fit the prompt."""
    for name, picture in pictures.items():
        if len(picture) != k:
            raise AuthorError(f"pictures, {name}: expected {k} pixels, got {len(picture)}")
    if not (world := prompted(pictures, prompt)):
        raise AuthorError(f"prompt: expected words of a caption ({', '.join(pictures)}), got {prompt!r}")
    return world


def _like(what: str, row: Vector, picture: Vector) -> None:
    if len(row) != len(picture):
        raise AuthorError(f"{what}: expected {len(picture)} numbers, one for each pixel, got {len(row)}")


def _rate(share: float) -> str:
    return f"{sqrt(share):.2f}"


def _row(x: Vector) -> str:
    return ",\u00a0".join(numbers([x], 2)[0])  # a picture stays on one line


def _shares(x: Vector, bar: float, world: World) -> list[str]:
    return [number(w) for w in shares(x, bar, list(world.values()))]
