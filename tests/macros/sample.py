"""A whole data file in small: one or two rows under each key, every form of a figure used once."""

from __future__ import annotations

from typing import Any

import yaml

BASE: dict[str, list[dict[str, Any]]] = {
    "sources": [
        {
            "id": "brown2020",
            "title": "Language Models are Few-Shot Learners",
            "authors": "Brown et al.",
            "year": 2020,
            "url": "https://arxiv.org/abs/2005.14165",
            "kind": "paper",
            "checked": None,
        },
        {
            "id": "card",
            "title": "A card with <b>, | and `ticks`",
            "authors": "Somebody & Co",
            "year": 2023,
            "url": "https://example.org/card",
            "kind": "model-card",
            "checked": {"date": "2026-11-21", "via": "copy"},
        },
    ],
    "families": [
        {
            "id": "gpt",
            "name": "GPT",
            "maker": "OpenAI",
            "summary": "Decoder-only models.",
        }
    ],
    "models": [
        {
            "id": "gpt-3",
            "name": "GPT-3",
            "family": "gpt",
            "maker": "OpenAI",
            "date": "2020-05-28",
            "architecture": "decoder-only",
            "parameters": {
                "value": 175.0e9,
                "source": "brown2020",
                "locator": "table 2.1",
            },
            "training_tokens": {"approx": 300.0e9, "source": "brown2020"},
            "context": {"value": 2048, "source": "brown2020"},
            "tokenizer": "bpe",
            "licence": "closed",
            "access": "api",
            "inputs": ["text"],
            "outputs": ["text"],
            "scores": [
                {
                    "benchmark": "mmlu",
                    "value": 43.9,
                    "protocol": "few-shot",
                    "by": "Hendrycks et al.",
                    "source": "card",
                }
            ],
        },
        {
            "id": "gpt-4",
            "name": "GPT-4",
            "family": "gpt",
            "maker": "OpenAI",
            "date": "2023-03-14",
            "architecture": "undisclosed",
            "parameters": {
                "undisclosed": True,
                "source": "card",
                "estimates": [{"value": 1.8e12, "by": "SemiAnalysis", "source": "card"}],
            },
            "training_tokens": "not-reported",
            "context": {"input": 8192, "output": 4096, "source": "card"},
            "max_output": "not-applicable",
            "licence": "closed",
            "access": "api",
            "inputs": ["text", "image"],
            "outputs": ["text"],
            "based_on": ["gpt-3"],
        },
    ],
    "modalities": [
        {
            "id": "clip",
            "name": "CLIP",
            "maker": "OpenAI",
            "date": "2021-01",
            "inputs": ["image", "text"],
            "outputs": ["score"],
            "task": "image-text matching",
            "method": "dual encoder",
            "kind": "contrastive",
            "source": "card",
        }
    ],
    "timeline": [
        {
            "id": "gpt-3",
            "date": "2020-05",
            "precision": "month",
            "strand": "language",
            "title": "GPT-3",
            "significance": "Few-shot learning.",
            "source": "brown2020",
        },
        {
            "id": "gpt-4",
            "date": "2023",
            "precision": "year",
            "strand": "language",
            "title": "GPT-4",
            "significance": "Images in.",
            "based_on": ["gpt-3"],
            "source": "card",
        },
    ],
    "architectures": [
        {
            "id": "decoder-only",
            "name": "Decoder-only",
            "introduced": "2018",
            "state": "key-value cache",
            "parallel_training": True,
            "cost_per_layer": "O(n²·d)",
            "path_length": "O(1)",
            "objective": "next token",
            "use": "text",
            "strengths": "one model",
            "weaknesses": "left context only",
            "source": "brown2020",
        }
    ],
    "tokenizers": [
        {
            "id": "bpe",
            "name": "BPE",
            "kind": "algorithm",
            "how": "merges frequent pairs",
            "vocabulary": {"at_least": 256, "source": "card"},
        }
    ],
    "components": [
        {
            "id": "u-net",
            "name": "U-Net",
            "role": "predicts noise",
            "parameters": {"value": 860.0e6, "source": "card"},
            "input": "4×64×64",
            "output": "4×64×64",
        }
    ],
    "training_methods": [
        {
            "id": "rlhf",
            "name": "RLHF",
            "stage": "post-training",
            "definition": "Reward from comparisons.",
            "changes_weights": True,
            "source": "card",
        }
    ],
    "scaling": [
        {
            "id": "cost-gpt-3",
            "name": "GPT-3",
            "kind": "cost",
            "statement": "one run",
            "model": "gpt-3",
            "unit": "USD",
            "nature": "estimate",
            "by": "AI Index",
            "figure": {"estimate": 4324883, "by": "AI Index", "source": "card"},
        },
        {
            "id": "cost-x",
            "name": "X",
            "kind": "cost",
            "statement": "one run",
            "unit": "USD",
            "nature": "maker",
            "by": "maker",
            "figure": {"value": 930, "source": "card"},
        },
    ],
    "benchmarks": [
        {
            "id": "mmlu",
            "name": "MMLU",
            "measures": "57 subjects",
            "size": {"value": 15908, "source": "card"},
            "known_problems": "label errors",
        }
    ],
    "licences": [
        {
            "id": "closed",
            "name": "Proprietary",
            "kind": "proprietary",
            "commercial_use": "by contract",
            "redistribution": "no",
            "conditions": "terms of use",
            "source": "card",
        }
    ],
    "applications": [
        {
            "id": "qa",
            "name": "Question answering",
            "what": "answers",
            "example": "help desk",
        }
    ],
    "challenges": [{"id": "bias", "name": "Bias", "what": "skewed data", "answers": "audits"}],
    "misconceptions": [
        {
            "id": "size",
            "claim": "GPT-4 has 1.76 T parameters.",
            "truth": "Never published.",
            "tempting": "It is repeated.",
            "find_out": "Read the report.",
            "verdict": "unsupported",
            "source": "card",
            "chapter": "llms/model-families.md",
        }
    ],
    "terms": [
        {
            "id": "token",
            "name": "token",
            "definition": "A unit of text.",
            "see": ["token"],
        }
    ],
    "resources": [
        {
            "id": "talk",
            "title": "A talk",
            "kind": "talk",
            "url": "https://example.org/talk",
            "by": "Somebody",
            "what": "an overview",
            "status": "unchecked",
        }
    ],
    "changes": [
        {
            "id": "first",
            "date": "2026-11-21",
            "what": "The first rows.",
            "rows": ["gpt-3"],
        }
    ],
}


def text(data: dict[str, Any] | None = None) -> str:
    """The sample, or changed data, as YAML text."""
    return yaml.safe_dump(BASE if data is None else data, sort_keys=False, allow_unicode=True, width=1000)
