"""The example notebook runs, and shows what it was stored with."""

import ast
import io
import json
from contextlib import redirect_stdout
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "examples" / "night.ipynb"


def shown(source, names):
    """Run a cell; return what it printed, and the value of its last expression."""
    *before, last = ast.parse(source).body
    out = io.StringIO()
    value = None
    with redirect_stdout(out):
        if isinstance(last, ast.Expr):
            exec(compile(ast.Module(before, []), str(NOTEBOOK), "exec"), names)  # noqa: S102 - our own
            value = eval(compile(ast.Expression(last.value), str(NOTEBOOK), "eval"), names)  # noqa: S307
        else:
            exec(compile(ast.parse(source), str(NOTEBOOK), "exec"), names)  # noqa: S102
    return out.getvalue(), value


@pytest.mark.oracle("crm_simulate")
def test_every_cell_says_what_it_said(monkeypatch):
    monkeypatch.chdir(NOTEBOOK.parent)
    names = {"__name__": "__main__"}
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    drawn = 0
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        text, value = shown("".join(cell["source"]), names)
        stored = cell["outputs"]
        printed = "".join(line for one in stored for line in one.get("text", []))
        assert text == printed
        if value is not None:
            (only,) = stored
            svg = "".join(only["data"]["image/svg+xml"])
            assert svg.startswith("<svg")
            assert value._repr_svg_().startswith("<svg")
            drawn += 1
    assert drawn == 3
    assert "split brain" in printed
