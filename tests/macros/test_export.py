from pathlib import Path

from macros.catalogue import DOCS
from macros.export import leave_comments_out


def test_comments_stay_in_the_repository(tmp_path: Path) -> None:
    """What is sent does the same without them; what only looks like a comment stays."""
    style, script = tmp_path / "assets/css/a.css", tmp_path / "assets/js/ui/a.js"
    for file, text in {
        style: "/* why */\na { color: red; } /* so */\nb { top: 0; }\n",
        script: (
            '// why\n/** @type {string} */\nconst a = "https://b //"; // so\n'
            "  // and\n  /**\n   * more\n   */\nf();\n"
            "  /** @type {B} */ (b).go();\n/** end */\n"
        ),
    }.items():
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")

    leave_comments_out(tmp_path)

    assert style.read_text("utf-8") == "a { color: red; } b { top: 0; }\n"
    assert script.read_text("utf-8") == 'const a = "https://b //";\nf();\n/** @type {B} */ (b).go();\n'


def test_no_text_of_a_script_goes_over_several_lines() -> None:
    """It would lose its indentation when it is published."""
    scripts = (DOCS / "assets" / "js").rglob("*.js")
    lines = [(file.name, line) for file in scripts for line in file.read_text("utf-8").splitlines()]

    assert lines and [found for found in lines if found[1].count("`") % 2] == []
