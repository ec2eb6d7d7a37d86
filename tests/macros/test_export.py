from pathlib import Path

from macros.export import leave_comments_out


def test_comments_stay_in_the_repository(tmp_path: Path) -> None:
    """What is sent does the same without them; what only looks like a comment stays."""
    style, script = tmp_path / "assets/css/a.css", tmp_path / "assets/js/ui/a.js"
    for file, text in {
        style: "/* why */\na { color: red; } /* so */\nb { top: 0; }\n",
        script: (
            '// why\n/** @type {string} */\nconst a = "https://b"; // so\n'
            "  // and\n  /**\n   * more\n   */\nf();\n"
            "  /** @type {B} */ (b).go();\n/** end */\n"
        ),
    }.items():
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")

    leave_comments_out(tmp_path)

    assert style.read_text("utf-8") == "a { color: red; } b { top: 0; }\n"
    assert script.read_text("utf-8") == 'const a = "https://b"; // so\nf();\n  /** @type {B} */ (b).go();\n'
