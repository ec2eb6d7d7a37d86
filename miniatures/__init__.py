"""The miniatures: one small model of each language family, trained on the same fairy tales and measured.

Reading order: `corpus` (the text), `tokenization` (text to numbers), `gpt`, `bert`, `encoder_decoder`,
`recurrent`, `ngram` and `microscopic` (the families), `optimizer` and `training` (how their weights are
found), `export` (what a page and `transformers` load), `measure` (what they are compared by), `goldens` (what
the page's own runtime is checked against).
"""
