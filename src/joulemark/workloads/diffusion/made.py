"""Makes a pipeline with random weights, its tokenizer included; nothing is downloaded."""

from __future__ import annotations

from typing import Any

from joulemark.workloads.diffusion.sizes import Shape

TOKENS = 77
"""Tokens of a prompt, as Stable Diffusion takes them."""
_GROUPS = 8


def made(shape: Shape, packages: tuple[Any, Any, Any], device: Any, *, frames: bool) -> Any:
    """Return a pipeline whose weights were drawn on its device, from torch's generator.

    Args:
        shape: of its parts.
        packages: torch, diffusers and transformers.
        device: torch's device.
        frames: whether it makes videos (AnimateDiff's form) rather than images.
    """
    torch, diffusers, transformers = packages
    with torch.device(device):
        unet = _unet(shape, diffusers)
        parts = {
            "unet": unet,
            "vae": _vae(shape, diffusers),
            "text_encoder": _text(shape, transformers),
        }
        adapter = _motion(shape, diffusers) if frames else None
    parts["tokenizer"] = transformers.CLIPTokenizer(
        vocab=vocabulary(), merges=[], model_max_length=TOKENS
    )
    parts["scheduler"] = diffusers.DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )
    if adapter is not None:
        return diffusers.AnimateDiffPipeline(motion_adapter=adapter, **parts)
    return diffusers.StableDiffusionPipeline(
        safety_checker=None, feature_extractor=None, requires_safety_checker=False, **parts
    )


def vocabulary() -> dict[str, int]:
    """Return a vocabulary of CLIP's kind that knows bytes only.

    Bytes are written as letters, as byte-level tokenizers do; each also as the end of a word.
    """
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {byte: chr(byte) for byte in kept}
    others = [byte for byte in range(256) if byte not in letters]
    letters.update({byte: chr(256 + i) for i, byte in enumerate(others)})
    plain = [letters[byte] for byte in (*kept, *others)]
    tokens = [*plain, *(f"{letter}</w>" for letter in plain), "<|startoftext|>", "<|endoftext|>"]
    return {token: i for i, token in enumerate(tokens)}


def _unet(shape: Shape, diffusers: Any) -> Any:
    looks = len(shape.blocks) - 1
    return diffusers.UNet2DConditionModel(
        sample_size=64,
        in_channels=4,
        out_channels=4,
        block_out_channels=shape.blocks,
        layers_per_block=shape.layers,
        down_block_types=("CrossAttnDownBlock2D",) * looks + ("DownBlock2D",),
        up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * looks,
        cross_attention_dim=shape.text,
        attention_head_dim=shape.heads,
        norm_num_groups=32 if min(shape.blocks) >= 32 else _GROUPS,
    )


def _vae(shape: Shape, diffusers: Any) -> Any:
    levels = len(shape.decoder)
    return diffusers.AutoencoderKL(
        in_channels=3,
        out_channels=3,
        latent_channels=4,
        block_out_channels=shape.decoder,
        layers_per_block=shape.decoder_layers,
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        norm_num_groups=32 if min(shape.decoder) >= 32 else _GROUPS,
        sample_size=512,
    )


def _text(shape: Shape, transformers: Any) -> Any:
    words = vocabulary()
    return transformers.CLIPTextModel(
        transformers.CLIPTextConfig(
            vocab_size=len(words),
            hidden_size=shape.text,
            intermediate_size=4 * shape.text,
            num_hidden_layers=shape.text_layers,
            num_attention_heads=shape.text_heads,
            projection_dim=shape.text,
            max_position_embeddings=TOKENS,
            bos_token_id=words["<|startoftext|>"],
            eos_token_id=words["<|endoftext|>"],
            pad_token_id=words["<|endoftext|>"],
        )
    )


def _motion(shape: Shape, diffusers: Any) -> Any:
    return diffusers.MotionAdapter(
        block_out_channels=shape.blocks,
        motion_layers_per_block=shape.layers,
        motion_norm_num_groups=32 if min(shape.blocks) >= 32 else _GROUPS,
        motion_num_attention_heads=4,
        use_motion_mid_block=False,
    )
